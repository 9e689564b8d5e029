"""Metrics: finding sequences, and their points as frames."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, select
from starlette.responses import StreamingResponse

from aim.explore.curves.axes import find_partners, find_starts, metric_of, positions
from aim.explore.curves.frames import MEDIA_TYPE, FrameBuilder
from aim.explore.curves.ids import resolve_ids, sequence_id
from aim.explore.tables.columns import params_of
from aim.explore.tables.rows import load_details
from aim.explore.view import View
from aim.index.points.buckets import Curve, CurveCutter
from aim.index.sql import tables as t
from aim.schema.statuses import UNCERTAIN
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, search_response
from aim.web.models.metrics import Attempts, FrameRequest, MetricsAnswer, MetricsSearch, PointAnswer, PointRequest
from aim.web.state import state_of

__all__ = ["frames", "router"]

router = APIRouter(tags=["metrics"])

FIRST_BATCH_POINTS: Final = 50_000
"""The first frame is small, so that something is drawn at once."""
BATCH_POINTS: Final = 1_000_000
"""Points read for one frame: 16 MB of columns."""
BATCH_SEQUENCES: Final = 500


@router.post("/metrics/search", response_model=MetricsAnswer)
async def search_metrics(body: MetricsSearch, request: Request) -> Response:
    """The sequences that a query finds, with their summaries and their runs."""
    state = state_of(request)
    service = state.service

    def work(check: Check) -> dict[str, Any]:
        behind = service.behind
        return {**service.read(lambda view: _search(view, body, check)), "behind": behind}

    return await search_response(request, state.searches, work)


def _search(view: View, body: MetricsSearch, check: Check) -> dict[str, Any]:
    started, now = time.perf_counter(), time.time()
    found = view.engine.newest_sequences(body.q, body.limit, progress=check)
    chosen = found.rows
    runs = list({row.run.id: row.run for row in chosen}.values())
    details = load_details(view, [run.id for run in runs], now)
    with view.connect() as connection:
        params = dict(params_of(connection, [run.id for run in runs]))
        summaries = _summaries(connection, [row.id for row in chosen])
    run_answers: dict[str, Any] = {}
    for run in runs:
        if run.id in details:
            fields = details[run.id][1]
            run_answers[run.hash] = {
                "name": fields.name,
                "experiment": fields.experiment,
                "status": fields.status or UNCERTAIN,
                "created_at": fields.created_at,
                "tags": fields.tags,
                "params": params.get(run.id, {}),
            }
    return {
        "matched_runs": found.matched_runs,
        "matched_sequences": found.matched,
        "truncated": len(chosen) < found.matched,
        "runs": run_answers,
        "sequences": [
            {
                "id": sequence_id(row.run.hash, row.id, row.name, row.context_text),
                "run": row.run.hash,
                "name": row.name,
                "context": row.context,
                **summaries[row.id],
            }
            for row in chosen
            if row.run.hash in run_answers and row.id in summaries
        ],
        "hints": list(found.hints),
        "took_ms": round(1000 * (time.perf_counter() - started), 3),
    }


def _summaries(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    c = t.sequence.c
    columns = [
        c[name]
        for name in ("id", "count", "first_step", "last_step", "last", "min", "max", "nan_count", "hidden_points")
    ]
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), 1_000):
        statement = select(*columns).where(c.id.in_(ids[start : start + 1_000]))
        for number, count, first_step, last_step, last, low, high, nan_count, hidden in connection.execute(
            statement
        ).all():
            found[number] = {
                "count": count,
                "first_step": first_step,
                "last_step": last_step,
                "last": float("nan") if last is None else last,
                "min": low,
                "max": high,
                "nan_count": nan_count,
                "hidden_points": hidden,
            }
    return found


# -- points --------------------------------------------------------------------------------------------------------


@router.post(
    "/metrics/frame",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "Frames that follow each other; see ui-spec TSF1."}},
)
def metric_frames(body: FrameRequest, request: Request) -> Response:
    """The points of sequences at the resolution of a chart, in binary frames, each sent as soon as it is ready."""
    if body.range is not None:
        low, high = body.range
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ApiError(400, "range: two finite numbers, the smaller one first")
    if body.since is not None:
        if body.range is not None:
            raise ApiError(400, "range, or since, not both")
        if len(body.since) != len(body.sequences) or not all(map(math.isfinite, body.since)):
            raise ApiError(400, "since: a finite number for each of the sequences")
    stream = state_of(request).service.read(lambda view: frames(view, body))
    return StreamingResponse(stream, media_type=MEDIA_TYPE, headers={"x-accel-buffering": "no"})


@router.post("/metrics/point", response_model=PointAnswer)
def metric_point(body: PointRequest, request: Request) -> Response:
    """One point of a sequence in full: the first of those nearest to a place on an axis."""
    return json_response(state_of(request).service.read(lambda view: _point(view, body)))


def _point(view: View, request: PointRequest) -> dict[str, Any]:
    row = next((row for _, row in _resolved(view, [request.sequence])), None)
    if row is None:
        raise ApiError(404, "this sequence is not there (any more)")
    (column,) = view.index.read_columns([row.id], epochs=True, times=True, attempts=request.attempts)
    steps, values, epochs, times = column.steps, column.values, column.epochs, column.times
    assert steps is not None and values is not None and epochs is not None and times is not None
    name = metric_of(request.x)
    partner = _read_partners(view, name, [row], request.attempts).get(row.id) if name is not None else None
    with view.connect() as connection:
        starts = find_starts(connection, [row])
    distance = np.abs(positions(request.x, column, row, partner, starts=starts) - request.at)
    if not np.isfinite(distance).any():
        raise ApiError(404, f"no point of this sequence has a {request.x}")
    at = int(np.nanargmin(distance))
    epoch = float(epochs[at])
    return {
        "step": int(steps[at]),
        "epoch": None if epoch != epoch else epoch,
        "time": float(times[at]),
        "relative_time": float(times[at] - starts[row.hash]),
        "value": float(values[at]),
    }


def frames(view: View, request: FrameRequest) -> Iterator[bytes]:
    """The frames of an answer. What is wrong with the request is found here, not while they are sent."""
    ids = list(dict.fromkeys(request.sequences))
    chosen = _resolved(view, ids)
    known = {text for text, _ in chosen}
    return _frames(view, request, chosen, [text for text in ids if text not in known])


def _batches(chosen: Sequence[tuple[str, Any]]) -> Iterator[Sequence[tuple[str, Any]]]:
    begin = points = 0
    limit = FIRST_BATCH_POINTS
    for number, (_, row) in enumerate(chosen):
        if number > begin and (points + row.count > limit or number - begin >= BATCH_SEQUENCES):
            yield chosen[begin:number]
            begin, points, limit = number, 0, BATCH_POINTS
        points += row.count
    if begin < len(chosen) or not chosen:
        yield chosen[begin:]


def _frames(
    view: View, request: FrameRequest, chosen: Sequence[tuple[str, Any]], missing: list[str]
) -> Iterator[bytes]:
    edges: tuple[float, float] | None = None
    if request.x == "step" and chosen:  # one grid for all, so that equal steps stay equal
        low, high = min(row.min_step for _, row in chosen), max(row.max_step for _, row in chosen)
        if request.x_scale == "log" and low <= 0:
            low = min(1, high)  # no positive step is smaller
        edges = (float(low), float(high))
    index = view.index
    path = index.path
    batches = list(_batches(chosen))
    for number, batch in enumerate(batches):
        is_last = number == len(batches) - 1
        more = {"missing": missing} if is_last else {}

        def work(
            batch: Sequence[tuple[str, Any]] = batch, is_last: bool = is_last, more: dict[str, Any] = more
        ) -> bytes:
            if index.path != path:  # built anew meanwhile, for example because it was damaged: the numbers are others
                batch = _resolved(view, [text for text, _ in batch])
            return _frame(view, request, batch, edges, complete=is_last, **more)

        yield index.with_repair(work)


def _resolved(view: View, ids: Sequence[str]) -> list[tuple[str, Any]]:
    with view.connect() as connection:
        found = resolve_ids(connection, ids)
    return [(text, found[text]) for text in ids if text in found]


def _frame(
    view: View,
    request: FrameRequest,
    batch: Sequence[tuple[str, Any]],
    edges: tuple[float, float] | None,
    *,
    complete: bool,
    **more: Any,
) -> bytes:
    name = metric_of(request.x)
    columns = view.index.read_columns(
        [row.id for _, row in batch],
        steps=request.x == "step" or name is not None,
        values=True,
        epochs=request.x == "epoch",
        times=request.x in ("time", "relative_time"),
        is_shared=True,
        attempts=request.attempts,
    )
    partners = _read_partners(view, name, [row for _, row in batch], request.attempts) if name is not None else {}
    starts: dict[str, float] = {}
    if request.x == "relative_time":
        with view.connect() as connection:
            starts = find_starts(connection, [row for _, row in batch])
    builder = FrameBuilder()
    since = dict(zip(request.sequences, request.since, strict=True)) if request.since is not None else {}
    cutters: dict[float | None, CurveCutter] = {}
    entries: list[dict[str, Any]] = []
    for (text, row), column in zip(batch, columns, strict=True):
        assert column.values is not None
        begin = since.get(text)
        cutter = cutters.get(begin)
        if cutter is None:
            cutter = cutters[begin] = CurveCutter(
                buckets=request.buckets,
                x_range=request.range if begin is None else (begin, math.inf),
                edges_range=edges,
                exact_below=request.exact_below,
                smoothing=request.smoothing.function() if request.smoothing is not None else None,
                log_x=request.x_scale == "log",
            )
        x = positions(request.x, column, row, partners.get(row.id), starts=starts)
        curve = cutter.cut(x, column.values)
        entry = _entry(builder, text, row, curve, is_precise=request.precision == "f8")
        entries.append(entry if begin is None else {**entry, "before": curve.before})
    return builder.encode(entries, complete=complete, **more)


def _read_partners(view: View, name: str, rows: Sequence[Any], attempts: Attempts) -> dict[int, Any]:
    with view.connect() as connection:
        numbers = find_partners(connection, name, rows)
    ids = list(dict.fromkeys(numbers.values()))
    columns = dict(zip(ids, view.index.read_columns(ids, is_shared=True, attempts=attempts), strict=True))
    return {row_id: columns[number] for row_id, number in numbers.items()}


_EXACT_STEP_MAX: Final = 2**53


def _count_rounded(x: np.ndarray[Any, Any]) -> tuple[int, int]:
    """How many steps beyond 2**53 are no float64, and how many lie at the one of the step before.

    A chart shows the former somewhere else than they are, and has one place for the latter.
    """
    if x.dtype.kind not in "iu" or len(x) == 0 or (x[0] >= -_EXACT_STEP_MAX and x[-1] <= _EXACT_STEP_MAX):
        return 0, 0
    places = x.astype(np.float64)
    with np.errstate(invalid="ignore"):  # 2**63, where the last steps lie, is no int64
        rounded = np.count_nonzero((places.astype(x.dtype) != x) | (places >= 2.0**63))
    return int(rounded), int(np.count_nonzero((x[1:] != x[:-1]) & (places[1:] == places[:-1])))


def _entry(builder: FrameBuilder, text: str, row: Any, curve: Curve, *, is_precise: bool) -> dict[str, Any]:
    from aim.schema.names import parse_context

    entry: dict[str, Any] = {
        "id": text,
        "run": row.hash,
        "name": row.name,
        "context": parse_context(row.context),
        "x": builder.add_x(curve.x),
        "last": builder.add_values(curve.last, exact=is_precise),
        "total": curve.total,
        "exact": curve.buckets is None,
        "nonfinite": curve.nonfinite,
        "nonfinite_total": curve.nonfinite_total,
    }
    if curve.unplaced:
        entry["unplaced"] = curve.unplaced
    rounded, merged = _count_rounded(curve.x) if curve.buckets is None else (0, 0)
    if rounded:
        entry |= {"rounded": rounded, "exact": False}
    if merged:
        entry["merged"] = merged
    if curve.buckets is not None:
        entry["first"] = builder.add_values(curve.buckets.first, exact=is_precise)
        entry["min"] = builder.add_values(curve.buckets.low, exact=is_precise)
        entry["max"] = builder.add_values(curve.buckets.high, exact=is_precise)
        entry["count"] = builder.add_counts(curve.buckets.count)
    if curve.smooth is not None:
        entry["smooth"] = builder.add_values(curve.smooth, exact=is_precise)
    return entry
