"""JSON as our event files write it: pure ASCII, with the floats that JSON lacks in an escaped form."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["FLOAT_KEY", "MAX_DEPTH", "MAX_EVENT_DEPTH", "escape_floats", "from_json", "to_json", "unescape_floats"]

FLOAT_KEY = "$float"
"""A float that JSON lacks is ``{"$float": "nan" | "inf" | "-inf"}``."""

MAX_DEPTH = 150
"""Data nested deeper than this is neither written nor read: Python's own recursion would end far into it."""
MAX_EVENT_DEPTH = 100
"""The same for one event: what several build up together must stay within the above."""

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_decoder = json.JSONDecoder(strict=False)


def escape_floats(value: Any) -> Any:
    """Return `value` with NaN and infinities in the escaped form; containers are copied only where needed."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {FLOAT_KEY: "nan" if value != value else "inf" if value > 0 else "-inf"}
    if isinstance(value, dict):
        if len(value) == 1:
            (key,) = value
            # a user's own {"$float": ...} gains one "$" so that it reads back unchanged
            if isinstance(key, str) and key.startswith("$") and key.lstrip("$") == "float":
                return {"$" + key: escape_floats(value[key])}
        return {key: escape_floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [escape_floats(item) for item in value]
    return value


def unescape_floats(value: Any) -> Any:
    """The inverse of :func:`escape_floats`."""
    if isinstance(value, dict):
        if len(value) == 1:
            (key,) = value
            if key == FLOAT_KEY and isinstance(value[key], str):
                return float(value[key])
            if key.startswith("$$") and key.lstrip("$") == "float":
                return {key[1:]: unescape_floats(value[key])}
        return {key: unescape_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unescape_floats(item) for item in value]
    return value


def _check_depth(text: str, max_depth: int) -> None:
    """Refuse text nested too deeply. Short text and text with few brackets, nearly all, is not looked at closer."""
    if len(text) <= max_depth or text.count("{") + text.count("[") <= max_depth:
        return
    depth = 0
    is_text = is_escaped = False
    for char in text:
        if is_text:
            if is_escaped:
                is_escaped = False
            elif char == "\\":
                is_escaped = True
            elif char == '"':
                is_text = False
        elif char == '"':
            is_text = True
        elif char in "{[":
            depth += 1
            if depth > max_depth:
                raise ValueError(f"nested deeper than {max_depth} levels")
        elif char in "}]":
            depth -= 1


def to_json(value: Any) -> str:
    """Encode plain values (dict, list, str, int, float, bool, None) as one line of ASCII JSON.

    Raises:
        ValueError: it is nested too deeply, contains itself, or holds an integer that Python refuses to print.
        TypeError: it is no plain value.
    """
    try:
        try:
            text = _encode(value)
        except ValueError:  # NaN or infinity somewhere inside: rare, so the walk is made only then
            text = _encode(escape_floats(value))
        else:
            if '"$' in text:
                text = _encode(escape_floats(value))
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels, or it contains itself") from None
    _check_depth(text, MAX_DEPTH)
    return text


def from_json(text: str, *, max_depth: int = MAX_DEPTH) -> Any:
    """Decode what :func:`to_json` wrote.

    Raises:
        ValueError: the text is not JSON, or nested too deeply.
    """
    _check_depth(text, max_depth)
    # decode() looks for white space around the value, which takes longer than reading a short one.
    try:
        value, end = _decoder.raw_decode(text)
    except ValueError:
        end = -1
    if end != len(text):
        value = _decoder.decode(text)  # white space or an error: it says which
    return unescape_floats(value) if '"$' in text else value
