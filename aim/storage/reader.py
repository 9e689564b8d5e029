"""Reading a run directory. Listing and events need the standard library only; points need numpy."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aim.schema.events import Event
from aim.schema.jsonvalues import MAX_EVENT_DEPTH, from_json
from aim.schema.records import POINT_FIELDS, POINT_RECORD, POINT_RECORD_BYTES
from aim.schema.runstate import RunState, merge_events
from aim.storage.layout import parse_stream_name

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "RunFiles",
    "StreamFile",
    "highest_steps",
    "list_streams",
    "parse_events",
    "read_events",
    "read_points",
    "read_run",
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


@dataclass(frozen=True, slots=True)
class RunFiles:
    """A run as its directory tells it."""

    state: RunState
    points: list[StreamFile]
    """Listed before the events were read, so every point within these sizes has its declaration in `state`."""
    events: list[StreamFile]
    """Listed likewise; what was read may be more."""
    unreadable_lines: int


def list_streams(run_dir: str) -> list[StreamFile]:
    """The streams of a run directory in the order (writer, kind, part); [] if there is no such directory."""
    found: list[StreamFile] = []
    try:
        with os.scandir(run_dir) as entries:
            for entry in entries:
                parsed = parse_stream_name(entry.name)
                if parsed is None:
                    continue
                try:
                    found_there = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if not stat.S_ISREG(found_there.st_mode):  # reading from a named pipe would wait without end
                    continue
                size = found_there.st_size
                writer, kind, part = parsed
                found.append(StreamFile(writer, kind, part, entry.path, size))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found.sort(key=lambda s: (_ordinal(s.writer), s.writer, s.kind, s.part))
    return found


def _ordinal(writer: str) -> int:
    return int(writer.partition("-")[0])


def parse_events(data: bytes) -> tuple[list[Event], int]:
    """The events in whole lines, and how many lines are none (torn by a full disk, or damaged)."""
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


def read_events(path: str, start: int = 0) -> tuple[list[Event], int, int]:
    """Read the whole lines from offset `start` on.

    Returns:
        The events, the offset after the last whole line, and the number of unreadable lines. A line without its end
        is not read: its writer may still be writing it.
    """
    with open(path, "rb") as file:
        if start:
            file.seek(start)
        data = file.read()
    end = data.rfind(b"\n") + 1
    events, unreadable = parse_events(data[:end])
    return events, start + end, unreadable


def read_points(path: str, start: int, stop: int) -> npt.NDArray[np.void]:
    """Read the whole records between the byte offsets `start` and `stop` as a structured array of POINT_FIELDS.

    Raises:
        ValueError: `start` is no multiple of the record size.
    """
    import numpy as np

    if start % POINT_RECORD_BYTES:
        raise ValueError(f"{path}: {start} is no offset of a record")
    with open(path, "rb", buffering=0) as file:
        if start:
            file.seek(start)
        length = stop - start
        parts: list[bytes] = []
        while length > 0:
            data = file.read(length)
            if not data:
                break
            parts.append(data)
            length -= len(data)
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    return np.frombuffer(data, dtype=np.dtype(POINT_FIELDS), count=len(data) // POINT_RECORD_BYTES)


def read_run(run_dir: str, run_hash: str) -> RunFiles:
    """List the streams of a run, then read all its events."""
    streams = list_streams(run_dir)
    by_writer: dict[str, list[Event]] = {}
    unreadable = 0
    for stream in streams:
        events = by_writer.setdefault(stream.writer, [])
        if stream.kind == "events":
            try:
                more, _, bad = read_events(stream.path)
            except OSError:
                unreadable += 1
                continue
            events += more
            unreadable += bad
    return RunFiles(
        merge_events(run_hash, by_writer.items()),
        [s for s in streams if s.kind == "points"],
        [s for s in streams if s.kind == "events"],
        unreadable,
    )


def highest_steps(files: RunFiles, writers: Collection[str]) -> dict[tuple[str, str], int]:
    """The highest step of each (metric name, canonical context) over those writers of a run."""
    highest: dict[tuple[str, str], int] = {}
    for stream in files.points:
        if stream.writer not in writers:
            continue
        declared: dict[int, Any] = dict(files.state.writers[stream.writer].sequences)
        per_id: dict[int, int] = {}
        try:
            file = open(stream.path, "rb")  # noqa: SIM115 - closed below; only a missing file is passed over
        except OSError:
            continue
        with file:
            while block := file.read(POINT_RECORD_BYTES * 32768):
                usable = len(block) - len(block) % POINT_RECORD_BYTES
                for number, _, step, _, _ in POINT_RECORD.iter_unpack(block[:usable]):
                    if step > per_id.get(number, -(2**63) - 1):
                        per_id[number] = step
        for number, step in per_id.items():
            sequence = declared.get(number)
            if sequence is not None:
                key = (sequence.name, sequence.context)
                highest[key] = max(step, highest.get(key, step))
    return highest
