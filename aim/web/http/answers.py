"""JSON answers."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from aim.explore.encoding import encode

__all__ = ["json_response"]


def json_response(content: Any, *, status: int = 200) -> Response:
    """An answer of plain data.

    Models describe the answers in the OpenAPI document, and the tests hold them to it; running every cell of a table
    through them would cost more than finding it.
    """
    return Response(encode(content), status_code=status, media_type="application/json")
