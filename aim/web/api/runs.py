"""Runs: searching them, their columns, and one run in full."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import anyio
from fastapi import APIRouter, Request, Response

from aim.errors import RunNotFoundError
from aim.explore.pages.headline import chosen_metrics
from aim.explore.pages.near_runs import near_runs
from aim.explore.pages.run import note_history, run_answer
from aim.explore.tables import search
from aim.explore.tables.search import RunSearch
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, search_response
from aim.web.models.run import NoRunAnswer, NoteHistory, RunAnswer
from aim.web.models.runs import (
    ColumnsAnswer,
    ColumnsRequest,
    RunsAnswer,
    RunsSearch,
    SpreadAnswer,
    SpreadRequest,
)
from aim.web.state import WebState, state_of

__all__ = ["count_ahead", "router"]

_log = logging.getLogger("aim")

router = APIRouter(tags=["runs"])


@router.post("/runs/search", response_model=RunsAnswer)
async def search_runs(body: RunsSearch, request: Request) -> Response:
    """A page of the runs that a query finds, sorted, with the values of some columns."""
    state = state_of(request)
    service = state.service

    def work(check: Check) -> dict[str, Any]:
        behind = service.behind  # before, so that nothing that came in meanwhile is passed over
        page = service.read(
            lambda view: search.runs_page(
                view,
                _wanted(body),
                offset=body.offset,
                limit=body.limit,
                columns=body.columns,
                with_known=body.known,
                is_listed=body.form == "listed",
                headlines=chosen_metrics(service.layout) if body.columns is None else (),
                cache=state.search_cache,
                columns_cache=state.columns_cache,
                progress=check,
            )
        )
        return {**page, "behind": behind}

    return await search_response(request, state.searches, work)


def _wanted(body: RunsSearch) -> RunSearch:
    return RunSearch(body.q, tuple((key.by, key.desc) for key in body.sort), bool(body.archived))


@router.post("/runs/spread", response_model=SpreadAnswer)
async def column_spread(body: SpreadRequest, request: Request) -> Response:
    """How the values of one column spread over the runs that a query finds."""
    state, wanted = state_of(request), RunSearch(body.q, archived=bool(body.archived))

    def work(check: Check) -> Any:
        return state.service.read(
            lambda view: search.column_spread(view, wanted, body.column, cache=state.search_cache, progress=check)
        )

    return await search_response(request, state.searches, work)


@router.post("/runs/columns", response_model=ColumnsAnswer)
async def run_columns(body: ColumnsRequest, request: Request) -> Response:
    """The params and metrics of the runs that a query finds."""
    state = state_of(request)

    def work(check: Check) -> Any:
        return state.service.read(
            lambda view: search.run_columns(view, body.q, cache=state.columns_cache, progress=check)
        )

    return await search_response(request, state.searches, work)


async def count_ahead(state: WebState) -> None:
    """Count the columns of all runs once the index has caught up: the first visit of the table need not wait for it."""
    service = state.service
    while service.catching_up is not None:
        await asyncio.sleep(0.05)
    try:
        work = partial(search.run_columns, cache=state.columns_cache)
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
