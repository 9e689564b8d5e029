"""One append-only file of a writer: opened at first use, every return value of ``write`` looked at.

A process keeps at most :data:`MAX_OPEN_FILES` of them open; beyond that the least recently used are closed and open
themselves again at the next append.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

if sys.platform != "win32":
    import fcntl

__all__ = ["MAX_OPEN_FILES", "AppendStream"]

MAX_OPEN_FILES: Final = 256
"""Far below the usual limit of 1,024 files a process, which training itself (data loaders) needs."""

_FLAGS: Final = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOINHERIT", 0)  # Windows
)

_LOWEST_DESCRIPTOR: Final = 200
"""The system gives the lowest free number. A program that closes all descriptors and then opens files of its own would
get our numbers, and our records."""

_open_streams: dict[int, AppendStream] = {}
"""Open streams by ``id``, in the order of opening."""
_open_lock = threading.RLock()
"""Re-entrant: a signal handler, or a finalizer of the garbage collector, may open and close files while we do."""


def _out_of_the_way(fd: int) -> int:
    if sys.platform == "win32":
        return fd
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
    except OSError:  # fewer are allowed here
        return fd
    os.close(fd)
    return high


def _let_go_of_closed_descriptors() -> None:
    """The program closed descriptors of ours: before one opens again, no other may take its number for its own."""
    for stream in list(_open_streams.values()):
        stream.is_intact()


class AppendStream:
    """An append-only file. The caller holds its writer's lock around every call.

    Args:
        name_part: Gives the path of part 1, 2, ...: where a file cannot be mended, writing goes on in the next part.
        lock: The writer's lock; taken without waiting by another writer that needs a file descriptor.
        record_bytes: Size of a record; 0 for lines of text.
    """

    __slots__ = (
        "_identity",
        "_left_parts",
        "_name_part",
        "_released_bytes",
        "error",
        "fd",
        "last_used",
        "lock",
        "part",
        "path",
        "record_bytes",
        "synced_bytes",
    )

    def __init__(self, name_part: Callable[[int], str], lock: threading.RLock, record_bytes: int) -> None:
        self._name_part = name_part
        self.lock = lock
        self.record_bytes = record_bytes
        self.part = 1
        self.path = name_part(1)
        self.fd = -1
        self.error: OSError | None = None
        """Why the last append did not write everything; None after a whole one."""
        self.last_used = 0.0
        """Set by whoever appends, Unix seconds; only orders streams by use."""
        self.synced_bytes = 0
        """What the last completed sync covered; kept by the sync thread."""
        self._identity: tuple[int, int] | None = None
        self._released_bytes = 0
        self._left_parts: list[tuple[str, int]] = []
        """Paths and sizes of the parts before this one."""

    @property
    def was_opened(self) -> bool:
        """Whether the file was ever opened by this stream."""
        return self._identity is not None

    def append(self, data: bytes) -> int:
        """Append `data`, whole records or one line; return how many bytes of it are in the file for good.

        Never raises: where less than everything was written, ``error`` says why, and the file ends after a whole
        record (or where the line began).
        """
        self.error = None
        written = 0
        may_reopen = True
        while written < len(data):
            if self.fd < 0 and not self._open():
                break
            try:
                taken = os.write(self.fd, memoryview(data)[written:])
                if taken == 0:
                    raise OSError(errno.ENOSPC, "the file system took nothing of a write")
            except OSError as error:
                if error.errno == errno.EBADF and may_reopen:
                    may_reopen = False  # the program closed all its descriptors (daemonising does): open ours again
                    _let_go_of_closed_descriptors()
                    self.release()
                    continue
                self.error = error
                break
            # After a short write the rest is tried at once, and the system says why it takes no more. (Tried again only
            # after the file was cut back, the same part of the same record would be taken, cut, taken ... for ever.)
            written += taken
        if written == len(data):
            return written
        whole = written - written % self.record_bytes if self.record_bytes else 0
        self._cut_back(written - whole)
        return whole

    def _open(self) -> bool:
        try:
            self.fd = _out_of_the_way(os.open(self.path, _FLAGS, 0o666))
            stat = os.fstat(self.fd)
        except OSError as error:
            self.error = error
            self.release()
            return False
        self._identity = (stat.st_dev, stat.st_ino)
        with _open_lock:
            _open_streams[id(self)] = self
            victims = (
                sorted(_open_streams.values(), key=lambda s: s.last_used) if len(_open_streams) > MAX_OPEN_FILES else []
            )
        for victim in victims[: len(victims) - MAX_OPEN_FILES + MAX_OPEN_FILES // 8]:
            # never wait for another writer's lock while holding our own: two would wait for each other
            if victim is not self and victim.lock.acquire(blocking=False):
                try:
                    victim.release()
                finally:
                    victim.lock.release()
        return True

    def _cut_back(self, torn_bytes: int) -> None:
        """Remove `torn_bytes` at the end. If that fails the file is left as it is and the next part begins."""
        if torn_bytes == 0:
            return
        try:
            os.ftruncate(self.fd, os.fstat(self.fd).st_size - torn_bytes)
        except OSError:  # what is told is why the write failed
            self.next_part()

    def next_part(self) -> None:
        """Leave this file for good; the next append begins a new one."""
        self.release()
        self._left_parts.append((self.path, self._released_bytes))
        self.part += 1
        self.path = self._name_part(self.part)
        self.synced_bytes = 0
        self._identity = None

    def release(self) -> None:
        """Close the file; the next append opens it again."""
        fd, self.fd = self.fd, -1
        with _open_lock:
            _open_streams.pop(id(self), None)
        if fd >= 0:
            try:
                self._released_bytes = os.fstat(fd).st_size
                os.close(fd)
            except OSError:  # closed by the program under us (daemonising closes everything)
                pass

    def is_intact(self) -> bool:
        """Whether the descriptor still is our file and the file still has a name; False once it was removed."""
        if self.fd < 0:
            return True
        try:
            stat = os.fstat(self.fd)
        except OSError:
            self.fd = -1  # closed by somebody else: not ours to close again
            return True
        if (stat.st_dev, stat.st_ino) != self._identity:
            self.fd = -1
            return True
        return stat.st_nlink > 0

    def forget_removed(self) -> int:
        """Let go of files that were removed, so that the next append begins them anew.

        Returns:
            How many bytes, of whole records, they held.
        """
        self.release()
        parts = self._left_parts
        if self.was_opened:
            parts = [*parts, (self.path, self._released_bytes)]
        if not os.path.exists(self.path):
            self._identity = None
            self.synced_bytes = 0
        self._left_parts = [part for part in self._left_parts if os.path.exists(part[0])]
        gone = [size for path, size in parts if not os.path.exists(path)]
        return sum(size - size % (self.record_bytes or 1) for size in gone)

    def forget(self) -> None:
        """In a forked child: close our copy of the descriptor without touching the registry's lock."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:
                pass  # closed by the program already


def _reset_after_fork() -> None:
    global _open_lock
    _open_lock = threading.RLock()
    _open_streams.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
