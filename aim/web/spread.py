"""How the values of one column of the runs table spread: a histogram for its head, the range for its colours."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

__all__ = ["spread_of"]

EXACT: Final = 12
"""So many different values stand each for itself; more numbers fall into bins."""
BINS: Final = 24
TEXTS: Final = 100
"""Most frequent texts of one answer."""


def spread_of(keys: Iterable[Any], runs: int) -> dict[str, Any]:
    """The spread of values, given as :func:`aim.web.sorting.sort_keys` has them, over some runs.

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
            numbers.append(float(number))
        else:
            texts[text] += 1
    finite = np.array([number for number in numbers if math.isfinite(number)])
    answer: dict[str, Any] = {
        "runs": runs,
        "missing": runs - count,
        "infinite": len(numbers) - len(finite),
        "min": float(finite.min()) if len(finite) else None,
        "max": float(finite.max()) if len(finite) else None,
        "values": [{"value": text, "count": n} for text, n in texts.most_common(TEXTS)],
        "more_values": max(0, len(texts) - TEXTS),
        "bins": [],
    }
    if len(finite):
        exact, counts = np.unique(finite, return_counts=True)
        if len(exact) <= EXACT:
            pairs = zip(exact, counts, strict=True)
            answer["values"] = [{"value": float(value), "count": int(n)} for value, n in pairs] + answer["values"]
        else:
            answer["bins"] = _bins(finite)
    return answer


def _bins(finite: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    low, high = float(finite.min()), float(finite.max())
    if not math.isfinite(high - low):  # the width is beyond a float: halve what is counted, and double the edges
        counts, edges = np.histogram(finite / 2, bins=BINS)
        edges = edges * 2
    else:
        counts, edges = np.histogram(finite, bins=BINS, range=(low, high))
    edges[0], edges[-1] = low, high
    return [
        {"from": float(edges[i]), "to": float(edges[i + 1]), "count": int(number)} for i, number in enumerate(counts)
    ]
