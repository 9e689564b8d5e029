"""A run's params as rows: one a leaf, each value in a form that SQL compares as the language does. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from aim.index.sql.tables import INDEXED_TEXT_CHARS, Kind
from aim.schema.jsonvalues import to_json

__all__ = ["EXACT_INT_MAX", "classify", "flatten_params", "path_row", "storable_text"]

EXACT_INT_MAX = 2**53
"""Integers up to here are float64 values exactly."""


def storable_text(text: str) -> str:
    """`text` with what a database would refuse (lone surrogates, NUL) in a readable escaped form."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text if _is_encodable(text) else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def classify(value: Any) -> tuple[Kind, float | None, str | None]:
    """(kind, num, txt) of a leaf, see :class:`aim.index.sql.tables.Kind`."""
    if isinstance(value, str):
        if len(value) <= INDEXED_TEXT_CHARS and "\0" not in value and _is_encodable(value):
            return Kind.TEXT, None, value
        return Kind.AWKWARD_TEXT, None, None
    if isinstance(value, bool):
        return Kind.BOOL, float(value), None
    if isinstance(value, float):
        if math.isfinite(value):
            return Kind.FINITE, value, None
        if value != value:
            return Kind.NAN, None, None
        return (Kind.POS_INF if value > 0 else Kind.NEG_INF), value, None
    if isinstance(value, int):
        if -EXACT_INT_MAX <= value <= EXACT_INT_MAX:
            return Kind.FINITE, float(value), None
        return Kind.BIG_INT, None, None
    if value is None:
        return Kind.NONE, None, None
    return (Kind.EMPTY_DICT if isinstance(value, dict) else Kind.LIST), None, None


def flatten_params(params: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, leaf) of nested params; an empty dict is a leaf, save the whole."""
    pending: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), params)]
    while pending:  # no recursion: params come from files and may be nested to any depth
        prefix, level = pending.pop()
        for key, value in level.items():
            path = (*prefix, key)
            if isinstance(value, dict) and value:
                pending.append((path, value))
            else:
                yield path, value


def path_row(path: tuple[str, ...]) -> tuple[str, str, str | None]:
    """(path as JSON, full, tail) for the dictionary of paths."""
    keys = [storable_text(key) for key in path]
    return to_json(list(path)), ".".join(keys), ".".join(keys[1:]) if len(keys) > 1 else None
