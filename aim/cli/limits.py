"""Failures that are not bugs of Aim: the limits of the process or the machine were reached."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

__all__ = ["explain_limit"]

_FEW_FILES = 64
_FILE_TEXTS = ("unable to open database file", "no usable temporary directory")
_MEMORY_TEXTS = ("failed to map segment", "cannot allocate memory", "out of memory")


def explain_limit(error: BaseException) -> str | None:
    """What to tell a user whose limit was reached; None: the error is of another kind."""
    for one in _chain(error):
        text = str(one).lower()
        if isinstance(one, MemoryError) or any(part in text for part in _MEMORY_TEXTS):
            return "there is not enough memory: check the limit of the process (ulimit -v) and what else is running"
        if isinstance(one, OSError) and one.errno in (errno.EMFILE, errno.ENFILE):
            return _too_many_files()
        if any(part in text for part in _FILE_TEXTS) and _may_lack_descriptors():
            return _too_many_files()
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _too_many_files() -> str:
    limit = _descriptor_limit()
    shown = f", {limit}" if limit is not None else ""
    return f"too many files are open for the limit of the process (ulimit -n{shown}). Raise it: ulimit -n 1024"


def _descriptor_limit() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _may_lack_descriptors() -> bool:
    limit = _descriptor_limit()
    if limit is not None and limit < _FEW_FILES:
        return True
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
