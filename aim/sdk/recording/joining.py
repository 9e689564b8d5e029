"""For adapters: continue a run as if it had never been closed.

A framework ends its logger after training and comes back for a test, and it carries the logger into another process.
Neither resumes the run, where points take the place of those of the attempt before.

This module, :class:`aim.Session` and :class:`aim.Run` are all that an adapter uses. Both handles have
``record`` (``track`` with its arguments by position) and ``is_foreign`` beside what users call.

==============================  ====================================================================================
:func:`prepare_run`             decides where to record, before anything is written: a :class:`RunPlace`
:func:`place_of`                the same of a session that the caller gave
:func:`join_run`                opens a session there, in this or another process
:func:`contain`                 a failure of the adapter becomes a warning and a count
:func:`end_run`                 closes the session, and gives the attempt that a later training joins
:func:`trained_steps`           the step that a training continues after
==============================  ====================================================================================
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from aim.errors import InvalidValueError, RunNotFoundError
from aim.schema.names import DEFAULT_EXPERIMENT, check_label, is_run_hash
from aim.sdk.recording import lifecycle
from aim.sdk.recording.guard import is_strict_by_environment
from aim.sdk.recording.handle import close_handle, recorder_of
from aim.sdk.recording.opening import is_disabled, open_recorder, open_repo_for_training, resume_of
from aim.sdk.recording.ranks import is_distributed
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import Session, inert_session, session_on
from aim.storage.writing.request import ALLOW, MUST, NEVER, NUMBER, RunRequest
from aim.storage.writing.run_names import find_run_named, name_taken
from aim.storage.writing.writer import new_run_hash

__all__ = [
    "RunPlace",
    "contain",
    "end_run",
    "inert_session",
    "is_recording",
    "join_run",
    "place_of",
    "prepare_run",
    "trained_steps",
]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where to record, decided before anything is written. Can be pickled.

    Attributes:
        repo: The ``.aim`` directory; empty where nothing is recorded.
        run_hash: 24 hex digits, of a run or reserved for one.
        attempt: The attempt to join, from 1; None: that of the writers that record there when the run is opened.
        experiment: Of the run.
        name: Of the run; None: one is made up when it begins.
    """

    repo: str
    run_hash: str
    attempt: int | None
    experiment: str
    name: str | None = None


def prepare_run(
    *,
    repo: str | os.PathLike[str] | None = None,
    experiment: str | None = None,
    name: str | None = None,
    run_hash: str | None = None,
    resume: bool | str | None = False,
    mode: str | None = None,
) -> RunPlace:
    """Check what :class:`aim.Session` would be opened with, and reserve a hash; makes the repo, but no run.

    Where nothing is to be recorded, the place is in no repo, and :func:`join_run` gives a session that records nothing.

    Raises:
        RepoError, RunNameTakenError, RunNotFoundError, InvalidValueError: as for :class:`aim.Session`.
    """
    how = resume_of(resume)
    if is_disabled(mode):
        return RunPlace("", run_hash or new_run_hash(), 1, experiment or DEFAULT_EXPERIMENT, name)
    layout, experiment, _ = open_repo_for_training(repo, experiment, is_strict=is_strict_by_environment())
    if name is not None:
        check_label(name, "a run name")
    if run_hash is None and name is not None and how != NUMBER:
        run_hash = find_run_named(layout, experiment, name)
        if run_hash is not None and how == NEVER:
            raise name_taken(experiment, name, run_hash)
        if run_hash is None and how == MUST:
            raise RunNotFoundError.missing(name, layout.root)
    if run_hash is None:  # should the name be in use, the run gets it with a number when it begins
        return RunPlace(layout.root, new_run_hash(), 1, experiment, name)
    if not is_run_hash(run_hash):
        raise RunNotFoundError.not_a_hash(run_hash)
    from aim.storage.reading.events import read_run
    from aim.storage.writing.beside import find_beside

    state = read_run(layout.run_dir(run_hash), run_hash).state
    if not state.writers:
        if not is_distributed() and how != ALLOW:
            raise RunNotFoundError.missing(run_hash, layout.root)
        return RunPlace(layout.root, run_hash, 1, experiment, name)
    attempt = None if find_beside(layout, state).ids else state.attempt + 1
    return RunPlace(layout.root, run_hash, attempt, state.experiment, state.name)


def join_run(place: RunPlace, *, strict: bool | None = None) -> Session:
    """A session on the prepared run, which begins now if no process has begun it."""
    if not place.repo:
        from aim.sdk.recording.inert import InertRecorder

        return session_on(InertRecorder(run_hash=place.run_hash, name=place.name, experiment=place.experiment), None)
    request = RunRequest(place.run_hash, name=place.name, experiment=place.experiment, rank=0, attempt=place.attempt)
    return session_on(*open_recorder(place.repo, request, strict=strict))


def place_of(session: Session | Run) -> RunPlace | None:
    """Where a session records, for another process to continue there; None if it records nothing.

    Raises:
        InvalidValueError: it is neither a session nor a run that records.
    """
    if not isinstance(session, (Session, Run)):
        raise InvalidValueError(
            f"session= takes an aim.Session or an aim.Run, not {type(session).__name__} ({session!r:.80})"
        )
    recorder = recorder_of(session)
    if recorder.is_inert:
        return None
    writer, state = recorder.writer, recorder.read_state()
    return RunPlace(writer.layout.root, writer.run_hash, writer.attempt, state.experiment, state.name)


def trained_steps(session: Session | Run) -> int:
    """The highest step of what the run holds with ``subset="train"``, whichever writer recorded it; 0 if there is none.

    Reads every point of the run: call it once per training, and only where a run is continued.
    """
    from aim.schema.names import METRIC, parse_context
    from aim.storage.reading.events import highest_steps, read_run

    writer = recorder_of(session).writer
    files = read_run(writer.run_dir, writer.run_hash)
    highest = highest_steps(files, list(files.state.writers))
    return max(
        (
            step
            for (holds, _, context), step in highest.items()
            if holds == METRIC and parse_context(context).get("subset") == "train"
        ),
        default=0,
    )


def end_run(session: Session, error: BaseException | None = None) -> int:
    """Close a session whose training ended with `error`, None for nothing.

    Returns:
        The attempt that a later training of the same adapter joins: the same one, or after a failure the next, whose
        points take the place of those of the failed one.
    """
    recorder = recorder_of(session)
    # Lightning's, whose base is SystemExit.
    if error is not None and type(error).__name__ == "SIGTERMException":
        recorder.close("interrupted", error=lifecycle.describe_exception(error))
    close_handle(session, error)
    if recorder.is_inert:
        return 1
    return recorder.writer.attempt + (error is not None)


def contain(session: Session | Run, error: Exception) -> None:
    """An adapter failed: one warning per cause, counted on the run; raises if the session is strict."""
    recorder_of(session).refuse(error)


def is_recording(session: Session | Run) -> bool:
    """Whether the session has a run: false on other ranks and where Aim is disabled. A closed one had."""
    return not recorder_of(session).is_inert
