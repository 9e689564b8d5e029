"""What every request must have that changes the repo."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from aim.web.http.errors import ApiError
from aim.web.state import state_of

__all__ = ["require_change_allowed"]

CHANGE_HEADER: Final = "x-aim"
"""A form of another page cannot send it."""


def require_change_allowed(request: Request) -> None:
    """A dependency of everything that changes the repo.

    Raises:
        ApiError: the server is read-only, or the request could come from a foreign form.
    """
    if state_of(request).settings.read_only:
        raise ApiError(403, "this server is read-only (it was started with --read-only)")
    if request.headers.get(CHANGE_HEADER) is None:
        raise ApiError(403, "requests that change something need the header X-Aim: 1")
