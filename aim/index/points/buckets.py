"""One sequence as the buckets of a chart: at most one pixel wide, each with its true first, last, minimum and maximum.

A bucket with one point is that point. For one with more, a chart draws a stroke from its minimum to its maximum, so no
spike is lost. Pure functions of arrays, used by whoever draws: the web server, the SDK, the benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.index.points.smoothing import Smooth

__all__ = ["MAX_NONFINITE", "Buckets", "Curve", "CurveCutter", "bucket_edges", "extreme_positions"]

Numbers = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_NONFINITE: Final = 1_000
"""NaN and infinities that are listed; more are counted."""

_NO_POSITIONS: Final = np.empty(0, np.intp)
_NO_COUNTS: Final = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Several points per bucket; arrays of equal length, one element for each bucket that is not empty."""

    first: Floats
    low: Floats
    high: Floats
    count: npt.NDArray[np.uint32]
    positive: Floats | None = None
    """The lowest value above 0, which a logarithmic axis shows; infinite where there is none. None: not asked for, or
    the lowest values are all above 0."""
    hidden: npt.NDArray[np.uint32] | None = None
    """How many points are not above 0; None as for `positive`."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a chart draws of one sequence; arrays of equal length."""

    x: Numbers
    """Of each point, or of the first point of each bucket; ascending."""
    last: Floats
    """The values, or the last value of each bucket."""
    buckets: Buckets | None
    """None: exact, each element is one point."""
    smooth: Floats | None
    """`last` itself where smoothing leaves the curve as it is."""
    total: int
    """Points in the range, those that are not finite included."""
    nonfinite: list[tuple[float, str]]
    nonfinite_total: int
    unplaced: int
    """Points without an x, e.g. without an epoch: they cannot be shown."""
    before: int
    """Points before the range, those that are not finite included."""


def bucket_edges(low: float, high: float, buckets: int, *, log: bool = False) -> Floats:
    """The `buckets` + 1 edges of equal buckets between `low` and `high`; equal on a log scale if asked and possible."""
    part = np.arange(buckets + 1) / buckets
    edges: Floats
    if log and low > 0.0:
        edges = np.exp(np.log(low) * (1.0 - part) + np.log(high) * part)
    else:
        edges = low * (1.0 - part) + high * part  # a blend cannot overflow
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)


def extreme_positions(x: Numbers, y: Floats, buckets: int) -> npt.NDArray[np.intp]:
    """Which points to keep so that a sequence still looks like all of it, each at its own x.

    Of each bucket that is the first point with the lowest finite value, the first with the highest, and the first NaN,
    +inf and -inf; of the whole sequence the first and the last point too.

    Args:
        x: Where the points are, finite; need not be ascending.
        y: Their values, as long as `x`.
        buckets: Into how many equal parts the range of `x` is divided, at least 1.

    Returns:
        Positions in `x` and `y`, ascending.
    """
    if len(x) == 0:
        return _NO_POSITIONS
    edges = bucket_edges(float(x.min()), float(x.max()), buckets)
    order: npt.NDArray[np.intp] | None = None
    if (x[1:] >= x[:-1]).all():  # as nearly always: the buckets are slices, found from the few edges
        bounds = np.concatenate(([0], np.searchsorted(x, edges[1:-1], side="left"), [len(x)]))
    else:
        number = np.searchsorted(edges[1:-1], x, side="right")
        order = np.argsort(number, kind="stable")
        y = y[order]
        bounds = np.concatenate(([0], np.cumsum(np.bincount(number, minlength=buckets))))
    sizes = np.diff(bounds)
    starts, sizes = bounds[:-1][sizes > 0], sizes[sizes > 0]
    finite = np.isfinite(y)
    if finite.all():
        marks = []
        low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    else:
        marks = [np.isnan(y), y == np.inf, y == -np.inf]
        low = np.minimum.reduceat(np.where(finite, y, np.inf), starts)
        high = np.maximum.reduceat(np.where(finite, y, -np.inf), starts)
    marks += [finite & (y == np.repeat(bound, sizes)) for bound in (low, high)]
    kept = [np.array([0, len(y) - 1], np.intp)]
    for mark in marks:
        at = np.flatnonzero(mark)
        bucket = np.searchsorted(starts, at, side="right")
        first = at[np.diff(bucket, prepend=0) > 0]
        kept.append(first if order is None else order[first])
    positions = np.sort(np.concatenate(kept))
    return positions[np.diff(positions, prepend=-1) > 0]


@dataclass(slots=True, eq=False)
class _Grid:
    """How the points at some x fall into the visible range and its buckets."""

    x: Numbers
    """Ascending."""
    begin: int
    end: int
    """The visible points."""
    shown: slice
    """The same and one more at each end."""
    starts: npt.NDArray[np.intp] | None
    """Where buckets begin; None if each point is shown as it is."""
    lasts: npt.NDArray[np.intp]
    counts: npt.NDArray[np.uint32]
    shown_x: Numbers


@dataclass(slots=True, eq=False)
class _Axis:
    """One array of x, put in order."""

    given: Numbers
    placed: npt.NDArray[np.bool_] | None
    """Which points have a place; None: all."""
    order: npt.NDArray[np.intp] | None
    """How to sort them; None: they are."""
    unplaced: int
    grid: _Grid


