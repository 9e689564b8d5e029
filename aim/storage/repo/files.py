"""The one way to the files of a repo: a repo may come from somebody else, and so may every name in it.

Every function takes the repo's root and a path below it. The root itself may be a link: its owner made it. Every part
below is opened relative to the descriptor of the directory before, and may not be a symbolic link. So no file outside
the repo is read, written or deleted, whatever lies in it, and whoever renames things meanwhile. What is opened is a
regular file (a named pipe would be waited for without end), and what is read whole has a limit.

Where the system has no descriptors of directories (Windows), each part is looked at before it is used.

Failures are OSErrors; :class:`aim.errors.UnsafeFileError`, which is one, says what is there instead of a file.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Final

from aim.errors import UnsafeFileError
from aim.storage.repo.extents import data_blocks

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "A_FILE",
    "A_TREE",
    "EXHAUSTED",
    "IS_A_LINK",
    "NOT_REGULAR",
    "Base",
    "Folder",
    "KeptFolder",
    "Made",
    "copy_tree",
    "exists",
    "is_folder",
    "link",
    "list_names",
    "list_others",
    "lstat",
    "make_folders",
    "move_made",
    "open_file",
    "open_folder",
    "publish",
    "read_bytes",
    "read_fd",
    "remove_root",
    "remove_tree",
    "rename",
    "sync",
    "touch",
    "touch_fd",
    "tree_size",
    "unlink",
    "why_unsafe",
    "write_fd",
    "write_new",
]

IS_A_LINK: Final = "is a symbolic link, and Aim follows none inside a repo: only .aim itself may be one"
NOT_REGULAR: Final = "is not a regular file but a named pipe, socket or device, which Aim does not open"

EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""The process or the machine has no more descriptors or memory: that is no fault of a file."""

_HAS_DIR_FD: Final = (
    hasattr(os, "O_NOFOLLOW")
    and {os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.link, os.utime} <= os.supports_dir_fd
)
_SAFE: Final = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe would be waited for
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOINHERIT", 0)  # Windows
)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_ON_THE_WAY: Final = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
"""For a directory that is only passed through, which needs no permission to list it."""
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)

_SEP: Final = os.sep
_ALTSEP: Final = os.altsep
_NO_NAMES: Final = frozenset(["", ".", ".."])

_LINK_TAGS: Final = (0xA000000C, 0xA0000003)
"""Windows: symbolic links and junctions; other reparse points (files kept in a cloud) are files."""

_COPY_BYTES: Final = 2**20


def _unsafe(number: int, reason: str, path: str) -> UnsafeFileError:
    # the path is in the reason, too, as that alone is told where an error of the system is
    return UnsafeFileError(number, f"{path} {reason}", path)


