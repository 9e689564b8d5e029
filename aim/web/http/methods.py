"""Methods that a path of the API does not have: answered with 405, and with those that it has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from aim.web.http.errors import error_response

__all__ = ["methods_by_path", "refuse_other_methods"]

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def methods_by_path(routers: Iterable[APIRouter], *, prefix: str) -> dict[str, set[str]]:
    """Which methods the paths of some routers have."""
    found: dict[str, set[str]] = {}
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            found.setdefault(prefix + route.path, set()).update(route.methods or ())
    return found


def refuse_other_methods(app: FastAPI, path: str, methods: set[str]) -> None:
    """Answer 405 to the methods that a path does not have."""
    app.router.add_route(path, _refusal(sorted(methods)), sorted(_METHODS - methods), include_in_schema=False)


def _refusal(methods: list[str]) -> Callable[[Request], Awaitable[Response]]:
    async def refuse(request: Request) -> Response:
        message = f"{request.method} is not answered here, {' and '.join(methods)} {'are' if methods[1:] else 'is'}"
        return error_response(405, message, headers={"allow": ", ".join(methods)})

    return refuse
