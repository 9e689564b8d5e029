"""Metrics: finding sequences, and their points as frames."""

from __future__ import annotations

import math
import re
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from aim.explore.curves.charts import ChartRequest, frames, read_point
from aim.explore.curves.export import PointsFile, export_points
from aim.explore.curves.frames import MEDIA_TYPE
from aim.explore.curves.sequences import find_sequences
from aim.explore.pages.headline import chosen_metrics
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, search_response
from aim.web.models.metrics import FrameRequest, MetricsAnswer, MetricsSearch, PointAnswer, PointRequest, PointsExport
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["metrics"])


@router.post("/metrics/search", response_model=MetricsAnswer)
async def search_metrics(body: MetricsSearch, request: Request) -> Response:
    """The sequences that a query finds, with their summaries and their runs."""
    state = state_of(request)
    service = state.service

    def work(check: Check) -> dict[str, Any]:
        behind = service.behind
        chosen = chosen_metrics(service.layout)
        found = service.read(
            lambda view: find_sequences(view, body.q, body.limit, exprs=body.exprs, headlines=chosen, progress=check)
        )
        return {**found, "behind": behind}

    return await search_response(request, state.searches, work)


@router.post(
    "/metrics/frame",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {MEDIA_TYPE: {}},
            "description": "Frames in a row, as docs/api.md describes them.",
        }
    },
)
def metric_frames(body: FrameRequest, request: Request) -> Response:
    """The points of sequences at the resolution of a chart, in binary frames, each sent as soon as it is ready."""
    _check_range(body.range)
    if body.since is not None:
        if body.range is not None:
            raise ApiError(400, "range, or since, not both")
        if len(body.since) != len(body.sequences) or not all(map(math.isfinite, body.since)):
            raise ApiError(400, "since: a finite number for each of the sequences")
    wanted = ChartRequest(
        body.sequences,
        body.x,
        body.attempts,
        body.buckets,
        body.range,
        None if body.since is None else dict(zip(body.sequences, body.since, strict=True)),
        body.exact_below,
        None if body.smoothing is None else body.smoothing.function(),
        is_log=body.x_scale == "log",
        is_precise=body.precision == "f8",
        is_y_log=body.y_scale == "log",
    )
    stream = state_of(request).service.read(lambda view: frames(view, wanted))
    return StreamingResponse(stream, media_type=MEDIA_TYPE, headers={"x-accel-buffering": "no"})


@router.post(
    "/metrics/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The file."}},
)
def export_metrics(body: PointsExport, request: Request) -> Response:
    """Every point of sequences in a range, with names, contexts, steps, times and all digits, as a CSV file."""
    _check_range(body.range)
    wanted = PointsFile(
        body.sequences,
        body.titles,
        body.labels,
        body.x,
        body.attempts,
        body.range,
        None if body.smoothing is None else body.smoothing.function(),
        is_exact=body.exact,
    )
    parts = state_of(request).service.read(lambda view: export_points(view, wanted))
    name = re.sub(r"[^\w=.-]+", "_", body.name, flags=re.ASCII) or "points"
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "x-accel-buffering": "no"}
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)


def _check_range(wanted: tuple[float, float] | None) -> None:
    if wanted is not None and not (math.isfinite(wanted[0]) and math.isfinite(wanted[1]) and wanted[0] <= wanted[1]):
        raise ApiError(400, "range: two finite numbers, the smaller one first")


@router.post("/metrics/point", response_model=PointAnswer)
def metric_point(body: PointRequest, request: Request) -> Response:
    """One point of a sequence in full: the first of those nearest to a place on an axis."""
    service = state_of(request).service
    point = service.read(
        lambda view: read_point(view, body.sequence, body.at, x=body.x, attempts=body.attempts, until=body.until)
    )
    return json_response(point)
