"""JSON answers: the floats that JSON lacks as ``{"$float": "nan"}``, encoded without a detour."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError
from pydantic_core import from_json as fast_read
from pydantic_core import to_json as fast_json
from starlette.responses import Response

from aim.schema.jsonvalues import escape_floats, from_json

__all__ = ["encode", "json_response", "read_json"]

_encode_escaped = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def encode(content: Any) -> bytes:
    """Plain data as JSON, in the form of :func:`aim.schema.jsonvalues.to_json`.

    A table of 1,000 runs is megabytes of text: the fast encoder writes it in a tenth of the time that the standard
    library's takes. What it cannot write in our form shows in what it wrote (or in a text that looks like it: no
    harm done), and is written again the slow way.
    """
    try:
        data = fast_json(content, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError):  # lone surrogates
        return _encode_escaped(escape_floats(content)).encode("ascii")
    if b"NaN" in data or b"Infinity" in data or b'"$' in data:
        return _encode_escaped(escape_floats(content)).encode("ascii")
    return data


def read_json(text: str) -> Any:
    """What :func:`aim.schema.jsonvalues.to_json` wrote, in a third of the time of :func:`~.from_json`.

    Raises:
        ValueError: the text is not JSON, or nested too deeply.
    """
    if '"$' not in text:
        try:
            return fast_read(text)
        except ValueError:  # lone surrogates, very long integers: or it is none
            pass
    return from_json(text)


def json_response(content: Any, *, status: int = 200) -> Response:
    """An answer of plain data.

    Models describe the answers in the OpenAPI document, and the tests hold them to it; running every cell of a table
    through them would cost more than finding it.
    """
    return Response(encode(content), status_code=status, media_type="application/json")
