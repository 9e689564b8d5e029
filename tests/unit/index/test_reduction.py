"""Whatever the x axis and the values: no bucket loses its true minimum or maximum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.reduction import Reduced, reduce_many, reduce_min_max

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
    st.lists(st.tuples(st.floats(), VALUES), max_size=40).map(lambda p: (np.array([x for x, _ in p], np.float64), p)),
)
RANGES = st.one_of(st.none(), st.tuples(st.floats(-100, 100), st.floats(0, 100)).map(lambda r: (r[0], r[0] + r[1])))


def arrays(axis: tuple[Any, list[tuple[Any, float]]]) -> tuple[np.ndarray, np.ndarray]:
    x, pairs = axis
    return x, np.array([y for _, y in pairs], np.float64)


def edges_of(x: np.ndarray, buckets: int, x_range: tuple[float, float] | None) -> list[float]:
    finite = x[np.isfinite(x)]
    if x_range is None:
        if len(finite) == 0:
            return []
        x_range = (float(finite.min()), float(finite.max()))
    low, high = x_range
    part = np.arange(buckets + 1) / buckets
    edges = low * (1.0 - part) + high * part
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges).tolist()


def bucket_of(x: float, edges: list[float]) -> int | None:
    """The slow and plain answer."""
    if not edges or not edges[0] <= x <= edges[-1]:
        return None
    if x == edges[-1]:
        return len(edges) - 2
    return max(i for i, edge in enumerate(edges) if edge <= x)


def check(x: np.ndarray, y: np.ndarray, edges: list[float], reduced: Reduced) -> None:
    kept = reduced.index.tolist()
    assert kept == sorted(set(kept))
    per_bucket: dict[int, list[int]] = {}
    for i, at in enumerate(x.tolist()):
        bucket = bucket_of(at, edges)
        if bucket is not None:
            per_bucket.setdefault(bucket, []).append(i)
    inside = sorted(i for members in per_bucket.values() for i in members)
    assert reduced.total == len(inside)
    assert set(kept) <= set(inside)
    assert reduced.nan_count == int(np.isnan(y[inside]).sum())
    assert reduced.inf_count == int(np.isinf(y[inside]).sum())
    if inside:
        assert kept[0] == inside[0] and kept[-1] == inside[-1]
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


@given(AXES, st.integers(1, 12), RANGES)
def test_every_bucket_keeps_its_true_extremes(
    axis: tuple[Any, list[Any]], buckets: int, x_range: tuple[float, float] | None
) -> None:
    x, y = arrays(axis)
    check(x, y, edges_of(x, buckets, x_range), reduce_min_max(x, y, buckets, x_range))


@given(st.lists(AXES, max_size=5), st.integers(1, 8), RANGES)
def test_many_at_once_share_the_buckets(axes: list[Any], buckets: int, x_range: tuple[float, float] | None) -> None:
    pairs = [arrays(axis) for axis in axes]
    pairs += pairs[:1] * 2  # equal x one after the other, as usual for metrics logged together
    pairs.sort(key=lambda pair: pair[0].tobytes())
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    every_x = np.concatenate([np.asarray(x, np.float64) for x in xs]) if xs else np.empty(0)
    edges = edges_of(every_x, buckets, x_range)
    for x, y, reduced in zip(xs, ys, reduce_many(xs, ys, buckets, x_range), strict=True):
        check(x, y, edges, reduced)


def test_a_lone_spike_is_kept_at_its_own_x() -> None:
    x = np.arange(100_000)
    y = np.zeros(100_000)
    y[54_321] = 9.0
    reduced = reduce_min_max(x, y, 100)
    assert 54_321 in reduced.index
    assert len(reduced.index) <= 2 * 100 + 2


def test_few_points_are_complete() -> None:
    x = np.arange(5)
    reduced = reduce_min_max(x, np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 100)
    assert reduced.index.tolist() == [0, 1, 2, 3, 4]
    assert reduced.is_complete


def test_a_constant_keeps_one_point_a_bucket_and_the_ends() -> None:
    reduced = reduce_min_max(np.arange(1_000), np.ones(1_000), 10)
    assert len(reduced.index) == 11
    assert not reduced.is_complete


def test_no_points_and_no_finite_x_give_nothing() -> None:
    assert reduce_min_max(np.empty(0), np.empty(0), 10).total == 0
    assert reduce_min_max(np.array([np.nan, np.inf]), np.array([1.0, 2.0]), 10).total == 0
    assert reduce_many([], [], 10) == []


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="0 buckets"):
        reduce_min_max(np.arange(2), np.arange(2.0), 0)
    with pytest.raises(ValueError, match="2 x and 3 y"):
        reduce_min_max(np.arange(2), np.arange(3.0), 5)
