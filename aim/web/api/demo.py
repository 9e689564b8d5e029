"""Demo data for an empty repo, at the press of a button: small trainings in a separate process, which uses the SDK.

What runs is part of the package (:mod:`aim.apps.demo`); a request can only start it, and only in a repo without runs.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import func, select

from aim.explore.view import View
from aim.index.sql import tables as t
from aim.web.api.change_guard import require_change_allowed
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.models.repo import DemoAnswer
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["demo"])


@router.get("/demo", response_model=DemoAnswer)
def demo(request: Request) -> Response:
    """Whether demo data is being recorded, and how far that is: `state` none, running, done or failed."""
    return json_response(state_of(request).demo.state)


@router.post("/demo", response_model=DemoAnswer, dependencies=[Depends(require_change_allowed)])
def record_demo(request: Request) -> Response:
    """Record a few small trainings, as an example; 409 in a repo that has runs."""
    state = state_of(request)
    recorder = state.demo
    if recorder.state["state"] != "running":
        if state.service.read(_runs):
            raise ApiError(409, "demo data can only be created in an empty repo")
        recorder.start()
    return json_response(recorder.state)


def _runs(view: View) -> int:
    with view.connect() as connection:
        count: int = connection.execute(select(func.count()).select_from(t.run)).scalar_one()
        return count
