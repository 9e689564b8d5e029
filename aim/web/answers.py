"""JSON answers: ASCII, with the floats that JSON lacks as ``{"$float": "nan"}``, encoded without a detour."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from aim.schema.jsonvalues import to_json

__all__ = ["json_response"]


def json_response(content: Any, *, status: int = 200) -> Response:
    """Encode plain data.

    Models describe the answers in the OpenAPI document, and the tests hold them to it; running every cell of a table
    through them would cost more than finding it.
    """
    return Response(to_json(content), status_code=status, media_type="application/json")
