"""The trash: which runs were deleted. `POST /runs/bulk` deletes and restores; nothing here removes a run for good."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from aim.explore.pages.trash import trash_answer
from aim.web.http.answers import json_response
from aim.web.models.trash import Trash
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["runs"])


@router.get("/trash", response_model=Trash)
def trash(request: Request) -> Response:
    """The runs in the trash, the latest deleted first; `total` counts those that are not listed, too."""
    return json_response(trash_answer(state_of(request).service.layout))
