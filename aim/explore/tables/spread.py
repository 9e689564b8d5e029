"""How the values of one column of the runs table spread: a histogram for its head, the range for its colours."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from aim.index.sql.params import EXACT_INT_MAX

__all__ = ["spread_of"]

EXACT: Final = 12
"""Up to this many different numbers are listed; more are put into bins."""
BINS: Final = 24
_FEWEST: Final = 8
"""Fewer numbers have no outliers."""
_WIDE: Final = 100
TEXTS: Final = 100
"""Strings in one answer, the most frequent first."""


def spread_of(keys: Iterable[Any], runs: int) -> dict[str, Any]:
    """The spread of values, given as :func:`aim.explore.tables.sorting.sort_keys` has them, over some runs.

    Bins are [from, to); the last one holds its upper edge as well. Infinities are counted, and in no bin.
    """
    numbers: list[float] = []
    texts: Counter[str] = Counter()
    count = 0
    for key in keys:
        count += 1
        kind, number, text = (
            key if isinstance(key, tuple) else (0, key, "") if not isinstance(key, str) else (1, 0, key)
        )
        if kind == 0:
            numbers.append(number)
        else:
            texts[text] += 1
    finite = sorted(number for number in numbers if number - number == 0)
    answer: dict[str, Any] = {
        "runs": runs,
        "missing": runs - count,
        "infinite": len(numbers) - len(finite),
        "min": _plain(finite[0]) if finite else None,
        "max": _plain(finite[-1]) if finite else None,
        **dict(zip(("low", "high"), _without_outliers(finite), strict=True)),
        "values": [{"value": text, "count": n} for text, n in texts.most_common(TEXTS)],
        "more_values": max(0, len(texts) - TEXTS),
        "bins": [],
    }
    if finite:
        exact = Counter(finite)  # in ascending order; an integer differs from a float that it would be rounded to
        if len(exact) <= EXACT:
            answer["values"] = [{"value": _plain(value), "count": n} for value, n in exact.items()] + answer["values"]
        else:
            answer["bins"] = _bins(finite)
    return answer


def _without_outliers(finite: list[float]) -> tuple[float | None, float | None]:
    """The ends of sorted numbers without those beyond 1.5 times the distance of the quartiles (Tukey's fences).

    Of their logarithms where the numbers are positive and span more than two decades.
    """
    if not finite:
        return None, None
    if len(finite) < _FEWEST:
        return _plain(finite[0]), _plain(finite[-1])
    low, high = _near(finite[0]), _near(finite[-1])
    is_wide = low > 0 and high / low > _WIDE
    first, third = (_near(finite[round((len(finite) - 1) * part)]) for part in (0.25, 0.75))
    if is_wide:
        reach = (third / first) ** 1.5
        fences = first / reach, third * reach
    else:
        reach = 1.5 * (third - first)
        fences = first - reach, third + reach
    if not reach > (1 if is_wide else 0):  # most are equal: the others are all that there is to see
        return _plain(finite[0]), _plain(finite[-1])
    inside = [number for number in finite if fences[0] <= number <= fences[1]]
    return _plain(inside[0]), _plain(inside[-1])


def _plain(number: float) -> float:
    """A number as it is sent: those of the index are float64, integers beyond 2**53 are their own."""
    return number if isinstance(number, int) and abs(number) > EXACT_INT_MAX else float(number)


def _bins(finite: list[float]) -> list[dict[str, Any]]:
    """Equal bins between the ends of sorted numbers. Numbers are assigned by comparing them, as a query does
    that is made from a bin."""
    low, high = _near(finite[0]), _near(finite[-1])
    edges: list[float] = [low * (1 - part / BINS) + high * (part / BINS) for part in range(BINS + 1)]
    edges[0], edges[-1] = _plain(finite[0]), _plain(finite[-1])
    places = [bisect_left(finite, edge) for edge in edges]
    places[-1] = len(finite)
    return [{"from": edges[i], "to": edges[i + 1], "count": places[i + 1] - places[i]} for i in range(BINS)]


def _near(number: float) -> float:
    """An integer of any length as the nearest float."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(sys.float_info.max, number)
