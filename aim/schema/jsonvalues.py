"""JSON as our event files write it: pure ASCII, with the floats that JSON lacks in an escaped form."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["FLOAT_KEY", "escape_floats", "from_json", "to_json", "unescape_floats"]

FLOAT_KEY = "$float"
"""A float that JSON lacks is ``{"$float": "nan" | "inf" | "-inf"}``."""

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder(strict=False).decode


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


def to_json(value: Any) -> str:
    """Encode plain values (dict, list, str, int, float, bool, None) as one line of ASCII JSON."""
    try:
        text = _encode(value)
    except ValueError:  # NaN or infinity somewhere inside: rare, so the walk is made only then
        return _encode(escape_floats(value))
    return _encode(escape_floats(value)) if '"$' in text else text


def from_json(text: str) -> Any:
    """Decode what :func:`to_json` wrote.

    Raises:
        ValueError: the text is not JSON.
    """
    value = _decode(text)
    return unescape_floats(value) if '"$' in text else value
