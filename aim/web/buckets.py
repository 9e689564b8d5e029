"""One sequence as the buckets of a chart: at most one pixel wide, each with its true first, last, minimum and maximum.

What ui-spec calls resolution: with one point a bucket it *is* that point, else a chart draws a stroke from the minimum
to the maximum of the bucket, so no spike is lost. Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.web.smoothing import smooth_ema

__all__ = ["MAX_NONFINITE", "Buckets", "Curve", "bucket_edges", "cut_curve"]

Numbers = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_NONFINITE: Final = 1_000
"""NaN and infinities that are listed; more are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Several points a bucket; arrays of equal length, one element a bucket that is not empty."""

    first: Floats
    low: Floats
    high: Floats
    count: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a chart draws of one sequence."""

    x: Numbers
    """Of each point, or of the first point of each bucket; ascending."""
    last: Floats
    """The values, or the last value of each bucket."""
    buckets: Buckets | None
    """None: exact, each element is one point."""
    smooth: Floats | None
    total: int
    """Points in the range, those that are not finite included."""
    nonfinite: list[tuple[float, str]]
    nonfinite_total: int
    unplaced: int
    """Points without an x, e.g. without an epoch: they cannot be shown."""


def bucket_edges(low: float, high: float, buckets: int, *, log: bool = False) -> Floats:
    """The `buckets` + 1 edges of equal buckets between `low` and `high`; equal on a log scale if asked and possible."""
    part = np.arange(buckets + 1) / buckets
    edges: Floats
    if log and low > 0.0:
        edges = np.exp(np.log(low) * (1.0 - part) + np.log(high) * part)
    else:
        edges = low * (1.0 - part) + high * part  # a blend overflows nowhere
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)


def cut_curve(
    x: Numbers,
    y: Floats,
    *,
    buckets: int,
    x_range: tuple[float, float] | None = None,
    edges_range: tuple[float, float] | None = None,
    exact_below: int = 0,
    weight: float = 0.0,
    log_x: bool = False,
) -> Curve:
    """Bring one sequence to the resolution of a chart.

    Args:
        x: Where the points lie; need not be ascending, NaN has no place.
        y: The values.
        buckets: How many columns the range is divided into.
        x_range: What is visible. The nearest point beyond each end is given too, so that lines leave the picture.
        edges_range: Without `x_range`: what is divided, where that is more than this sequence.
        exact_below: Send up to this many points as they are, if more than `buckets`.
        weight: Of the exponential average; 0: none. It is computed on all points, visible or not.
        log_x: Divide a logarithmic axis.
    """
    placed = np.isfinite(x) if x.dtype.kind == "f" else None
    unplaced = 0
    if placed is not None and not placed.all():
        unplaced = len(x) - int(np.count_nonzero(placed))
        x, y = x[placed], y[placed]
    if len(x) > 1 and not (x[1:] >= x[:-1]).all():
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    finite = np.isfinite(y)
    is_odd = not finite.all()
    begin, end = _span(x, x_range)
    total = end - begin
    nonfinite: list[tuple[float, str]] = []
    nonfinite_total = 0
    if is_odd:
        odd = np.flatnonzero(~finite[begin:end]) + begin
        nonfinite_total = len(odd)
        for at in odd[:MAX_NONFINITE].tolist():
            value = float(y[at])
            nonfinite.append((float(x[at]), "nan" if value != value else "inf" if value > 0 else "-inf"))
        x, y = x[finite], y[finite]
        begin, end = _span(x, x_range)
    smooth = smooth_ema(x, y, weight) if weight > 0.0 else None
    shown = slice(max(0, begin - 1), min(len(x), end + 1))
    if end - begin <= max(buckets, exact_below):
        return Curve(
            x[shown], y[shown], None, None if smooth is None else smooth[shown],
            total, nonfinite, nonfinite_total, unplaced,
        )  # fmt: skip
    if x_range is not None:
        edges = bucket_edges(*x_range, buckets, log=log_x)
    else:
        low, high = float(x[0]), float(x[-1])
        if edges_range is not None:
            low, high = min(low, edges_range[0]), max(high, edges_range[1])
        edges = bucket_edges(low, high, buckets, log=log_x)
    # inner edges only: what lies on the last edge belongs to the last bucket
    cuts = np.searchsorted(x[begin:end], edges[1:-1], side="left") + begin
    bounds = np.concatenate(([shown.start, begin], cuts, [end, shown.stop]))
    starts = bounds[:-1][np.diff(bounds) > 0]
    lasts = np.append(starts[1:], shown.stop) - 1
    # reduceat takes the last slice to the end of the array, so that array must end with the last bucket
    visible = y[: shown.stop]
    result = Buckets(
        y[starts],
        np.minimum.reduceat(visible, starts),
        np.maximum.reduceat(visible, starts),
        (lasts - starts + 1).astype(np.uint32),
    )
    return Curve(
        x[starts], y[lasts], result, None if smooth is None else smooth[lasts],
        total, nonfinite, nonfinite_total, unplaced,
    )  # fmt: skip


def _span(x: Numbers, x_range: tuple[float, float] | None) -> tuple[int, int]:
    """Where the range begins and ends in `x`."""
    if x_range is None:
        return 0, len(x)
    return int(np.searchsorted(x, x_range[0], side="left")), int(np.searchsorted(x, x_range[1], side="right"))
