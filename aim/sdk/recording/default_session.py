"""``aim.track`` and friends: a session that opens on first use."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import Any, overload

from aim.errors import RepoError
from aim.schema.names import DEFAULT_EXPERIMENT, ContextValue
from aim.sdk.recording.guard import Warner, is_strict_by_environment
from aim.sdk.recording.handle import recorder_of
from aim.sdk.recording.lifecycle import is_ending
from aim.sdk.recording.ranks import environment_rank, stray_rank
from aim.sdk.recording.session import Session, inert_session

__all__ = [
    "add_note",
    "add_record",
    "add_tag",
    "finish",
    "flush",
    "log_error",
    "log_info",
    "log_warning",
    "remove_tag",
    "session",
    "set",
    "set_note",
    "set_params",
    "track",
    "track_many",
]

_session: Session | None = None
_lock = threading.RLock()
_warner = Warner()


def _is_muted_rank() -> bool:
    asked = os.environ.get("AIM_ALL_RANKS", "").strip().lower() not in ("", "0", "false", "no", "off")
    return environment_rank() != 0 and not asked


def _is_data_worker() -> bool:
    """Whether this is a daemonic child of multiprocessing: workers of data loaders and pools are, trainers are not."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None and process.current_process().daemon


def _is_over(current: Session) -> bool:
    """Whether a new session replaces it: it was closed here (not by the end of the process, nor by a fork)."""
    return not current.active and not current.is_foreign and not is_ending()


def session() -> Session:
    """The session of :func:`track`; opened now if there is none.

    On a rank other than 0 it does nothing, unless AIM_ALL_RANKS=1. Should it be closed, the next call opens a new run.
    With AIM_RUN_HASH (the same for all ranks of a job) it records into that run.

    Example:
        >>> aim.session().name = "baseline"
    """
    global _session
    current = _session
    if current is not None and not _is_over(current):
        return current
    with _lock:
        if _session is not None and not _is_over(_session):
            return _session
        if _is_muted_rank():
            _session = inert_session()
            if stray := stray_rank():
                _warner.warn(
                    "rank",
                    f"aim.track records nothing in this process: {stray} says that it is not the first of a job. If it "
                    "is a task of its own, set AIM_ALL_RANKS=1 or open a session: aim.Session()",
                )
            return _session
        if _is_data_worker():
            _warner.warn(
                "worker",
                "aim.track in a worker process (of a data loader or pool) records nothing, or every worker would begin "
                "a run; to record from here open a session: aim.Session(...)",
            )
            _session = inert_session()
            return _session
        run_hash = os.environ.get("AIM_RUN_HASH") or None
        try:
            try:
                _session = Session(run_hash=run_hash)
            except RepoError as error:
                # what is in config.json (the experiment checked out) is not a reason to record nothing
                _session = Session(run_hash=run_hash, experiment=DEFAULT_EXPERIMENT)
                _warner.warn("config", f"the run goes to the experiment {DEFAULT_EXPERIMENT!r}: {error}")
        except Exception as error:
            if is_strict_by_environment():
                raise
            _warner.warn("open", f"nothing is recorded: {error}")
            _session = inert_session()
        return _session


@overload
def track(
    value: Mapping[str, Any],
    name: None = None,
    step: int | None = None,
    epoch: float | None = None,
    *,
    context: Mapping[str, Any] | ContextValue = None,
    **keywords: ContextValue,
) -> None: ...


@overload
def track(
    value: Any,
    name: str,
    step: int | None = None,
    epoch: float | None = None,
    *,
    context: Mapping[str, Any] | ContextValue = None,
    **keywords: ContextValue,
) -> None: ...


