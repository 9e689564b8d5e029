"""One event file, read from an offset on, in pieces of bounded size.

TensorBoard stops at the first damaged record. Here damage is reported with its offset, and reading continues at the
next record whose checksums are right.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.format.crc import masked_crc
from aim.importers.tensorboard.format.framing import FOOTER_SIZE, HEADER_SIZE, Frames, find_frames, find_next_record
from aim.importers.tensorboard.format.proto import event_class
from aim.importers.tensorboard.format.scalars import Scalars, read_scalars
from aim.importers.tensorboard.format.tensors import scalar_of

__all__ = ["Damage", "Piece", "Points", "Restart", "Summary", "read_event_file"]

PIECE_BYTES = 4 << 20
LARGEST_RECORD_BYTES = 256 << 20
"""A longer one is skipped: it would take twice its length in memory, and it holds no scalar."""
_LEAST_HOLE_BYTES = 1 << 20

_START = 1  # SessionLog.SessionStatus
_GRAPHS = {"graph_def": "graphs", "meta_graph_def": "graph metadata", "tagged_run_metadata": "graph metadata"}


@dataclass(frozen=True, slots=True)
class Points:
    """Scalars of one tag, in the order of the file."""

    ordinals: npt.NDArray[np.int64]
    """(n,) numbers of the records in the piece."""
    times: npt.NDArray[np.float64]
    """(n,) Unix seconds."""
    steps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summary:
    """A logged value that is not a scalar: an image, a histogram, text, hyper-parameters ..."""

    ordinal: int
    time: float
    step: int
    tag: str
    plugin: str
    """As the tag's first event names it; empty for old-style values."""
    value: Any
    """The protobuf message `Summary.Value`."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The writer restarted at a step: earlier points with this step or a higher one no longer count."""

    ordinal: int
    step: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that could not be read."""

    offset: int
    """In the file."""
    length: int
    reason: str


@dataclass(slots=True)
class Piece:
    """What one stretch of the file holds."""

    offset: int
    """Where to continue reading."""
    records: int = 0
    points: dict[str, Points] = field(default_factory=dict)
    summaries: list[Summary] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    not_shown: dict[str, int] = field(default_factory=dict)
    """Events with other content than summaries, which is not read: kind, in the plural, to how many."""
    damage: list[Damage] = field(default_factory=list)
    waits_for_bytes: int = 0
    """More than 0: the last record is incomplete, and this many bytes are missing."""


def read_event_file(
    path: str, offset: int = 0, *, plugins: dict[str, str] | None = None, piece_bytes: int = PIECE_BYTES
) -> Iterator[Piece]:
    """Read an event file from an offset on.

    Args:
        path: The file; it may be growing.
        offset: Where a record starts: 0, or the offset of an earlier piece.
        plugins: Tag to the plugin that its first event named. Filled while reading; pass what an earlier reading of
            the same file filled, since writers name it once.
        piece_bytes: About how much is held in memory at a time.

    Raises:
        OSError: the file cannot be read.
    """
    known = {} if plugins is None else plugins
    with open(path, "rb", buffering=0) as file:
        wanted = piece_bytes
        while True:
            data = _next_data(file.fileno(), offset)
            if data - offset >= _LEAST_HOLE_BYTES:  # zeros that take no space on the disk, up to terabytes
                yield Piece(data, damage=[Damage(offset, data - offset, "a hole of zeros")])
                offset = data
            buffer = _read(file, offset, wanted)
            is_last = len(buffer) < wanted
            piece, needed = _read_piece(buffer, offset, known, is_last, os.fstat(file.fileno()).st_size)
            if piece.offset > offset or piece.damage or (is_last and piece.waits_for_bytes):
                yield piece
            if is_last:
                return
            # one record that is longer than a piece
            wanted = piece_bytes if piece.offset > offset else max(needed, 2 * wanted)
            offset = piece.offset


def _next_data(fd: int, offset: int) -> int:
    """Where the next bytes on the disk are; `offset` if that is unknown."""
    try:
        return os.lseek(fd, offset, os.SEEK_DATA)
    except AttributeError:  # Windows
        return offset
    except OSError as error:
        return max(offset, os.fstat(fd).st_size) if error.errno == errno.ENXIO else offset


def _read(file: Any, offset: int, size: int) -> npt.NDArray[np.uint8]:
    # never beyond the end: a piece longer than the file would waste memory
    size = max(0, min(size, os.fstat(file.fileno()).st_size - offset))
    buffer = np.empty(size, dtype=np.uint8)
    view = buffer.data
    done = 0
    while done < size:
        got = os.preadv(file.fileno(), [view[done:]], offset + done)
        if got == 0:
            break
        done += got
    return buffer[:done]


def _read_piece(
    buffer: npt.NDArray[np.uint8], offset: int, plugins: dict[str, str], is_last: bool, size_bytes: int
) -> tuple[Piece, int]:
    """Read the whole records of a buffer. Returns also how long a buffer its first record needs, if it is cut."""
    piece = Piece(offset)
    position = 0
    parts: list[Frames] = []
    needed = 0
    while True:
        frames = find_frames(buffer, position)
        # what follows is not a record, or is not there yet
        if frames.is_damaged or (not is_last and len(buffer) - frames.end < HEADER_SIZE):
            frames = _without_false_end(buffer, frames, is_damaged=frames.is_damaged)
        parts.append(frames)
        position = frames.end
        missing = _missing(buffer, frames)
        if frames.is_torn and missing <= LARGEST_RECORD_BYTES:
            needed = len(buffer) + missing
            if is_last:
                piece.waits_for_bytes = missing
            break
        if not (frames.is_damaged or frames.is_torn):
            break
        if frames.is_damaged:
            found, reason = find_next_record(buffer, position + 1), "no record starts here"
        else:  # its length is right: the next record is found without reading it
            found, reason = len(buffer) + missing, f"a record of over {LARGEST_RECORD_BYTES >> 20} MiB"
            if offset + found > size_bytes:
                found = find_next_record(buffer, position + 1)
        piece.damage.append(Damage(offset + position, found - position, reason))
        position = found
        if found > len(buffer) - HEADER_SIZE:
            break
    piece.offset = offset + position
    starts = np.concatenate([part.starts for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    piece.records = len(starts)
    _decode(piece, buffer, offset, starts, lengths, plugins)
    piece.damage.sort(key=lambda damage: damage.offset)
    return piece, needed


def _without_false_end(buffer: npt.NDArray[np.uint8], frames: Frames, *, is_damaged: bool) -> Frames:
    """Without records at the end whose data is damaged: some of their bytes may be missing, and then their length does
    not lead to the next record.
    """
    kept = len(frames.starts)
    while kept:
        start, length = int(frames.starts[kept - 1]), int(frames.lengths[kept - 1])
        if masked_crc(buffer.data[start : start + length]) == _u32(buffer, start + length):
            break
        kept -= 1
    if kept == len(frames.starts):
        return frames
    end = int(frames.starts[kept]) - HEADER_SIZE
    return Frames(frames.starts[:kept], frames.lengths[:kept], end, not is_damaged, is_damaged)


def _u32(buffer: npt.NDArray[np.uint8], place: int) -> int:
    return int.from_bytes(buffer[place : place + 4].tobytes(), "little")


def _missing(buffer: npt.NDArray[np.uint8], frames: Frames) -> int:
    """How many bytes of a torn record are missing, as far as is known."""
    there = len(buffer) - frames.end
    if there < HEADER_SIZE:
        return HEADER_SIZE - there
    length = int.from_bytes(buffer[frames.end : frames.end + 8].tobytes(), "little")
    return HEADER_SIZE + length + FOOTER_SIZE - there


def _decode(
    piece: Piece,
    buffer: npt.NDArray[np.uint8],
    offset: int,
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    plugins: dict[str, str],
) -> None:
    found = read_scalars(buffer, starts, lengths)
    for ordinal in found.damaged.tolist():
        piece.damage.append(_bad_data(starts, lengths, ordinal, offset))
    slow = _SlowScalars()
    # in the order of the file, and before the blocks of scalars: the first event of a tag names its plugin
    firsts = _first_declarations(found)
    for ordinal in found.others.tolist():
        start, length = int(starts[ordinal]), int(lengths[ordinal])
        data = buffer[start : start + length].tobytes()
        if masked_crc(data) != _u32(buffer, start + length):
            piece.damage.append(_bad_data(starts, lengths, ordinal, offset))
            continue
        try:
            event = event_class().FromString(data)
            _read_event(piece, event, ordinal, plugins, firsts, slow)
        except Exception:  # protobuf's DecodeError, a string that is not UTF-8, an invalid number: others follow
            place = offset + start - HEADER_SIZE
            piece.damage.append(Damage(place, length + HEADER_SIZE + FOOTER_SIZE, "not an event"))
    for tag, (_, plugin) in firsts.items():
        plugins.setdefault(tag, plugin)
    _collect(piece, found, slow, plugins)


def _bad_data(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], ordinal: int, offset: int) -> Damage:
    place = offset + int(starts[ordinal]) - HEADER_SIZE
    return Damage(place, int(lengths[ordinal]) + HEADER_SIZE + FOOTER_SIZE, "the checksum does not match the data")


class _SlowScalars:
    """Scalars that were read the general way, by tag."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, float, int, float]]] = {}

    def add(self, tag: str, ordinal: int, time: float, step: int, value: float) -> None:
        self.rows.setdefault(tag, []).append((ordinal, time, step, value))


