"""Values of AimQL: when two are equal, how they are ordered, what arithmetic gives. Pure and total: nothing raises,
except that work over a long list or dict ends when nobody waits for it any longer (:mod:`aim.query.language.effort`).

A value is a bool, an int, a float, a string, a list or a dict; None means a missing one. Numbers (a bool counts as
one) compare with numbers and texts with texts, by code point; nothing else is ordered. What arithmetic cannot answer
is missing: another kind of value, a division by zero, an overflow, a NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aim.query.language.effort import CHARS_A_UNIT, build, spend
from aim.schema.paths import ParamPath

__all__ = [
    "MAX_TEXT_RESULT_CHARS",
    "add_up",
    "arithmetic",
    "contains",
    "equal",
    "extreme",
    "find_params",
    "is_number",
    "ordered",
    "rounded",
    "sort_values",
    "to_timestamp",
    "truth",
]

MAX_INTEGER_BITS: Final = 4_096
"""A larger integer result is missing, so that no chain of multiplications takes time or memory."""
MAX_TEXT_RESULT_CHARS: Final = 100_000
MANY_KEYS: Final = 100
"""Of params: fewer are not counted as work, as almost every condition looks through them."""
MAX_DATA_DEPTH: Final = 100
"""Nested lists are compared to this depth; deeper ones are unequal."""


def is_number(value: object) -> bool:
    """Whether `value` is a number; True and False are 1 and 0."""
    return isinstance(value, (int, float))


def truth(value: object) -> bool:
    """Whether a value counts as true by itself: not 0, not empty."""
    return bool(value)


def equal(left: Any, right: Any, depth: int = 0) -> bool:
    """``left == right``; NaN equals nothing, a string never equals a number."""
    if isinstance(left, (int, float)):
        return isinstance(right, (int, float)) and left == right
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    if depth >= MAX_DATA_DEPTH:
        return False
    if isinstance(left, (list, tuple)):
        spend(len(left))
        return (
            isinstance(right, (list, tuple))
            and len(left) == len(right)
            and all(equal(a, b, depth + 1) for a, b in zip(left, right, strict=True))
        )
    if isinstance(left, Mapping):
        spend(len(left))
        return (
            isinstance(right, Mapping)
            and left.keys() == right.keys()
            and all(equal(item, right[key], depth + 1) for key, item in left.items())
        )
    return depth > 0 and left is None and right is None  # inside a list None is None


def ordered(op: str, left: Any, right: Any) -> bool:
    """``left < right`` and the like; false for values that have no order."""
    if not (
        (isinstance(left, (int, float)) and isinstance(right, (int, float)))
        or (isinstance(left, str) and isinstance(right, str))
    ):
        return False
    if op == "<":
        return bool(left < right)  # type: ignore[operator]
    if op == "<=":
        return bool(left <= right)  # type: ignore[operator]
    if op == ">":
        return bool(left > right)  # type: ignore[operator]
    return bool(left >= right)  # type: ignore[operator]


def contains(container: Any, value: Any) -> bool | None:
    """Whether a list holds `value`, a string holds it as a part, a dict has it as a key; None for other containers."""
    if isinstance(container, (list, tuple)):
        spend(len(container))
        return any(equal(value, item) for item in container)
    if isinstance(container, str):
        spend(len(container) // CHARS_A_UNIT)
        return isinstance(value, str) and value in container
    if isinstance(container, Mapping):
        return isinstance(value, str) and value in container
    return None


def _bounded(value: Any) -> Any:
    if isinstance(value, float):
        return None if value != value else value
    if isinstance(value, int):
        return value if value.bit_length() <= MAX_INTEGER_BITS else None
    return None  # a complex number, from a negative base with a fractional exponent


def _power(base: float, exponent: float) -> Any:
    if (
        isinstance(base, int)
        and isinstance(exponent, int)
        and exponent >= 0
        and base.bit_length() * exponent <= MAX_INTEGER_BITS
    ):
        return base**exponent
    return float(base) ** float(exponent)


def arithmetic(op: str, left: Any, right: Any) -> Any:
    """The result of ``left op right``, or None if there is none."""
    if op == "+" and isinstance(left, str) and isinstance(right, str):
        return build(left + right) if len(left) + len(right) <= MAX_TEXT_RESULT_CHARS else None
    if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
        return None
    try:
        if op == "+":
            return _bounded(left + right)
        if op == "-":
            return _bounded(left - right)
        if op == "*":
            return _bounded(left * right)
        if op == "/":
            return _bounded(left / right)
        if op == "//":
            return _bounded(left // right)
        if op == "%":
            return _bounded(left % right)
        return _bounded(_power(left, right))
    except (ArithmeticError, ValueError):
        return None


def rounded(value: Any, digits: Any = None) -> Any:
    """``round(value, digits)`` for numbers."""
    if not is_number(value) or not (digits is None or isinstance(digits, int)):
        return None
    try:
        return round(value) if digits is None else round(value, max(-400, min(400, int(digits))))
    except (ArithmeticError, ValueError):
        return None


def add_up(values: Any) -> Any:
    """The sum of a list of numbers."""
    if not isinstance(values, (list, tuple)):
        return None
    spend(len(values))
    total: Any = 0
    for value in values:
        total = arithmetic("+", total, value)
        if not is_number(total):
            return None
    return total


def sort_values(values: Any) -> list[Any] | None:
    """A list of numbers, or of strings, in order."""
    if not isinstance(values, (list, tuple)):
        return None
    spend(len(values))
    if all(isinstance(v, str) for v in values) or all(is_number(v) and v == v for v in values):
        return build(sorted(values))  # type: ignore[no-any-return]  # what a query holds is Any
    return None


def extreme(values: Iterable[Any], *, largest: bool) -> Any:
    """The smallest or largest of numbers or of strings; missing if they are mixed, hold a NaN, or are none."""
    in_order = sort_values(list(values))
    if not in_order:
        return None
    return in_order[-1] if largest else in_order[0]


def to_timestamp(arguments: tuple[Any, ...]) -> float:
    """Unix seconds of ``datetime(2024, 1, 31, ...)`` or ``datetime("2024-01-31T10:00")``; UTC by default.

    Raises:
        ValueError: no such time; the message says why.
    """
    if len(arguments) == 1 and isinstance(arguments[0], str):
        moment = datetime.fromisoformat(arguments[0].strip())
    else:
        if not all(isinstance(a, int) and not isinstance(a, bool) for a in arguments):
            raise ValueError("datetime takes whole numbers (year, month, day, ...) or one ISO text")
        if len(arguments) < 3:
            raise ValueError("datetime takes at least year, month and day")
        try:
            moment = datetime(*arguments)
        except OverflowError:
            raise ValueError("a number is too large for a date") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - _EPOCH).total_seconds()
    except OverflowError:
        raise ValueError("out of range") from None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _descend(params: Mapping[str, Any], path: ParamPath, used: int, into: list[Any]) -> None:
    for key, end in path.first_keys(used):
        if key not in params:
            continue
        value = params[key]
        if end == len(path.keys):
            if value is not None:
                into.append(value)
        elif isinstance(value, Mapping):
            _descend(value, path, end, into)


def find_params(params: Mapping[str, Any], path: ParamPath, *, anywhere: bool) -> list[Any]:
    """The values at a path.

    Args:
        params: Nested params of one run.
        path: Without keys: all params.
        anywhere: Also look below each top-level key ("named set").
    """
    if not path.keys:
        return [params] if params else []
    found: list[Any] = []
    _descend(params, path, 0, found)
    if anywhere:
        if len(params) > MANY_KEYS:
            spend(len(params))
        for named_set in params.values():
            if isinstance(named_set, Mapping):
                _descend(named_set, path, 0, found)
    return found
