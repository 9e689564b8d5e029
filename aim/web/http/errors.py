"""Errors as the API answers them: ``{"error": {"code", "message", ...}}``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from aim.errors import (
    AimError,
    IndexUnavailableError,
    InvalidValueError,
    QueryError,
    QueryNameError,
    RunError,
    RunNotFoundError,
    UnsafeFileError,
)
from aim.web.http.answers import json_response

__all__ = ["ApiError", "answer_for", "error_body", "error_response", "install_error_handlers"]

_log = logging.getLogger("aim")

_CODES: Final = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "bad_request", 409: "conflict",
                 413: "too_large", 503: "unavailable"}  # fmt: skip


class ApiError(Exception):
    """An answer other than 200.

    Attributes:
        status: The HTTP status.
        code: One of the API's words, by default the one of the status.
        extra: Further keys of the body, beside ``error``.
    """

    def __init__(self, status: int, message: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _CODES.get(status, "internal")
        self.extra = extra


def error_body(code: str, message: str, **more: Any) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, **more}}


def error_response(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as an answer."""
    response = json_response(error_body(code or _CODES.get(status, "internal"), message), status=status)
    response.headers.update(headers or {})
    return response


def query_error_body(error: QueryError) -> dict[str, Any]:
    """A query that cannot be answered, with the place of the fault."""
    return error_body(
        "query_name" if isinstance(error, QueryNameError) else "query_syntax",
        error.message,
        line=error.line,
        column=error.column,
        expected=error.expected,
        suggestions=list(error.suggestions),
    )


def answer_for(error: Exception) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to an error."""
    if isinstance(error, ApiError):
        return error.status, {**error_body(error.code, error.message), **error.extra}
    if isinstance(error, QueryError):
        return 400, query_error_body(error)
    if isinstance(error, RunNotFoundError):
        return 404, error_body("not_found", str(error))
    if isinstance(error, (RunError, UnsafeFileError)):
        return 409, error_body("conflict", str(error))
    if isinstance(error, InvalidValueError):
        return 400, error_body("bad_request", str(error))
    if isinstance(error, IndexUnavailableError):
        return 503, error_body("unavailable", str(error))
    _log.warning("%s: %s", type(error).__name__, error)
    return 500, error_body("internal", str(error))


def install_error_handlers(app: FastAPI) -> None:
    """Answer every failure in the same form."""

    async def handle(request: Request, error: Exception) -> Response:
        status, body = answer_for(error)
        return json_response(body, status=status)

    async def handle_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = []
        for fault in error.errors()[:10]:
            place = ".".join(str(part) for part in fault.get("loc", ()) if part != "body")
            faults.append(f"{place}: {fault.get('msg', 'invalid')}" if place else str(fault.get("msg", "invalid")))
        return error_response(400, "; ".join(faults) or "the request cannot be read")

    async def handle_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = error_response(error.status_code, str(error.detail))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    app.add_exception_handler(RequestValidationError, handle_validation)
    app.add_exception_handler(HTTPException, handle_http)
    for kind in (ApiError, AimError, OSError):
        app.add_exception_handler(kind, handle)
