"""Fewer points for drawing, with nothing lost that could be seen. Pure functions of arrays.

The x range is divided into equal buckets (the pixel columns of a chart). Of each bucket the lowest and the highest
finite point are kept, and the first NaN, +inf and -inf, each at its own x; of the whole range the first and the last
point too. So what is drawn for a column spans its true minimum and maximum, a lone spike is never sampled away, and a
line breaks where a NaN is. Any x axis will do: unsorted, with duplicates, wall time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Reduced", "reduce_many", "reduce_min_max"]

Numbers = npt.NDArray[Any]
Positions = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """What is left of one sequence.

    Attributes:
        index: Positions of the kept points in the arrays given, ascending: ``x[index]``, ``y[index]`` are the points,
            in the order that the sequence has.
        total: How many points lie in the x range; `len(index)` of them were kept.
        nan_count, inf_count: How many of the `total` are NaN or an infinity.
    """

    index: Positions
    total: int
    nan_count: int
    inf_count: int

    @property
    def is_complete(self) -> bool:
        """Whether every point in the range was kept."""
        return len(self.index) == self.total


def reduce_min_max(x: Numbers, y: Numbers, buckets: int, x_range: tuple[float, float] | None = None) -> Reduced:
    """Reduce one sequence to at most a few points a bucket.

    Args:
        x: Where the points lie, any real dtype. Points whose x is NaN or infinite are left out.
        y: Their values, as long as `x`.
        buckets: How many columns the range is divided into, at least 1.
        x_range: (from, to), both included; None for all of `x`. Points outside are left out.
    """
    return _reduce(np.asarray(x), np.asarray(y, dtype=np.float64), _Columns(buckets, x_range))


def reduce_many(
    xs: Sequence[Numbers], ys: Sequence[Numbers], buckets: int, x_range: tuple[float, float] | None = None
) -> list[Reduced]:
    """Reduce many sequences over one x axis: the buckets are those of `x_range`, or of all `xs` together.

    The work for an x is done once for sequences whose x is equal to that of the one before.
    """
    columns = _Columns(buckets, x_range if x_range is not None else _common_range(xs))
    return [_reduce(np.asarray(x), np.asarray(y, dtype=np.float64), columns) for x, y in zip(xs, ys, strict=True)]


def _common_range(xs: Sequence[Numbers]) -> tuple[float, float] | None:
    ranges = [found for x in xs if (found := _finite_range(np.asarray(x))) is not None]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None


def _finite_range(x: Numbers) -> tuple[float, float] | None:
    if len(x) == 0:
        return None
    low, high = x.min(), x.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = x[np.isfinite(x)]
        if len(finite) == 0:
            return None
        low, high = finite.min(), finite.max()
    return float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """How the points of one x fall into buckets."""

    x: Numbers
    inside: Positions | None
    """Positions of the points in range in the order of their buckets; None if that is all of them as they are."""
    starts: Positions
    """Where each bucket that is not empty begins among them."""
    bucket: Positions
    """Which of those buckets each point is in."""
    ends: Positions
    """The first and the last point in range; empty if none is."""
    scratch: tuple[npt.NDArray[np.float64], Mask, Mask]
    """Room as long as `bucket`, used again for every y: with fresh arrays the allocator costs more than the work."""

    @classmethod
    def make(cls, x: Numbers, inside: Positions | None, starts: Positions, bucket: Positions) -> _Layout:
        size = len(bucket)
        order = np.arange(size) if inside is None else inside
        ends = np.array([order.min(), order.max()] if size else [], np.intp)
        return cls(
            x, inside, starts, bucket, ends, (np.empty(size), np.empty(size, np.bool_), np.empty(size, np.bool_))
        )


class _Columns:
    """The buckets, and the layout of the last x seen."""

    __slots__ = ("_last", "buckets", "x_range")

    def __init__(self, buckets: int, x_range: tuple[float, float] | None) -> None:
        if buckets < 1:
            raise ValueError(f"{buckets} buckets; at least 1 is needed")
        self.buckets = buckets
        self.x_range = x_range
        self._last: _Layout | None = None

    def layout(self, x: Numbers) -> _Layout:
        last = self._last
        if last is None or not (last.x is x or (last.x.dtype == x.dtype and np.array_equal(last.x, x))):
            last = self._last = self._layout(x)
        return last

    def _layout(self, x: Numbers) -> _Layout:
        found = self.x_range if self.x_range is not None else _finite_range(x)
        if found is None or len(x) == 0:
            nothing = np.empty(0, np.intp)
            return _Layout.make(x, nothing, nothing, nothing)
        edges = self._edges(*found)
        if bool((x[1:] >= x[:-1]).all()):  # false if a NaN is among them
            # sorted, as nearly always: the buckets are slices, found from the few edges
            cuts = np.searchsorted(x, edges, side="left").astype(np.intp)
            cuts[-1] = np.searchsorted(x, edges[-1], side="right")
            counts = np.diff(cuts)
            starts = cuts[:-1][counts > 0] - cuts[0]
            bucket = np.repeat(np.arange(len(starts)), counts[counts > 0])
            whole = cuts[0] == 0 and cuts[-1] == len(x)
            return _Layout.make(x, None if whole else np.arange(cuts[0], cuts[-1]), starts, bucket)
        number = np.searchsorted(edges, x, side="right") - 1
        number[x == edges[-1]] = self.buckets - 1
        inside = np.flatnonzero((number >= 0) & (number < self.buckets))
        order = np.argsort(number[inside], kind="stable")
        inside = inside[order]
        number = number[inside]
        starts = np.flatnonzero(np.diff(number, prepend=-1))
        bucket = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(number)))
        return _Layout.make(x, inside, starts, bucket)

    def _edges(self, low: float, high: float) -> npt.NDArray[np.float64]:
        # each bucket contains its left edge; the last one its right edge too. Computed as a blend, which neither
        # overflows for a range wider than the largest float64 nor misses the ends.
        part = np.arange(self.buckets + 1) / self.buckets
        edges = low * (1.0 - part) + high * part
        edges[0], edges[-1] = low, high
        return np.maximum.accumulate(edges)


def _reduce(x: Numbers, y: npt.NDArray[np.float64], columns: _Columns) -> Reduced:
    if len(x) != len(y):
        raise ValueError(f"{len(x)} x and {len(y)} y")
    layout = columns.layout(x)
    inside = layout.inside
    kept, nan_count, inf_count = _keep(y if inside is None else y[inside], layout)
    if inside is not None:
        kept = inside[kept]
        kept = np.sort(np.concatenate([kept, layout.ends]))
        kept = kept[np.diff(kept, prepend=-1) > 0]
    return Reduced(kept, len(layout.bucket), nan_count, inf_count)


def _keep(y: npt.NDArray[np.float64], layout: _Layout) -> tuple[Positions, int, int]:
    """Which of the points (in the order of their buckets) are kept, ascending, and how many are NaN and infinite."""
    starts, bucket = layout.starts, layout.bucket
    if len(starts) == 0:
        return np.empty(0, np.intp), 0, 0
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    keep: Mask
    nan_count = inf_count = 0
    if np.isfinite(low).all() and np.isfinite(high).all():  # minimum and maximum let a NaN through
        extremes, keep, is_high = layout.scratch
        np.equal(y, np.take(low, bucket, out=extremes, mode="clip"), out=keep)
        np.equal(y, np.take(high, bucket, out=extremes, mode="clip"), out=is_high)
        np.logical_or(keep, is_high, out=keep)
        if np.count_nonzero(keep) > 2 * len(starts):  # many ties: of equal extremes the first is enough
            keep = _first_of_each(y == low[bucket], layout) | _first_of_each(y == high[bucket], layout)
    else:
        is_nan, is_inf = np.isnan(y), np.isinf(y)
        nan_count, inf_count = int(np.count_nonzero(is_nan)), int(np.count_nonzero(is_inf))
        odd = is_nan | is_inf
        low = np.minimum.reduceat(np.where(odd, np.inf, y), starts)
        high = np.maximum.reduceat(np.where(odd, -np.inf, y), starts)
        keep = np.zeros(len(y), np.bool_)
        for mark in (is_nan, y == np.inf, y == -np.inf, ~odd & (y == low[bucket]), ~odd & (y == high[bucket])):
            keep |= _first_of_each(mark, layout)
    if layout.inside is None:
        keep[0] = keep[-1] = True
    return np.flatnonzero(keep), nan_count, inf_count


def _first_of_each(mark: Mask, layout: _Layout) -> Mask:
    """`mark` with only the first of each bucket left."""
    at = np.flatnonzero(mark)
    bucket = layout.bucket[at]
    result = np.zeros(len(mark), np.bool_)
    result[at[np.diff(bucket, prepend=-1) > 0]] = True
    return result
