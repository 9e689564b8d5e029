"""What :class:`aim.Session` and :class:`aim.Run` share, all but their constructors: a handle on one recorder.

:func:`recorder_of` and :func:`close_handle` are for other modules of this package. Adapters use
:mod:`aim.sdk.recording.joining`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from aim.schema.names import ContextValue
from aim.sdk.recording.lifecycle import close_recorder
from aim.sdk.recording.messages import Messages
from aim.sdk.recording.read_back import ReadBack
from aim.sdk.recording.recorder import Recorder
from aim.sdk.recording.run_fields import RunFields
from aim.sdk.recording.run_params import RunParams
from aim.storage.repo.layout import RepoLayout

__all__ = ["RunHandle", "close_handle", "recorder_of"]


class RunHandle(RunParams, RunFields, Messages, ReadBack):
    """A handle on a run that this process records. Also a context manager: leaving it ends the run."""

    record: Callable[[Any, str, Any, Any, Mapping[str, Any] | None], None]
    """Appends one value, with all arguments in place: ``(value, name, step, epoch, context)``."""

    def _attach(self, recorder: Recorder, layout: RepoLayout | None) -> None:
        self._recorder, self._layout = recorder, layout
        self._params: dict[str, Any] | None = None
        self.record = recorder.track
        # a handle that is no longer referenced cannot record anything more: its run has finished
        self._finalizer = weakref.finalize(self, close_recorder, recorder)
        self._finalizer.atexit = False  # the end of the process is handled in lifecycle, which knows how it ended

    def _describe(self, tags: str | Iterable[str], description: str | None) -> None:
        """What a constructor was given to say of the run."""
        for tag in (tags,) if isinstance(tags, str) else tags:
            self.add_tag(tag)
        if description is not None:
            self.description = description

    def __repr__(self) -> str:
        kind, state = type(self).__name__, "active" if self.active else "closed"
        if self._layout is None:
            return f"<aim.{kind} {self.hash} {state}, records nothing>"
        from aim.sdk.recording.announce import shown_folder

        look = f"aim up --repo {shown_folder(self._layout)}"
        return f"<aim.{kind} {self.name!r} {self.hash} {state} in {self.repo_path}; to look at it: {look}>"

    @property
    def is_foreign(self) -> bool:
        """Whether this process is a fork of the one that opened the handle, and so cannot record through it."""
        return self._recorder.is_foreign

    @overload
    def track(
        self,
        /,
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
        self,
        /,
        value: Any,
        name: str,
        step: int | None = None,
        epoch: float | None = None,
        *,
        context: Mapping[str, Any] | ContextValue = None,
        **keywords: ContextValue,
    ) -> None: ...

    def track(
        self,
        /,
        value: Any,
        name: str | None = None,
        step: int | None = None,
        epoch: float | None = None,
        *,
        context: Mapping[str, Any] | ContextValue = None,
        **keywords: ContextValue,
    ) -> None:
        """Append one value to a metric of the run, or one value to each of several.

        Returns once the operating system has the points, so that a crash of the process cannot lose them;
        :meth:`flush` waits for the disk. Disk errors never raise: one warning, and every lost point is counted on the
        run.

        Args:
            value: A real number, or a 0-d array or tensor, read once. Kept as float64, so integers beyond 2**53 are
                rounded; NaN and infinities are kept. Or a dict of name to number: one point of each metric, written at
                once.
            name: Metric name: any printable string, e.g. "loss" or "F1 (macro)". Left out with a dict, whose keys are
                the names.
            step: Position in the sequence; None continues one after the highest step seen, from 0.
            epoch: Pass over the data, counted from 0, fractions allowed; None if there is none. Seven digits are kept.
            context: Short key-values that distinguish sequences of one name, as a dict: ``{"subset": "train"}``.
            **keywords: The same as keywords: ``subset="train"``.

        Raises:
            InvalidValueError: `value` is not a single real number, or another argument cannot be recorded (strict mode
                only; otherwise warned once a line, and counted as rejected).
            SessionClosedError: the run is closed (strict mode only, as above).

        Example:
            >>> session.track(0.25, name="loss", epoch=0, subset="train")
            >>> session.track({"loss": 0.2, "accuracy": 0.9}, epoch=1, subset="val")
        """
        if type(name) is str:  # the two usual calls, without a detour
            if context is None:
                self.record(value, name, step, epoch, keywords)
                return
            if type(context) is dict and not keywords:
                self.record(value, name, step, epoch, context)
                return
        self._recorder.track_any(value, name, step, epoch, context, keywords)

    def track_many(
        self,
        name: str,
        values: Any,
        steps: Any = None,
        epochs: Any = None,
        times: Any = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> None:
        """Append many values to one metric at once.

        Args:
            name: Metric name.
            values: Shape (n,): list, array or tensor of real numbers.
            steps: Shape (n,) integers; None continues after the highest step seen.
            epochs: Shape (n,); None for none.
            times: Shape (n,), Unix seconds; None for now.
            context: As for :meth:`track`.

        Raises:
            InvalidValueError: the arrays do not fit together (strict mode only; nothing is recorded).
        """
        self._recorder.track_array(name, values, steps, epochs, times, context)

    def add_record(self, kind: str, value: Any) -> None:
        """Keep a small fact of the run in a list under `kind`: a checkpoint that was written, a model's summary."""
        self._recorder.add_record(kind, value)

    def flush(self) -> None:
        """Wait until the disk has everything recorded so far; needed against a power cut only."""
        self._recorder.flush()

    def close(self) -> None:
        """End the run. Without it the run ends with the process or when the handle is no longer referenced."""
        close_handle(self)

    def finalize(self) -> None:
        """The same as :meth:`close`, by its name in Aim 3."""
        self.close()

    def finish(self) -> None:
        """The same as :meth:`close`, by its name in other tools."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        close_handle(self, error)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a run is not iterable; its params are run[...] and run.params, its metrics run.metrics()")

    if not TYPE_CHECKING:  # type checkers know the members, and what is not one

        def __getattr__(self, name: str) -> Any:
            found = getattr(type(self), name, None)
            if isinstance(found, property) and found.fget is not None:
                return found.fget(self)  # it raised an AttributeError of its own: once more, to show that one
            if name.startswith("_") or name == "record":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            from aim.sdk.recording.hints import unknown_attribute

            raise AttributeError(unknown_attribute(type(self).__name__, name, dir(type(self))))

    def __setattr__(self, name: str, value: Any) -> None:
        # An attribute that goes nowhere looks as if it were recorded. Subclasses may have attributes of their own.
        if not name.startswith("_") and name != "record" and type(self).__module__.startswith("aim."):
            place = getattr(type(self), name, None)
            if not isinstance(place, property) or place.fset is None:
                raise AttributeError(_not_settable(type(self).__name__, name, is_known=place is not None))
        object.__setattr__(self, name, value)


def _not_settable(kind: str, name: str, *, is_known: bool) -> str:
    if name in ("tags", "notes"):
        return f"{name} of a run cannot be set; use add_{name[:-1]}(...)"
    if name == "params":
        return "params of a run cannot be set; use set_params(...) or run[...] = ..."
    if is_known:
        return f"{name} of a run cannot be set"
    return (
        f"aim.{kind} has no attribute {name!r} to set: it would not be recorded. "
        f"Record it as a param: run[{name!r}] = ... or set_params({{{name!r}: ...}})"
    )


def recorder_of(handle: RunHandle) -> Recorder:
    """The recorder behind a handle."""
    return handle._recorder


def close_handle(handle: RunHandle, error: BaseException | None = None) -> None:
    """End the run of a handle after code that ended with `error`, None for a return."""
    close_recorder(handle._recorder, error)
    handle._finalizer.detach()
