"""From the root of a repo, or an open folder in it, down to a directory: no link is followed on the way."""

from __future__ import annotations

import errno
import os
import stat
from functools import lru_cache
from typing import Final

from aim.storage.repo.folders import FOLDER_FLAGS, NO_LINK, NO_NAMES, SEP, Folder, unsafe_error

__all__ = ["PASSAGE_FLAGS", "Base", "open_below", "open_folder", "open_parent", "open_root", "parts_below"]

_HAS_DIR_FD: Final = (
    hasattr(os, "O_NOFOLLOW")
    and {os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.link, os.utime} <= os.supports_dir_fd
)

PASSAGE_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
"""For a directory that is only passed through, which needs no permission to list it."""

Base = str | Folder
"""Where a path is followed from: the root of a repo, or an open folder above it."""


def parts_below(base: Base, path: str) -> list[str]:
    """The names from the base down to `path`; [] for the base itself."""
    top = base if isinstance(base, str) else base.path
    if path == top:
        return []
    start = top if top.endswith(SEP) else top + SEP
    parts = path[len(start) :].split(SEP)
    if not path.startswith(start) or not NO_NAMES.isdisjoint(parts):
        raise unsafe_error(errno.EINVAL, f"does not lie in {top}", path)
    return parts


def open_root(root: str, flags: int) -> Folder:
    """The root of a repo, which may be a link."""
    if not _HAS_DIR_FD:
        if not stat.S_ISDIR(os.stat(root).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), root)
        return Folder(root, None)
    return Folder(root, os.open(root, flags))


def _open_at_once(root: str, parts: list[str], flags: int) -> int | None:
    """The descriptor of a directory if the way to it holds no link, as its path in /proc proves; else None.

    Half as many system calls as going down part by part, which is left to do, and to explain, where this gives None.
    Directories alone are opened, so nothing happens where a link led elsewhere.
    """
    if not _HAS_DIR_FD:
        return None
    below = SEP.join(parts)
    try:
        fd = os.open(f"{root}{SEP}{below}", flags | NO_LINK)
    except OSError:
        return None
    try:
        if os.readlink(f"/proc/self/fd/{fd}") == f"{_real(root).rstrip(SEP)}{SEP}{below}":
            return fd
    except OSError:  # no /proc
        pass
    os.close(fd)
    return None


@lru_cache(maxsize=64)
def _real(root: str) -> str:
    """The root without links. Should they lead elsewhere one day, no path in /proc is like it."""
    return os.path.realpath(root)


def open_below(base: Base, parts: list[str], flags: int) -> Folder:
    """The directory that those names lead down to from the base; `flags` of ``os.open`` for the last of them."""
    if isinstance(base, str):
        if parts and (fd := _open_at_once(base, parts, flags)) is not None:
            return Folder(SEP.join((base, *parts)), fd)
        folder, is_ours = open_root(base, PASSAGE_FLAGS if parts else flags), True
    else:
        folder, is_ours = (base, False) if parts else (Folder(base.path, base.copied()), True)
    last = len(parts) - 1
    for number, name in enumerate(parts):
        try:
            below = Folder(folder.full(name), folder.descend(name, flags if number == last else PASSAGE_FLAGS))
        finally:
            if is_ours:
                folder.close()
        folder, is_ours = below, True
    return folder


def open_parent(base: Base, path: str) -> tuple[Folder, str]:
    """The directory that holds `path`, open for passing through, and the name there."""
    parts = parts_below(base, path)
    if not parts:
        raise unsafe_error(errno.EISDIR, "is the repo itself", path)
    return open_below(base, parts[:-1], PASSAGE_FLAGS), parts[-1]


def open_folder(base: Base, path: str) -> Folder:
    """The directory `path`, the base or one below it; close it, or use it as a context manager."""
    parts = parts_below(base, path)
    if len(parts) == 1 and not isinstance(base, str):
        return base.folder(parts[0])
    return open_below(base, parts, FOLDER_FLAGS)
