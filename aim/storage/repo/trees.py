"""Whole directories of a repo: their size, copies of them, and removing them. No link is followed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from aim.storage.repo.descent import PASSAGE_FLAGS, open_folder, open_parent, open_root
from aim.storage.repo.extents import data_blocks
from aim.storage.repo.files import lstat, make_folders
from aim.storage.repo.folders import SEP, Folder, is_link, write_fd

__all__ = [
    "A_FILE",
    "A_TREE",
    "Made",
    "copy_tree",
    "list_others",
    "remove_root",
    "remove_tree",
    "tree_size",
]

_COPY_BYTES: Final = 2**20


def tree_size(root: str, path: str) -> int:
    """Bytes of all files under `path`, or of the file `path`; what cannot be read counts as nothing."""
    try:
        with open_folder(root, path) as folder:
            return _folder_size(folder)
    except OSError:
        pass
    try:
        return lstat(root, path).st_size
    except OSError:
        return 0


def _folder_size(folder: Folder) -> int:
    total = 0
    below: list[str] = []
    for entry in folder.scan():
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            else:
                total += entry.stat(follow_symlinks=False).st_size
    for name in below:
        with suppress(OSError), folder.folder(name) as inner:
            total += _folder_size(inner)
    return total


def remove_tree(root: str, path: str) -> None:
    """Remove `path`: a directory with everything in it, a file, or a link itself, never what it leads to."""
    folder, name = open_parent(root, path)
    with folder:
        _remove(folder, name)


def _remove(folder: Folder, name: str) -> None:
    if not stat.S_ISDIR(folder.stat(name).st_mode) or is_link(folder.stat(name)):
        folder.unlink(name)
        return
    with folder.folder(name) as inner:
        for child in inner.names():
            with suppress(FileNotFoundError):
                _remove(inner, child)
    os.rmdir(folder.address(name), dir_fd=folder.fd)


A_FILE: Final = "file"

A_TREE: Final = "tree"

Made = Mapping[str, "str | Made"]
"""What a folder may hold of ours, by regular expressions of whole names: files, trees that are ours with all that is in
them, and folders in which only some names are ours."""


def list_others(root: str, made: Made) -> list[str]:
    """What is not `made` in the repo's folder, as sorted paths relative to it."""
    with open_folder(root, root) as folder:
        return _others(folder, made)


def _others(folder: Folder, made: Made) -> list[str]:
    left: list[str] = []
    for name in folder.names():
        kind = next((kind for pattern, kind in made.items() if re.fullmatch(pattern, name)), None)
        try:
            found = folder.stat(name)
        except FileNotFoundError:
            continue
        is_folder = stat.S_ISDIR(found.st_mode) and not is_link(found)
        if kind is None or is_folder == (kind == A_FILE) or not (is_folder or stat.S_ISREG(found.st_mode)):
            left.append(name)
        elif not isinstance(kind, str):
            with folder.folder(name) as inner:
                left += [f"{name}{SEP}{child}" for child in _others(inner, kind)]
    return sorted(left)


def remove_root(root: str) -> None:
    """Remove a folder of our own with everything in it; not a repo, see :mod:`aim.storage.repo.made`.

    All is moved aside first. A root that is a link, or a mounted disk, is kept and emptied.
    """
    aside = f"{root}.{os.urandom(4).hex()}.tmp"
    if not os.path.islink(root):
        try:
            os.rename(root, aside)
        except OSError:  # mounted there, or in a folder that is not ours to change
            pass
        else:
            with open_root(os.path.dirname(aside), PASSAGE_FLAGS) as above:
                _remove(above, os.path.basename(aside))
            return
    with open_folder(root, root) as folder:
        names = folder.names()
        inside = os.path.basename(aside).lstrip(".")
        folder.make(inside)
        with folder.folder(inside) as moved:
            for name in names:
                os.rename(folder.address(name), moved.address(name), src_dir_fd=folder.fd, dst_dir_fd=moved.fd)
        _remove(folder, inside)


def copy_tree(
    root: str, source: str, target_root: str, target: str, *, first: Callable[[str], bool] = lambda name: False
) -> None:
    """Copy the directory `source` to `target`, which must not be there, and wait until the disk has it.

    Links, pipes and devices are left out. Modification times are kept.

    Args:
        first: Whether a file is copied before the others of its directory.
    """
    make_folders(target_root, os.path.dirname(target))
    folder, name = open_parent(target_root, target)
    with folder, open_folder(root, source) as here:
        _copy(here, folder, name, first)


def _copy(here: Folder, above: Folder, name: str, first: Callable[[str], bool]) -> None:
    os.mkdir(above.address(name), dir_fd=above.fd)
    with above.folder(name) as there:
        for child in sorted(here.names(), key=lambda child: (not first(child), child)):
            mode = here.stat(child).st_mode
            if stat.S_ISDIR(mode):
                with here.folder(child) as inner:
                    _copy(inner, there, child, first)
            elif stat.S_ISREG(mode):
                _copy_file(here, there, child)
        there.sync()


def _copy_file(here: Folder, there: Folder, name: str) -> None:
    source = here.open(name)
    try:
        found = os.fstat(source)
        target = there.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(found.st_mode))
        try:
            for offset, block in data_blocks(source, 0, found.st_size, block_bytes=_COPY_BYTES):
                os.lseek(target, offset, os.SEEK_SET)
                write_fd(target, block)
            os.ftruncate(target, found.st_size)
            times = (found.st_atime_ns, found.st_mtime_ns)
            os.utime(target if os.utime in os.supports_fd else there.full(name), ns=times)
            os.fsync(target)
        finally:
            os.close(target)
    finally:
        os.close(source)
