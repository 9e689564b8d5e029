"""The same run in two repos: what one has more of is appended to the other. Files only grow, and each has one writer.

A file that is new to a repo is written aside, and gets its place when it is whole; so is a run. What an interrupted
copy left aside is gone on with by the next one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Literal, Protocol

from aim.errors import RunNameTakenError, StorageError
from aim.schema.names import is_writer_id
from aim.storage.reading.events import read_run
from aim.storage.reading.standing import run_markers
from aim.storage.reading.status import find_active_marker, find_closed_marker, read_active_markers
from aim.storage.repo import files, trees
from aim.storage.repo.extents import data_blocks
from aim.storage.repo.layout import RepoLayout, parse_stream_name
from aim.storage.repo.markers import closed_day
from aim.storage.writing.run_names import claim_run_name, claimed_run

__all__ = ["BLOCK_BYTES", "MARKER_BYTES", "FileSizes", "LocalReplica", "MarkerCopy", "Replica", "sync_run"]

BLOCK_BYTES: Final = 2**20
MARKER_BYTES: Final = 4096
"""More than a marker has."""
_HEAD_BYTES: Final = 2**12
_TAIL_BYTES: Final = 2**16

FileSizes = dict[str, tuple[int, float]]
"""(size in bytes, modification time) by file name."""
MarkerCopy = tuple[str, float, bytes]
"""(writer, modification time, content) of the marker of a writer without a ``closed`` event."""


class Replica(Protocol):
    """The runs of a repo, here or on another machine, as :func:`sync_run` needs them."""

    def has(self, run_hash: str) -> bool:
        """Whether the repo has the run."""

    def files(self, run_hash: str) -> FileSizes:
        """Its files; those that are being copied as far as they are there."""

    def digest(self, run_hash: str, name: str, size: int) -> str:
        """A digest of the first bytes of a file."""

    def read(self, run_hash: str, name: str, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The bytes between two offsets: (offset, bytes), in order; what is left out is zeros."""

    def begin(self, run_hash: str, name: str) -> None:
        """Begin a new file, in place of one of that name once it is published."""

    def write(self, run_hash: str, name: str, offset: int, data: bytes) -> None:
        """Append to a file; before `offset` it is filled with zeros."""

    def finish(self, run_hash: str, name: str, size: int, mtime: float) -> None:
        """Wait until the disk has a file of this size."""

    def publish(self, run_hash: str) -> None:
        """Give new files their place."""

    def markers(self, run_hash: str) -> list[MarkerCopy]:
        """The markers of writers without an end."""

    def add_marker(self, run_hash: str, marker: MarkerCopy) -> None:
        """Remember when a writer without an end last lived."""

    def holds_name(self, run_hash: str) -> bool:
        """Whether the run has the only claim to its name in its experiment."""

    def claim_name(self, run_hash: str) -> bool:
        """Claim the run's name where it is free; whether it has it now."""


def sync_run(source: Replica, target: Replica, run_hash: str) -> Literal["new", "updated", "same"]:
    """Bring a run in `target` up to date with the one in `source`: only bytes that are not there are copied.

    What the run has in `target` alone (edits that were made there, a file that is longer there) is kept.

    Raises:
        RunUnreadableError, OSError, StorageError: a file system refuses, or a file cannot be read.
    """
    # points are listed before events, so that no point lacks its declaration; and written after them
    points = {name: found for name, found in source.files(run_hash).items() if _is_points(name)}
    others = {name: found for name, found in source.files(run_hash).items() if not _is_points(name)}
    is_there = target.has(run_hash)
    there = target.files(run_hash)
    is_changed = False
    for name, (size, mtime) in [*sorted(others.items()), *sorted(points.items())]:
        start = there[name][0] if name in there else 0
        if name in there:
            common = min(start, size)
            is_same = source.digest(run_hash, name, common) == target.digest(run_hash, name, common)
            if start >= size and (is_same or start > size):
                continue
            if not is_same:
                start = 0
        if start == 0:
            target.begin(run_hash, name)
        for offset, data in source.read(run_hash, name, start, size):
            target.write(run_hash, name, offset, data)
        target.finish(run_hash, name, size, mtime)
        is_changed = True
    for marker in source.markers(run_hash):
        with suppress(OSError):  # then the run has crashed at a time that is not known
            target.add_marker(run_hash, marker)
    if is_changed or not is_there:
        target.publish(run_hash)
    return "new" if not is_there else "updated" if is_changed else "same"


def _is_points(name: str) -> bool:
    stream = parse_stream_name(name)
    return stream is not None and stream[1] == "points"


