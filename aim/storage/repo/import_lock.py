"""One import into a repo at a time: two importers of the same file would record it twice.

The lock is the kernel's, and ends with the process that holds it, however that ends; its file stays. Recording runs
takes no lock.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Final

from aim.errors import RepoError, UnsafeFileError
from aim.storage.repo import files
from aim.storage.repo.kernel_lock import try_lock
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.process import host_name

__all__ = ["import_lock"]

_HOLDER_BYTES: Final = 300


@contextlib.contextmanager
def import_lock(layout: RepoLayout) -> Iterator[None]:
    """Keep imports by other processes and threads out of a repo. There is no such lock on Windows.

    Raises:
        RepoError: another import is running, or the lock's file cannot be opened.
    """
    try:
        fd = files.open_file(layout.root, layout.import_lock, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        what = "" if isinstance(error, UnsafeFileError) else f"{layout.import_lock}: "
        raise RepoError(f"cannot import into {layout.root}: {what}{error.strerror or error}") from error
    try:
        _take(fd, layout)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)  # it names no process that has ended
    finally:
        os.close(fd)


def _take(fd: int, layout: RepoLayout) -> None:
    if sys.platform == "win32":
        return
    taken = try_lock(fd)
    if taken is False:
        raise RepoError(
            f"another import into this repo is running ({_holder(fd)}): {layout.root}. Wait until it has ended"
        )
    if taken is None:
        logging.getLogger("aim").warning(
            "%s: this file system has no locks; import from one process at a time", layout.root
        )
        return
    with contextlib.suppress(OSError):  # the disk is full: then it stays without a name
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()} {host_name()}\n".encode()[:_HOLDER_BYTES], 0)


def _holder(fd: int) -> str:
    pid, _, host = os.pread(fd, _HOLDER_BYTES, 0).decode("utf-8", "replace").strip().partition(" ")
    if not pid.isdigit():
        return "another process"
    return f"process {pid}" if host in ("", host_name()) else f"process {pid} on {host}"