def track(
    value: Any,
    name: str | None = None,
    step: int | None = None,
    epoch: float | None = None,
    *,
    context: Mapping[str, Any] | ContextValue = None,
    **keywords: ContextValue,
) -> None:
    """Append one value to a metric of this process's run, which begins with the first call; or a dict of values.

    See :meth:`aim.Session.track` for the arguments and for what is promised.

    Example:
        >>> aim.track(0.25, name="loss", epoch=0, subset="train")
        >>> aim.track({"loss": 0.2, "accuracy": 0.9}, epoch=1, subset="val")
    """
    current = _session
    if current is None or not current.active:
        current = session()
    if type(name) is str and context is None:
        current.record(value, name, step, epoch, keywords)  # what Session.track does
    else:
        recorder_of(current).track_any(value, name, step, epoch, context, keywords)


def track_many(
    name: str,
    values: Any,
    steps: Any = None,
    epochs: Any = None,
    times: Any = None,
    context: Mapping[str, ContextValue] | None = None,
) -> None:
    """Append many values to one metric at once; see :meth:`aim.Session.track_many`.

    Example:
        >>> aim.track_many("loss", [0.5, 0.25, 0.125], context={"subset": "train"})
    """
    session().track_many(name, values, steps, epochs, times, context)


def set_params(params: Any, name: str | None = None) -> None:
    """Record what the run is configured with; see :meth:`aim.Session.set_params`.

    Example:
        >>> aim.set_params({"learning_rate": 0.001, "batch_size": 32}, name="hparams")
    """
    session().set_params(params, name)


def set(key: str | tuple[str, ...], value: Any, strict: bool = True) -> None:  # noqa: A001 - as on a run
    """Record one param, replacing what is there; see :meth:`aim.Session.set`.

    Example:
        >>> aim.set(("hparams", "learning_rate"), 0.001)
    """
    session().set(key, value, strict)


def add_tag(value: str) -> None:
    """Add a tag to the run; see :meth:`aim.Session.add_tag`."""
    session().add_tag(value)


def remove_tag(value: str) -> None:
    """Remove a tag of the run; see :meth:`aim.Session.remove_tag`."""
    session().remove_tag(value)


def add_note(text: str) -> str:
    """Add a note in Markdown to the run and return its id; see :meth:`aim.Session.add_note`."""
    return session().add_note(text)


def set_note(note_id: str, text: str | None) -> None:
    """Replace the text of a note, None deletes it; see :meth:`aim.Session.set_note`."""
    session().set_note(note_id, text)


def add_record(kind: str, value: Any) -> None:
    """Keep a small fact of the run; see :meth:`aim.Session.add_record`.

    Example:
        >>> aim.add_record("checkpoint", {"path": "model.pt", "step": 100})
    """
    session().add_record(kind, value)


def log_info(text: str, **attributes: Any) -> None:
    """Keep a line about the run; see :meth:`aim.Session.log_info`."""
    session().log_info(text, **attributes)


def log_warning(text: str, **attributes: Any) -> None:
    """Keep a line about the run with the level "warning"; see :meth:`aim.Session.log_warning`."""
    session().log_warning(text, **attributes)


def log_error(text: str, **attributes: Any) -> None:
    """Keep a line about the run with the level "error"; see :meth:`aim.Session.log_error`."""
    session().log_error(text, **attributes)


def flush() -> None:
    """Wait until the disk has everything recorded so far; see :meth:`aim.Session.flush`."""
    if _session is not None:
        _session.flush()


def finish() -> None:
    """End the run of :func:`track` and its relatives; the next of their calls begins a new run.

    Without it the run ends with the process. For a notebook whose cells are run again, for tests, and for several
    trainings in one process. Nothing happens if no run has begun.

    Example:
        >>> for lr in (0.1, 0.01):
        ...     aim.set_params({"lr": lr})
        ...     aim.track(lr / 2, name="loss")
        ...     aim.finish()
    """
    global _session
    with _lock:
        current, _session = _session, None
    if current is not None:
        current.close()


def _forget_after_fork() -> None:
    global _lock
    # The parent's session stays in place, closed for us: a data loader's worker that tracks gets the one warning for
    # that, and does not fill the repo with runs.
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
