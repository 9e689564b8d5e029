"""Safe access to the files of a repo by path: a repo, and every name in it, may come from another user.

Every function takes the repo's root and a path below it. The root itself may be a link: its owner made it. Every part
below is opened relative to the descriptor of the directory before, and may not be a symbolic link. So no file outside
the repo is read, written or deleted, whatever it contains, also during concurrent renames. What is opened is a
regular file (opening a named pipe would block), and what is read whole has a limit.

Where the system has no descriptors of directories (Windows), each part is checked before it is used.

Failures are OSErrors; :class:`aim.errors.UnsafeFileError`, which is one, says what is there instead of a file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from aim.errors import UnsafeFileError
from aim.storage.repo.descent import PASSAGE_FLAGS, Base, open_below, open_folder, open_parent, open_root, parts_below
from aim.storage.repo.folders import (
    EXHAUSTED,
    IS_A_LINK,
    NOT_REGULAR,
    Folder,
    KeptFolder,
    is_link,
    read_fd,
    unsafe_error,
    write_fd,
)

__all__ = [
    "EXHAUSTED",
    "IS_A_LINK",
    "NOT_REGULAR",
    "Base",
    "Folder",
    "KeptFolder",
    "exists",
    "is_folder",
    "link",
    "list_names",
    "lstat",
    "make_folders",
    "open_file",
    "open_folder",
    "publish",
    "read_bytes",
    "read_fd",
    "remove_folder",
    "rename",
    "sync",
    "touch",
    "touch_fd",
    "unlink",
    "why_unsafe",
    "write_fd",
    "write_new",
]


def open_file(base: Base, path: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """A descriptor of the regular file `path`; flags of ``os.open``. The caller closes it."""
    parts = parts_below(base, path)
    if len(parts) == 1 and not isinstance(base, str):
        return base.open(parts[0], flags, mode)
    folder, name = open_parent(base, path)
    with folder:
        return folder.open(name, flags, mode)


def read_bytes(root: str, path: str, limit: int) -> bytes:
    """The bytes of the file `path`, which may have at most `limit` of them."""
    folder, name = open_parent(root, path)
    with folder:
        return folder.read(name, limit)


def list_names(root: str, path: str) -> list[str]:
    """The names in the directory `path`, in no order."""
    with open_folder(root, path) as folder:
        return folder.names()


def lstat(root: str, path: str) -> os.stat_result:
    """The stat of `path`, or of a link itself."""
    folder, name = open_parent(root, path)
    with folder:
        return folder.stat(name)


def exists(root: str, path: str) -> bool:
    """Whether something has that name, even a link to nothing."""
    try:
        lstat(root, path)
    except OSError:
        return False
    return True


def is_folder(root: str, path: str) -> bool:
    """Whether `path` is a directory, not a link to one."""
    try:
        return stat.S_ISDIR(lstat(root, path).st_mode)
    except OSError:
        return False


def why_unsafe(root: str, path: str) -> str:
    """Why Aim does not open `path`; "" for a file, a directory, and if nothing is there."""
    try:
        found = lstat(root, path)
    except UnsafeFileError as error:
        return str(error)
    except OSError:
        return ""
    if is_link(found):
        return IS_A_LINK
    return "" if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) else NOT_REGULAR


def make_folders(root: str, path: str) -> None:
    """Make the directory `path`, and those above it, unless they are there."""
    parts = parts_below(root, path)
    if parts and _make_last(root, parts):
        return
    try:
        folder = open_root(root, PASSAGE_FLAGS)
    except FileNotFoundError:
        if os.path.islink(root):
            target = os.path.realpath(root)
            reason = f"is a link to {target}, which does not exist: make that folder, or mount its disk, first"
            raise unsafe_error(errno.ENOENT, reason, root) from None
        os.makedirs(root, exist_ok=True)
        folder = open_root(root, PASSAGE_FLAGS)
    for name in parts:
        try:
            try:
                fd = folder.descend(name, PASSAGE_FLAGS)
            except FileNotFoundError:
                folder.make(name)
                fd = folder.descend(name, PASSAGE_FLAGS)
            below = Folder(folder.full(name), fd)
        finally:
            folder.close()
        folder = below
    folder.close()


def _make_last(root: str, parts: list[str]) -> bool:
    """Make a directory in one that is there already, as for each new run; False if that is not all there is to do."""
    try:
        with open_below(root, parts[:-1], PASSAGE_FLAGS) as above:
            return above.make(parts[-1])
    except FileNotFoundError:
        return False


def write_new(root: str, path: str, data: bytes, *, mode: int = 0o666, is_synced: bool = False) -> None:
    """Make the file `path`; FileExistsError if something has the name."""
    folder, name = open_parent(root, path)
    with folder:
        folder.write_new(name, data, mode=mode, is_synced=is_synced)


def publish(root: str, path: str, data: bytes, *, mode: int = 0o666) -> None:
    """Replace the whole file `path` by atomic rename; readers see the old or the new bytes, never a part."""
    folder, name = open_parent(root, path)
    with folder:
        folder.publish(name, data, mode=mode)


def unlink(root: str, path: str) -> None:
    """Remove the file `path`, or a link itself."""
    folder, name = open_parent(root, path)
    with folder:
        folder.unlink(name)


def remove_folder(root: str, path: str) -> None:
    """Remove the directory `path`; OSError if it is not empty."""
    folder, name = open_parent(root, path)
    with folder:
        os.rmdir(folder.address(name), dir_fd=folder.fd)


def _in_both(
    operation: Callable[..., None], root: str, old: str, new: str, new_root: str | None, **options: bool
) -> None:
    here, old_name = open_parent(root, old)
    with here:
        there, new_name = open_parent(new_root or root, new)
        with there:
            try:
                operation(
                    here.address(old_name), there.address(new_name), src_dir_fd=here.fd, dst_dir_fd=there.fd, **options
                )
            except OSError as error:
                error.filename, error.filename2 = old, new
                raise


def rename(root: str, old: str, new: str, *, new_root: str | None = None) -> None:
    """Give `old` (a link: itself) the name `new`, in place of a file or an empty directory of that name.

    Args:
        new_root: The repo of `new`, if it is another one.
    """
    _in_both(os.replace, root, old, new, new_root)


def link(root: str, old: str, new: str, *, new_root: str | None = None) -> None:
    """Give the file `old` the further name `new`; FileExistsError if something has it. `new_root` as in `rename`."""
    _in_both(os.link, root, old, new, new_root)


def touch(root: str, path: str) -> os.stat_result:
    """Set the modification time of the file or directory `path` to now; returns its new stat."""
    folder, name = open_parent(root, path)
    with folder:
        return folder.touch(name)


def touch_fd(fd: int, path: str, mtime_s: float | None = None) -> os.stat_result:
    """As :func:`touch`, for an open file, to now or to `mtime_s`; `path` for systems that can only do it by name."""
    os.utime(fd if os.utime in os.supports_fd else path, None if mtime_s is None else (mtime_s, mtime_s))
    return os.fstat(fd)


def sync(root: str, path: str) -> None:
    """Wait until the disk has the file or the directory `path`."""
    try:
        fd = open_file(root, path)
    except IsADirectoryError:
        with open_folder(root, path) as folder:
            folder.sync()
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
