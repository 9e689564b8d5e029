"""Locks of the kernel on open files: they end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from typing import Final

if sys.platform == "win32":
    import msvcrt
    import os
else:
    import fcntl

__all__ = ["try_lock", "unlock"]

_HELD: Final = (errno.EAGAIN, errno.EACCES)
_LOCKED_BYTE: Final = 2**30
"""Windows locks bytes, which others then cannot read: one far beyond the end of any file that is locked."""


def try_lock(fd: int, *, is_shared: bool = False) -> bool | None:
    """Take the lock of an open file, against other processes and against other descriptors of this one.

    Args:
        fd: Of the file; on POSIX a directory will do.
        is_shared: Others may share it. Windows has no such lock.

    Returns:
        False if another has it; None where the system or the file system has no locks.
    """
    try:
        if sys.platform != "win32":
            fcntl.flock(fd, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        elif is_shared:
            return None
        else:
            os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def unlock(fd: int) -> None:
    """Release it at once, also where a process that was forked meanwhile has a copy of the descriptor."""
    with suppress(OSError):
        if sys.platform != "win32":
            fcntl.flock(fd, fcntl.LOCK_UN)
        else:
            os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