class Folder:
    """An open directory of a repo. Names are those of its entries, never paths; links are not followed.

    Args:
        path: For messages, and where directories have no descriptors.
        fd: Its descriptor, which the folder closes; None where there is none.
    """

    __slots__ = ("fd", "path")

    def __init__(self, path: str, fd: int | None) -> None:
        self.path = path
        self.fd = fd

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptor."""
        fd, self.fd = self.fd, None
        if fd is not None:
            os.close(fd)

    def full(self, name: str) -> str:
        """The path of an entry."""
        return f"{self.path}{_SEP}{name}"

    def copied(self) -> int | None:
        """A further descriptor of it, which the caller closes."""
        return os.dup(self.fd) if self.fd is not None else None

    def _at(self, name: str) -> str:
        """What the system is given beside the descriptor."""
        if _SEP in name or name in _NO_NAMES or (_ALTSEP and _ALTSEP in name):
            raise _unsafe(errno.EINVAL, "is not the name of a file", self.full(name))
        return name if self.fd is not None else self.full(name)

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
        """A descriptor of a regular file; flags of ``os.open``, e.g. ``O_WRONLY | O_CREAT``."""
        before = None if self.fd is not None else self._look(name)
        try:
            fd = os.open(self._at(name), flags | _SAFE, mode, dir_fd=self.fd)
        except OSError as error:
            raise self._explained(error, name) from None
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                if stat.S_ISDIR(found.st_mode):
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.full(name))
                raise _unsafe(errno.EINVAL, NOT_REGULAR, self.full(name))
            if before is not None and (before.st_dev, before.st_ino) != (found.st_dev, found.st_ino):
                raise _unsafe(errno.ESTALE, "was replaced while it was opened", self.full(name))
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _look(self, name: str) -> os.stat_result | None:
        """Where a link would be followed: refuse one before it is opened."""
        try:
            found = os.lstat(self._at(name))
        except FileNotFoundError:
            return None
        self._refuse(name, found)
        return found

    def _explained(self, error: OSError, name: str) -> OSError:
        """The error of an open, with the whole path, and with what is there instead of a file or directory."""
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.ENXIO, errno.EOPNOTSUPP):
            with suppress(OSError):
                found = self.stat(name)
                if _is_link(found):
                    return _unsafe(errno.ELOOP, IS_A_LINK, self.full(name))
                if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # of a pipe without a reader, of a socket
                    return _unsafe(errno.EINVAL, NOT_REGULAR, self.full(name))
        error.filename = self.full(name)
        return error

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file that has at most `limit` of them."""
        fd = self.open(name)
        try:
            data = read_fd(fd, limit + 1)
        finally:
            os.close(fd)
        if len(data) > limit:
            raise _unsafe(errno.EFBIG, f"is larger than {limit:,} bytes", self.full(name))
        return data

    def folder(self, name: str) -> Folder:
        """A directory in it, for listing."""
        return Folder(self.full(name), self._descend(name, _FOLDER))

    def _descend(self, name: str, flags: int) -> int | None:
        if self.fd is None:
            found = os.lstat(self._at(name))
            if _is_link(found):
                raise _unsafe(errno.ELOOP, IS_A_LINK, self.full(name))
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.full(name))
            return None
        try:
            return os.open(self._at(name), flags | _NO_LINK, dir_fd=self.fd)
        except OSError as error:
            raise self._explained(error, name) from None

    def names(self) -> list[str]:
        """The names of its entries, in no order."""
        return os.listdir(self.path if self.fd is None else self.fd)

    def scan(self) -> Iterator[os.DirEntry[str]]:
        """Its entries; the ``path`` of each is of no use. ``stat`` them without following, while the folder is open."""
        with os.scandir(self.path if self.fd is None else self.fd) as entries:
            yield from entries

    def stat(self, name: str) -> os.stat_result:
        """What an entry is, be it a link."""
        return os.stat(self._at(name), dir_fd=self.fd, follow_symlinks=False)

    def refuse_link(self, name: str) -> None:
        """UnsafeFileError if the entry is a link; it may be anything else, or missing."""
        try:
            found = self.stat(name)
        except FileNotFoundError:
            return
        if _is_link(found):
            raise _unsafe(errno.ELOOP, IS_A_LINK, self.full(name))

    def make(self, name: str) -> None:
        """Make a directory, unless something has the name: then opening it tells whether it is one."""
        try:
            os.mkdir(self._at(name), dir_fd=self.fd)
        except FileExistsError:
            pass
        except OSError as error:
            error.filename = self.full(name)
            raise

    def write_new(self, name: str, data: bytes, *, mode: int = 0o666, is_synced: bool = False) -> None:
        """Make a file that is not there yet (FileExistsError if it is); what was written in part is removed again."""
        fd = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            try:
                write_fd(fd, data)
                if is_synced:
                    os.fsync(fd)
            finally:
                os.close(fd)
        except BaseException:
            with suppress(OSError):
                self.unlink(name)
            raise

    def publish(self, name: str, data: bytes, *, mode: int = 0o666) -> None:
        """Replace a whole file by atomic rename; readers see the old or the new bytes, never a part."""
        aside = f"{name}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
        self.write_new(aside, data, mode=mode, is_synced=True)
        try:
            os.replace(self._at(aside), self._at(name), src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except OSError as error:
            with suppress(OSError):
                self.unlink(aside)
            error.filename, error.filename2 = self.full(name), None
            raise

    def touch(self, name: str) -> os.stat_result:
        """Set the modification time of a file or directory to the present; what it is then."""
        self._refuse(name, self.stat(name))
        if self.fd is None:
            os.utime(self._at(name))
        else:
            os.utime(self._at(name), dir_fd=self.fd, follow_symlinks=False)
        return self.stat(name)

    def _refuse(self, name: str, found: os.stat_result) -> None:
        """UnsafeFileError for a link, a pipe or a device."""
        if _is_link(found):
            raise _unsafe(errno.ELOOP, IS_A_LINK, self.full(name))
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise _unsafe(errno.EINVAL, NOT_REGULAR, self.full(name))

    def unlink(self, name: str) -> None:
        """Remove a file, or a link itself."""
        os.unlink(self._at(name), dir_fd=self.fd)

    def sync(self) -> None:
        """Wait until the disk has its entries."""
        if self.fd is not None:
            os.fsync(self.fd)


class KeptFolder(Folder):
    """A folder that is kept open while others may use it; closed with the last reference to it.

    A program that closes all descriptors may have another file of that number by then, which is not closed.
    """

    __slots__ = ("_identity",)

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder.path, folder.fd)
        folder.fd = None
        self._identity = _identity(self.fd)

    def __del__(self) -> None:
        with suppress(OSError):
            if self.fd is not None and _identity(self.fd) == self._identity:
                os.close(self.fd)


