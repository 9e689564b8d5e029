"""The one background thread of a recording process: syncs what is dirty every 2 s and beats the heart every 20 s.

It starts with the first writer and is a daemon: it holds nothing that must be joined. Points do not wait for it; what
it adds is that a power cut loses at most what came after its last completed round.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Final

from aim.schema.records import POINT_RECORD_BYTES
from aim.storage.stream import AppendStream
from aim.storage.writer import RunWriter

__all__ = ["EXIT_WAIT_S", "HEARTBEAT_S", "SYNC_INTERVAL_S", "Syncer", "syncer"]

SYNC_INTERVAL_S: Final = 2.0
HEARTBEAT_S: Final = 20.0
EXIT_WAIT_S: Final = 2.0
"""How long the exit of the process waits for the last sync."""

_fsync = getattr(os, "fdatasync", os.fsync)


def _sync_path(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Syncer:
    """Registry of this process's open writers, and the thread that looks after them."""

    def __init__(self, *, sync_interval_s: float = SYNC_INTERVAL_S, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._sync_interval_s = sync_interval_s
        self._heartbeat_s = heartbeat_s
        self._writers: dict[int, RunWriter] = {}
        self._synced_directories: set[int] = set()
        self._closed_paths: deque[str] = deque()
        """Files of closed writers that wait for their one sync."""
        # Both may be needed by a signal handler, or by a finalizer of the garbage collector, that interrupts their use.
        # An Event would not do to wake the thread: it has a lock inside that is not re-entrant.
        self._lock = threading.RLock()
        self._wake = threading.Lock()
        """Free: the thread is to go on at once; held: it may wait."""
        self._wake.acquire()
        self._round_done = threading.Condition(self._lock)
        self._rounds = 0
        self._thread: threading.Thread | None = None
        self._is_without_thread = False

    def add(self, writer: RunWriter) -> None:
        """Look after `writer` from now on."""
        with self._lock:
            self._writers[id(writer)] = writer
            if self._thread is None or not self._thread.is_alive():
                self._start_thread()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="aim-sync", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # too many threads, or the interpreter is shutting down
            if not self._is_without_thread:
                self._is_without_thread = True
                import logging  # slow to import, and not needed otherwise

                logging.getLogger("aim").warning(
                    "no thread could be started (%s): points are recorded, but the disk is only waited for by flush() "
                    "and at the end, and readers see no heartbeat",
                    error,
                )
            return
        self._thread = thread

    def remove(self, writer: RunWriter) -> None:
        """The writer was closed: sync its files once more, in the background."""
        paths = [s.path for s in (writer.events, writer.points) if s.was_opened]
        if id(writer) not in self._synced_directories:
            paths += [writer.run_dir, writer.layout.runs]
        with self._lock:
            if self._writers.pop(id(writer), None) is not None:
                self._closed_paths.extend(paths)
            self._synced_directories.discard(id(writer))
        self._go_on()

    def _go_on(self) -> None:
        try:
            self._wake.release()
        except RuntimeError:  # it was told already
            pass

    def writers(self) -> list[RunWriter]:
        """The writers that are open now."""
        with self._lock:
            return list(self._writers.values())

    def sync(self, writer: RunWriter) -> None:
        """Sync one writer now; returns when the disk has everything that was appended before the call.

        Failures are told once and counted as not known to be on disk; they never raise.
        """
        # events before points: a point without its declaration is worth nothing, the other way round is harmless
        points_size = self._dirty(writer, writer.points)
        for stream, size in ((writer.events, self._dirty(writer, writer.events)), (writer.points, points_size)):
            if size is None:
                continue
            was_new = stream.synced_bytes == 0
            try:
                self._sync_stream(writer, stream)
                if was_new:
                    self._sync_directories(writer)
            except OSError as error:
                points = max(0, size - stream.synced_bytes) // POINT_RECORD_BYTES if stream is writer.points else 0
                writer.count_unsynced(points, error)
            stream.synced_bytes = size

    def _sync_directories(self, writer: RunWriter) -> None:
        try:
            _sync_path(writer.run_dir)
            if id(writer) not in self._synced_directories:
                _sync_path(writer.layout.runs)
                self._synced_directories.add(id(writer))
        except FileNotFoundError:  # moved to the trash, or removed: the writer looks after that itself
            pass

    def _dirty(self, writer: RunWriter, stream: AppendStream) -> int | None:
        """The size of the stream if that is not what was last synced, else None."""
        with writer.lock:
            if not stream.was_opened:
                return None
            try:
                size = os.fstat(stream.fd).st_size if stream.fd >= 0 else os.stat(stream.path).st_size
            except OSError:
                return None
        return size if size != stream.synced_bytes else None

    def _sync_stream(self, writer: RunWriter, stream: AppendStream) -> None:
        with writer.lock:
            # a duplicate, so that the sync (long on a slow disk) does not hold the lock, and nobody closes it meanwhile
            fd = (
                os.dup(stream.fd) if stream.fd >= 0 else os.open(stream.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            )
        try:
            _fsync(fd)
        finally:
            os.close(fd)

    def _run(self) -> None:
        next_beat = time.monotonic() + self._heartbeat_s
        while True:
            self._wake.acquire(timeout=self._sync_interval_s)
            try:
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + self._heartbeat_s
                    for writer in self.writers():
                        writer.beat()
                self._drain_closed()
                for writer in self.writers():
                    writer.check()
                    self.sync(writer)
            except Exception:  # e.g. no memory: the next round may fare better, and the heart must go on beating
                import logging  # slow to import, and not needed otherwise

                logging.getLogger("aim").exception("a round of syncing failed; the next one follows")
            with self._lock:
                self._rounds += 1
                self._round_done.notify_all()

    def _drain_closed(self) -> None:
        while True:
            with self._lock:
                if not self._closed_paths:
                    return
                path = self._closed_paths.popleft()
            try:
                _sync_path(path)
            except OSError:  # the writer is closed, its ledger written; a run moved or deleted meanwhile is no failure
                pass

    def wait_for_round(self, timeout_s: float) -> bool:
        """Wait until everything asked for so far was synced, at most `timeout_s`; whether it was."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._drain_closed()
                return True
            goal = self._rounds + 1
            self._go_on()
            while self._rounds < goal or self._closed_paths:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._round_done.wait(left)
        return True

    def forget_after_fork(self) -> None:
        """In a forked child: no writer of the parent is ours, and the thread does not exist here."""
        writers = list(self._writers.values())
        self.__init__(sync_interval_s=self._sync_interval_s, heartbeat_s=self._heartbeat_s)  # type: ignore[misc]
        for writer in writers:
            writer.forget()


syncer: Final = Syncer()
"""The process's own."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=syncer.forget_after_fork)
