"""Views whose state is too long for an address, stored under the hash of their content."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from aim.explore.service import Service
from aim.storage.repo.saved_views import View, read_view, write_view
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.security import require_change_allowed
from aim.web.models.queries import StoredView, ViewAnswer, ViewState

__all__ = ["router"]

router = APIRouter(tags=["views"])


@router.post("/views", response_model=StoredView, dependencies=[Depends(require_change_allowed)])
def store_view(body: ViewState, request: Request) -> Response:
    """Store the state of a page; the same state has the same hash always, and a stored one never changes."""
    service: Service = request.app.state.service
    return json_response({"hash": write_view(service.layout, View(body.page, body.state))})


@router.get("/views/{view_hash}", response_model=ViewAnswer)
def get_view(view_hash: str, request: Request) -> Response:
    """The page and the state that were stored under a hash."""
    service: Service = request.app.state.service
    view = read_view(service.layout, view_hash)
    if view is None:
        raise ApiError(404, f"this repo has no view {view_hash!r:.80}")
    return json_response({"hash": view_hash, "page": view.page, "state": view.state})