def _identity(fd: int | None) -> tuple[int, int] | None:
    if fd is None:
        return None
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def _is_link(found: os.stat_result) -> bool:
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS


def read_fd(fd: int, size: int) -> bytes:
    """Up to `size` bytes from where the descriptor stands, fewer only at the end of the file."""
    parts: list[bytes] = []
    while size > 0:
        data = os.read(fd, min(size, 2**30))
        if not data:
            break
        parts.append(data)
        size -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def write_fd(fd: int, data: bytes) -> None:
    """All of `data`."""
    rest = memoryview(data)
    while rest:
        taken = os.write(fd, rest)
        if taken == 0:
            raise OSError(errno.ENOSPC, "the file system took nothing of a write")
        rest = rest[taken:]


# -- by path -----------------------------------------------------------------------------------------------------------


Base = str | Folder
"""Where a path is followed from: the root of a repo, or an open folder that the path lies below."""


def _parts(base: Base, path: str) -> list[str]:
    """The names from the base down to `path`; [] for the base itself."""
    top = base if isinstance(base, str) else base.path
    if path == top:
        return []
    start = top if top.endswith(_SEP) else top + _SEP
    parts = path[len(start) :].split(_SEP)
    if not path.startswith(start) or not _NO_NAMES.isdisjoint(parts):
        raise _unsafe(errno.EINVAL, f"does not lie in {top}", path)
    return parts


def _open_root(root: str, flags: int) -> Folder:
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
    below = _SEP.join(parts)
    try:
        fd = os.open(f"{root}{_SEP}{below}", flags | _NO_LINK)
    except OSError:
        return None
    try:
        if os.readlink(f"/proc/self/fd/{fd}") == f"{_real(root).rstrip(_SEP)}{_SEP}{below}":
            return fd
    except OSError:  # no /proc
        pass
    os.close(fd)
    return None


@lru_cache(maxsize=64)
def _real(root: str) -> str:
    """The root without links. Should they lead elsewhere one day, no path in /proc is like it."""
    return os.path.realpath(root)


def _walk(base: Base, parts: list[str], flags: int) -> Folder:
    if isinstance(base, str):
        if parts and (fd := _open_at_once(base, parts, flags)) is not None:
            return Folder(_SEP.join((base, *parts)), fd)
        folder, is_ours = _open_root(base, _ON_THE_WAY if parts else flags), True
    else:
        folder, is_ours = (base, False) if parts else (Folder(base.path, base.copied()), True)
    last = len(parts) - 1
    for number, name in enumerate(parts):
        try:
            below = Folder(folder.full(name), folder._descend(name, flags if number == last else _ON_THE_WAY))
        finally:
            if is_ours:
                folder.close()
        folder, is_ours = below, True
    return folder


def _parent(base: Base, path: str) -> tuple[Folder, str]:
    parts = _parts(base, path)
    if not parts:
        raise _unsafe(errno.EISDIR, "is the repo itself", path)
    return _walk(base, parts[:-1], _ON_THE_WAY), parts[-1]


def open_folder(base: Base, path: str) -> Folder:
    """The directory `path`, the base or one below it; close it, or use it as a context manager."""
    parts = _parts(base, path)
    if len(parts) == 1 and not isinstance(base, str):
        return base.folder(parts[0])
    return _walk(base, parts, _FOLDER)


