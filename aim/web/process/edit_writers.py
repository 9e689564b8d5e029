"""The edit writers of a server: one for each run that was edited a moment ago."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aim.errors import RunNotFoundError
from aim.schema.events import Event
from aim.schema.limits import MAX_TIME_S
from aim.schema.runstate import RunState
from aim.storage.reading.events import read_run
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.writing.open_run import EditWriter, open_edit_writer

__all__ = ["EditWriters"]

IDLE_S: Final = 10.0
"""How long a writer is kept after its last edit: a note is saved every 2 s while it is typed, into one file."""


class EditWriters:
    """The edit writers of this server, one for each run that was edited a moment ago.

    Args:
        layout: The repo.
        read_state: Reads the state of a run from its files; None: from those of its run directory.
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
                raise RunNotFoundError.missing(run_hash, self._layout.root)
            events = decide(state)
            if not events:
                return
            writer = self._writer(run_hash, state)
            for event in events:
                writer.event(event, after=state.last_event_at or 0.0)
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
        return open_edit_writer(self._layout, run_hash, must_exist=False, last_event_at=state.last_event_at or 0.0)

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
    """An edit survives a power cut from here on, if the disk can be asked for that."""
    run_dir = layout.run_dir(run_hash)
    for path in (os.path.join(run_dir, stream_name(writer, "events")), run_dir):
        with suppress(OSError):
            files.sync(layout.root, path)
