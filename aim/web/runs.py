"""Runs: searching them, their columns, and one run in full."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from aim.errors import RunNotFoundError
from aim.index import tables as t
from aim.query.parse import parse
from aim.web.answers import json_response
from aim.web.columns import list_metrics, list_params, sorted_ids
from aim.web.missing import no_such_run
from aim.web.models import ColumnsAnswer, ColumnsRequest, NoRunAnswer, NoteHistory, RunAnswer, RunsAnswer, RunsSearch
from aim.web.rows import open_statuses, run_rows
from aim.web.run_page import note_history, run_answer
from aim.web.service import Service, View
from aim.web.working import Check, search_response

__all__ = ["router"]

router = APIRouter(tags=["runs"])


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.post("/runs/search", response_model=RunsAnswer)
async def search_runs(body: RunsSearch, request: Request) -> Response:
    """A page of the runs that a query finds, sorted, with the values of some columns."""
    service = _service(request)
    return await search_response(request, lambda check: service.read(lambda view: _search(view, body, check)))


def _search(view: View, body: RunsSearch, check: Check) -> dict[str, Any]:
    started, now = time.perf_counter(), time.time()
    query = parse(body.q, now=now)  # here, so that places in the text are those of the user's text
    found = view.engine.runs(_archived_only(body.q) if body.archived else body.q, progress=check)
    ids = [row.id for row in found]
    ids.reverse()  # newest first, where nothing else decides
    with view.connect() as connection:
        counted = select(func.count()).select_from(t.run)
        if body.archived or not query.mentions_archived:
            counted = counted.where(t.run.c.is_archived.is_(bool(body.archived)))
        total = connection.execute(counted).scalar_one()
        if body.sort:
            keys = [(key.by, key.desc) for key in body.sort]
            ids = sorted_ids(connection, ids, keys, open_statuses(view), now)
    page = ids[body.offset : body.offset + body.limit]
    return {
        "total": total,
        "matched": len(ids),
        "offset": body.offset,
        "rows": run_rows(view, page, body.columns, now),
        "hints": list(found.hints),
        "took_ms": round(1000 * (time.perf_counter() - started), 3),
    }


def _archived_only(text: str) -> str:
    """The same query, of archived runs only."""
    from aim.query.select import select_part
    from aim.query.tokens import tokenize

    if not text.strip():
        return "run.archived"
    if parse(text).condition is None:
        return f"{text}\n if run.archived"
    tokens = tokenize(text)
    _, begin = select_part(text, tokens)
    at = tokens[begin].start
    return f"{text[:at]}(\n{text[at:]}\n) and run.archived"


@router.post("/runs/columns", response_model=ColumnsAnswer)
async def run_columns(body: ColumnsRequest, request: Request) -> Response:
    """The params and metrics of the runs that a query finds."""
    service = _service(request)

    def work(view: View, check: Check) -> dict[str, Any]:
        ids = {row.id for row in view.engine.runs(body.q, progress=check)}
        with view.connect() as connection:
            everything = connection.execute(select(func.count()).select_from(t.run)).scalar_one() == len(ids)
            among = None if everything else ids
            return {"params": list_params(connection, among), "metrics": list_metrics(connection, among)}

    return await search_response(request, lambda check: service.read(lambda view: work(view, check)))


@router.get("/runs/{run_hash}", response_model=RunAnswer, responses={404: {"model": NoRunAnswer}})
def get_run(run_hash: str, request: Request) -> Response:
    """Everything about one run; read from its files, so it holds the latest edits. A deleted one is `deleted`.

    Where there is none, `near` names the runs that may be meant: by the beginning of a hash, or by name.
    """
    service = _service(request)
    try:
        return json_response(run_answer(service, run_hash))
    except RunNotFoundError:
        raise no_such_run(service, run_hash) from None


@router.get("/runs/{run_hash}/notes/{note_id}", response_model=NoteHistory)
def get_note(run_hash: str, note_id: str, request: Request) -> Response:
    """All texts that a note ever had."""
    history = note_history(_service(request).layout, run_hash, note_id)
    if not history:
        raise RunNotFoundError(f"run {run_hash} has no note {note_id!r:.100}")
    return json_response({"id": note_id, "history": history})