def open_file(base: Base, path: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """A descriptor of the regular file `path`; flags of ``os.open``. The caller closes it."""
    parts = _parts(base, path)
    if len(parts) == 1 and not isinstance(base, str):
        return base.open(parts[0], flags, mode)
    folder, name = _parent(base, path)
    with folder:
        return folder.open(name, flags, mode)


def read_bytes(root: str, path: str, limit: int) -> bytes:
    """The bytes of the file `path`, which may have at most `limit` of them."""
    folder, name = _parent(root, path)
    with folder:
        return folder.read(name, limit)


def list_names(root: str, path: str) -> list[str]:
    """The names in the directory `path`, in no order."""
    with open_folder(root, path) as folder:
        return folder.names()


def lstat(root: str, path: str) -> os.stat_result:
    """What `path` is, be it a link."""
    folder, name = _parent(root, path)
    with folder:
        return folder.stat(name)


def exists(root: str, path: str) -> bool:
    """Whether something has that name, be it a link that leads nowhere."""
    try:
        lstat(root, path)
    except OSError:
        return False
    return True


def is_folder(root: str, path: str) -> bool:
    """Whether `path` is a directory, and no link to one."""
    try:
        return stat.S_ISDIR(lstat(root, path).st_mode)
    except OSError:
        return False


def why_unsafe(root: str, path: str) -> str:
    """What `path` is that Aim does not open; "" for a file, a directory, and where nothing is."""
    try:
        found = lstat(root, path)
    except UnsafeFileError as error:
        return str(error)
    except OSError:
        return ""
    if _is_link(found):
        return IS_A_LINK
    return "" if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) else NOT_REGULAR


def make_folders(root: str, path: str) -> None:
    """Make the directory `path`, and those above it, unless they are there."""
    parts = _parts(root, path)
    try:
        folder = _open_root(root, _ON_THE_WAY)
    except FileNotFoundError:
        if os.path.islink(root):
            target = os.path.realpath(root)
            reason = f"is a link to {target}, which does not exist: make that folder, or mount its disk, first"
            raise _unsafe(errno.ENOENT, reason, root) from None
        os.makedirs(root, exist_ok=True)
        folder = _open_root(root, _ON_THE_WAY)
    for name in parts:
        try:
            try:
                fd = folder._descend(name, _ON_THE_WAY)
            except FileNotFoundError:
                folder.make(name)
                fd = folder._descend(name, _ON_THE_WAY)
            below = Folder(folder.full(name), fd)
        finally:
            folder.close()
        folder = below
    folder.close()


def write_new(root: str, path: str, data: bytes, *, mode: int = 0o666, is_synced: bool = False) -> None:
    """Make the file `path`; FileExistsError if something has the name."""
    folder, name = _parent(root, path)
    with folder:
        folder.write_new(name, data, mode=mode, is_synced=is_synced)


def publish(root: str, path: str, data: bytes, *, mode: int = 0o666) -> None:
    """Replace the whole file `path` by atomic rename; readers see the old or the new bytes, never a part."""
    folder, name = _parent(root, path)
    with folder:
        folder.publish(name, data, mode=mode)


def unlink(root: str, path: str) -> None:
    """Remove the file `path`, or a link itself."""
    folder, name = _parent(root, path)
    with folder:
        folder.unlink(name)


def _in_both(
    operation: Callable[..., None], root: str, old: str, new: str, new_root: str | None, **options: bool
) -> None:
    here, old_name = _parent(root, old)
    with here:
        there, new_name = _parent(new_root or root, new)
        with there:
            try:
                operation(here._at(old_name), there._at(new_name), src_dir_fd=here.fd, dst_dir_fd=there.fd, **options)
            except OSError as error:
                error.filename, error.filename2 = old, new
                raise


def rename(root: str, old: str, new: str, *, new_root: str | None = None) -> None:
    """Give `old` (a link: itself) the name `new`, in place of a file or an empty directory of that name.

    Args:
        new_root: The repo that `new` lies in, if it is another one.
    """
    _in_both(os.replace, root, old, new, new_root)


def link(root: str, old: str, new: str, *, new_root: str | None = None) -> None:
    """Give the file `old` the further name `new`; FileExistsError if something has it. `new_root` as in `rename`."""
    _in_both(os.link, root, old, new, new_root)


def touch(root: str, path: str) -> os.stat_result:
    """Set the modification time of the file or directory `path` to the present; what it is then."""
    folder, name = _parent(root, path)
    with folder:
        return folder.touch(name)


