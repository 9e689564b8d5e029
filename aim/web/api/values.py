"""The query field: the values that a name really has, and words that occur anywhere, with how many runs have each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from aim.explore.completion.values import matching_values
from aim.explore.completion.words import find_words
from aim.web.http.answers import json_response
from aim.web.models.queries import ValuesAnswer, WordsAnswer
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["query"])

Name = Annotated[str, Query(max_length=1_000)]


@router.get("/query/values", response_model=ValuesAnswer)
def query_values(request: Request, name: Name, prefix: Name = "") -> Response:
    """Values of a name as it stands in a query, e.g. ``run.hparams.optimizer``, that contain `prefix`."""
    values = state_of(request).service.read(lambda view: matching_values(view, name, prefix), fresh=False)
    return json_response({"values": values})


@router.get("/query/words", response_model=WordsAnswer)
def query_words(request: Request, text: Name) -> Response:
    """Where words occur: names, ids, experiments, descriptions, tags, params, notes; and a query for these runs."""
    service = state_of(request).service

    def notes_of(run_hash: str) -> list[str]:
        return [note.text for note in service.read_state(run_hash).notes if note.text]

    return json_response(service.read(lambda view: find_words(view, text, notes_of)))
