"""Whatever the x axis and the values: no bucket loses its true minimum or maximum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.buckets import bucket_edges, extreme_positions

VALUES = st.one_of(
    st.floats(),
    st.integers(-3, 3).map(float),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308]),
)
STEPS = st.one_of(st.integers(-5, 25), st.integers(-(2**40), 2**40))
TIMES = st.floats(-1e12, 1e12)
AXES = st.one_of(
    st.lists(st.tuples(STEPS, VALUES), max_size=40).map(lambda p: (np.array([x for x, _ in p], np.int64), p)),
    st.lists(st.tuples(STEPS, VALUES), max_size=40).map(
        lambda p: (np.array(sorted(x for x, _ in p), np.int64), p)  # sorted, with duplicates
    ),
    st.lists(st.tuples(TIMES, VALUES), max_size=40).map(lambda p: (np.array([x for x, _ in p], np.float64), p)),
)


def bucket_of(x: float, edges: list[float]) -> int:
    """The slow and plain answer."""
    if x == edges[-1]:
        return len(edges) - 2
    return max(i for i, edge in enumerate(edges) if edge <= x)


@given(AXES, st.integers(1, 12))
def test_every_bucket_keeps_its_true_extremes(axis: tuple[Any, list[Any]], buckets: int) -> None:
    x, pairs = axis
    y = np.array([y for _, y in pairs], np.float64)
    kept = extreme_positions(x, y, buckets).tolist()
    assert kept == sorted(set(kept))
    if len(x) == 0:
        return
    assert kept[0] == 0 and kept[-1] == len(x) - 1
    edges = bucket_edges(float(x.min()), float(x.max()), buckets).tolist()
    per_bucket: dict[int, list[int]] = {}
    for i, at in enumerate(x.tolist()):
        per_bucket.setdefault(bucket_of(at, edges), []).append(i)
    for members in per_bucket.values():
        here = [i for i in kept if i in members]
        finite = [y[i] for i in members if math.isfinite(y[i])]
        kept_finite = [y[i] for i in here if math.isfinite(y[i])]
        if finite:
            assert min(kept_finite) == min(finite)
            assert max(kept_finite) == max(finite)
        for test in (math.isnan, lambda v: v == math.inf, lambda v: v == -math.inf):
            assert any(test(y[i]) for i in members) == any(test(y[i]) for i in here)
        assert len(here) <= 7


def test_a_lone_spike_is_kept_at_its_own_x() -> None:
    x = np.arange(100_000)
    y = np.zeros(100_000)
    y[54_321] = 9.0
    kept = extreme_positions(x, y, 100)
    assert 54_321 in kept
    assert len(kept) <= 2 * 100 + 2


def test_few_points_are_all_kept() -> None:
    assert extreme_positions(np.arange(5), np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 100).tolist() == [0, 1, 2, 3, 4]


def test_a_constant_keeps_one_point_a_bucket_and_the_ends() -> None:
    assert len(extreme_positions(np.arange(1_000), np.ones(1_000), 10)) == 11


def test_no_points_give_nothing() -> None:
    assert extreme_positions(np.empty(0), np.empty(0), 10).tolist() == []
