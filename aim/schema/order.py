"""The order in which people count: ``item9`` before ``item10``, and numbers that were recorded as text by their size.

``aim/web/ui/src/base/order.ts`` says the same for the tables that a page sorts by itself.
"""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["natural_key", "natural_order"]

_DIGITS: Final = re.compile(r"([0-9]+)")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS: Final = 100
"""Longer rows of digits are compared as text: to read them takes Python longer than their length."""


def natural_order(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts ``i=9`` before ``i=10``."""
    parts = _DIGITS.split(text)
    # every second part is digits
    return [
        (0, int(part), "") if at % 2 and len(part) < _MOST_DIGITS else (1, 0, part) for at, part in enumerate(parts)
    ]


def natural_key(text: str) -> tuple[Any, ...]:
    """A key for the cells of a table: numbers by size, then the other texts in natural order, whatever their case."""
    folded = text.lower()
    if _NUMBER.fullmatch(folded):
        return 0, float(folded), natural_order(folded), text
    return 1, 0.0, natural_order(folded), text