class LocalReplica:
    """The runs of a repo on this machine. Names come from another machine: they are checked.

    Args:
        layout: The repo.
    """

    def __init__(self, layout: RepoLayout) -> None:
        self._layout = layout
        self._root = layout.root

    def _aside(self, run_hash: str) -> str:
        # one name, so that the next copy finds what an interrupted one left; `aim storage prune` knows it
        return f"{self._layout.run_dir(run_hash)}.{'0' * 8}.tmp"

    def _path(self, run_hash: str, name: str, *, new: bool = False) -> str:
        if parse_stream_name(name) is None:
            raise StorageError(f"{name!r:.80} is not the name of a file of a run")
        aside = os.path.join(self._aside(run_hash), name)
        if new or files.exists(self._root, aside):
            return aside
        return os.path.join(self._layout.run_dir(run_hash), name)

    def has(self, run_hash: str) -> bool:
        """See :class:`Replica`."""
        return files.is_folder(self._root, self._layout.run_dir(run_hash))

    def files(self, run_hash: str) -> FileSizes:
        """See :class:`Replica`."""
        found: FileSizes = {}
        for folder in (self._layout.run_dir(run_hash), self._aside(run_hash)):
            try:
                names = files.list_names(self._root, folder)
            except (FileNotFoundError, NotADirectoryError):
                continue
            for name in names:
                if parse_stream_name(name) is not None:
                    fd = files.open_file(self._root, os.path.join(folder, name))
                    try:
                        seen = os.fstat(fd)
                    finally:
                        os.close(fd)
                    found[name] = (seen.st_size, seen.st_mtime)
        return found

    def digest(self, run_hash: str, name: str, size: int) -> str:
        """Of the size, the beginning and the end: files only grow, and their names are used once."""
        fd = files.open_file(self._root, self._path(run_hash, name))
        try:
            found = hashlib.sha256(str(size).encode())
            for start, stop in ((0, min(size, _HEAD_BYTES)), (max(0, size - _TAIL_BYTES), size)):
                os.lseek(fd, start, os.SEEK_SET)
                found.update(files.read_fd(fd, stop - start))
            return found.hexdigest()
        finally:
            os.close(fd)

    def read(self, run_hash: str, name: str, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """See :class:`Replica`; holes are left out."""
        fd = files.open_file(self._root, self._path(run_hash, name))
        try:
            yield from data_blocks(fd, start, stop, block_bytes=BLOCK_BYTES)
        finally:
            os.close(fd)

    def begin(self, run_hash: str, name: str) -> None:
        """See :class:`Replica`."""
        files.make_folders(self._root, self._aside(run_hash))
        path = self._path(run_hash, name, new=True)
        os.close(files.open_file(self._root, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))

    def write(self, run_hash: str, name: str, offset: int, data: bytes) -> None:
        """See :class:`Replica`."""
        path = self._path(run_hash, name)
        fd = files.open_file(self._root, path, os.O_WRONLY)
        try:
            size = os.fstat(fd).st_size
            if not size <= offset:
                raise StorageError(f"{path} was written to by somebody else while it was copied: copy it again")
            os.lseek(fd, offset, os.SEEK_SET)
            files.write_fd(fd, data)
        finally:
            os.close(fd)

    def finish(self, run_hash: str, name: str, size: int, mtime: float) -> None:
        """See :class:`Replica`."""
        path = self._path(run_hash, name)
        fd = files.open_file(self._root, path, os.O_WRONLY)
        try:
            if os.fstat(fd).st_size < size:  # it ends in a hole
                os.ftruncate(fd, size)
            files.touch_fd(fd, path, mtime)
            os.fsync(fd)
        finally:
            os.close(fd)

    def publish(self, run_hash: str) -> None:
        """See :class:`Replica`."""
        run_dir, aside = self._layout.run_dir(run_hash), self._aside(run_hash)
        if not self.has(run_hash):
            files.make_folders(self._root, aside)
            with suppress(OSError):
                files.sync(self._root, aside)
            files.rename(self._root, aside, run_dir)
        elif files.is_folder(self._root, aside):
            for name in sorted(files.list_names(self._root, aside), key=lambda name: (_is_points(name), name)):
                files.rename(self._root, os.path.join(aside, name), os.path.join(run_dir, name))
            trees.remove_tree(self._root, aside)
        # readers look again at a run, and at all runs, whose folder has changed
        files.touch(self._root, run_dir)
        files.touch(self._root, self._layout.runs)

    def discard(self, run_hash: str) -> None:
        """Remove what is not published, if there is anything."""
        with suppress(OSError):
            trees.remove_tree(self._root, self._aside(run_hash))

    def markers(self, run_hash: str) -> list[MarkerCopy]:
        """See :class:`Replica`."""
        layout = self._layout
        state = read_run(layout.run_dir(run_hash), run_hash).state
        found = run_markers(state, read_active_markers(layout), lambda *name: find_closed_marker(layout, *name))
        return [
            (marker.writer, marker.mtime, files.read_bytes(self._root, marker.path, MARKER_BYTES)) for marker in found
        ]

    def add_marker(self, run_hash: str, marker: MarkerCopy) -> None:
        """See :class:`Replica`."""
        writer, mtime, data = marker
        self._layout.run_dir(run_hash)
        if not is_writer_id(writer) or len(data) > MARKER_BYTES:
            raise StorageError(f"{writer!r:.80} is not a writer of a run")
        known = find_active_marker(self._layout, run_hash, writer) or find_closed_marker(self._layout, run_hash, writer)
        if known is not None:
            if known.mtime >= mtime or os.path.dirname(known.path) == self._layout.active:
                return
            files.unlink(self._root, known.path)
        day = os.path.join(self._layout.closed, closed_day(mtime))
        files.make_folders(self._root, day)
        path = os.path.join(day, f"{run_hash}.{writer}")
        fd = files.open_file(self._root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            files.write_fd(fd, data)
            files.touch_fd(fd, path, mtime)
        finally:
            os.close(fd)

    def holds_name(self, run_hash: str) -> bool:
        """Whether the run has the only claim to its name in its experiment."""
        state = read_run(self._layout.run_dir(run_hash), run_hash).state
        return claimed_run(self._layout, state.experiment, state.name) == run_hash

    def claim_name(self, run_hash: str) -> bool:
        """Claim the run's name where it is free; whether it has it now."""
        state = read_run(self._layout.run_dir(run_hash), run_hash).state
        try:
            claim_run_name(self._layout, state.experiment, state.name, run_hash)
        except (RunNameTakenError, OSError):
            return False
        return True
