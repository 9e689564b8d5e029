"""How many files the writers of a process keep open: a budget of descriptors, shared by all of them.

A process keeps at most :data:`MAX_OPEN_FILES` open. Beyond that the least recently used are closed, and open
themselves again at the next append.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from aim.errors import RepoError

if sys.platform != "win32":
    import fcntl
    import resource

__all__ = [
    "MAX_OPEN_FILES",
    "NO_DESCRIPTOR",
    "OpenFile",
    "add_open",
    "close_idle",
    "files_allowed",
    "forget_closed",
    "make_room",
    "move_out_of_the_way",
    "remove_open",
    "retry_with_room",
]

MAX_OPEN_FILES: Final = 256
"""Far below the usual limit of 1,024 files per process, which training itself (data loaders) needs."""

NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
"""The process, or the machine, has as many files open as it may."""

_LOWEST_DESCRIPTOR: Final = 200
"""The system gives the lowest free number. A program that closes all descriptors and then opens its own files would get
our numbers, and our records."""

_Result = TypeVar("_Result")


class OpenFile(Protocol):
    """A file that can be closed when others need its descriptor, and opens itself again."""

    lock: threading.RLock
    fd: int
    """-1 while it is closed."""
    last_used: float

    def release(self) -> None:
        """Close it until it is needed again."""
        ...

    def held(self) -> os.stat_result | None:
        """What the descriptor is open on; None where the program closed or took it, which is then noted."""
        ...


_open_files: dict[int, OpenFile] = {}
"""By ``id``, in the order of opening."""
_open_lock = threading.RLock()
"""Re-entrant: a signal handler, or a finalizer of the garbage collector, may open and close files while we do."""


def files_allowed() -> int:
    """How many files we keep open: :data:`MAX_OPEN_FILES`, or a quarter of what the process may have open."""
    if sys.platform == "win32":
        return MAX_OPEN_FILES
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_OPEN_FILES if limit == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, max(8, limit // 4))


def add_open(file: OpenFile) -> None:
    """The file was opened: it counts among the open ones, of which idle ones may be closed now."""
    with _open_lock:
        _open_files[id(file)] = file
    close_idle(files_allowed(), beside=file)


def remove_open(file: OpenFile) -> None:
    """The file was closed."""
    with _open_lock:
        _open_files.pop(id(file), None)


def close_idle(most: int, beside: OpenFile | None = None) -> bool:
    """If more than `most` files are open, close the least recently used and some more; whether any was closed."""
    with _open_lock:
        excess = len(_open_files) - most
        victims = sorted(_open_files.values(), key=lambda s: s.last_used) if excess > 0 else []
    has_closed = False
    for victim in victims[: excess + most // 8]:
        # never wait for another writer's lock while holding our own: two would wait for each other
        if victim is not beside and victim.lock.acquire(blocking=False):
            try:
                has_closed = has_closed or victim.fd >= 0
                victim.release()
            finally:
                victim.lock.release()
    return has_closed


def make_room(beside: OpenFile | None = None) -> bool:
    """Close the less recently used half of our files: the process has no descriptor left. Whether any was closed."""
    return close_idle(len(_open_files) // 2, beside)


def retry_with_room(call: Callable[[], _Result]) -> _Result:
    """Call it; if the process has no descriptor left, once more after some of our files were closed.

    Raises:
        OSError, RepoError: what the call raises.
    """
    try:
        return call()
    except (OSError, RepoError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in NO_DESCRIPTOR or not make_room():
            raise
    return call()


def move_out_of_the_way(fd: int) -> int:
    """Give a descriptor a high number, so that a program which closes and reopens the low ones does not get ours."""
    if sys.platform == "win32":
        return fd
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
    except OSError:  # fewer are allowed here
        return fd
    os.close(fd)
    return high


def forget_closed() -> None:
    """The program closed descriptors of ours: note it of each before one opens again and takes another's number."""
    for file in list(_open_files.values()):
        file.held()


def _reset_after_fork() -> None:
    global _open_lock
    _open_lock = threading.RLock()
    _open_files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
