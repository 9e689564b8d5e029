"""``aim.track`` and friends: a session that opens on first use."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from aim.errors import RepoError
from aim.schema.names import DEFAULT_EXPERIMENT, ContextValue
from aim.sdk.recording.guard import Warner, is_strict_by_environment
from aim.sdk.recording.lifecycle import is_ending
from aim.sdk.recording.ranks import environment_rank
from aim.sdk.recording.session import InertSession, Session

__all__ = ["flush", "session", "set_params", "track"]

_session: Session | InertSession | None = None
_lock = threading.RLock()
_warner = Warner()


def _is_muted_rank() -> bool:
    asked = os.environ.get("AIM_ALL_RANKS", "").strip().lower() not in ("", "0", "false", "no", "off")
    return environment_rank() != 0 and not asked


def _is_data_worker() -> bool:
    """Whether this is a daemonic child of multiprocessing: workers of data loaders and pools are, trainers are not."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None and process.current_process().daemon


def _is_over(current: Session | InertSession) -> bool:
    """Whether a new session replaces it: it was closed here (not by the end of the process, nor by a fork)."""
    return isinstance(current, Session) and not current.active and not current.is_foreign and not is_ending()


def session() -> Session | InertSession:
    """The session of :func:`track`; opened now if there is none.

    On a rank other than 0 it does nothing, unless AIM_ALL_RANKS=1. Should it be closed, the next call opens a new run.
    With AIM_RUN_HASH (the same for all ranks of a job) it records into that run.
    """
    global _session
    current = _session
    if current is not None and not _is_over(current):
        return current
    with _lock:
        if _session is not None and not _is_over(_session):
            return _session
        if _is_muted_rank():
            _session = InertSession()
            return _session
        if _is_data_worker():
            _warner.warn(
                "worker",
                "aim.track in a worker process (of a data loader or pool) records nothing, or every worker would begin "
                "a run; to record from here open a session: aim.Session(...)",
            )
            _session = InertSession()
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
            _session = InertSession()
        return _session


def track(
    value: Any, name: str, *, step: int | None = None, epoch: float | None = None, **context: ContextValue
) -> None:
    """Append one value to a metric of this process's run, which begins with the first call.

    See :meth:`aim.Session.track` for the arguments and for what is promised.

    Example:
        >>> aim.track(0.25, name="loss", epoch=0, subset="train")
    """
    current = _session
    if current is None or not current.active:
        current = session()
    current.record(value, name, step, epoch, context)  # what Session.track does, without a second **context


def set_params(params: Any, name: str | None = None) -> None:
    """Record what the run is configured with; see :meth:`aim.Session.set_params`.

    Example:
        >>> aim.set_params({"learning_rate": 0.001, "batch_size": 32}, name="hparams")
    """
    session().set_params(params, name)


def flush() -> None:
    """Wait until the disk has everything recorded so far; see :meth:`aim.Session.flush`."""
    if _session is not None:
        _session.flush()


def _forget_after_fork() -> None:
    global _lock
    # The parent's session stays in place, closed for us: a data loader's worker that tracks gets the one warning for
    # that, and does not fill the repo with runs.
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
