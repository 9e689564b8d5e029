"""What records nothing: on other ranks, where Aim is disabled, where no repo can be created.

It takes every call, and gives back what it was told (params, name, tags), so that code that reads what it has set works
as it does where it is recorded. It touches no disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aim.errors import InvalidValueError
from aim.schema import events as ev
from aim.schema.events import Event
from aim.sdk.recording.companions import Companions
from aim.sdk.recording.guard import Warner, is_strict_by_environment
from aim.sdk.recording.params import params_path, to_plain
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout
from aim.storage.writing.run_names import readable_run_name
from aim.storage.writing.writer import new_run_hash

if TYPE_CHECKING:
    from aim.schema.runstate import LossLedger, RunState

__all__ = ["InertRecorder", "NoRepo", "open_to_read"]

_MAX_EVENTS: Final = 500
"""More are folded into one: a loop that sets params must not fill the memory."""


class NoRepo:
    """Stands in for the repo of a run that is not recorded: ``run.repo.path`` is asked for in many scripts."""

    path = ""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<no repo: nothing is recorded>"


class InertRecorder(Recorder):
    """A recorder without a writer."""

    is_inert = True

    def __init__(self, *, run_hash: str | None = None, name: str | None = None, experiment: str | None = None) -> None:
        self.is_strict = False
        self.warner = Warner()
        self.late_refusals = 0
        self._companions = Companions((), lambda companion, doing, error: None)
        self._run_hash = run_hash or new_run_hash()
        self._opened_at = time.time()
        self._is_open = True
        self._events: list[Event] = []
        self._keep({"type": ev.OPENED, "name": name or readable_run_name(), "experiment": experiment})

    @property
    def is_open(self) -> bool:
        """Whether it was not closed."""
        return self._is_open

    @property
    def is_foreign(self) -> bool:
        """It belongs to every process."""
        return False

    @property
    def run_hash(self) -> str:
        """24 hex digits of no run."""
        return self._run_hash

    @property
    def opened_at(self) -> float:
        """When it was made, Unix seconds."""
        return self._opened_at

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def losses(self) -> LossLedger:
        """Nothing: nothing was to be kept."""
        from aim.schema.runstate import LossLedger

        return LossLedger()

    def track(self, value: Any, name: str, step: Any, epoch: Any, context: Mapping[str, Any] | None) -> None:
        """Do nothing."""

    def track_any(self, value: Any, name: Any, step: Any, epoch: Any, context: Any, keywords: dict[str, Any]) -> None:
        """Do nothing."""

    def track_many_names(
        self, values: Mapping[str, Any], step: Any, epoch: Any, context: Mapping[str, Any] | None
    ) -> None:
        """Do nothing."""

    def track_array(
        self,
        name: str,
        values: Any,
        steps: Any = None,
        epochs: Any = None,
        times: Any = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Do nothing."""

    def add_record(self, kind: str, value: Any) -> None:
        """Do nothing."""

    def set_params(self, key: Any, value: Any, *, replace: bool = False) -> tuple[list[str], Any] | None:
        """Remember params, as they would be recorded."""
        try:
            path, plain = params_path(key), to_plain(value)
        except Exception:
            return None
        if not isinstance(plain, dict) and not (path and replace):
            return None
        self._keep({"type": ev.PARAMS, "path": path, "value": plain, **({"replace": True} if replace else {})})
        return path, plain

    def event(self, make: Callable[[], Event]) -> bool:
        """Remember what `make` gives."""
        try:
            self._keep(make())
        except Exception:
            return False
        return True

    def _keep(self, event: Event) -> None:
        self._events.append({**event, "time": time.time()})
        if len(self._events) > _MAX_EVENTS:
            params = self.read_state().params
            kept = [known for known in self._events if known["type"] not in (ev.PARAMS, ev.DELETED)]
            whole = {"type": ev.PARAMS, "path": [], "value": params, "replace": True, "time": time.time()}
            self._events = [*kept[:1], *kept[1:][-_MAX_EVENTS // 2 :], whole]

    def refuse(self, error: Exception, count: int = 1) -> None:
        """Do nothing: what is not recorded cannot be recorded wrongly."""

    def read_state(self) -> RunState:
        """What was remembered."""
        from aim.schema.runstate import merge_events

        return merge_events(self._run_hash, [("1-00000000", self._events)])

    def flush(self) -> None:
        """Do nothing."""

    def close(
        self, reason: str = "finished", *, exit_code: int | None = None, error: dict[str, str] | None = None
    ) -> None:
        """Remember how it ended."""
        if self._is_open:
            self._is_open = False
            self._keep({"type": ev.CLOSED, "reason": reason})


class _ReadingRecorder(InertRecorder):
    """Of a run that is only read. What would record is refused."""

    def __init__(self, layout: RepoLayout, run_hash: str) -> None:
        super().__init__(run_hash=run_hash)
        self._layout = layout
        self._is_open = False
        self.is_strict = is_strict_by_environment()

    def read_state(self) -> RunState:
        """The run as its files describe it."""
        from aim.storage.reading.events import read_run

        return read_run(self._layout.run_dir(self._run_hash), self._run_hash).state

    def losses(self) -> LossLedger:
        """What all writers of the run could not keep."""
        return self.read_state().loss

    def refuse(self, error: Exception, count: int = 1) -> None:
        """Say once for the caller's line that nothing can be recorded here; strict: raise."""
        refusal = InvalidValueError(
            f"run {self._run_hash} was opened with read_only=True, and records nothing; to record leave that out"
        )
        if self.is_strict:
            raise refusal
        self.warner.warn("read only", str(refusal), per_line=True)

    def _refuse_call(self, *args: Any, **kwargs: Any) -> None:
        self.refuse(InvalidValueError(""))

    track = track_any = track_many_names = track_array = add_record = set_params = _refuse_call

    def event(self, make: Callable[[], Event]) -> bool:
        """Refuse."""
        self._refuse_call()
        return False

    def _keep(self, event: Event) -> None:
        pass


def open_to_read(repo: str | os.PathLike[str] | None, run_hash: str | None) -> tuple[Recorder, RepoLayout]:
    """A recorder of a run that is there, which only reads.

    Raises:
        RepoError: there is no repo.
        RunNotFoundError: it has no such run.
        InvalidValueError: no run is named.
    """
    from aim.storage.reading.runs import existing_run
    from aim.storage.repo.repo_files import open_repo

    if run_hash is None:
        raise InvalidValueError("read_only=True needs the hash of a run to read: aim.Run(hash, read_only=True)")
    layout = open_repo(repo)
    existing_run(layout, run_hash)
    return _ReadingRecorder(layout, run_hash), layout
