"""The files of a run directory: their names, sizes and bytes. Standard library only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from aim.errors import (
    RunUnreadableError,
)
from aim.schema import limits
from aim.schema.records import POINT_RECORD_BYTES
from aim.storage.repo import files
from aim.storage.repo.extents import data_blocks, next_extent
from aim.storage.repo.layout import parse_stream_name, repo_of_run

__all__ = [
    "BLOCK_BYTES",
    "StreamFile",
    "iter_points",
    "list_streams",
    "list_streams_in",
    "mentions",
    "next_extent_of",
    "open_stream",
    "too_large",
]


@dataclass(frozen=True, slots=True)
class StreamFile:
    """One file of one writer, with its size when it was listed."""

    writer: str
    kind: str
    """"events" or "points"."""
    part: int
    path: str
    size_bytes: int

    @property
    def key(self) -> str:
        """The file's name, unique in its run."""
        return os.path.basename(self.path)


def list_streams(run_dir: str, base: files.Base | None = None) -> list[StreamFile]:
    """The streams of a run directory in the order (writer, kind, part); [] if the directory does not exist.

    Args:
        run_dir: Its path.
        base: An open folder above it, or the root of its repo.

    Raises:
        RunUnreadableError: there are too many, or one is too long, see :mod:`aim.schema.limits`; or one is a link, a
            named pipe or a device.
        OSError: the directory cannot be read.
    """
    try:
        with files.open_folder(base or repo_of_run(run_dir), run_dir) as folder:
            return list_streams_in(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def list_streams_in(folder: files.Folder, *, is_lenient: bool = False) -> list[StreamFile]:
    found: list[StreamFile] = []
    for entry in folder.scan():
        parsed = parse_stream_name(entry.name)
        if parsed is None:
            continue
        try:
            found_there = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(found_there.st_mode):  # reading from a named pipe would wait without end
            if is_lenient or stat.S_ISDIR(found_there.st_mode):
                continue
            what = files.IS_A_LINK if stat.S_ISLNK(found_there.st_mode) else files.NOT_REGULAR
            raise RunUnreadableError(f"{entry.name} {what}")
        size = found_there.st_size
        writer, kind, part = parsed
        if kind == "points" and size > limits.MAX_POINTS_FILE_BYTES:
            raise RunUnreadableError(too_large(entry.name, limits.MAX_POINTS_FILE_BYTES))
        found.append(StreamFile(writer, kind, part, folder.full(entry.name), size))
        if len(found) > limits.MAX_STREAMS:
            raise RunUnreadableError(f"there are more than {limits.MAX_STREAMS:,} files in {folder.path}")
    found.sort(key=lambda s: (_ordinal(s.writer), s.writer, s.kind, s.part))
    return found


def _ordinal(writer: str) -> int:
    return int(writer.partition("-")[0])


def open_stream(path: str, base: files.Base | None = None) -> int:
    return files.open_file(base or repo_of_run(os.path.dirname(path)), path)


BLOCK_BYTES = 4 * 2**20
"""How much of a file is read in one piece; a multiple of the size of a record."""


def too_large(path: str, limit_bytes: int) -> str:
    return f"{os.path.basename(path)} holds more than {limit_bytes / 2**20:,.0f} MiB, more than Aim writes"


def mentions(path: str, text: bytes, *, block_bytes: int = BLOCK_BYTES) -> bool:
    """Whether a file holds these bytes, at most some thousand; False if it cannot be read."""
    try:
        fd = open_stream(path)
        try:
            before, end = b"", 0
            for offset, block in data_blocks(fd, 0, os.fstat(fd).st_size, block_bytes=block_bytes):
                piece = before + block if offset == end else block
                if text in piece:
                    return True
                before, end = piece[-len(text) :], offset + len(block)
        finally:
            os.close(fd)
    except OSError:
        pass
    return False


def next_extent_of(path: str, start: int, stop: int, base: files.Base | None = None) -> tuple[int, int]:
    """See :func:`aim.storage.repo.extents.next_extent`, of the file at `path`; (start, stop) if it cannot be read."""
    try:
        fd = open_stream(path, base)
        try:
            return next_extent(fd, start, stop)
        finally:
            os.close(fd)
    except OSError:
        return start, stop


def iter_points(path: str, stop: int) -> Iterator[tuple[int, bytes]]:
    """The whole records of a points file before offset `stop`, in pieces: (offset, bytes). Holes are passed over.

    Raises:
        OSError: the file cannot be read.
    """
    fd = open_stream(path)
    try:
        for offset, block in data_blocks(fd, 0, stop, block_bytes=BLOCK_BYTES, align=POINT_RECORD_BYTES):
            yield offset, block[: len(block) - len(block) % POINT_RECORD_BYTES]
    finally:
        os.close(fd)
