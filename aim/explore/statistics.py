"""Statistics of a few values, such as those of several seeds. numpy only; docs/statistics.md has formulas and sources.

The UI computes the interval of groups by the same formula (``base/statistics.ts``); both are tested against one table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

__all__ = ["LEVEL", "Interval", "t_interval", "t_quantile"]

LEVEL: Final = 0.95
"""The usual level of an interval."""
_MANY: Final = 1_000
"""Steps of the continued fraction: it ends after some dozen."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean of some values, and how far it may be off.

    Attributes:
        n: How many values: those that are finite.
        mean: NaN where there are none.
        half: Half of the t interval; NaN below two values, which have none.
    """

    n: int
    mean: float
    half: float


def t_interval(values: Iterable[float], level: float = LEVEL) -> Interval:
    """Mean and Student's t interval of values that are normal about their mean; what is not finite is left out.

    It holds at every n: a percentile bootstrap of three seeds covers the mean in 77 of 100 cases where it says 95.
    """
    every = np.fromiter(values, np.float64)
    finite = every[np.isfinite(every)]
    n = len(finite)
    if n == 0:
        return Interval(0, math.nan, math.nan)
    mean = float(finite.mean())
    if n == 1:
        return Interval(1, mean, math.nan)
    return Interval(n, mean, t_quantile(n - 1, level) * float(finite.std(ddof=1)) / math.sqrt(n))


@lru_cache(maxsize=10_000)
def t_quantile(df: float, level: float = LEVEL) -> float:
    """What Student's t of `df` degrees of freedom stays within, on both sides, with a probability of `level`.

    Raises:
        ValueError: `df` is below 1, or `level` is not between 0 and 1.
    """
    if not df >= 1.0:
        raise ValueError(f"{df} degrees of freedom; at least 1 is possible")
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level of {level}; between 0 and 1 is possible")
    # the share within t grows with y = t**2 / (df + t**2), which halving finds to the last bit
    low, high = 0.0, 1.0
    while True:
        y = (low + high) / 2.0
        if y in (low, high):
            break
        if _within(y, df / 2.0) < level:
            low = y
        else:
            high = y
    return math.sqrt(df * high / (1.0 - high))


def _within(y: float, b: float) -> float:
    """The regularized incomplete beta function of y, 1/2 and b."""
    ratio = math.exp(math.lgamma(b + 0.5) - math.lgamma(b)) if b < 100.0 else _large_ratio(b)
    front = math.exp(0.5 * math.log(y) + b * math.log1p(-y)) * ratio / math.sqrt(math.pi)
    if y < 1.5 / (b + 2.5):
        return front * _fraction(y, 0.5, b) / 0.5
    return 1.0 - front * _fraction(1.0 - y, b, 0.5) / b


def _large_ratio(b: float) -> float:
    """Gamma(b + 1/2) / Gamma(b): the logarithms of both would cancel."""
    return math.sqrt(b) * math.exp(-1.0 / (8.0 * b) + 1.0 / (192.0 * b**3) - 1.0 / (640.0 * b**5))


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz."""
    c = 1.0
    d = 1.0 / _safe(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MANY):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _safe(1.0 + even * d)
        c = _safe(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _safe(1.0 + odd * d)
        c = _safe(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return value


def _safe(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
