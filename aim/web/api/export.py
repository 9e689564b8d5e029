"""The runs of a search as a file: CSV, JSON, Parquet or a Markdown table; all that match, not the page in sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from aim.errors import MissingDependencyError
from aim.explore.tables.export import export_runs as write_runs
from aim.explore.tables.export import require_format
from aim.explore.tables.search import RunSearch, search_runs
from aim.explore.view import View
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, in_thread
from aim.web.models.runs import RunsExport
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["runs"])

_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_SUFFIXES: Final = {"markdown": "md"}


@router.post(
    "/runs/export",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in _TYPES.values()}, "description": "The file."}},
)
async def export_runs(body: RunsExport, request: Request) -> Response:
    """All runs that a query finds, sorted, with the values of some columns, as a file."""
    state = state_of(request)
    wanted = RunSearch(body.q, tuple((key.by, key.desc) for key in body.sort), bool(body.archived))
    try:
        require_format(body.format)
    except MissingDependencyError as error:
        raise ApiError(400, str(error)) from None

    def work(check: Check) -> Iterator[bytes]:
        def write(view: View) -> Iterator[bytes]:
            found = search_runs(view, wanted, cache=state.search_cache, progress=check)
            return write_runs(view, found.ids, body.format, columns=body.columns, is_exact=body.exact)

        return state.service.read(write)

    parts = await in_thread(request, state.searches, work)
    name = f"runs.{_SUFFIXES.get(body.format, body.format)}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-accel-buffering": "no"}
    return StreamingResponse(parts, media_type=_TYPES[body.format], headers=headers)
