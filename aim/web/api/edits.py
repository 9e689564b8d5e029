"""Changes: events of edit writers of the server's own in the run directories, so that the index can be deleted."""

from __future__ import annotations

import os

from fastapi import APIRouter, Depends, Request, Response

from aim.errors import AimError
from aim.explore.pages.run import metadata_version, run_answer
from aim.explore.service import Service
from aim.schema import events as ev
from aim.schema.events import Event
from aim.schema.names import check_label
from aim.schema.runstate import RunState
from aim.sdk.reading.sources import check_own
from aim.storage.care.trash import delete_run, restore_run
from aim.web.api.change_guard import require_change_allowed
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError, error_body
from aim.web.models.base import ErrorAnswer
from aim.web.models.run import Bulk, BulkAnswer, Edit, RunAnswer
from aim.web.process.edit_writers import EditWriters
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["edits"], dependencies=[Depends(require_change_allowed)])


@router.post("/runs/{run_hash}/edit", response_model=RunAnswer, responses={409: {"model": ErrorAnswer}})
def edit_run(run_hash: str, body: Edit, request: Request) -> Response:
    """Change what a run says of itself; with `base_version`, 409 if the same was changed since."""
    state = state_of(request)
    service = state.service

    def decide(run: RunState) -> list[Event]:
        _check_version(run, body)
        return _events(run, body)

    try:
        state.edit_writers.write(run_hash, decide)
    except _ConflictError as conflict:
        body_409 = error_body("conflict", str(conflict))
        return json_response({**body_409, "run": run_answer(service, run_hash)}, status=409)
    return json_response(run_answer(service, run_hash))


class _ConflictError(AimError):
    """Somebody else was faster."""


def _check_version(state: RunState, body: Edit) -> None:
    if body.base_version is None:
        return
    now, based_on = metadata_version(state).split("."), body.base_version.split(".")
    if len(based_on) != len(now):
        raise ApiError(400, "base_version: give the `version` of the run that the edit is based on")
    # What is as it is wanted is no conflict: a client whose answer was lost sends the same edit again.
    changes = (
        body.name not in (None, state.name),
        body.description not in (None, state.description),
        body.note is not None and bool(_note_events(state, body.note.id, body.note.text)),
    )
    for what, is_changed, mine, theirs in zip(("name", "description", "notes"), changes, based_on, now, strict=True):
        if is_changed and mine != theirs:
            raise _ConflictError(f"the {what} of this run changed meanwhile")


def _events(state: RunState, body: Edit) -> list[Event]:
    events: list[Event] = []
    if body.name is not None and body.name != state.name:
        events.append({"type": ev.SET, "field": "name", "value": check_label(body.name, "a run name")})
    if body.description is not None and body.description != state.description:
        events.append({"type": ev.SET, "field": "description", "value": body.description})
    if body.experiment is not None and body.experiment != state.experiment:
        events.append({"type": ev.SET, "field": "experiment", "value": check_label(body.experiment, "an experiment")})
    if body.archived is not None and body.archived != state.is_archived:
        events.append({"type": ev.SET, "field": "archived", "value": body.archived})
    added = [check_label(tag, "a tag") for tag in body.add_tags if tag not in state.tags]
    removed = [tag for tag in body.remove_tags if tag in state.tags]
    if added or removed:
        events.append({"type": ev.TAG, "add": added, "remove": removed})
    if body.note is not None:
        events += _note_events(state, body.note.id, body.note.text)
    return events


def _note_events(state: RunState, note_id: str | None, text: str | None) -> list[Event]:
    old = next((note for note in state.notes if note.id == note_id), None)
    if note_id is None:
        if text is None:
            raise ApiError(400, "note: text is missing")
        return [{"type": ev.NOTE, "id": os.urandom(16).hex(), "text": text}]
    if old is None and text is None:
        return []
    if old is not None and old.text == text:
        return []
    return [{"type": ev.NOTE, "id": note_id, "text": text}]


@router.post("/runs/bulk", response_model=BulkAnswer)
def change_runs(body: Bulk, request: Request) -> Response:
    """One action on many runs; a delete moves them into the trash, from which `restore` brings them back."""
    if body.action in ("add_tag", "remove_tag") and body.tag is None:
        raise ApiError(400, f"tag: {body.action} needs one")
    state = state_of(request)
    done: list[str] = []
    failed: list[dict[str, str]] = []
    for run_hash in dict.fromkeys(body.hashes):
        try:
            _act(state.service, state.edit_writers, run_hash, body)
            done.append(run_hash)
        except (AimError, OSError) as error:
            failed.append({"hash": run_hash, "message": str(error)})
    return json_response({"done": done, "failed": failed})


def _act(service: Service, writers: EditWriters, run_hash: str, body: Bulk) -> None:
    if body.action == "delete":
        service.read(lambda view: check_own(view.index, run_hash), fresh=False)
        writers.release(run_hash)
        delete_run(service.layout, run_hash)
    elif body.action == "restore":
        restore_run(service.layout, run_hash)
    elif body.action in ("archive", "unarchive"):
        edit = Edit(archived=body.action == "archive")
        writers.write(run_hash, lambda state: _events(state, edit))
        writers.release(run_hash)
    else:
        assert body.tag is not None
        edit = Edit(add_tags=[body.tag]) if body.action == "add_tag" else Edit(remove_tags=[body.tag])
        writers.write(run_hash, lambda state: _events(state, edit))
        writers.release(run_hash)
