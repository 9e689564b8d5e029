"""A server's log: short, even if a client makes the server fail thousands of times a second."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from aim.errors import AimError
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.web.process.instance import log_path

__all__ = ["MAX_LOG_BYTES", "Seldom", "change_log_if_full", "open_log", "read_log_end", "say_seldom"]

MAX_LOG_BYTES: Final = 5 * 1024 * 1024
"""A fuller log is put aside, in place of the one put aside before: two of them are the most that there is."""

_OFTEN: Final = 10
_PERIOD_S: Final = 60.0
_END_BYTES: Final = 2000
_KINDS: Final = 1_000


class Seldom(logging.Filter):
    """Lets a message through ten times a minute; the next one says how many were suppressed.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}
        """By logger and message, without what is filled in: since when, and how often."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log this one."""
        now = self._clock()
        kind = (record.name, str(record.msg)[:200])
        with self._lock:
            since, count = self._seen.get(kind, (now, 0))
            kept_back = 0
            if now - since >= _PERIOD_S:
                kept_back = max(0, count - _OFTEN)
                since, count = now, 0
            if kind not in self._seen and len(self._seen) >= _KINDS:
                self._seen.clear()
            self._seen[kind] = since, count + 1
        if kept_back:
            record.msg = f"{record.getMessage()} (and {kept_back:,} more like this since)"
            record.args = None
        return count < _OFTEN


def say_seldom(*loggers: str) -> None:
    """Let these loggers repeat themselves ten times a minute at most."""
    seldom = Seldom()
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(known, Seldom) for known in logger.filters):
            logger.addFilter(seldom)


def open_log(layout: RepoLayout, *, max_bytes: int = MAX_LOG_BYTES) -> int:
    """A descriptor to append to the log of a repo's server with, for its owner alone; a full log is put aside first.

    Raises:
        AimError: it cannot be written, or is not a file of this user.
    """
    path = log_path(layout)
    try:
        if files.exists(layout.root, path) and files.lstat(layout.root, path).st_size > max_bytes:
            files.rename(layout.root, path, path + ".1")
        fd = files.open_file(layout.root, path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise AimError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        if os.fstat(fd).st_nlink > 1:
            raise AimError(f"cannot write {path}: the file has other names, too; move it away")
        if hasattr(os, "fchmod"):
            os.fchmod(fd, 0o600)  # one made by an earlier version is for everybody to read
    except OSError as error:
        os.close(fd)
        raise AimError(f"cannot write {path}: it is another user's ({error.strerror or error})") from error
    except AimError:
        os.close(fd)
        raise
    return fd


def change_log_if_full(layout: RepoLayout, *, max_bytes: int = MAX_LOG_BYTES) -> None:
    """Where this process's output goes to a full log, put it aside and continue in a new one.

    Args:
        layout: The repo, to whose log standard output and error go.
        max_bytes: A larger log is full.
    """
    try:
        if os.fstat(2).st_size <= max_bytes:
            return
        fd = open_log(layout, max_bytes=max_bytes)
    except (OSError, AimError):
        return  # the next look tries again
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def read_log_end(layout: RepoLayout, start: int) -> str:
    """The last lines of the log of a repo's server, for a message; "" if there are none.

    Args:
        layout: The repo.
        start: Byte before which nothing is read.
    """
    try:
        with os.fdopen(files.open_file(layout.root, log_path(layout)), "rb") as log:
            log.seek(max(start, os.fstat(log.fileno()).st_size - _END_BYTES))
            return log.read(_END_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""
