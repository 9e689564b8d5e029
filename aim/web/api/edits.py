"""Changes: events of edit writers of the server's own in the run directories, so that the index can be deleted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from aim.errors import AimError, RunNotFoundError
from aim.explore.pages.run import metadata_version, run_answer
from aim.explore.service import Service
from aim.schema import events as ev
from aim.schema.events import Event
from aim.schema.limits import MAX_TIME_S, time_after
from aim.schema.names import check_label
from aim.schema.runstate import RunState
from aim.sdk.reading.sources import check_own
from aim.storage.care.trash import delete_run, restore_run
from aim.storage.reading.events import read_run
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.writing.open_run import EditWriter, open_edit_writer
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError, error_body
from aim.web.http.security import require_change_allowed
from aim.web.models.base import ErrorAnswer
from aim.web.models.run import Bulk, BulkAnswer, Edit, RunAnswer

__all__ = ["EditWriters", "router"]

router = APIRouter(tags=["edits"], dependencies=[Depends(require_change_allowed)])

IDLE_S: Final = 10.0
"""A writer is kept so long after its last edit: somebody who types a note is saved every 2 s, into one file."""


class EditWriters:
    """The edit writers of this server, one for each run that was edited a moment ago.

    Args:
        layout: The repo.
        read_state: What the files of a run say of it now; None: those of its run directory.
        idle_s: See IDLE_S.
    """

    def __init__(
        self,
        layout: RepoLayout,
        read_state: Callable[[str], RunState] | None = None,
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        self._layout = layout
        self._read_state = read_state or (lambda run_hash: read_run(layout.run_dir(run_hash), run_hash).state)
        self._idle_s = idle_s
        self._lock = threading.RLock()
        self._open: dict[str, tuple[EditWriter, float]] = {}
        self._timer: threading.Timer | None = None

    def write(self, run_hash: str, decide: Callable[[RunState], list[Event]]) -> None:
        """Look at a run as its files have it now, and append the events decided on; one edit at a time.

        Raises:
            RunNotFoundError: there is no such run.
            OSError: it could not be written.
        """
        with self._lock:
            state = self._read_state(run_hash)
            if not state.writers:
                self.release(run_hash)
                raise RunNotFoundError(f"no run {run_hash} in {self._layout.root}")
            events = decide(state)
            if not events:
                return
            writer = self._writer(run_hash, state)
            at = state.last_event_at or 0.0
            for event in events:
                # after everything the run has seen, also what came since this writer opened, whatever the clocks
                at = max(time.time(), time_after(at))
                writer.event({"time": at, **event})
            _sync(self._layout, run_hash, writer.writer_id)
            self._open[run_hash] = (writer, time.monotonic())
            self._schedule()

    def _writer(self, run_hash: str, state: RunState) -> EditWriter:
        kept = self._open.get(run_hash)
        is_last_moment = (state.last_event_at or 0.0) >= MAX_TIME_S  # then only a later writer comes later
        if kept is not None and kept[0].writer_id in state.writers and not is_last_moment:
            return kept[0]
        self.release(run_hash)
        # a run read in place has no directory before its first edit
        return open_edit_writer(self._layout, run_hash, must_exist=False)

    def release(self, run_hash: str) -> None:
        """Close the writer of a run, if there is one: a run that is written to cannot be deleted."""
        with self._lock:
            kept = self._open.pop(run_hash, None)
            if kept is not None:
                kept[0].close()

    def _schedule(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._idle_s, self._close_idle)
            self._timer.daemon = True
            self._timer.start()

    def _close_idle(self) -> None:
        with self._lock:
            self._timer = None
            now = time.monotonic()
            for run_hash, (_, used_at) in list(self._open.items()):
                if now - used_at >= self._idle_s * 0.9:
                    self.release(run_hash)
            if self._open:
                self._schedule()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            for run_hash in list(self._open):
                self.release(run_hash)


def _sync(layout: RepoLayout, run_hash: str, writer: str) -> None:
    """What somebody typed outlives a power cut from here on, where the disk can be asked for that."""
    run_dir = layout.run_dir(run_hash)
    for path in (os.path.join(run_dir, stream_name(writer, "events")), run_dir):
        with suppress(OSError):
            files.sync(layout.root, path)


def _writers(request: Request) -> EditWriters:
    writers: EditWriters = request.app.state.edit_writers
    return writers


@router.post("/runs/{run_hash}/edit", response_model=RunAnswer, responses={409: {"model": ErrorAnswer}})
def edit_run(run_hash: str, body: Edit, request: Request) -> Response:
    """Change what a run says of itself; with `base_version`, 409 if the same was changed since."""
    service: Service = request.app.state.service

    def decide(state: RunState) -> list[Event]:
        _check_version(state, body)
        return _events(state, body)

    try:
        _writers(request).write(run_hash, decide)
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
    service: Service = request.app.state.service
    writers = _writers(request)
    done: list[str] = []
    failed: list[dict[str, str]] = []
    for run_hash in dict.fromkeys(body.hashes):
        try:
            _act(service, writers, run_hash, body)
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
