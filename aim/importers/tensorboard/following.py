"""TensorBoard logs that are being written, into the open session: for code that can only write those."""

from __future__ import annotations

import atexit
import os
import threading
from types import TracebackType
from typing import Final

from aim.errors import InvalidValueError
from aim.importers.tensorboard.format.event_file import read_event_file
from aim.importers.tensorboard.format.hparams import Hparams
from aim.importers.tensorboard.logdir import RunFile, find_runs, walk_logs
from aim.importers.tensorboard.source import metric_name
from aim.sdk.recording import default_session
from aim.sdk.recording.guard import Warner
from aim.sdk.recording.joining import is_recording
from aim.sdk.recording.session import Session

__all__ = ["Follower", "follow"]

INTERVAL_S: Final = 1.0


def follow(folder: str | os.PathLike[str], session: Session | None = None) -> Follower:
    """Record what is written to TensorBoard logs from now on, in the background, until the process ends.

    Scalars become points with the step and wall time of their event, hyper-parameters go to ``hparams``. The context
    distinguishes directories below `folder`: ``train`` and the like as ``subset``, others as ``run`` with their path.
    What the folder already holds belongs to earlier runs and is ignored.

    Args:
        folder: Need not exist yet.
        session: Where to record; None: the session of :func:`aim.track`.

    Returns:
        A handle, also a context manager; its ``stop()`` records what is there and ends.

    Raises:
        InvalidValueError: `folder` exists and is not a directory.

    Example:
        >>> with follow("logs"):
        ...     train_with_a_summary_writer("logs")
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(folder)))
    if os.path.lexists(path) and not os.path.isdir(path):
        raise InvalidValueError(f"TensorBoard log folder {path!r:.300} is not a directory")
    return Follower(path, session if session is not None else default_session.session())


class _Followed:
    """How far one file was read."""

    def __init__(self) -> None:
        self.offset = 0
        self.plugins: dict[str, str] = {}
        self.inode = 0


class Follower:
    """Reads a folder again and again. Made by :func:`follow`."""

    def __init__(self, folder: str, session: Session, *, interval_s: float = INTERVAL_S) -> None:
        self._folder = folder
        self._session = session
        self._interval_s = interval_s
        self._files: dict[str, _Followed] = {}
        self._warner = Warner()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._read_new(is_recorded=False)
        self._thread = threading.Thread(target=self._run, name="aim-follow", daemon=True)
        self._thread.start()
        # runs before the session ends: that was registered earlier
        atexit.register(self.stop)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            if not (self._session.active and is_recording(self._session)):
                return
            self.record_new()

    def record_new(self) -> None:
        """Record what was written since the last call."""
        try:
            self._read_new(is_recorded=True)
        except Exception as error:  # must not break the training
            self._warner.warn("follow", f"TensorBoard logs in {self._folder} are not followed: {error}")

    def _read_new(self, *, is_recorded: bool) -> None:
        with self._lock:
            if not os.path.isdir(self._folder):
                return
            for run in find_runs([walk_logs(self._folder)]).values():
                relative = os.path.relpath(run.directory, self._folder)
                context = {} if relative == os.curdir else {"run": relative}
                for file in run.files:
                    subset = {"subset": file.subset} if file.subset else {}
                    self._read(file, {**context, **subset}, is_recorded=is_recorded)

    def _read(self, file: RunFile, context: dict[str, str], *, is_recorded: bool) -> None:
        known = self._files.setdefault(file.path, _Followed())
        if known.inode != file.inode or file.size_bytes < known.offset:
            known.offset, known.inode = 0, file.inode
        if file.size_bytes <= known.offset:
            return
        hparams = Hparams()
        for piece in read_event_file(file.path, known.offset, plugins=known.plugins):
            known.offset = piece.offset
            for summary in piece.summaries:
                hparams.take(summary)
            if not is_recorded:
                continue
            for tag, points in piece.points.items():
                self._session.track_many(
                    metric_name(tag), points.values, points.steps, times=points.times, context=context
                )
        if is_recorded and hparams.values:
            self._session.set_params(hparams.values, name="hparams")

    def stop(self) -> None:
        """Record what is there now, and end. A second call does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        atexit.unregister(self.stop)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=10.0)
        if self._session.active:
            self.record_new()

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
