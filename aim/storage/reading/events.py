"""Reading a run directory: its events, and what they add up to. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aim.errors import (
    RunUnreadableError,
    UnsafeFileError,
)
from aim.schema import limits
from aim.schema.events import Event
from aim.schema.jsonvalues import MAX_EVENT_DEPTH, from_json
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES
from aim.schema.runstate import RunState, SequenceIdentity, merge_events
from aim.storage.reading.streams import (
    BLOCK_BYTES,
    StreamFile,
    iter_points,
    list_streams_in,
    open_stream,
    too_large,
)
from aim.storage.repo import files
from aim.storage.repo.extents import data_blocks, read_at
from aim.storage.repo.layout import repo_of_run

__all__ = ["RunFiles", "check_readable", "highest_steps", "parse_events", "read_events", "read_run"]


@dataclass(frozen=True, slots=True)
class RunFiles:
    """A run as read from its directory."""

    state: RunState
    points: list[StreamFile]
    """Listed before the events were read, so every point within these sizes has its declaration in `state`."""
    events: list[StreamFile]
    """Listed likewise; what was read may be more."""
    unreadable_lines: int


def parse_events(data: bytes) -> tuple[list[Event], int]:
    """The events in whole lines, and how many lines are not events (torn by a full disk, or damaged)."""
    events: list[Event] = []
    unreadable = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            event = from_json(line.decode("utf-8"), max_depth=MAX_EVENT_DEPTH)
        except (ValueError, RecursionError):
            unreadable += 1
            continue
        if isinstance(event, dict):
            events.append(event)
        else:
            unreadable += 1
    return events, unreadable


def read_events(path: str, start: int = 0, *, block_bytes: int = BLOCK_BYTES) -> tuple[list[Event], int, int]:
    """Read the whole lines from offset `start` on.

    Returns:
        The events, the offset after the last whole line, and the number of unreadable lines. A line without its end
        is not read: its writer may still be writing it. Zeros, and holes, are passed over.

    Raises:
        OSError: the file cannot be read.
        RunUnreadableError: it holds too much, see :mod:`aim.schema.limits`.
    """
    lines = _read_lines(path, start, block_bytes=block_bytes)
    return lines.events, lines.end, lines.unreadable


def _read_lines(path: str, start: int, base: files.Base | None = None, *, block_bytes: int = BLOCK_BYTES) -> _Lines:
    lines = _Lines(start)
    fd = open_stream(path, base)
    try:
        size = os.fstat(fd).st_size
        if size - start <= block_bytes:  # nearly every file
            lines.feed(start, read_at(fd, start, size - start))
        else:
            for offset, block in data_blocks(fd, start, size, block_bytes=block_bytes):
                if block.count(0) == len(block):
                    continue
                lines.feed(offset, block)
                _check_held(path, lines.held, len(lines.events))
    finally:
        os.close(fd)
    return lines


def _check_held(path: str, held_bytes: int, events: int) -> None:
    """Refuse a run whose events files hold more than the limits, with those before `path`."""
    if held_bytes > limits.MAX_EVENTS_BYTES:
        raise RunUnreadableError(too_large(path, limits.MAX_EVENTS_BYTES))
    if events > limits.MAX_EVENTS:
        raise RunUnreadableError(
            f"{os.path.basename(path)} brings the run to more than {limits.MAX_EVENTS:,} events, more than Aim writes"
        )


class _Lines:
    """The events of a file that comes in pieces, with gaps of zeros between them."""

    __slots__ = ("_at", "_is_bad", "_parts", "_size", "end", "events", "held", "unreadable")

    def __init__(self, start: int) -> None:
        self._at = self.end = start
        self._parts: list[bytes] = []
        self._size = 0
        self._is_bad = False
        self.events: list[Event] = []
        self.unreadable = 0
        self.held = 0
        """Bytes of the pieces."""

    def feed(self, offset: int, block: bytes) -> None:
        """Take the next piece; between it and the piece before are zeros, which end any line."""
        self._is_bad = self._is_bad or offset != self._at
        self._at = offset + len(block)
        self.held += len(block)
        last = block.rfind(b"\n")
        if last >= 0:
            begin = 0
            if self._parts or self._is_bad:
                begin = block.index(b"\n") + 1
                self._keep(block[:begin])
                self._take(b"".join(self._parts))
            self._take(block[begin : last + 1])
            self._parts, self._size = [], 0
            self.end = offset + last + 1
        self._keep(block[last + 1 :])

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        self._is_bad = self._is_bad or self._size > limits.MAX_LINE_BYTES
        if self._is_bad:
            self._parts = []
        elif part:
            self._parts.append(part)

    def _take(self, data: bytes) -> None:
        if self._is_bad:
            self.unreadable += 1
            self._is_bad = False
            return
        events, unreadable = parse_events(data)
        self.events += events
        self.unreadable += unreadable


def _refused(path: str, error: OSError, run_hash: str = "") -> RunUnreadableError | None:
    """The error for a file of a run that the system does not let us read; None if the cause is not the file."""
    if error.errno in files.EXHAUSTED:
        return None
    if isinstance(error, UnsafeFileError):  # which names the file
        return RunUnreadableError(str(error), run_hash)
    return RunUnreadableError(f"{os.path.basename(path)}: {error.strerror or error}", run_hash, may_pass=True)


def check_readable(run: RunFiles, writers: Collection[str]) -> None:
    """Open each points file of those writers once.

    Raises:
        RunUnreadableError: one of them cannot be read.
    """
    for stream in run.points:
        if stream.writer not in writers:
            continue
        try:
            fd = open_stream(stream.path)
            try:
                os.read(fd, 1)
            finally:
                os.close(fd)
        except FileNotFoundError:
            continue
        except OSError as error:
            refused = _refused(stream.path, error, run.state.hash)
            if refused is not None:
                raise refused from error


def read_run(
    run_dir: str,
    run_hash: str,
    base: files.Base | None = None,
    *,
    waiting: Mapping[str, bytes] | None = None,
    is_lenient: bool = False,
) -> RunFiles:
    """List the streams of a run, then read all its events.

    Args:
        run_dir, run_hash: Which.
        base: As in :func:`list_streams`.
        waiting: Lines of events by writer that are in no file yet.
        is_lenient: Leave out files that cannot be opened or read, rather than raise: the caller reports them.

    Raises:
        RunUnreadableError: an events file cannot be read, or its files go beyond the limits of
            :mod:`aim.schema.limits`. Without that file it would be another run.
        OSError: its directory is a link, or there are no more descriptors or memory.
    """
    try:
        try:
            folder = files.open_folder(base or repo_of_run(run_dir), run_dir)
        except (FileNotFoundError, NotADirectoryError):
            return _read_run(None, run_hash, waiting or {}, is_lenient)
        with folder:
            return _read_run(folder, run_hash, waiting or {}, is_lenient)
    except RunUnreadableError as error:
        raise RunUnreadableError(error.reason, run_hash, may_pass=error.may_pass) from None
    except OSError as error:  # of the directory
        refused = None if isinstance(error, UnsafeFileError) else _refused(run_dir, error, run_hash)
        if refused is None:
            raise
        raise refused from error


def _read_run(folder: files.Folder | None, run_hash: str, waiting: Mapping[str, bytes], is_lenient: bool) -> RunFiles:
    streams = list_streams_in(folder, is_lenient=is_lenient) if folder is not None else []
    gone: set[str] = set()
    by_writer: dict[str, list[Event]] = {}
    unreadable = held = count = 0
    for stream in streams:
        events = by_writer.setdefault(stream.writer, [])
        if stream.kind == "events":
            try:
                lines = _read_lines(stream.path, 0, folder)
            except FileNotFoundError:  # as if it had not been listed
                gone.add(stream.path)
                continue
            except OSError as error:
                refused = _refused(stream.path, error)
                if refused is None:
                    raise
                if not is_lenient:
                    raise refused from error
                unreadable += 1
                continue
            events += lines.events
            unreadable += lines.unreadable
            held, count = held + lines.held, count + len(lines.events)
            _check_held(stream.path, held, count)
    for writer, data in waiting.items():
        by_writer.setdefault(writer, []).extend(parse_events(data)[0])
    return RunFiles(
        merge_events(run_hash, by_writer.items()),
        [s for s in streams if s.kind != "events"],
        [s for s in streams if s.kind == "events" and s.path not in gone],
        unreadable,
    )


def highest_steps(run: RunFiles, writers: Collection[str]) -> dict[SequenceIdentity, int]:
    """The highest step of each sequence over those writers of a run.

    Of a file that cannot be read, for each of its sequences one that automatic steps did not go beyond.
    """
    highest: dict[SequenceIdentity, int] = {}
    for stream in run.points:
        if stream.writer not in writers:
            continue
        declared: dict[int, Any] = dict(run.state.writers[stream.writer].sequences)
        per_id: dict[int, int] = {}
        try:
            for _, block in iter_points(stream.path, stream.size_bytes):
                for number, _, step, _, _ in POINT_RECORD.iter_unpack(block):
                    if step > per_id.get(number, -(2**63) - 1):
                        per_id[number] = step
        except FileNotFoundError:
            pass
        except OSError:  # each record in it may be one more step
            per_id = {
                number: max(per_id.get(number, 0), stream.size_bytes // POINT_RECORD_BYTES) for number in declared
            }
        for number, step in per_id.items():
            sequence = declared.get(number)
            if sequence is not None:
                key = sequence.identity
                highest[key] = max(step, highest.get(key, step))
    return highest