class CurveCutter:
    """Brings sequences to the resolution of a chart. For the same array of x again, the work on x is not repeated.

    Args:
        buckets: How many columns the range is divided into.
        x_range: What is visible; its end may be infinite. The nearest point beyond each end is given too, so that lines
            leave the picture.
        edges_range: Without `x_range`: what is divided, where that is more than one sequence.
        exact_below: Send up to this many points as they are, if more than `buckets`.
        smoothing: Gives a smoothed curve too, computed on all points, visible or not.
        log_x: Divide a logarithmic axis.
        log_y: Say of each bucket what a logarithmic axis shows and hides of it.
    """

    def __init__(
        self,
        *,
        buckets: int,
        x_range: tuple[float, float] | None = None,
        edges_range: tuple[float, float] | None = None,
        exact_below: int = 0,
        smoothing: Smooth | None = None,
        log_x: bool = False,
        log_y: bool = False,
    ) -> None:
        self._buckets = buckets
        self._x_range = x_range
        self._edges_range = edges_range
        self._exact_below = exact_below
        self._smoothing = smoothing
        self._log_x = log_x
        self._log_y = log_y
        self._axis: _Axis | None = None

    def cut(self, x: Numbers, y: Floats) -> Curve:
        """What a chart draws of one sequence.

        Args:
            x: Where the points are; need not be ascending, NaN has no place. Not to be changed afterwards.
            y: The values.
        """
        axis = self._axis
        if axis is None or axis.given is not x:
            axis = self._axis = self._make_axis(x)
        if axis.placed is not None:
            y = y[axis.placed]
        if axis.order is not None:
            y = y[axis.order]
        grid = axis.grid
        total, before = grid.end - grid.begin, grid.begin
        nonfinite: list[tuple[float, str]] = []
        nonfinite_total = 0
        finite = np.isfinite(y)
        if not finite.all():
            odd = np.flatnonzero(~finite[grid.begin : grid.end]) + grid.begin
            nonfinite_total = len(odd)
            for at in odd[:MAX_NONFINITE].tolist():
                value = float(y[at])
                nonfinite.append((float(grid.x[at]), "nan" if value != value else "inf" if value > 0 else "-inf"))
            grid, y = self._make_grid(grid.x[finite]), y[finite]
        smooth = self._smoothing(grid.x, y) if self._smoothing is not None else None
        stays = smooth is y
        if grid.starts is None:
            last, result = y[grid.shown], None
            smooth = None if smooth is None else smooth[grid.shown]
        else:
            # reduceat takes the last slice to the end of the array, so that array must end with the last bucket
            visible = y[: grid.shown.stop]
            low, high = np.minimum.reduceat(visible, grid.starts), np.maximum.reduceat(visible, grid.starts)
            positive: Floats | None = None
            hidden: npt.NDArray[np.uint32] | None = None
            if self._log_y and low.min() <= 0.0:
                is_shown = visible > 0.0
                positive = np.minimum.reduceat(np.where(is_shown, visible, np.inf), grid.starts)
                hidden = np.add.reduceat(~is_shown, grid.starts, dtype=np.uint32)
            result = Buckets(y[grid.starts], low, high, grid.counts, positive, hidden)
            last = y[grid.lasts]
            smooth = None if smooth is None else smooth[grid.lasts]
        if stays:
            smooth = last
        return Curve(grid.shown_x, last, result, smooth, total, nonfinite, nonfinite_total, axis.unplaced, before)

    def _make_axis(self, given: Numbers) -> _Axis:
        x, placed, order, unplaced = given, None, None, 0
        if x.dtype.kind == "f":
            is_placed = np.isfinite(x)
            if not is_placed.all():
                placed, unplaced = is_placed, len(x) - int(np.count_nonzero(is_placed))
                x = x[placed]
        if len(x) > 1 and not (x[1:] >= x[:-1]).all():
            order = np.argsort(x, kind="stable")
            x = x[order]
        return _Axis(given, placed, order, unplaced, self._make_grid(x))

    def _make_grid(self, x: Numbers) -> _Grid:
        x_range = self._x_range
        begin, end = 0, len(x)
        if x_range is not None:
            begin = int(np.searchsorted(x, x_range[0], side="left"))
            end = int(np.searchsorted(x, x_range[1], side="right"))
        shown = slice(max(0, begin - 1), min(len(x), end + 1))
        if end - begin <= max(self._buckets, self._exact_below):
            return _Grid(x, begin, end, shown, None, _NO_POSITIONS, _NO_COUNTS, x[shown])
        # A logarithmic axis starts at the smallest positive x; what is before that has no place there, and one bucket.
        first = max(begin, int(np.searchsorted(x, 0, side="right"))) if self._log_x else begin
        first = begin if first >= end else first
        if x_range is not None:
            low, high = x_range[0], float(x[-1]) if x_range[1] == np.inf else x_range[1]
            low = float(x[first]) if first > begin else low
        else:
            low, high = float(x[first]), float(x[-1])
            if self._edges_range is not None:
                low, high = min(low, self._edges_range[0]), max(high, self._edges_range[1])
        edges = bucket_edges(low, high, self._buckets, log=self._log_x)
        # inner edges only: what is on the last edge belongs to the last bucket
        cuts = np.searchsorted(x[first:end], edges[1:-1], side="left") + first
        bounds = np.concatenate(([shown.start, begin, first], cuts, [end, shown.stop]))
        starts = bounds[:-1][np.diff(bounds) > 0]
        lasts = np.append(starts[1:], shown.stop) - 1
        return _Grid(x, begin, end, shown, starts, lasts, (lasts - starts + 1).astype(np.uint32), x[starts])
