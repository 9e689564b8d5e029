"""The query field: the values that a name really has, from the index, with how many runs have each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from aim.explore.completion.values import matching_values
from aim.web.http.answers import json_response
from aim.web.models.queries import ValuesAnswer
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["query"])

Name = Annotated[str, Query(max_length=1_000)]


@router.get("/query/values", response_model=ValuesAnswer)
def query_values(request: Request, name: Name, prefix: Name = "") -> Response:
    """Values of a name as it stands in a query, e.g. ``run.hparams.optimizer``, that contain `prefix`."""
    values = state_of(request).service.read(lambda view: matching_values(view, name, prefix), fresh=False)
    return json_response({"values": values})
