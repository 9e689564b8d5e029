"""Run: the handle that code written for Aim 3 uses. The same recorder as Session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aim.errors import InvalidValueError
from aim.schema import events as ev
from aim.schema.events import Event
from aim.sdk.recording.handle import RunHandle
from aim.sdk.recording.opening import open_recorder
from aim.sdk.recording.params import params_path
from aim.sdk.recording.session import DEFAULT_PARAMS_NAME
from aim.storage.writing.request import RunRequest

if TYPE_CHECKING:
    from aim import Repo
    from aim.schema.runstate import LossLedger, RunState

__all__ = ["Run"]

_MISSING: Any = object()


class Run(RunHandle):
    """Records one run: metrics by :meth:`track`, params by ``run[...] = ...``.

    Args:
        run_hash: Resume the run with this hash; None begins a new one.
        repo: As for :class:`aim.Session`.
        experiment: As for :class:`aim.Session`.
        name: Name of a new run, unique in its experiment; by default a readable one is made up.
        resume: With `name`: resume the run of that name.
        system_tracking_interval, log_system_params, capture_terminal_logs, force_resume: Accepted for code written for
            Aim 3, and without effect. read_only too, as long as it is false.
        rank, strict: As for :class:`aim.Session`.

    Raises:
        RunNotFoundError: no run has this hash.
        InvalidValueError: `read_only` is true; :meth:`aim.Repo.get_run` reads.
        RepoError, RunNameTakenError: as for :class:`aim.Session`.

    Example:
        >>> run = aim.Run(experiment="digits")
        >>> run["hparams"] = {"lr": 0.01, "layers": [64, 32]}
        >>> run.track(0.25, name="loss", context={"subset": "train"})
        >>> run.track({"loss": 0.2, "accuracy": 0.9}, epoch=1, context={"subset": "val"})
        >>> run.close()
    """

    def __init__(
        self,
        run_hash: str | None = None,
        *,
        repo: str | os.PathLike[str] | None = None,
        experiment: str | None = None,
        name: str | None = None,
        resume: bool = False,
        rank: int | None = None,
        strict: bool | None = None,
        read_only: bool = False,
        system_tracking_interval: float | None = None,
        log_system_params: bool | None = None,
        capture_terminal_logs: bool | None = None,
        force_resume: bool | None = None,
    ) -> None:
        if read_only:
            raise InvalidValueError("aim.Run records; to read a run (read_only=True) use aim.Repo(...).get_run(hash)")
        self._attach(
            *open_recorder(
                repo,
                RunRequest(run_hash, name=name, experiment=experiment, resume=resume, rank=rank),
                strict=strict,
            )
        )
        self._params: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<aim.Run {self.hash} {'active' if self.active else 'closed'} repo={self._layout.root!r}>"

    def track(
        self,
        value: Any,
        name: str | None = None,
        step: int | None = None,
        epoch: float | None = None,
        *,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Append one value to a metric, or one value to each of several.

        Args:
            value: A real number as for :meth:`aim.Session.track`, or a dict of name to number, written at once.
            name: Metric name; None with a dict of values, whose keys are the names.
            step, epoch: As for :meth:`aim.Session.track`.
            context: Key-values that distinguish sequences of one name.

        Raises:
            InvalidValueError, SessionClosedError: in strict mode only, as for :meth:`aim.Session.track`.
        """
        if isinstance(value, Mapping):
            if name is not None:
                self._recorder.refuse(InvalidValueError("the keys of a dict of values are the names: leave out name="))
                return
            self._recorder.track_many_names(value, step, epoch, context)
        elif name is None:
            self._recorder.refuse(InvalidValueError("track needs name= for a single value"))
        else:
            self.record(value, name, step, epoch, context)

    def __setitem__(self, key: str | tuple[str, ...], value: Any) -> None:
        self.set(key, value)

    def set(self, key: str | tuple[str, ...], value: Any, strict: bool = True) -> None:
        """Record a param; what was at `key` is replaced.

        Args:
            key: Name, or a tuple of names from the outermost in; ``()`` or ``...`` is the whole of the params.
            value: As for :meth:`aim.Session.set_params`.
            strict: Accepted for code written for Aim 3: unknown types are kept as their repr either way.
        """
        kept = self._recorder.set_params(key, value, replace=True)
        if kept is not None and self._params is not None:
            _put(self._params, *kept)

    def __delitem__(self, key: str | tuple[str, ...]) -> None:
        self[key]  # raises KeyError if it is not there
        path = params_path(key)
        if not path:
            self.set(key, {})
        elif self._recorder.event(lambda: {"type": ev.DELETED, "path": path}):
            parent = self._known_params()
            for part in path[:-1]:
                parent = parent[part]
            parent.pop(path[-1], None)

    def __getitem__(self, key: str | tuple[str, ...]) -> Any:
        """The param at `key`, as plain data: a copy, so that only ``run[key] = ...`` changes the run."""
        here: Any = self._known_params()
        for part in params_path(key):
            if not isinstance(here, dict) or part not in here:
                raise KeyError(key)
            here = here[part]
        return _copied(here)

    def __contains__(self, key: object) -> bool:
        return self.get(key, _MISSING) is not _MISSING  # type: ignore[arg-type]

    def get(self, key: str | tuple[str, ...], default: Any = None, strict: bool = True) -> Any:
        """The param at `key`, or `default`. `strict` is accepted as by :meth:`set`."""
        try:
            return self[key]
        except KeyError:
            return default

    def set_params(self, params: Any, name: str | None = None) -> None:
        """Record params that merge deeply into what is there; see :meth:`aim.Session.set_params`."""
        kept = self._recorder.set_params(name if name is not None else DEFAULT_PARAMS_NAME, params)
        if kept is not None and self._params is not None:
            from aim.schema.runstate import merge_params  # only code that reads loads it

            path, plain = kept
            for part in reversed(path):
                plain = {part: plain}
            merge_params(self._params, plain)

    def _known_params(self) -> dict[str, Any]:
        if self._params is None:
            self._params = self._state().params
        return self._params

    def _state(self) -> RunState:
        return self._recorder.read_state()

    @property
    def hash(self) -> str:
        """24 hex digits that identify the run."""
        return self._recorder.writer.run_hash

    @property
    def repo(self) -> Repo:
        """The repo that the run is kept in, for reading and searching."""
        import aim  # whose Repo, and with it all that reading needs, loads on first use

        return aim.Repo(self._layout.root)

    @property
    def name(self) -> str:
        """The run's name."""
        return self._state().name

    @name.setter
    def name(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_name(value))

    @property
    def description(self) -> str:
        """What people wrote about the run."""
        return self._state().description

    @description.setter
    def description(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_description(value))

    @property
    def experiment(self) -> str:
        """The experiment that the run belongs to."""
        return self._state().experiment

    @experiment.setter
    def experiment(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_experiment(value))

    @property
    def archived(self) -> bool:
        """Whether queries leave the run out unless asked for it."""
        return self._state().is_archived

    @archived.setter
    def archived(self, value: bool) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_archived(value))

    def _edit(self, make: Callable[[], Event]) -> bool:
        return self._recorder.event(make)

    @property
    def tags(self) -> list[str]:
        """The run's tags, in the order they were added."""
        return list(self._state().tags)

    def add_tag(self, value: str) -> None:
        """Add a tag; one that is there already is kept."""
        from aim.schema import run_edits

        self._edit(lambda: run_edits.add_tags(value))

    def remove_tag(self, value: str) -> None:
        """Remove a tag; one that is not there is ignored."""
        from aim.schema import run_edits

        self._edit(lambda: run_edits.remove_tags(value))

    @property
    def created_at(self) -> float:
        """When the run began, Unix seconds."""
        return self._state().created_at or self._recorder.writer.opened_at

    @property
    def creation_time(self) -> float:
        """The same, by its name in Aim 3."""
        return self.created_at

    @property
    def finalized_at(self) -> float | None:
        """When the last writer ended, Unix seconds; None while the run is active."""
        if self.active:
            return None
        ends = [float(w.closed["time"]) for w in self._state().writers.values() if w.closed is not None]
        return max(ends) if ends else None

    @property
    def end_time(self) -> float | None:
        """The same, by its name in Aim 3."""
        return self.finalized_at

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the end, or to now."""
        return (self.finalized_at or self._recorder.writer.clock()) - self.created_at

    @property
    def loss(self) -> LossLedger:
        """What could not be kept so far: points lost to the disk, calls rejected."""
        return self._recorder.writer.losses.ledger()

    def finalize(self) -> None:
        """The same as :meth:`close`, by its name in Aim 3."""
        self.close()

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(
            "a run is not iterable; its params are run[...], its metrics aim.Repo(...).get_run(hash).metrics()"
        )


def _checked_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(f"{what} must be a str, not {type(value).__name__} ({value!r:.80})")
    return str.__str__(value)


def _copied(value: Any) -> Any:
    """A copy of plain data."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put(params: dict[str, Any], path: list[str], value: Any) -> None:
    if not path:
        params.clear()
        params.update(value if isinstance(value, dict) else {})
        return
    for part in path[:-1]:
        below = params.get(part)
        if not isinstance(below, dict):
            below = params[part] = {}
        params = below
    params[path[-1]] = value
