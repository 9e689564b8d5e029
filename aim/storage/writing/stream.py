"""One append-only file of a writer: opened at first use, every return value of ``write`` looked at."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from enum import Enum
from typing import Final

from aim.errors import UnsafeFileError
from aim.storage.repo.files import exists, lstat, open_file, read_fd
from aim.storage.writing.descriptors import (
    NO_DESCRIPTOR,
    add_open,
    forget_closed,
    make_room,
    move_out_of_the_way,
    remove_open,
)
from aim.storage.writing.kinds import StreamKind
from aim.storage.writing.losses import without_frames
from aim.storage.writing.salvage import split_records

__all__ = ["AppendStream", "FileState"]

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT

_LOOK_BACK_BYTES: Final = 64 * 1024


class FileState(Enum):
    """A file, compared with what its stream wrote to it."""

    INTACT = "intact"
    REMOVED = "removed"
    MOVED = "moved"
    """It has another path now, or its directory has."""
    REPLACED = "replaced"
    """Another file has its path."""
    CHANGED = "changed"
    """It was cut, or bytes of others are in it."""


class AppendStream:
    """An append-only file. The caller holds its writer's lock around every call.

    Args:
        root: Of the repo that holds it.
        kind: What it holds.
        name_part: Gives the path of part 1, 2, ...: if a file cannot be repaired, writing continues in the next part.
        lock: The writer's lock; taken without waiting by another writer that needs a file descriptor.
    """

    __slots__ = (
        "_checked_bytes",
        "_identity",
        "_is_appending",
        "_left_parts",
        "_name_part",
        "_root",
        "_seen_bytes",
        "_unsynced_parts",
        "error",
        "fd",
        "has_made_room",
        "kind",
        "last_used",
        "lock",
        "part",
        "path",
        "record_bytes",
        "synced_bytes",
        "written_bytes",
    )

    def __init__(self, root: str, kind: StreamKind, name_part: Callable[[int], str], lock: threading.RLock) -> None:
        self._root = root
        self._name_part = name_part
        self.lock = lock
        self.kind = kind
        self.record_bytes = kind.record_bytes
        """Size of a record; 0 for lines of text."""
        self.part = 1
        self.path = name_part(1)
        self.fd = -1
        self.error: OSError | None = None
        """Why the last append did not write everything; None after a whole one."""
        self.last_used = 0.0
        """Set by the code that appends, Unix seconds; only orders streams by use."""
        self.written_bytes = 0
        """The size that this part has unless others changed it; kept by the code that appends."""
        self.synced_bytes = 0
        """What the last completed sync covered; kept by the sync thread."""
        self.has_made_room = False
        """Whether the process had no descriptor left for it, and files of ours were closed."""
        self._identity: tuple[int, int] | None = None
        self._checked_bytes = 0
        """`written_bytes` when it was last known to be the size of the file."""
        self._seen_bytes = 0
        """The size of the file then: more, where an exception came between a write and its count."""
        self._is_appending = False
        self._left_parts: dict[int, int] = {}
        """The parts before this one, and the sizes that they should have."""
        self._unsynced_parts: list[tuple[str, int]] = []

    @property
    def was_opened(self) -> bool:
        """Whether the file was ever opened by this stream."""
        return self._identity is not None

    @property
    def is_to_be_reopened(self) -> bool:
        """Whether the file was closed, to make room for others or by the program, and the next append opens it."""
        return self.fd < 0 and self._identity is not None

    def append(self, data: bytes) -> int:
        """Append `data`, whole records or one line; return how many bytes of it are in the file for good.

        Never raises: if less than everything was written, ``error`` says why, and the file ends after a whole
        record (or where the line began).
        """
        self.error = None
        was_appending, self._is_appending = self._is_appending, True
        written = 0
        may_reopen = True
        try:
            while written < len(data):
                if self.fd < 0 and not self._open():
                    break
                try:
                    taken = os.write(self.fd, memoryview(data)[written:])
                    if taken == 0:
                        raise OSError(errno.ENOSPC, "the file system accepted nothing of a write")
                except OSError as error:
                    if error.errno == errno.EBADF and may_reopen:
                        may_reopen = False  # the program closed all its descriptors (daemonising does): open ours again
                        forget_closed()
                        self.release()
                        continue
                    self.error = without_frames(error)
                    break
                # After a short write the rest is tried at once, and the system then gives the reason. (Tried again
                # only after the file was cut back, the same part of the same record would be taken, cut, ... forever.)
                written += taken
                self.written_bytes += taken
            if written == len(data):
                return written
            whole = written - written % self.record_bytes if self.record_bytes else 0
            self.written_bytes -= written - whole
            self.cut_back(written - whole)
            return whole
        finally:
            self._is_appending = was_appending

    def _open(self) -> bool:
        # a file that was closed to make room is not created again: if it is gone, so are points that are to be counted
        flags = _FLAGS & ~os.O_CREAT if self.was_opened else _FLAGS
        fd = -1
        try:
            fd = move_out_of_the_way(self._open_making_room(flags))
            stat = os.fstat(fd)
            if self._identity not in (None, (stat.st_dev, stat.st_ino)):
                raise OSError(errno.ESTALE, "another file is in its place", self.path)
        except OSError as error:
            self.error = without_frames(error)
            if fd >= 0:
                os.close(fd)
            self.release()
            return False
        if self._identity is None:  # else a signal handler has opened it meanwhile
            self._identity = (stat.st_dev, stat.st_ino)
            self.written_bytes = self._checked_bytes = stat.st_size
        if self.fd >= 0:
            os.close(fd)
        else:
            self.fd = fd
        add_open(self)
        return True

    def _open_making_room(self, flags: int) -> int:
        try:
            return open_file(self._root, self.path, flags)
        except OSError as error:
            if error.errno not in NO_DESCRIPTOR or not make_room(beside=self):
                raise
        self.has_made_room = True
        return open_file(self._root, self.path, flags)

    def cut_back(self, torn_bytes: int) -> None:
        """Remove `torn_bytes` at the end. If that fails the file is left as it is and the next part begins."""
        if torn_bytes == 0:
            return
        try:
            os.ftruncate(self.fd, os.fstat(self.fd).st_size - torn_bytes)
        except OSError:  # reported is why the write failed
            self.next_part()

    def next_part(self, missing_bytes: int = 0) -> None:
        """Leave this file for good; the next append begins a new one.

        Args:
            missing_bytes: What was written and is not in it any more.
        """
        self.release()
        self._left_parts[self.part] = self.written_bytes + missing_bytes
        if self.written_bytes > self.synced_bytes:
            self._unsynced_parts.append((self.path, self.written_bytes - self.synced_bytes))
        self.part += 1
        self.path = self._name_part(self.part)
        self.synced_bytes = self.written_bytes = self._checked_bytes = self._seen_bytes = 0
        self._identity = None

    def take_unsynced_parts(self) -> list[tuple[str, int]]:
        """Paths of parts that were left since the last call, and how many bytes at their end no sync has covered."""
        parts, self._unsynced_parts = self._unsynced_parts, []
        return parts

    def records_in(self, size_bytes: int) -> int:
        """How many whole records so many bytes hold; 0 where the stream is lines of text."""
        return size_bytes // self.record_bytes if self.record_bytes else 0

    def sizes(self) -> dict[int, int]:
        """The size in bytes that each part should have."""
        if not self.was_opened:
            return dict(self._left_parts)
        return {**self._left_parts, self.part: max(self.written_bytes, self._seen_bytes)}

    def release(self) -> None:
        """Close the file; the next append opens it again."""
        fd, self.fd = self.fd, -1
        remove_open(self)
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:  # closed by the program under us (daemonising closes everything)
                pass

    def held(self) -> os.stat_result | None:
        """What the descriptor is open on; None if there is none, or the program closed or took it."""
        if self.fd < 0:
            return None
        try:
            stat = os.fstat(self.fd)
        except OSError:
            self.fd = -1  # closed by the program: not ours to close again
            return None
        if (stat.st_dev, stat.st_ino) != self._identity:
            self.fd = -1
            return None
        return stat

    def look(self) -> FileState:
        """Compare the file with what was written to it."""
        if not self.was_opened:
            return FileState.INTACT
        written = self.written_bytes
        held = self.held()
        try:
            there = lstat(self._root, self.path)
        except (FileNotFoundError, NotADirectoryError, UnsafeFileError):
            return FileState.MOVED if held is not None and held.st_nlink > 0 else FileState.REMOVED
        except OSError:  # nothing is known; writing will show
            return FileState.INTACT
        if (there.st_dev, there.st_ino) != self._identity:
            return FileState.REPLACED
        if self._is_appending or self.written_bytes != written:
            return FileState.INTACT  # we are in a signal handler, or one has appended since: the next look will show
        # Records that are there and not counted: a signal handler came between a write and its count.
        surplus = there.st_size - written
        if surplus and (surplus < 0 or not self.record_bytes or surplus % self.record_bytes):
            return FileState.CHANGED
        self._checked_bytes = written
        self._seen_bytes = there.st_size
        return FileState.INTACT

    def leave_damaged(self, state: FileState, is_record: Callable[[bytes], bool]) -> tuple[int, bytes]:
        """Begin the next part, because this one was replaced or changed.

        Args:
            is_record: Whether these bytes are a record of ours.

        Returns:
            How many records are lost, and those that were found after the damage: not counted as lost, to be appended.
        """
        written = self.written_bytes
        kept, found = 0, b""
        try:
            if state is FileState.REPLACED:
                kept = min(written, lstat(self._root, self.path).st_size)
            else:
                kept, found = self._repair(is_record)
        except OSError:  # what cannot be read is lost for readers, too
            pass
        kept -= kept % self.record_bytes
        lost = written - written % self.record_bytes - kept - len(found)
        self.written_bytes = kept
        self.next_part(missing_bytes=max(0, lost))
        return max(0, lost) // self.record_bytes, found

    def _repair(self, is_record: Callable[[bytes], bool]) -> tuple[int, bytes]:
        """Cut the file back to the records before the damage: its size then, and the records found after it.

        If bytes were cut off or put in that are not a whole number of records, what was appended since is not where
        readers look, and parts of it could be taken for records that were never written.
        """
        fd = open_file(self._root, self.path, os.O_RDWR)
        try:
            size = os.fstat(fd).st_size
            if size % self.record_bytes == 0:  # every record is where readers look
                return size, b""
            # Up to the last look all was well, so what was cut off ended there or later; a little more is read.
            begin = max(0, min(self._checked_bytes, self._checked_bytes - self.written_bytes + size) - _LOOK_BACK_BYTES)
            begin -= begin % self.record_bytes
            os.lseek(fd, begin, os.SEEK_SET)
            data = read_fd(fd, size - begin)
            whole, rest = split_records(data, self.record_bytes, is_record)
            if begin + whole < size:
                os.ftruncate(fd, begin + whole)
        finally:
            os.close(fd)
        return begin + whole, data[rest:]

    def leave_at(self, size_bytes: int, missing_bytes: int) -> None:
        """Cut this part where its damage begins, and begin the next one.

        Args:
            missing_bytes: How much after it is lost.
        """
        try:
            fd = open_file(self._root, self.path, os.O_WRONLY)
            try:
                os.ftruncate(fd, size_bytes)
            finally:
                os.close(fd)
        except OSError:  # what is damaged stays, and readers skip it
            pass
        self.written_bytes = size_bytes
        self.next_part(missing_bytes)

    def forget_removed(self) -> int:
        """Release files that were removed, so that the next append creates them again.

        Returns:
            How many bytes, of whole records, they held.
        """
        self.release()
        gone = [part for part in self.sizes() if not exists(self._root, self._name_part(part))]
        held = [self.sizes()[part] for part in gone]
        for part in gone:
            self._left_parts.pop(part, None)
        if self.part in gone:
            self._identity = None
            self.synced_bytes = self.written_bytes = self._checked_bytes = self._seen_bytes = 0
        return sum(size - size % (self.record_bytes or 1) for size in held)

    def forget(self) -> None:
        """In a forked child: close our copy of the descriptor without touching the registry's lock."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:
                pass  # closed by the program already
