"""Smoothing of curves on their full resolution. Pure functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_SPREAD", "MAX_WIDTH", "Smooth", "smooth_ema", "smooth_gaussian", "smooth_mean"]

Smooth: TypeAlias = Callable[[npt.NDArray[Any], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Smooths values at ascending x."""

MAX_WIDTH: Final = 1_000.0
"""Of a window, in median distances between points."""
MAX_SPREAD: Final = 100.0
"""Standard deviation of a Gaussian, in median distances between points."""
FAR: Final = 4.0
"""Standard deviations beyond which a Gaussian counts nothing: its weight is 3e-4 there."""
EDGE: Final = 1e-9
"""What is further away by less than this share counts as on the edge of a window: x need not be exact."""

_NEGLIGIBLE: Final = 1e-18
"""A weight below this changes no float64 that is shown."""


def smooth_ema(x: npt.NDArray[Any], y: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
    """Time-weighted exponential average, corrected for its bias at the beginning.

    The past decays by ``weight ** (dx / median dx)`` between two points, so the result does not depend on how densely
    a curve was sampled: with ``d`` that decay, ``num = d num + (1 - d) y``, ``den = d den + (1 - d)``, result
    ``num / den``. A point at the x of the one before has no weight.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        weight: 0 (no smoothing) up to, not including, 1.

    Raises:
        ValueError: `weight` is out of range.
    """
    if not 0.0 <= weight < 1.0:
        raise ValueError(f"a weight of {weight}; 0 up to, not including, 1 is possible")
    if len(y) < 2 or weight == 0.0:
        return np.array(y, np.float64)
    distance = np.diff(np.asarray(x, np.float64))
    unit = _unit(distance)
    decay = np.empty(len(y))
    decay[0] = weight
    np.power(weight, np.maximum(distance, 0.0) / unit, out=decay[1:])
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


def smooth_mean(x: npt.NDArray[Any], y: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """Running mean: of the points that are at most half the `width` away, on both sides.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        width: Of the whole window, in median distances between points; above 0, at most MAX_WIDTH.

    Raises:
        ValueError: `width` is out of range.
    """
    x, begin, end = _window(x, width, 0.5)
    if len(y) < 2:
        return np.array(y, np.float64)
    scale = float(np.abs(y).max()) or 1.0
    sums = np.concatenate(([0.0], np.cumsum(y / scale)))
    smoothed: npt.NDArray[np.float64] = (sums[end] - sums[begin]) / (end - begin) * scale
    return smoothed


def smooth_gaussian(x: npt.NDArray[Any], y: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """Average with weights that fall with the distance like a Gaussian.

    Args:
        x: Ascending, finite.
        y: Finite, as long as `x`.
        width: Standard deviation, in median distances between points; above 0, at most MAX_SPREAD.

    Raises:
        ValueError: `width` is out of range.
    """
    if width > MAX_SPREAD:
        raise ValueError(f"a width of {width}; above 0, at most {MAX_SPREAD:g} is possible")
    x, begin, end = _window(x, width, FAR)
    if len(y) < 2:
        return np.array(y, np.float64)
    scale = float(np.abs(y).max()) or 1.0
    scaled = y / scale
    spread = width * _unit(np.diff(x))
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


def _unit(distance: npt.NDArray[np.float64]) -> float:
    forward = distance[distance > 0]
    return float(np.median(forward)) if len(forward) else 1.0


def _window(
    x: npt.NDArray[Any], width: float, share: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """x as float64, and for each point where those at most `share` widths away begin and end."""
    if not 0.0 < width <= MAX_WIDTH:
        raise ValueError(f"a width of {width}; above 0, at most {MAX_WIDTH:g} is possible")
    x = np.asarray(x, np.float64)
    reach = width * share * _unit(np.diff(x)) * (1.0 + EDGE)
    return x, np.searchsorted(x, x - reach, "left"), np.searchsorted(x, x + reach, "right")
