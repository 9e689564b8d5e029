"""Smoothing of curves on their full resolution. Pure functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "MAX_SPREAD",
    "MAX_WIDTH",
    "Smooth",
    "Smoothing",
    "common_distance",
    "far_values",
    "median_distance",
    "smooth_ema",
    "smooth_gaussian",
    "smooth_mean",
]

Smooth: TypeAlias = Callable[[npt.NDArray[Any], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Smooths values at ascending x; gives the values themselves where a curve stays as it is."""

MAX_WIDTH: Final = 1_000.0
"""Of a window, in distances between points."""
MAX_SPREAD: Final = 100.0
"""Standard deviation of a Gaussian, in distances between points."""
FAR: Final = 4.0
"""Standard deviations beyond which a Gaussian counts nothing: its weight is 3e-4 there."""
EDGE: Final = 1e-9
"""What is further away by less than this share counts as on the edge of a window: x need not be exact."""

_NEGLIGIBLE: Final = 1e-18
"""A weight below this changes no float64 that is shown."""


Kind: TypeAlias = Literal["ema", "gaussian", "mean"]

LEAST_POINTS: Final = 3
"""A curve with fewer points in what is averaged stays as it is: lone values would be mixed with far ones."""
LIKE: Final = 1.5
"""Up to this many distances between its points, a curve counts as sampled like the densest one."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How the curves of one chart are smoothed: all of them over the same distance, however densely each was sampled.

    Attributes:
        kind: See :func:`smooth_ema`, :func:`smooth_gaussian`, :func:`smooth_mean`.
        amount: The weight, or the width.
        distance: What widths are counted in, and what the weight is for, in units of x; None: the median distance
            between the points of each curve.
        trim: Rare far values do not count, see :func:`far_values`.
    """

    kind: Kind
    amount: float
    distance: float | None = None
    trim: bool = False

    def span(self, distance: float) -> float:
        """Over how much of x this averages, in the unit of x: that of a running mean with as many points."""
        if self.kind == "ema":
            return distance * (1.0 + self.amount) / (1.0 - self.amount)
        return distance * self.amount * (4.0 if self.kind == "gaussian" else 1.0)

    def __call__(self, x: npt.NDArray[Any], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The smoothed values; `y` itself where a curve has too few points for that."""
        if self.distance is not None:
            own = median_distance(x)
            if own > max(self.span(self.distance) / LEAST_POINTS, LIKE * self.distance):
                return y
        far = far_values(y) if self.trim else None
        if far is not None:
            kept = np.flatnonzero(~far)
            smoothed = replace(self, trim=False)(x[kept], y[kept])
            # what was left out has the average of before it, so that the line goes on
            carried: npt.NDArray[np.float64] = smoothed[np.maximum(np.cumsum(~far) - 1, 0)]
            return carried
        smooth = {"ema": smooth_ema, "gaussian": smooth_gaussian, "mean": smooth_mean}[self.kind]
        return smooth(x, y, self.amount, self.distance)


def median_distance(x: npt.NDArray[Any]) -> float:
    """The median distance between neighbours that are not at one x; 0 where there are none. `x` is ascending."""
    distance = np.diff(x)
    forward = distance[distance > 0]
    return float(np.median(forward)) if len(forward) else 0.0


def common_distance(distances: Iterable[float]) -> float | None:
    """The distance for all curves of a chart, from the median distance of each: the smallest; None where none has one.

    Whole and half numbers are steps and stay as they are; others, e.g. seconds, change a little with each point that
    comes, and have two digits.
    """
    least = min((d for d in distances if d > 0.0), default=None)
    if least is None or (2.0 * least).is_integer():
        return least
    return float(f"{least:.2g}")


def far_values(y: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_] | None:
    """Which values are far outside of the first and the last percent; None where none is.

    Some are where all values span more than 5 times what 98 % of them span: those more than 5 % of that span outside.
    """
    n = len(y)
    if n < 3:
        return None
    ordered = np.sort(y)
    low, high = (float(ordered[int(share * (n - 1) + 0.5)]) for share in (0.01, 0.99))
    with np.errstate(over="ignore"):
        spread = high - low
        if not spread > 0.0 or not ordered[-1] - ordered[0] > 5.0 * spread:
            return None
        return (y < low - 0.05 * spread) | (y > high + 0.05 * spread)


def smooth_ema(
    x: npt.NDArray[Any], y: npt.NDArray[np.float64], weight: float, unit: float | None = None
) -> npt.NDArray[np.float64]:
    """Time-weighted exponential average, corrected for its bias at the beginning.

    The past decays by ``weight ** (dx / unit)`` between two points, so the result does not depend on how densely
    a curve was sampled: with ``d`` that decay, ``num = d num + (1 - d) y``, ``den = d den + (1 - d)``, result
    ``num / den``. Several values at one x count as one, their mean.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        weight: 0 (no smoothing) up to, not including, 1.
        unit: The distance over which the past decays by `weight`; None: the median distance between points.

    Raises:
        ValueError: `weight` is out of range.
    """
    if not 0.0 <= weight < 1.0:
        raise ValueError(f"a weight of {weight}; 0 up to, not including, 1 is possible")
    if len(y) < 2 or weight == 0.0:
        return np.array(y, np.float64)
    distance = np.diff(np.asarray(x, np.float64))
    if not (distance > 0.0).all():
        starts = np.concatenate(([0], np.flatnonzero(distance > 0.0) + 1))
        counts = np.diff(starts, append=len(y))
        scale = float(np.abs(y).max()) or 1.0
        means = np.add.reduceat(y / scale, starts) / counts * scale
        return np.repeat(smooth_ema(np.asarray(x)[starts], means, weight, unit), counts)
    decay = np.empty(len(y))
    decay[0] = weight
    np.power(weight, distance / (unit or float(np.median(distance))), out=decay[1:])
    share = 1.0 - decay
    # scaled, so that sums of values near the largest float64 stay finite
    scale = float(np.abs(y).max()) or 1.0
    numerator, denominator = share * (y / scale), share
    decay[0] = 0.0
    # The recurrence a_i = d_i a_{i-1} + b_i by doubling: after k rounds each element holds its last 2**k terms.
    shift = 1
    numerator, denominator = numerator.copy(), denominator.copy()
    while shift < len(y) and decay.max() > _NEGLIGIBLE:
        # (numpy buffers overlapping operands, so the right-hand sides are those of the round before)
        numerator[shift:] += decay[shift:] * numerator[:-shift]
        denominator[shift:] += decay[shift:] * denominator[:-shift]
        decay[shift:] *= decay[:-shift]
        shift *= 2
    smoothed: npt.NDArray[np.float64] = numerator / denominator * scale
    return smoothed


def smooth_mean(
    x: npt.NDArray[Any], y: npt.NDArray[np.float64], width: float, unit: float | None = None
) -> npt.NDArray[np.float64]:
    """Running mean: of the points that are at most half the `width` away, on both sides.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        width: Of the whole window, in units; above 0, at most MAX_WIDTH.
        unit: None: the median distance between points.

    Raises:
        ValueError: `width` is out of range.
    """
    x, begin, end, _ = _window(x, width, 0.5, unit)
    if len(y) < 2:
        return np.array(y, np.float64)
    scale = float(np.abs(y).max()) or 1.0
    sums = np.concatenate(([0.0], np.cumsum(y / scale)))
    smoothed: npt.NDArray[np.float64] = (sums[end] - sums[begin]) / (end - begin) * scale
    return smoothed


def smooth_gaussian(
    x: npt.NDArray[Any], y: npt.NDArray[np.float64], width: float, unit: float | None = None
) -> npt.NDArray[np.float64]:
    """Average with weights that fall with the distance like a Gaussian.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        width: Standard deviation, in units; above 0, at most MAX_SPREAD.
        unit: None: the median distance between points.

    Raises:
        ValueError: `width` is out of range.
    """
    if width > MAX_SPREAD:
        raise ValueError(f"a width of {width}; above 0, at most {MAX_SPREAD:g} is possible")
    x, begin, end, unit = _window(x, width, FAR, unit)
    if len(y) < 2:
        return np.array(y, np.float64)
    scale = float(np.abs(y).max()) or 1.0
    scaled = y / scale
    spread = width * unit
    numerator, denominator = scaled.copy(), np.ones(len(y))
    furthest = int(max((np.arange(len(x)) - begin).max(), (end - 1 - np.arange(len(x))).max()))
    gaps = np.diff(x)
    if (gaps == gaps[0]).all():  # even: one kernel for all points
        distance = np.arange(-furthest, furthest + 1) * gaps[0] / spread
        kernel = np.exp(-0.5 * distance * distance)
        cut = slice(furthest, furthest + len(y))
        numerator = np.convolve(scaled, kernel)[cut]
        denominator = np.convolve(denominator, kernel)[cut]
        furthest = 0
    for apart in range(1, furthest + 1):
        distance = (x[apart:] - x[:-apart]) / spread
        weight = np.where(distance <= FAR * (1.0 + EDGE), np.exp(-0.5 * distance * distance), 0.0)
        numerator[apart:] += weight * scaled[:-apart]
        numerator[:-apart] += weight * scaled[apart:]
        denominator[apart:] += weight
        denominator[:-apart] += weight
    smoothed: npt.NDArray[np.float64] = numerator / denominator * scale
    return smoothed


def _window(
    x: npt.NDArray[Any], width: float, share: float, unit: float | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], npt.NDArray[np.intp], float]:
    """x as float64, for each point where those at most `share` widths away begin and end, and the unit of widths."""
    if not 0.0 < width <= MAX_WIDTH:
        raise ValueError(f"a width of {width}; above 0, at most {MAX_WIDTH:g} is possible")
    x = np.asarray(x, np.float64)
    unit = unit or median_distance(x) or 1.0
    reach = width * share * unit * (1.0 + EDGE)
    return x, np.searchsorted(x, x - reach, "left"), np.searchsorted(x, x + reach, "right"), unit
