"""Open directories of a repo, and the entries directly in them: no link is followed.

An entry is opened relative to the descriptor of its directory, so that a concurrent rename cannot lead it
elsewhere. Where the system has no descriptors of directories (Windows), an entry is checked before it is used.

Failures are OSErrors; :class:`aim.errors.UnsafeFileError`, which is one, says what is there instead of a file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final

from aim.errors import UnsafeFileError

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "EXHAUSTED",
    "FOLDER_FLAGS",
    "IS_A_LINK",
    "NOT_REGULAR",
    "NO_LINK",
    "NO_NAMES",
    "SEP",
    "Folder",
    "KeptFolder",
    "is_link",
    "read_fd",
    "unsafe_error",
    "write_fd",
]

IS_A_LINK: Final = "is a symbolic link, and Aim follows none inside a repo: only .aim itself may be one"

NOT_REGULAR: Final = "is not a regular file but a named pipe, socket or device, which Aim does not open"

EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""The process or the machine has no more descriptors or memory: the file is not the cause."""

_SAFE: Final = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe would be waited for
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOINHERIT", 0)  # Windows
)

FOLDER_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)

SEP: Final = os.sep

_ALTSEP: Final = os.altsep

NO_NAMES: Final = frozenset(["", ".", ".."])

_LINK_TAGS: Final = (0xA000000C, 0xA0000003)
"""Windows: symbolic links and junctions; other reparse points (files kept in a cloud) are files."""


def unsafe_error(number: int, reason: str, path: str) -> UnsafeFileError:
    # the path is in the reason, too: messages show only the reason of an OSError
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
        return f"{self.path}{SEP}{name}"

    def copied(self) -> int | None:
        """A further descriptor of it, which the caller closes."""
        return os.dup(self.fd) if self.fd is not None else None

    def address(self, name: str) -> str:
        """What an `os` function takes beside the descriptor to mean that entry."""
        if SEP in name or name in NO_NAMES or (_ALTSEP and _ALTSEP in name):
            raise unsafe_error(errno.EINVAL, "is not the name of a file", self.full(name))
        return name if self.fd is not None else self.full(name)

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
        """A descriptor of a regular file; flags of ``os.open``, e.g. ``O_WRONLY | O_CREAT``."""
        before = None if self.fd is not None else self._look(name)
        try:
            fd = os.open(self.address(name), flags | _SAFE, mode, dir_fd=self.fd)
        except OSError as error:
            raise self._explained(error, name) from None
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                if stat.S_ISDIR(found.st_mode):
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.full(name))
                raise unsafe_error(errno.EINVAL, NOT_REGULAR, self.full(name))
            if before is not None and (before.st_dev, before.st_ino) != (found.st_dev, found.st_ino):
                raise unsafe_error(errno.ESTALE, "was replaced while it was opened", self.full(name))
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _look(self, name: str) -> os.stat_result | None:
        """Refuse a link before it is opened, on systems that would follow it."""
        try:
            found = os.lstat(self.address(name))
        except FileNotFoundError:
            return None
        self._refuse(name, found)
        return found

    def _explained(self, error: OSError, name: str) -> OSError:
        """The error of an open, with the whole path, and with what is there instead of a file or directory."""
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.ENXIO, errno.EOPNOTSUPP):
            with suppress(OSError):
                found = self.stat(name)
                if is_link(found):
                    return unsafe_error(errno.ELOOP, IS_A_LINK, self.full(name))
                if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # of a pipe without a reader, of a socket
                    return unsafe_error(errno.EINVAL, NOT_REGULAR, self.full(name))
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
            raise unsafe_error(errno.EFBIG, f"is larger than {limit:,} bytes", self.full(name))
        return data

    def folder(self, name: str) -> Folder:
        """A directory in it, for listing."""
        return Folder(self.full(name), self.descend(name, FOLDER_FLAGS))

    def descend(self, name: str, flags: int) -> int | None:
        """The descriptor of a directory in it, for the flags of ``os.open``; None where there is none."""
        if self.fd is None:
            found = os.lstat(self.address(name))
            if is_link(found):
                raise unsafe_error(errno.ELOOP, IS_A_LINK, self.full(name))
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.full(name))
            return None
        try:
            return os.open(self.address(name), flags | NO_LINK, dir_fd=self.fd)
        except OSError as error:
            raise self._explained(error, name) from None

    def names(self) -> list[str]:
        """The names of its entries, in no order."""
        return os.listdir(self.path if self.fd is None else self.fd)

    def scan(self) -> Iterator[os.DirEntry[str]]:
        """Its entries; ignore the ``path`` of each. ``stat`` them without following links, while the folder is open."""
        with os.scandir(self.path if self.fd is None else self.fd) as entries:
            yield from entries

    def stat(self, name: str) -> os.stat_result:
        """What an entry is, be it a link."""
        return os.stat(self.address(name), dir_fd=self.fd, follow_symlinks=False)

    def refuse_link(self, name: str) -> None:
        """UnsafeFileError if the entry is a link; it may be anything else, or missing."""
        try:
            found = self.stat(name)
        except FileNotFoundError:
            return
        if is_link(found):
            raise unsafe_error(errno.ELOOP, IS_A_LINK, self.full(name))

    def make(self, name: str) -> bool:
        """Make a directory. False if something has the name: then opening it tells whether it is a directory."""
        try:
            os.mkdir(self.address(name), dir_fd=self.fd)
        except FileExistsError:
            return False
        except OSError as error:
            error.filename = self.full(name)
            raise
        return True

    def write_new(self, name: str, data: bytes, *, mode: int = 0o666, is_synced: bool = False) -> None:
        """Make a file that is not there yet (FileExistsError if it is); a part that was written is removed."""
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
            os.replace(self.address(aside), self.address(name), src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except OSError as error:
            with suppress(OSError):
                self.unlink(aside)
            error.filename, error.filename2 = self.full(name), None
            raise

    def touch(self, name: str) -> os.stat_result:
        """Set the modification time of a file or directory to now; returns its new stat."""
        self._refuse(name, self.stat(name))
        if self.fd is None:
            os.utime(self.address(name))
        else:
            os.utime(self.address(name), dir_fd=self.fd, follow_symlinks=False)
        return self.stat(name)

    def _refuse(self, name: str, found: os.stat_result) -> None:
        """UnsafeFileError for a link, a pipe or a device."""
        if is_link(found):
            raise unsafe_error(errno.ELOOP, IS_A_LINK, self.full(name))
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise unsafe_error(errno.EINVAL, NOT_REGULAR, self.full(name))

    def unlink(self, name: str) -> None:
        """Remove a file, or a link itself."""
        os.unlink(self.address(name), dir_fd=self.fd)

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


def is_link(found: os.stat_result) -> bool:
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS


def read_fd(fd: int, size: int) -> bytes:
    """Up to `size` bytes from the position of the descriptor, fewer only at the end of the file."""
    parts: list[bytes] = []
    while size > 0:
        data = os.read(fd, min(size, 2**30))
        if not data:
            break
        parts.append(data)
        size -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def write_fd(fd: int, data: bytes) -> None:
    """Write all of `data`."""
    rest = memoryview(data)
    while rest:
        taken = os.write(fd, rest)
        if taken == 0:
            raise OSError(errno.ENOSPC, "the file system wrote nothing")
        rest = rest[taken:]
