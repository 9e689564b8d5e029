"""Views whose state is too long for an address, stored under the hash of their content."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from aim.storage.repo.saved_views import View, read_view, write_view
from aim.web.api.change_guard import require_change_allowed
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.models.queries import StoredView, ViewAnswer, ViewState
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["views"])


@router.post("/views", response_model=StoredView, dependencies=[Depends(require_change_allowed)])
def store_view(body: ViewState, request: Request) -> Response:
    """Store the state of a page; the same state has the same hash always, and a stored one never changes."""
    return json_response({"hash": write_view(state_of(request).service.layout, View(body.page, body.state))})


@router.get("/views/{view_hash}", response_model=ViewAnswer)
def get_view(view_hash: str, request: Request) -> Response:
    """The page and the state that were stored under a hash."""
    view = read_view(state_of(request).service.layout, view_hash)
    if view is None:
        raise ApiError(404, f"this repo has no view {view_hash!r:.80}")
    return json_response({"hash": view_hash, "page": view.page, "state": view.state})
