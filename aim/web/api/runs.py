"""Runs: searching them, their columns, and one run in full."""

from __future__ import annotations

import asyncio
import logging
import time
from array import array
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import anyio
from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from aim.errors import RunNotFoundError
from aim.explore.caches import SearchCache, SearchResult, StaleCache
from aim.explore.pages.near_runs import near_runs
from aim.explore.pages.run import note_history, run_answer
from aim.explore.tables.available_columns import list_metrics, list_params, pick_columns
from aim.explore.tables.rows import open_statuses, run_rows
from aim.explore.tables.sorting import sort_keys, sorted_ids
from aim.explore.tables.spread import spread_of
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.query.language.parse import parse
from aim.query.language.tree import depends_on_time
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, search_response
from aim.web.models.run import NoRunAnswer, NoteHistory, RunAnswer
from aim.web.models.runs import (
    ColumnsAnswer,
    ColumnsRequest,
    RunsAnswer,
    RunsExport,
    RunsSearch,
    SpreadAnswer,
    SpreadRequest,
)
from aim.web.state import WebState, state_of

__all__ = ["count_ahead", "router", "search"]

_log = logging.getLogger("aim")

router = APIRouter(tags=["runs"])


@router.post("/runs/search", response_model=RunsAnswer)
async def search_runs(body: RunsSearch, request: Request) -> Response:
    """A page of the runs that a query finds, sorted, with the values of some columns."""
    state = state_of(request)
    service = state.service

    def work(check: Check) -> dict[str, Any]:
        behind = service.behind  # before, so that nothing that came in meanwhile is passed over
        return {
            **service.read(lambda view: _page(view, body, check, state.search_cache, state.columns_cache)),
            "behind": behind,
        }

    return await search_response(request, state.searches, work)


def search(view: View, body: RunsSearch | RunsExport, check: Check, memory: SearchCache) -> SearchResult:
    """The runs that a search finds, in its order."""
    now = time.time()
    query = parse(body.q, now=now)  # here, so that places in the text are those of the user's text
    keys = tuple((key.by, key.desc) for key in body.sort)

    def work() -> SearchResult:
        found = view.engine.run_ids(query, progress=check, archived="only" if body.archived else "auto")
        ids = found.ids
        ids.reverse()  # newest first, where nothing else decides
        with view.connect() as connection:
            counted = select(func.count()).select_from(t.run)
            if body.archived or not query.mentions_archived:
                counted = counted.where(t.run.c.is_archived.is_(bool(body.archived)))
            total = connection.execute(counted).scalar_one()
            if keys:
                ids = sorted_ids(view, connection, ids, keys, open_statuses(view), now)
        return SearchResult(array("q", ids), total, list(found.hints))

    is_any_active = bool(view.live())
    depends = depends_on_time(query, is_any_active=is_any_active) or (
        is_any_active and any(by == "duration" for by, _ in keys)
    )
    return memory.get(view, (body.q, bool(body.archived), keys), work, depends_on_time=depends)


def _page(view: View, body: RunsSearch, check: Check, memory: SearchCache, kept: StaleCache) -> dict[str, Any]:
    started, now = time.perf_counter(), time.time()
    found = search(view, body, check, memory)
    page = found.ids[body.offset : body.offset + body.limit]
    more: dict[str, Any] = {}
    columns = body.columns
    if body.known or columns is None:
        # of the runs that are found already: a search that takes long is done once
        more["known"] = _known_columns(view, (body.q, bool(body.archived)), lambda: found.ids, kept)
    if columns is None:
        columns = more["columns"] = pick_columns(more["known"])
    return {
        "total": found.total,
        "matched": len(found.ids),
        "offset": body.offset,
        "rows": run_rows(view, page, columns, now, is_listed=body.form == "listed"),
        **more,
        "hints": found.hints,
        "took_ms": round(1000 * (time.perf_counter() - started), 3),
    }


@router.post("/runs/spread", response_model=SpreadAnswer)
async def column_spread(body: SpreadRequest, request: Request) -> Response:
    """How the values of one column spread over the runs that a query finds."""
    state = state_of(request)

    def work(view: View, check: Check) -> dict[str, Any]:
        found = search(view, RunsSearch(q=body.q, archived=body.archived), check, state.search_cache)
        with view.connect() as connection:
            keys = sort_keys(view, connection, body.column, set(found.ids), open_statuses(view), time.time())
        return spread_of(keys.values(), len(found.ids))

    return await search_response(
        request, state.searches, lambda check: state.service.read(lambda view: work(view, check))
    )


@router.post("/runs/columns", response_model=ColumnsAnswer)
async def run_columns(body: ColumnsRequest, request: Request) -> Response:
    """The params and metrics of the runs that a query finds."""
    state = state_of(request)

    def work(check: Check) -> Any:
        return state.service.read(lambda view: _columns(view, body.q, check, state.columns_cache))

    return await search_response(request, state.searches, work)


def _columns(view: View, q: str, check: Check, kept: StaleCache) -> Any:
    query = parse(q)  # first, so that what cannot be parsed is never answered from memory
    return _known_columns(view, (q, False), lambda: view.engine.run_ids(query, progress=check).ids, kept)


def _known_columns(view: View, asked: tuple[str, bool], find: Callable[[], Collection[int]], kept: StaleCache) -> Any:
    """The params and metrics of the runs of a search; `find` gives the ids of those runs, where they are needed."""

    def count() -> dict[str, Any]:
        ids = set(find())
        with view.connect() as connection:
            everything = connection.execute(select(func.count()).select_from(t.run)).scalar_one() == len(ids)
            among = None if everything else ids
            return {"params": list_params(connection, among), "metrics": list_metrics(connection, among)}

    return kept.get(view, asked, count)


async def count_ahead(state: WebState) -> None:
    """Count the columns of all runs once the index has caught up: the first visit of the table need not wait for it."""
    service = state.service
    while service.catching_up is not None:
        await asyncio.sleep(0.05)
    try:
        work = partial(_columns, q="", check=lambda done, total: None, kept=state.columns_cache)
        await anyio.to_thread.run_sync(lambda: service.read(work, fresh=False))
    except Exception as error:  # requests will say so
        _log.debug("the columns: %s", error)


@router.get("/runs/{run_hash}", response_model=RunAnswer, responses={404: {"model": NoRunAnswer}})
def get_run(run_hash: str, request: Request) -> Response:
    """Everything about one run; read from its files, so it holds the latest edits. A deleted one is `deleted`.

    Where there is none, `near` names the runs that may be meant: by the beginning of a hash, or by name.
    """
    service = state_of(request).service
    try:
        return json_response(run_answer(service, run_hash))
    except RunNotFoundError:
        near = near_runs(service, run_hash)
        raise ApiError(404, f"no run {run_hash!r:.80} in {service.layout.root}", near=near) from None


@router.get("/runs/{run_hash}/notes/{note_id}", response_model=NoteHistory)
def get_note(run_hash: str, note_id: str, request: Request) -> Response:
    """All texts that a note ever had."""
    history = note_history(state_of(request).service.layout, run_hash, note_id)
    if not history:
        raise RunNotFoundError(f"run {run_hash} has no note {note_id!r:.100}")
    return json_response({"id": note_id, "history": history})