def _first_declarations(found: Scalars) -> dict[str, tuple[int, str]]:
    """Tag to the first record that holds it as a plain scalar, and the plugin named there."""
    firsts: dict[str, tuple[int, str]] = {}
    for block in found.blocks:
        first = int(block.ordinals[0])
        if block.tag not in firsts or first < firsts[block.tag][0]:
            firsts[block.tag] = (first, "scalars" if block.is_declared else "")
    return firsts


def _read_event(
    piece: Piece,
    event: Any,
    ordinal: int,
    plugins: dict[str, str],
    firsts: dict[str, tuple[int, str]],
    slow: _SlowScalars,
) -> None:
    if event.HasField("session_log") and event.session_log.status == _START:
        piece.restarts.append(Restart(ordinal, event.step))
    for name, kind in _GRAPHS.items():
        if event.HasField(name):
            piece.not_shown[kind] = piece.not_shown.get(kind, 0) + 1
    for value in event.summary.value:
        tag = value.tag
        if tag not in plugins:
            first = firsts.get(tag)
            plugins[tag] = (
                first[1] if first is not None and first[0] < ordinal else value.metadata.plugin_data.plugin_name
            )
        plugin = plugins[tag]
        number = scalar_of(value) if plugin in ("", "scalars") else None
        if number is None:
            piece.summaries.append(Summary(ordinal, event.wall_time, event.step, tag, plugin, value))
        else:
            slow.add(tag, ordinal, event.wall_time, event.step, number)


def _collect(piece: Piece, found: Scalars, slow: _SlowScalars, plugins: dict[str, str]) -> None:
    columns: dict[str, list[tuple[npt.NDArray[Any], ...]]] = {}
    for block in found.blocks:
        # numbers of a tag that another plugin than that of scalars has claimed mean something else
        if plugins[block.tag] in ("", "scalars"):
            columns.setdefault(block.tag, []).append((block.ordinals, block.times, block.steps, block.values))
    for tag, rows in slow.rows.items():
        kinds = (np.int64, np.float64, np.int64, np.float64)
        blocks = tuple(np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True))
        columns.setdefault(tag, []).append(blocks)
    for tag, parts in columns.items():
        found_columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(found_columns[0], kind="stable")
        piece.points[tag] = Points(*(column[order] for column in found_columns))
