"""One value against constants, as SQL: on a plain column, and on the rows of ``param``.

Every expression made here is two-valued, as the language is: never NULL, so that ``NOT`` can be put before it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from aim.index.sql.tables import INDEXED_TEXT_CHARS, Kind, param

__all__ = ["FOUND", "TRUTH", "ParamCondition", "Test", "column_condition", "is_plain_text", "param_condition"]

SqlCondition = ColumnElement[bool]

_ORDERS: Final = ("<", "<=", ">", ">=")
_OTHER_KINDS: Final = frozenset({Kind.NAN, Kind.NONE, Kind.BIG_INT, Kind.AWKWARD_TEXT, Kind.LIST, Kind.EMPTY_DICT})
_OPERATORS: Final[dict[str, Callable[[Any, Any], SqlCondition]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT_INTEGER: Final = 2**53


@dataclass(frozen=True, slots=True)
class Test:
    """What is asked of one value: comparisons that must all hold, or one of the special questions."""

    comparisons: tuple[tuple[str, Any], ...] = ()
    """(operator, constant); for ``in`` and ``not in`` the constant is a tuple of members."""
    special: Literal["", "truth", "found", "true", "false"] = ""


TRUTH: Final = Test(special="truth")
FOUND: Final = Test(special="found")


def is_plain_text(text: str) -> bool:
    """Whether SQL holds and compares this string as Python does."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _exact(number: int | float) -> float | None:
    """`number` as a float that equals it; None if there is none."""
    try:
        as_float = float(number)
    except OverflowError:
        return None
    return as_float if as_float == number else None


def _compared(column: ColumnElement[Any], op: str, constant: Any) -> SqlCondition:
    return _OPERATORS[op](column, constant)


def _split_members(members: tuple[Any, ...]) -> tuple[list[int | float], list[str]]:
    numbers = [m for m in members if isinstance(m, (int, float)) and m == m]
    return numbers, [m for m in members if isinstance(m, str)]


def _on_numbers(column: ColumnElement[Any], op: str, constant: Any) -> SqlCondition | None:
    """``column op constant`` where the column holds a number; None if SQL would answer otherwise than Python."""
    if op in ("in", "not in"):
        exact = [_exact(n) for n in _split_members(constant)[0]]
        found = column.in_([n for n in exact if n is not None])  # what float64 cannot hold, the column does not
        return found if op == "in" else not_(found)
    if isinstance(constant, (int, float)):
        number = _exact(constant)
        return None if number is None else _compared(column, op, number)
    return true() if op == "!=" else false()


def _on_texts(column: ColumnElement[Any], op: str, constant: Any) -> SqlCondition | None:
    if op in ("in", "not in"):
        found = column.in_([t for t in _split_members(constant)[1] if is_plain_text(t)])
        return found if op == "in" else not_(found)
    if isinstance(constant, str):
        if is_plain_text(constant):
            return _compared(column, op, constant)
        return None if op in _ORDERS else true() if op == "!=" else false()
    return true() if op == "!=" else false()


def column_condition(
    column: ColumnElement[Any], test: Test, *, is_text: bool, null: Literal["never", "missing", "nan"]
) -> SqlCondition | None:
    """A test on a column of numbers or of strings.

    Args:
        column: The column; `null` says what NULL means in it.
        test: What is asked.
        is_text: Strings rather than numbers.

    Returns:
        The condition, or None if SQL cannot answer exactly.
    """
    present = true() if null == "never" else column.is_not(None)
    absent = false() if null == "never" else column.is_(None)
    if test.special == "found":
        return present if null == "missing" else true()
    if test.special in ("true", "false"):
        return false()
    if test.special == "truth":
        filled = and_(present, column != ("" if is_text else 0))
        return or_(absent, filled) if null == "nan" else filled
    parts: list[SqlCondition] = []
    for op, constant in test.comparisons:
        part = _on_texts(column, op, constant) if is_text else _on_numbers(column, op, constant)
        if part is None:
            return None
        if null == "nan" and op in ("!=", "not in"):
            parts.append(or_(absent, part))
        else:
            parts.append(and_(present, part))
    return and_(*parts)


@dataclass(slots=True)
class ParamCondition:
    """A test on the leaves of params: which rows of ``param`` satisfy it."""

    numbers: SqlCondition
    """On rows with ``num``."""
    texts: SqlCondition
    """On rows with ``txt``."""
    kinds: frozenset[Kind]
    """Kinds of the other rows that satisfy it whatever they hold."""
    unsure: frozenset[Kind]
    """Kinds of the other rows that SQL cannot decide: if there are any, the condition cannot be used."""
    dicts: bool
    """Whether a dict with something in it satisfies it."""


_NONE_SATISFY: Final[frozenset[Kind]] = frozenset()


def param_condition(test: Test) -> ParamCondition | None:
    """The rows of ``param`` that satisfy a test; None if SQL cannot tell."""
    anything = _OTHER_KINDS - {Kind.NONE}
    if test.special == "found":
        return ParamCondition(true(), true(), anything, _NONE_SATISFY, True)
    if test.special in ("true", "false"):
        wanted = and_(param.c.kind == int(Kind.BOOL), param.c.num == (1 if test.special == "true" else 0))
        return ParamCondition(wanted, false(), _NONE_SATISFY, _NONE_SATISFY, False)
    if test.special == "truth":
        filled = anything - {Kind.LIST, Kind.EMPTY_DICT}
        return ParamCondition(param.c.num != 0, param.c.txt != "", filled, frozenset({Kind.LIST}), True)
    whole: ParamCondition | None = None
    for op, constant in test.comparisons:
        part = _one_comparison(op, constant)
        if part is None:
            return None
        whole = part if whole is None else _both(whole, part)
    return whole


def _both(one: ParamCondition, other: ParamCondition) -> ParamCondition:
    return ParamCondition(
        and_(one.numbers, other.numbers),
        and_(one.texts, other.texts),
        one.kinds & other.kinds,
        one.unsure | other.unsure,
        one.dicts and other.dicts,
    )


def _one_comparison(op: str, constant: Any) -> ParamCondition | None:
    numbers = _on_numbers(param.c.num, op, constant)
    texts = _on_texts(param.c.txt, op, constant)
    if numbers is None or texts is None:
        return None
    negative = op in ("!=", "not in")
    kinds = _OTHER_KINDS - {Kind.NONE} if negative else _NONE_SATISFY
    unsure: set[Kind] = set()
    members = constant if isinstance(constant, tuple) else (constant,)
    for member in members:
        if isinstance(member, str):
            if op in _ORDERS or not is_plain_text(member) or len(member) > INDEXED_TEXT_CHARS:
                unsure.add(Kind.AWKWARD_TEXT)
        elif isinstance(member, (int, float)) and (op in _ORDERS or not abs(member) <= _EXACT_INTEGER):
            unsure.add(Kind.BIG_INT)
    return ParamCondition(numbers, texts, kinds - unsure, frozenset(unsure), negative)
