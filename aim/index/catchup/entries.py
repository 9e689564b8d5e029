"""What an indexer knows of a run between two scans: its streams, and which of their ids feed which sequence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from aim.index.points.grouping import lookup_table
from aim.index.sql.dialect import DriverConnection, fetch_all
from aim.schema.runstate import RunState, SequenceDeclaration, SequenceIdentity

__all__ = ["Feeds", "RunEntry", "SequenceEntry", "StreamEntry", "load_entries", "load_sequences"]


@dataclass(slots=True)
class SequenceEntry:
    """A sequence of a run. `id` is 0 while it has no row."""

    id: int
    attempts: dict[str, int]
    """By writer that feeds it."""
    hidden: int = 0
    """Its points that are not shown."""
    top_max_step: int | None = None
    """The highest step of its highest attempt. This and the next as they were when it was looked at as a whole, and
    kept up since; None before that."""
    is_time_ordered: bool = False
    """Whether the points shown are in the order of their times."""


@dataclass(slots=True)
class Feeds:
    """The sequences that one points stream declares."""

    keys: list[SequenceIdentity]
    """By slot: the ids of a stream that mean the same sequence share a slot."""
    declared: list[list[int]]
    """By slot: its ids."""
    lookup: npt.NDArray[np.int32]
    """Declared id to slot, see :func:`aim.index.points.grouping.lookup_table`."""
    sequence_ids: npt.NDArray[np.int64]
    """By slot; 0 while the stream has no point of it in the index."""
    is_linked: list[bool]
    """By slot: whether the index knows that all its ids feed the sequence."""

    @classmethod
    def of(cls, declarations: Mapping[int, SequenceDeclaration], known: Mapping[int, int]) -> Feeds:
        """From what a writer declared, and the sequence ids that are known by declared id."""
        slots: dict[SequenceIdentity, int] = {}
        by_id: dict[int, int] = {}
        declared: list[list[int]] = []
        for number, declaration in declarations.items():
            slot = slots.setdefault(declaration.identity, len(slots))
            if slot == len(declared):
                declared.append([])
            declared[slot].append(number)
            by_id[number] = slot
        ids = np.zeros(len(slots), np.int64)
        for slot, numbers in enumerate(declared):
            ids[slot] = next((known[number] for number in numbers if number in known), 0)
        is_linked = [all(number in known for number in numbers) for numbers in declared]
        return cls(list(slots), declared, lookup_table(by_id), ids, is_linked)


@dataclass(slots=True)
class StreamEntry:
    """One row of the ``stream`` table. `id` is 0 while it has none."""

    id: int
    key: str
    writer: str
    kind: str
    part: int
    seen: int = 0
    folded: int = 0
    head: bytes = b""
    ended: bool = False
    attempt: int = 1
    rank: int = 0
    skipped: int = 0
    feeds: Feeds | None = None


@dataclass(slots=True)
class RunEntry:
    """One row of the ``run`` table with its streams. `id` is 0 while it has none."""

    hash: str
    origin: str
    id: int = 0
    version: int = 0
    is_open: bool = True
    next_scan_at: float | None = None
    scan_interval_s: float | None = None
    file_identity: str = ""
    end_reason: str | None = None
    streams: dict[str, StreamEntry] = field(default_factory=dict)
    sequences: dict[SequenceIdentity, SequenceEntry] | None = None
    """None: not loaded."""
    known_feeds: dict[int, dict[int, int]] = field(default_factory=dict)
    """By stream id: declared id to sequence id, as loaded with `sequences`."""
    state: RunState | None = None
    """Its state when its events were last read; None: not read by this process."""


_RUN_COLUMNS = "id, hash, origin, version, is_open, next_scan_at, scan_interval_s, file_identity, end_reason"


def load_entries(connection: DriverConnection, hashes: Iterable[str]) -> dict[str, RunEntry]:
    """The runs among `hashes` that the index has, with their streams."""
    entries: dict[str, RunEntry] = {}
    by_id: dict[int, RunEntry] = {}
    wanted = list(hashes)
    for start in range(0, len(wanted), 500):
        batch = wanted[start : start + 500]
        marks = ",".join("?" * len(batch))
        for row in fetch_all(connection, f"SELECT {_RUN_COLUMNS} FROM run WHERE hash IN ({marks})", batch):
            entry = RunEntry(row[1], row[2], row[0], row[3], bool(row[4]), row[5], row[6], row[7] or "", row[8])
            entries[entry.hash] = by_id[entry.id] = entry
    ids = list(by_id)
    for start in range(0, len(ids), 500):
        batch_ids = ",".join(map(str, ids[start : start + 500]))
        for row in fetch_all(
            connection,
            "SELECT run_id, id, key, writer, kind, part, seen, folded, head, ended, attempt, rank, skipped"
            f" FROM stream WHERE run_id IN ({batch_ids})",
        ):
            stream = StreamEntry(*row[1:])
            stream.ended = bool(stream.ended)
            by_id[row[0]].streams[stream.key] = stream
    return entries


def load_sequences(connection: DriverConnection, entries: Sequence[RunEntry]) -> None:
    """Load the sequences of runs that have a row, and what feeds them."""
    by_id = {entry.id: entry for entry in entries if entry.id}
    for entry in entries:
        entry.sequences = {}
        entry.known_feeds = {}
    ids = list(by_id)
    for start in range(0, len(ids), 500):
        batch = ",".join(map(str, ids[start : start + 500]))
        own: dict[int, SequenceEntry] = {}
        for number, run_id, holds, name, context, hidden in fetch_all(
            connection,
            "SELECT s.id, s.run_id, n.holds, n.name, c.context, s.hidden_points FROM any_sequence s"
            " JOIN metric_name n ON n.id = s.name_id"
            f" JOIN context c ON c.id = s.context_id WHERE s.run_id IN ({batch})",
        ):
            sequences = by_id[run_id].sequences
            assert sequences is not None
            sequences[holds, name, context] = own[number] = SequenceEntry(number, {}, hidden)
        feeds: Any = fetch_all(
            connection,
            "SELECT st.run_id, ss.stream_id, ss.declared, ss.sequence_id, st.writer, st.attempt"
            " FROM stream st JOIN sequence_stream ss ON ss.stream_id = st.id"
            f" WHERE st.run_id IN ({batch})",
        )
        for run_id, stream_id, declared, number, writer, attempt in feeds:
            by_id[run_id].known_feeds.setdefault(stream_id, {})[declared] = number
            if number in own:
                own[number].attempts[writer] = attempt