def touch_fd(fd: int, path: str) -> os.stat_result:
    """Likewise of an open file; `path` for systems that can do it by name only."""
    os.utime(fd if os.utime in os.supports_fd else path)
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
    folder, name = _parent(root, path)
    with folder:
        _remove(folder, name)


def _remove(folder: Folder, name: str) -> None:
    if not stat.S_ISDIR(folder.stat(name).st_mode) or _is_link(folder.stat(name)):
        folder.unlink(name)
        return
    with folder.folder(name) as inner:
        for child in inner.names():
            with suppress(FileNotFoundError):
                _remove(inner, child)
    os.rmdir(folder._at(name), dir_fd=folder.fd)


A_FILE: Final = "file"
A_TREE: Final = "tree"

Made = Mapping[str, "str | Made"]
"""What a folder may hold of ours, by regular expressions of whole names: files, trees that are ours with all that is in
them, and folders in which only some names are ours."""


def list_others(root: str, made: Made) -> list[str]:
    """What in the repo's folder is not `made`, as sorted paths relative to it."""
    with open_folder(root, root) as folder:
        return _take(folder, made, None)


def move_made(root: str, target: str, made: Made, *, last: str = "") -> list[str]:
    """Move what in the repo's folder is `made` into `target`, a folder directly in it.

    Folders of ours that are empty then are removed. What lies on another disk is removed at once.

    Args:
        last: The name that is moved after all others.

    Returns:
        What was not made, and so left alone, as sorted paths relative to the root.
    """
    with open_folder(root, root) as folder, open_folder(root, target) as moved:
        return _take(folder, made, moved, last, os.path.basename(target))


def _take(folder: Folder, made: Made, moved: Folder | None, last: str = "", but: str = "") -> list[str]:
    left: list[str] = []
    for name in sorted(folder.names(), key=lambda name: (name == last, name)):
        if name == but:
            continue
        kind = next((kind for pattern, kind in made.items() if re.fullmatch(pattern, name)), None)
        try:
            found = folder.stat(name)
        except FileNotFoundError:
            continue
        is_folder = stat.S_ISDIR(found.st_mode) and not _is_link(found)
        if kind is None or is_folder == (kind == A_FILE) or not (is_folder or stat.S_ISREG(found.st_mode)):
            left.append(name)
        elif isinstance(kind, str):
            if moved is not None:
                _move_or_remove(folder, name, moved)
        else:
            left += _take_from(folder, name, kind, moved)
    return sorted(left)


def _take_from(folder: Folder, name: str, made: Made, moved: Folder | None) -> list[str]:
    with folder.folder(name) as inner:
        if moved is None:
            left = _take(inner, made, None)
        else:
            moved.make(name)
            with moved.folder(name) as there:
                left = _take(inner, made, there)
    if moved is not None:
        with suppress(OSError):  # not empty, or a mounted disk
            os.rmdir(folder._at(name), dir_fd=folder.fd)
    return [f"{name}{_SEP}{child}" for child in left]


def _move_or_remove(folder: Folder, name: str, moved: Folder) -> None:
    try:
        os.rename(folder._at(name), moved._at(name), src_dir_fd=folder.fd, dst_dir_fd=moved.fd)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _remove(folder, name)


def remove_root(root: str) -> None:
    """Remove a folder of our own with everything in it; never a repo, see :mod:`aim.storage.repo.made`.

    All is moved aside first. A root that is a link, or a mounted disk, is kept and emptied.
    """
    aside = f"{root}.{os.urandom(4).hex()}.tmp"
    if not os.path.islink(root):
        try:
            os.rename(root, aside)
        except OSError:  # mounted there, or in a folder that is not ours to change
            pass
        else:
            with _open_root(os.path.dirname(aside), _ON_THE_WAY) as above:
                _remove(above, os.path.basename(aside))
            return
    with open_folder(root, root) as folder:
        names = folder.names()
        inside = os.path.basename(aside).lstrip(".")
        folder.make(inside)
        with folder.folder(inside) as moved:
            for name in names:
                os.rename(folder._at(name), moved._at(name), src_dir_fd=folder.fd, dst_dir_fd=moved.fd)
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
    folder, name = _parent(target_root, target)
    with folder, open_folder(root, source) as here:
        _copy(here, folder, name, first)


def _copy(here: Folder, above: Folder, name: str, first: Callable[[str], bool]) -> None:
    os.mkdir(above._at(name), dir_fd=above.fd)
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
