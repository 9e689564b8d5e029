"""Smoothing of curves on their full resolution. Pure functions of arrays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["smooth_ema"]

_NEGLIGIBLE: Final = 1e-18
"""A weight below this changes no float64 that is shown."""


def smooth_ema(x: npt.NDArray[Any], y: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
    """Time-weighted exponential average, corrected for its bias at the beginning.

    The past decays by ``weight ** (dx / median dx)`` between two points, so the result does not depend on how densely
    a curve was sampled: with ``d`` that decay, ``num = d num + (1 - d) y``, ``den = d den + (1 - d)``, result
    ``num / den``. A point at the x of the one before has no weight of its own.

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
    forward = distance[distance > 0]
    unit = float(np.median(forward)) if len(forward) else 1.0
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
