"""Helpers of Aim 3's ``aim.sdk.num_utils``."""

from __future__ import annotations

import numbers
from typing import Any

from aim.errors import InvalidValueError
from aim.sdk.recording.values import to_float

__all__ = ["convert_to_py_number", "is_number"]


def is_number(value: Any) -> bool:
    """Whether `value` is a number, or an array or tensor of one."""
    if isinstance(value, numbers.Number):
        return True
    return getattr(value, "shape", None) is not None and _converted(value) is not None


def convert_to_py_number(value: Any) -> Any:
    """The Python number in `value`: an int stays one.

    Raises:
        ValueError: `value` is not a single real number.
    """
    if isinstance(value, (int, float)):
        return value
    item = getattr(value, "item", None)
    number = item() if callable(item) and _converted(value) is not None else None
    return number if isinstance(number, (int, float)) else to_float(value)


def _converted(value: Any) -> float | None:
    try:
        return to_float(value)
    except InvalidValueError:
        return None
