"""Changes: events of edit writers of the server's own in the run directories, so that the index can be deleted."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from aim.errors import AimError
from aim.explore.pages.run import metadata_version, read_run_metrics, run_answer
from aim.explore.service import Service
from aim.schema.events import Event
from aim.schema.run_edits import NoteEdit, RunEdit
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
    """Change a run's name, tags, notes and the like; with `base_version`, 409 if the same was changed since."""
    state = state_of(request)
    service, edit = state.service, _wanted(body)

    def decide(run: RunState) -> list[Event]:
        _check_version(run, body.base_version, edit)
        return edit.events(run)

    # Before the edit, which changes no metrics: so the index need not read the files of the run for this answer.
    metrics = read_run_metrics(service, run_hash)

    try:
        state.edit_writers.write(run_hash, decide)
    except _ConflictError as conflict:
        body_409 = error_body("conflict", str(conflict))
        return json_response({**body_409, "run": run_answer(service, run_hash)}, status=409)
    return json_response(run_answer(service, run_hash, metrics))


class _ConflictError(AimError):
    """The same was changed by another client meanwhile."""


def _check_version(state: RunState, base_version: str | None, edit: RunEdit) -> None:
    if base_version is None:
        return
    now, based_on = metadata_version(state).split("."), base_version.split(".")
    if len(based_on) != len(now):
        raise ApiError(400, "base_version: give the `version` of the run that the edit is based on")
    # An edit that changes nothing does not conflict: a client whose answer was lost sends the same edit again.
    changes = (
        edit.name not in (None, state.name),
        edit.description not in (None, state.description),
        edit.note is not None and bool(edit.note.events(state)),
    )
    for what, is_changed, mine, theirs in zip(("name", "description", "notes"), changes, based_on, now, strict=True):
        if is_changed and mine != theirs:
            raise _ConflictError(f"the {what} of this run changed meanwhile")


def _wanted(body: Edit) -> RunEdit:
    note = None if body.note is None else NoteEdit(body.note.id, body.note.text)
    return RunEdit(body.name, body.description, body.experiment, body.archived, body.add_tags, body.remove_tags, note)


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
        writers.write(run_hash, RunEdit(archived=body.action == "archive").events)
        writers.release(run_hash)
    else:
        assert body.tag is not None
        edit = RunEdit(add_tags=[body.tag]) if body.action == "add_tag" else RunEdit(remove_tags=[body.tag])
        writers.write(run_hash, edit.events)
        writers.release(run_hash)
