"""The curve is true: whatever is drawn for a pixel column spans the real minimum and maximum of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aim.index.points.buckets import MAX_NONFINITE, Curve, CurveCutter, bucket_edges
from aim.index.points.smoothing import smooth_ema

SPIKES = st.sampled_from([1e9, -1e9, 1e-9, 0.0])
VALUES = st.one_of(st.floats(-1, 1), SPIKES, st.sampled_from([float("nan"), float("inf"), float("-inf")]))


@st.composite
def curves(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count = draw(st.integers(0, 200))
    x = draw(hnp.arrays(np.float64, count, elements=st.one_of(st.integers(-50, 50).map(float), st.floats(-1e3, 1e3))))
    if draw(st.booleans()):
        x = np.sort(x)
    return x, draw(hnp.arrays(np.float64, count, elements=VALUES))


def drawn(curve: Curve) -> list[tuple[float, float, float, int]]:
    """(x, low, high, count) of each element."""
    if curve.buckets is None:
        return [(x, y, y, 1) for x, y in zip(curve.x.tolist(), curve.last.tolist(), strict=True)]
    b = curve.buckets
    return list(zip(curve.x.tolist(), b.low.tolist(), b.high.tolist(), b.count.tolist(), strict=True))


@given(curves(), st.integers(1, 60), st.one_of(st.none(), st.tuples(st.floats(-60, 60), st.floats(0, 60))))
def test_columns_contain_the_extremes(
    curve: tuple[np.ndarray, np.ndarray], buckets: int, window: tuple[float, float] | None
) -> None:
    x, y = curve
    x_range = None if window is None else (window[0], window[0] + window[1])
    result = CurveCutter(buckets=buckets, x_range=x_range).cut(x, y)
    elements = drawn(result)
    low, high = x_range if x_range is not None else (-np.inf, np.inf)
    inside = (x >= low) & (x <= high)
    finite = inside & np.isfinite(y)
    assert result.total == np.count_nonzero(inside)
    assert result.nonfinite_total == np.count_nonzero(inside & ~np.isfinite(y))
    assert [at for at, *_ in elements] == sorted(at for at, *_ in elements)
    shown = [element for element in elements if low <= element[0] <= high]
    assert sum(count for *_, count in shown) == np.count_nonzero(finite)
    assert len(elements) <= max(buckets, len(shown)) + 2
    if not finite.any():
        return
    # every pixel column, cut at the edges of the buckets
    edges = bucket_edges(*(x_range or (x[np.isfinite(y)].min(), x[np.isfinite(y)].max())), buckets)
    if result.buckets is not None:
        number = np.clip(np.searchsorted(edges[1:-1], x, side="right"), 0, buckets - 1)
        expected = {
            n: (
                y[finite & (number == n)].min(),
                y[finite & (number == n)].max(),
                np.count_nonzero(finite & (number == n)),
            )
            for n in np.unique(number[finite]).tolist()
        }
        got = {int(np.searchsorted(edges[1:-1], at, side="right")): rest for at, *rest in shown}
        assert {n: tuple(rest) for n, rest in got.items()} == expected
    assert min(low for _, low, _, _ in shown) == y[finite].min()
    assert max(high for _, _, high, _ in shown) == y[finite].max()


@given(curves(), st.lists(st.lists(VALUES, min_size=200, max_size=200), max_size=4), st.integers(1, 20))
def test_one_cutter_gives_each_of_many_sequences_what_a_cutter_of_its_own_gives(
    curve: tuple[np.ndarray, np.ndarray], others: list[list[float]], buckets: int
) -> None:
    x, y = curve
    further = [(x, np.array(values)[: len(x)]) for values in others]
    pairs = [(x, y), *further, (x[: len(x) // 2].copy(), y[: len(x) // 2]), (x, y)]
    shared = CurveCutter(buckets=buckets, edges_range=(-1e3, 1e3))
    for at, values in pairs:
        found = shared.cut(at, values)
        alone = CurveCutter(buckets=buckets, edges_range=(-1e3, 1e3)).cut(at.copy(), values)
        assert drawn(found) == drawn(alone)
        assert (found.total, found.nonfinite_total) == (alone.total, alone.nonfinite_total)


def test_a_lone_spike_is_kept_where_it_is() -> None:
    y = np.sin(np.arange(1_000_000) / 1e5)
    y[654_321] = 1e6
    result = CurveCutter(buckets=1024).cut(np.arange(1_000_000), y)
    assert result.buckets is not None and len(result.x) == 1024
    at = int(result.buckets.high.argmax())
    assert result.buckets.high[at] == 1e6
    assert result.x[at] <= 654_321 < result.x[at + 1]
    assert int(result.buckets.count.sum()) == 1_000_000


def test_one_point_a_bucket_is_the_point() -> None:
    x, y = np.array([0, 1, 2, 3, 1000]), np.array([5.0, 3.0, 4.0, 1.0, 2.0])
    result = CurveCutter(buckets=4).cut(x, y)
    assert result.buckets is not None
    assert result.x.tolist() == [0, 1000]
    assert (result.buckets.first.tolist(), result.last.tolist()) == ([5.0, 2.0], [1.0, 2.0])
    assert (result.buckets.low.tolist(), result.buckets.high.tolist()) == ([1.0, 2.0], [5.0, 2.0])
    exact = CurveCutter(buckets=5).cut(x, y)
    assert exact.buckets is None and exact.x.tolist() == x.tolist() and exact.last.tolist() == y.tolist()
    assert CurveCutter(buckets=2, exact_below=5).cut(x, y).buckets is None


def test_range_brings_one_point_beyond_each_end() -> None:
    x, y = np.arange(100), np.arange(100.0)
    result = CurveCutter(buckets=64, x_range=(10.5, 19.0)).cut(x, y)
    assert result.buckets is None and result.x.tolist() == list(range(10, 21)) and result.total == 9
    coarse = CurveCutter(buckets=4, x_range=(10.0, 49.0)).cut(x, y)
    assert coarse.buckets is not None
    assert coarse.x.tolist() == [9, 10, 20, 30, 40, 50]
    assert coarse.buckets.count.tolist() == [1, 10, 10, 10, 10, 1]
    nothing = CurveCutter(buckets=4, x_range=(10.2, 10.8)).cut(x, y)
    assert nothing.total == 0 and nothing.x.tolist() == [10, 11]
    assert CurveCutter(buckets=4, x_range=(200.0, 300.0)).cut(x, y).x.tolist() == [99]


def test_what_is_not_finite_is_listed_and_counted() -> None:
    y = np.arange(3000.0)
    y[:1500] = np.nan
    y[2000], y[2001] = np.inf, -np.inf
    result = CurveCutter(buckets=16).cut(np.arange(3000), y)
    assert result.total == 3000 and result.nonfinite_total == 1502 and len(result.nonfinite) == MAX_NONFINITE
    assert result.nonfinite[0] == (0.0, "nan")
    visible = CurveCutter(buckets=16, x_range=(1999.0, 2002.0)).cut(np.arange(3000), y)
    assert visible.nonfinite == [(2000.0, "inf"), (2001.0, "-inf")] and visible.last.tolist() == [
        1998,
        1999,
        2002,
        2003,
    ]


def test_points_without_place_are_counted() -> None:
    result = CurveCutter(buckets=8).cut(np.array([np.nan, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert result.unplaced == 1 and result.last.tolist() == [2.0, 3.0]


def test_buckets_of_a_logarithmic_y_axis_say_what_it_shows() -> None:
    y = np.tile([3.0, 0.5, -2.0, 0.0, 4.0, 7.0, -1.0, -1.0], 64)
    x = np.arange(512)
    curve = CurveCutter(buckets=128, log_y=True).cut(x, y)
    assert curve.buckets is not None and curve.buckets.positive is not None and curve.buckets.hidden is not None
    assert curve.buckets.hidden.sum() == (y <= 0).sum()
    ends = np.append(curve.x[1:], 512)
    for begin, end, least in zip(curve.x, ends, curve.buckets.positive, strict=True):
        part = y[begin:end]
        assert least == min(part[part > 0], default=np.inf)
    above = CurveCutter(buckets=128, log_y=True).cut(x, np.abs(y) + 1)
    assert above.buckets is not None and above.buckets.positive is None
    linear = CurveCutter(buckets=128).cut(x, y)
    assert linear.buckets is not None and linear.buckets.hidden is None


def test_smoothing_uses_all_points() -> None:
    x, y = np.arange(10_000), np.random.default_rng(0).normal(size=10_000)
    whole = CurveCutter(buckets=16_384, smoothing=lambda x, y: smooth_ema(x, y, 0.9)).cut(x, y)
    part = CurveCutter(buckets=16_384, x_range=(5000.0, 5100.0), smoothing=lambda x, y: smooth_ema(x, y, 0.9)).cut(x, y)
    assert whole.smooth is not None and part.smooth is not None
    assert part.smooth.tolist() == whole.smooth[4999:5102].tolist()
    coarse = CurveCutter(buckets=100, smoothing=lambda x, y: smooth_ema(x, y, 0.9)).cut(x, y)
    assert coarse.smooth is not None and coarse.smooth[-1] == whole.smooth[-1]


@pytest.mark.parametrize("x_range", [None, (0.0, 99_999.0), (-5.0, np.inf)])
def test_logarithmic_axis_begins_at_the_smallest_positive_x(x_range: tuple[float, float] | None) -> None:
    x = np.arange(-3, 100_000)
    result = CurveCutter(buckets=100, x_range=x_range, log_x=True).cut(x, x * 1.0)
    shown = [(at, count) for at, _, _, count in drawn(result) if at > 0]
    assert shown[:8] == [(at, 1) for at in range(1, 9)], "the first steps are told apart"
    assert sum(count for _, count in shown) == 99_999
    beside = 3 if x_range is None or x_range[0] < 0 else 1  # one more at the end of the range
    assert sum(count for _, _, _, count in drawn(result)) == 100_000 + beside


def test_logarithmic_axis_of_what_is_not_positive_loses_nothing() -> None:
    result = CurveCutter(buckets=10, log_x=True).cut(np.arange(-1_000, 1) * 1.0, np.zeros(1_001))
    assert sum(count for _, _, _, count in drawn(result)) == 1_001


def test_logarithmic_axis() -> None:
    x, y = np.arange(1, 100_001), np.arange(100_000.0)
    result = CurveCutter(buckets=50, log_x=True).cut(x, y)
    assert result.buckets is not None
    assert result.buckets.count[:3].tolist() == [1, 1, 1] and int(result.buckets.count.sum()) == 100_000


@pytest.mark.parametrize("ends", [(0.0, 0.0), (-1e308, 1e308), (5.0, 5.0)])
def test_edges_of_odd_ranges(ends: tuple[float, float]) -> None:
    edges: Any = bucket_edges(*ends, 8)
    assert np.isfinite(edges).all() and (np.diff(edges) >= 0).all() and (edges[0], edges[-1]) == ends
