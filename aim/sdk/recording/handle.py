"""What :class:`aim.Session` and :class:`aim.Run` share: a handle on one recorder.

:func:`recorder_of` and :func:`close_handle` are for other modules of this package. Adapters use
:mod:`aim.sdk.recording.joining`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aim.schema.names import ContextValue
from aim.sdk.recording.lifecycle import close_recorder
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout

__all__ = ["RunHandle", "close_handle", "recorder_of"]


class RunHandle:
    """A handle on a run that this process records. Also a context manager: leaving it ends the run."""

    _recorder: Recorder
    _layout: RepoLayout
    record: Callable[[Any, str, Any, Any, Mapping[str, Any] | None], None]
    """Appends one value, with all arguments in place: ``(value, name, step, epoch, context)``."""

    def _attach(self, recorder: Recorder, layout: RepoLayout) -> None:
        self._recorder, self._layout = recorder, layout
        self.record = recorder.track
        # a handle that is no longer referenced cannot record anything more: its run has finished
        self._finalizer = weakref.finalize(self, close_recorder, recorder)
        self._finalizer.atexit = False  # the end of the process is handled in lifecycle, which knows how it ended

    @property
    def active(self) -> bool:
        """Whether this handle still records."""
        return self._recorder.is_open

    @property
    def is_foreign(self) -> bool:
        """Whether this process is a fork of the one that opened the handle, and so cannot record through it."""
        return self._recorder.writer.is_foreign

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
            context: As the key-values of :meth:`aim.Session.track`.

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        close_handle(self, error)


def recorder_of(handle: RunHandle) -> Recorder:
    """The recorder behind a handle."""
    return handle._recorder


def close_handle(handle: RunHandle, error: BaseException | None = None) -> None:
    """End the run of a handle after code that ended with `error`, None for a return."""
    close_recorder(handle._recorder, error)
    handle._finalizer.detach()
