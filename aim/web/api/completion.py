"""The query field: checking a query while it is typed, and names to complete it with, from the index."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from aim.explore.completion.names import count_names, matching_names
from aim.query.language.parse import parse
from aim.web.http.answers import json_response
from aim.web.models.base import ErrorAnswer
from aim.web.models.queries import Checked, NamesAnswer, QueryCheck
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["query"])

MAX_AGE_S: Final = 2.0
"""The query field asks with every key."""


@router.post("/query/check", response_model=Checked, responses={400: {"model": ErrorAnswer}})
def check_query(body: QueryCheck) -> Response:
    """Whether a query can be read; else where it cannot, and what was expected."""
    parse(body.q)
    return json_response({"ok": True})


@router.get("/query/names", response_model=NamesAnswer)
def query_names(request: Request, prefix: str = "") -> Response:
    """Names that contain `prefix` (those that begin with it first), with how often they occur."""
    state = state_of(request)
    counted = state.timed_cache.get("names", MAX_AGE_S, lambda: state.service.read(count_names, fresh=False))
    return json_response(matching_names(counted, prefix[:1_000]))
