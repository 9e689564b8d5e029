"""The one background thread of a recording process: syncs what is dirty every 2 s, sends a heartbeat every 20 s.

It starts with the first writer and is a daemon: it holds nothing that must be joined. Points do not wait for it; what
it adds is that a power cut loses at most what came after its last completed round.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from aim.errors import AimError
from aim.schema.events import LOSS
from aim.storage.repo.files import lstat, open_file
from aim.storage.repo.files import sync as sync_file
from aim.storage.writing.descriptors import NO_DESCRIPTOR, make_room
from aim.storage.writing.open_run import open_edit_writer
from aim.storage.writing.stream import AppendStream
from aim.storage.writing.writer import RunWriter

__all__ = ["EXIT_WAIT_S", "HEARTBEAT_S", "SYNC_INTERVAL_S", "Syncer", "syncer"]

SYNC_INTERVAL_S: Final = 2.0
HEARTBEAT_S: Final = 20.0
EXIT_WAIT_S: Final = 2.0
"""How long the exit of the process waits for the last sync."""

_fsync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class _LastSync:
    """What waits for its one sync: the files of a writer that was closed, or a part that it left."""

    writer: RunWriter
    paths: tuple[str, ...]
    points: int
    """How many points in them no sync has covered yet."""


class Syncer:
    """Registry of this process's open writers, and the thread that syncs them."""

    def __init__(self, *, sync_interval_s: float = SYNC_INTERVAL_S, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._sync_interval_s = sync_interval_s
        self._heartbeat_s = heartbeat_s
        self._writers: dict[int, RunWriter] = {}
        self._synced_directories: set[int] = set()
        self._last_syncs: deque[_LastSync] = deque()
        # Both may be needed by a signal handler, or by a finalizer of the garbage collector, that interrupts their use.
        # An Event would not do to wake the thread: it has a lock inside that is not re-entrant.
        self._lock = threading.RLock()
        self._wake = threading.Lock()
        """Free: the thread is to run at once; held: it may wait."""
        self._wake.acquire()
        self._round_done = threading.Condition(self._lock)
        self._rounds = 0
        self._thread: threading.Thread | None = None
        self._is_without_thread = False

    def add(self, writer: RunWriter) -> None:
        """Sync `writer` from now on."""
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
        streams = [stream for stream in writer.streams if stream.was_opened]
        paths = [stream.path for stream in streams if stream.written_bytes != stream.synced_bytes]
        unsynced = sum(stream.records_in(max(0, stream.written_bytes - stream.synced_bytes)) for stream in streams)
        if id(writer) not in self._synced_directories:
            paths += [writer.run_dir, writer.layout.runs]
        self._leave_parts(writer)
        with self._lock:
            if self._writers.pop(id(writer), None) is not None and paths:
                self._last_syncs.append(_LastSync(writer, tuple(paths), unsynced))
            self._synced_directories.discard(id(writer))
        self._wake_up()

    def _leave_parts(self, writer: RunWriter) -> None:
        with writer.lock:
            parts = [(stream, part) for stream in writer.streams for part in stream.take_unsynced_parts()]
        for stream, (path, unsynced) in parts:
            self._last_syncs.append(_LastSync(writer, (path,), stream.records_in(unsynced)))

    def _wake_up(self) -> None:
        try:
            self._wake.release()
        except RuntimeError:  # it is awake already
            pass

    def writers(self) -> list[RunWriter]:
        """The writers that are open now."""
        with self._lock:
            return list(self._writers.values())

    def sync(self, writer: RunWriter) -> None:
        """Sync one writer now; returns when the disk has everything that was appended before the call.

        Failures are reported once and counted as not known to be on disk; they never raise.
        """
        self._leave_parts(writer)
        # sizes are taken in the opposite order: the declarations of all records that are covered are covered, too
        sizes = [(stream, self._dirty(writer, stream)) for stream in reversed(writer.streams)]
        for stream, size in reversed(sizes):
            if size is None:
                continue
            was_new, part = stream.synced_bytes == 0, stream.part
            fd = self._duplicate(writer, stream)
            if fd is None:
                continue
            try:
                try:
                    _fsync(fd)
                finally:
                    os.close(fd)
                if was_new:
                    self._sync_directories(writer)
            except OSError as error:
                _count_unsynced(writer, stream.records_in(max(0, size - stream.synced_bytes)), error)
            with writer.lock:
                if stream.part == part:  # else it was left meanwhile
                    stream.synced_bytes = size

    def _sync_directories(self, writer: RunWriter) -> None:
        try:
            root = writer.layout.root
            sync_file(root, writer.run_dir)
            if id(writer) not in self._synced_directories:
                sync_file(root, writer.layout.runs)
                self._synced_directories.add(id(writer))
        except FileNotFoundError:  # moved to the trash, or removed: the writer handles that itself
            pass

    def _dirty(self, writer: RunWriter, stream: AppendStream) -> int | None:
        """The size of the stream if that is not what was last synced, else None."""
        with writer.lock:
            if not stream.was_opened:
                return None
            try:
                size = os.fstat(stream.fd).st_size if stream.fd >= 0 else lstat(writer.layout.root, stream.path).st_size
            except OSError:
                return None
        return size if size != stream.synced_bytes else None

    def _duplicate(self, writer: RunWriter, stream: AppendStream) -> int | None:
        """A second descriptor, so that a sync (long on a slow disk) does not hold the lock, and is not closed under us.

        None where the process may have no more now: the next round tries again.
        """
        with writer.lock:
            for _ in range(2):
                try:
                    return os.dup(stream.fd) if stream.fd >= 0 else open_file(writer.layout.root, stream.path)
                except OSError as error:
                    if error.errno not in NO_DESCRIPTOR or not make_room(stream):
                        break
        return None

    def _run(self) -> None:
        next_beat = time.monotonic() + self._heartbeat_s
        while True:
            self._wake.acquire(timeout=self._sync_interval_s)
            try:
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + self._heartbeat_s
                    for writer in self.writers():
                        writer.beat()
                self._make_last_syncs()
                for writer in self.writers():
                    writer.check()
                    self.sync(writer)
                self._make_last_syncs()
            except Exception:  # e.g. no memory: the next round may succeed, and the heartbeat must continue
                import logging  # slow to import, and not needed otherwise

                logging.getLogger("aim").exception("a round of syncing failed; the next one follows")
            with self._lock:
                self._rounds += 1
                self._round_done.notify_all()

    def _make_last_syncs(self) -> None:
        while True:
            with self._lock:
                if not self._last_syncs:
                    return
                last = self._last_syncs.popleft()
            try:
                for path in last.paths:
                    sync_file(last.writer.layout.root, path)
            except FileNotFoundError:  # moved or deleted meanwhile, which is not a failure
                pass
            except OSError as error:
                _count_unsynced(last.writer, last.points, error)

    def wait_for_round(self, timeout_s: float) -> bool:
        """Wait until everything asked for so far was synced, at most `timeout_s`; whether it was."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._make_last_syncs()
                return True
            goal = self._rounds + 1
            self._wake_up()
            while self._rounds < goal or self._last_syncs:
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


def _count_unsynced(writer: RunWriter, points: int, error: OSError) -> None:
    """Count points whose sync failed on their run, also where its writer has ended, and with it its ledger."""
    with writer.lock:
        writer.count_unsynced(points, error)
        if writer.is_open or not points:
            return
    cause = errno.errorcode.get(error.errno or 0, "EIO")
    try:
        with open_edit_writer(writer.layout, writer.run_hash) as edit:
            edit.event({"type": LOSS, "unsynced": points, "causes": {cause: points}})
    except (AimError, OSError):  # the run is gone, or the disk takes nothing: that the sync failed was reported
        pass


syncer: Final = Syncer()
"""The process's own."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=syncer.forget_after_fork)
