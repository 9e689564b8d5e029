"""What every adapter needs of ``aim.sdk``: a run that opens late, ends with the training, and never harms it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from aim.errors import InvalidValueError, SessionClosedError
from aim.integrations._ranks import training_rank
from aim.sdk.recording.guard import Warner, is_strict_by_environment
from aim.sdk.recording.joining import (
    RunPlace,
    contain,
    end_run,
    inert_session,
    is_recording,
    join_run,
    place_of,
    prepare_run,
    trained_steps,
)
from aim.sdk.recording.ranks import stray_rank
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import Session

__all__ = ["Recorded", "Recording", "contained"]

_INERT = inert_session()


class Recording:
    """The run that an adapter records into: a session it was given, or one of its own that opens on first use.

    Mistakes of the caller raise at construction, where nothing is at stake yet; later nothing raises into training
    (unless AIM_STRICT=1, or the session is strict). Can be pickled: the copy, in whatever process, records into the
    same run as the original.

    Args:
        adapter: The module that users know, e.g. "aim.keras"; the first words of its warnings.
        session: A session (or run) to use; it is left open. None: one of its own, by the arguments that follow.
        repo, experiment: As for :class:`aim.Session`.
        run_name: Name of the run, unique in its experiment.
        run_hash: Continue the run with this hash.
        resume, mode: As for :class:`aim.Session`.
        rank: Returns the rank of this process; called whenever a run is to be opened: only rank 0 records. A function
            of a module, so that it can be pickled.

    Raises:
        InvalidValueError: an argument cannot be used, or is given beside `session`.
        SessionClosedError: the session is closed.
        RepoError, RunNameTakenError, RunNotFoundError: as for :class:`aim.Session`.
    """

    def __init__(
        self,
        adapter: str,
        session: Session | Run | None = None,
        *,
        repo: str | os.PathLike[str] | None = None,
        experiment: str | None = None,
        run_name: str | None = None,
        run_hash: str | None = None,
        resume: bool | str | None = False,
        mode: str | None = None,
        rank: Callable[[], int] = training_rank,
    ) -> None:
        self.adapter = adapter
        self._rank = rank
        self._warner = Warner()
        self._given: Session | Run | None = None
        self._own: Session | None = None
        self._place: RunPlace | None = None
        self._is_broken = False
        self._has_started = False
        arguments = {
            "repo": repo,
            "experiment": experiment,
            "run_name": run_name,
            "run_hash": run_hash,
            "resume": resume or None,
            "mode": mode,
        }
        if session is None:
            if rank() != 0:
                if stray := stray_rank():
                    self._warner.warn(
                        "rank",
                        f"{adapter} records nothing in this process: {stray} says that it is not the first of a job. "
                        "If it is a task of its own, start it without that variable",
                    )
            else:
                self._place = prepare_run(
                    repo=repo, experiment=experiment, name=run_name, run_hash=run_hash, resume=resume, mode=mode
                )
            return
        for name, value in arguments.items():
            if value is not None:
                raise InvalidValueError(f"{name}= cannot be combined with session=, which already has a run")
        self._place = place_of(session)
        if is_recording(session) and not session.active:
            raise SessionClosedError(f"the session given to {adapter} is closed; open another: aim.Session(...)")
        self._given = session

    @property
    def session(self) -> Session | Run:
        """The session that records, opened now if necessary; one that does nothing on ranks other than 0."""
        given = self._given
        if given is not None and not given.is_foreign:  # else a framework started its ranks by forking
            return given if self._rank() == 0 else _INERT
        own = self._own
        if own is not None and own.active:
            return own
        if self._place is None or self._is_broken or self._rank() != 0:
            return _INERT
        try:
            self._own = join_run(self._place)
            self._has_started = True
        except Exception as error:
            self._is_broken = True
            if is_strict_by_environment():
                raise
            self._warner.warn("open", f"{self.adapter} records nothing: {error}")
            return _INERT
        return self._own

    @property
    def has_run(self) -> bool:
        """Whether there is a run already, so that recording a value creates none."""
        return self._given is not None or self._has_started

    @property
    def place(self) -> RunPlace | None:
        """Repo, hash, experiment and name, known before the run exists; None on ranks other than 0."""
        return self._place

    @property
    def track(self) -> Callable[[Any, str, int | None, float | None, Mapping[str, Any] | None], None]:
        """Appends one value: ``(value, name, step, epoch, context)``. A hook with several values asks for it once."""
        return self.session.record

    def trained_steps(self) -> int:
        """The highest training step that the run holds already; 0 if it is new."""
        session = self.session
        return trained_steps(session) if is_recording(session) else 0

    def set_params(self, params: Any, name: str = "hparams") -> None:
        """Record the configuration of the run."""
        self.session.set_params(params, name)

    def add_record(self, kind: str, value: Any) -> None:
        """Keep a small fact about the run."""
        self.session.add_record(kind, value)

    def end(self, error: BaseException | None = None) -> None:
        """End the run, unless the session was given. Another call of the adapter continues it.

        Args:
            error: What ended the training; None: it is complete.
        """
        own, self._own = self._own, None
        if own is not None and own.active:
            assert self._place is not None
            self._place = replace(self._place, attempt=end_run(own, error))

    def mute(self, why: str) -> None:
        """Record nothing from now on, and warn: another adapter records the same into this run."""
        self._warner.warn("mute", f"this {self.adapter} records nothing: {why}")
        self._given, self._own, self._place = None, None, None

    def warn(self, cause: str, what: str) -> None:
        """Warn once about how the adapter is used, though it works."""
        self._warner.warn(cause, f"this {self.adapter} {what}")

    def contain(self, error: Exception, doing: str) -> None:
        """The adapter failed: a warning and a count instead of the exception, unless strict."""
        session = self._given or self._own
        if session is not None and session.active:
            contain(session, error)
        elif is_strict_by_environment():
            raise error
        else:
            self._warner.warn(f"{type(error).__name__} {doing}", f"{self.adapter}: {doing} failed: {error!r:.200}")

    def __getstate__(self) -> dict[str, Any]:
        return {"adapter": self.adapter, "rank": self._rank, "place": self._place, "has_started": self._has_started}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.adapter, self._rank, self._place = state["adapter"], state["rank"], state["place"]
        self._has_started = state["has_started"]
        self._warner = Warner()
        self._given, self._own, self._is_broken = None, None, False


class Recorded(Protocol):
    """An adapter's object."""

    _recording: Recording


_S = TypeVar("_S", bound=Recorded)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def contained(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R | None]:
    """A hook whose own failures do not reach the framework: it returns None instead. Ctrl-C and exits pass.

    A hook that takes ``**kwargs`` needs a ``/`` after ``self`` for mypy.
    """

    @functools.wraps(method)
    def hook(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self._recording.contain(error, method.__name__)
            return None

    return hook
