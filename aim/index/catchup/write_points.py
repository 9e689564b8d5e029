"""Writing what was found of the points of runs: summaries, which streams feed which sequence, chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final

import numpy as np

from aim.index.catchup.entries import RunEntry, SequenceEntry, StreamEntry
from aim.index.catchup.scan import Increment, RunScan
from aim.index.points.columns import Layers, read_columns
from aim.index.points.grouping import Groups, Summary, summarise
from aim.index.points.tails import TailCache
from aim.index.sql import tables as t
from aim.index.sql.dialect import Dialect, DriverConnection, fetch_all, insert_sql
from aim.index.sql.dictionaries import Dictionaries, IdCounter
from aim.schema.records import POINT_RECORD_BYTES
from aim.schema.runstate import SequenceIdentity

__all__ = ["PointWriting"]

_INSERT_SEQUENCE: Final = insert_sql(t.any_sequence)
_INSERT_FEED: Final = insert_sql(t.sequence_stream)
_INSERT_CHUNK: Final = insert_sql(t.chunk, "run_id", "sequence_id", "stream_id", "number", "values", "steps")
_INSERT_CHUNK_TIME: Final = insert_sql(t.chunk_time, "run_id", "sequence_id", "stream_id", "number", "epochs", "times")

_SUMMARY_FIELDS: Final = (
    '"count", "first", "last", "min", "max", nan_count, inf_count, first_step, last_step, min_step, max_step,'
    " first_time, last_time, last_epoch"
)
_SET_FIELDS: Final = ", ".join(f"{name} = ?" for name in _SUMMARY_FIELDS.split(", "))
_SET_SUMMARY: Final = f"UPDATE any_sequence SET {_SET_FIELDS}, writers = ? WHERE id = ?"
_SET_SHOWN: Final = f"UPDATE any_sequence SET {_SET_FIELDS}, writers = ?, hidden_points = ? WHERE id = ?"
# of a metric: the view has no others
_ADD_HIDDEN: Final = (
    "UPDATE run SET hidden_points = hidden_points + ? WHERE id = (SELECT run_id FROM sequence WHERE id = ?)"
)


def _append_summary(dialect: Dialect) -> str:
    low = dialect.least('coalesce("min", ?)', 'coalesce(?, "min")')
    high = dialect.greatest('coalesce("max", ?)', 'coalesce(?, "max")')
    return (
        f'UPDATE any_sequence SET "count" = "count" + ?, "last" = ?, "min" = {low}, "max" = {high},'
        " nan_count = nan_count + ?, inf_count = inf_count + ?, last_step = ?,"
        f" min_step = {dialect.least('min_step', '?')}, max_step = {dialect.greatest('max_step', '?')},"
        " last_time = ?, last_epoch = ? WHERE id = ?"
    )


class PointWriting:
    """The part of one transaction that is about points.

    Args:
        connection: In the transaction.
        dialect: Of the database.
        dictionaries: Ids of metric names and contexts.
        tails: Reads unfolded points.
        run_ids: By hash, of all runs looked at.
        after: What entries shall say once the transaction is committed is put here.
    """

    def __init__(
        self,
        connection: DriverConnection,
        dialect: Dialect,
        dictionaries: Dictionaries,
        tails: TailCache,
        run_ids: Mapping[str, int],
        after: list[Callable[[], None]],
    ) -> None:
        self._connection = connection
        self._append_summary = _append_summary(dialect)
        self._dictionaries = dictionaries
        self._tails = tails
        self._run_ids = run_ids
        self._after = after

    def write(self, run_scans: Sequence[RunScan], ids: IdCounter) -> None:
        """Write all points of these scans.

        Args:
            run_scans: Their runs and streams have their rows.
            ids: Of new sequences.
        """
        work = [
            (run_scan.entry, i)
            for run_scan in run_scans
            for i in run_scan.increments
            if i.records is not None and len(i.records)
        ]
        bases: list[int] = []
        total = 0
        for _, increment in work:
            bases.append(total)
            total += len(increment.stream.feeds.keys) if increment.stream.feeds is not None else 0
        slots = _Slots(work, bases, total)
        # what is folded with nothing of it seen before, as in a first look, is sorted once for both
        parts, fold_parts = [], []
        for (_, increment), base in zip(work, bases, strict=True):
            assert increment.records is not None and increment.slots is not None
            own = increment.slots + np.int32(base)
            seen = increment.seen_count
            parts.append((increment.records[seen:], own[seen:]))
            if increment.fold and seen:
                fold_parts.append((increment.records, own))
        groups = Groups(parts, total)
        to_recompute = self._write_summaries(slots, groups, ids)
        self._write_chunks(slots, groups, is_first=True)
        if fold_parts:
            self._write_chunks(slots, Groups(fold_parts, total), is_first=False)
        self._recompute(to_recompute)

    def _write_summaries(self, slots: _Slots, groups: Groups, ids: IdCounter) -> list[SequenceEntry]:
        """Bring the summaries up to date; returns the sequences whose shown points must be looked at as a whole."""
        columns = groups.summaries()
        positions = groups.slots.tolist()
        is_simple = [slots.is_simple[slot] for slot in positions]
        # nearly all of them at every look at runs that go on: 5,000 a second for 50 runs of 100 sequences
        count, _, last, low, high, nans, infs, _, last_step, min_step, max_step, _, last_time, epoch = columns
        numbers = [slots.sequence_ids[slot] for slot in positions]
        appended = compress(
            zip(
                count, last, low, low, high, high, nans, infs, last_step, min_step, max_step, last_time, epoch, numbers,
                strict=True,
            ),
            is_simple,
        )  # fmt: skip
        is_other = [not simple for simple in is_simple]
        others = compress(enumerate(zip(positions, zip(*columns, strict=True), strict=True)), is_other)
        inserted: list[tuple[Any, ...]] = []
        feeds: list[tuple[int, int, int]] = []
        merged: dict[int, list[Summary]] = {}
        several: dict[int, tuple[SequenceEntry, list[_Addition]]] = {}
        for at, (slot, values) in others:
            entry, stream, key = slots.owner(slot)
            assert entry.sequences is not None
            sequence = entry.sequences.get(key)
            is_new = sequence is None or sequence.id == 0
            if sequence is None:
                sequence = entry.sequences[key] = SequenceEntry(0, {})
            if is_new:
                sequence.id = ids.take()
            if not slots.is_linked[slot]:
                feeds += self._new_feeds(slots, slot, stream, sequence)
            sequence.attempts[stream.writer] = stream.attempt
            if is_new:
                holds, name, context = key
                name_id = self._dictionaries.name_id(self._connection, holds, name)
                context_id = self._dictionaries.context_id(self._connection, context)
                inserted.append((sequence.id, self._run_ids[entry.hash], name_id, context_id, *values, 1, 0))
                continue
            if len(sequence.attempts) == 1:
                merged.setdefault(sequence.id, []).append(Summary(*values))
            else:
                addition = _Addition(stream.attempt, Summary(*values), groups.is_time_ordered(at))
                several.setdefault(sequence.id, (sequence, []))[1].append(addition)
        self._connection.executemany(_INSERT_SEQUENCE, inserted)
        self._connection.executemany(_INSERT_FEED, feeds)
        self._connection.executemany(self._append_summary, appended)
        for number, summaries in merged.items():
            whole = self._summary(number)
            for summary in summaries:
                whole = whole.then(summary)
            self._connection.execute(_SET_SUMMARY, (*whole.row(), 1, number))
        to_recompute = []
        for sequence, additions in several.values():
            continued = _continued(sequence, self._summary(sequence.id), additions)
            if continued is None:
                to_recompute.append(sequence)
            else:
                self._connection.execute(_SET_SUMMARY, (*continued.row(), len(sequence.attempts), sequence.id))
        return to_recompute

    def _summary(self, sequence_id: int) -> Summary:
        (row,) = fetch_all(self._connection, f"SELECT {_SUMMARY_FIELDS} FROM any_sequence WHERE id = ?", (sequence_id,))
        return Summary.from_row(row)

    def _new_feeds(
        self, slots: _Slots, slot: int, stream: StreamEntry, sequence: SequenceEntry
    ) -> list[tuple[int, int, int]]:
        assert stream.feeds is not None
        own = slot - slots.base(slot)
        entry = slots.owner(slot)[0]
        known = entry.known_feeds.get(stream.id, {})
        declared = [number for number in stream.feeds.declared[own] if number not in known]
        feeds = stream.feeds

        def commit() -> None:
            feeds.sequence_ids[own] = sequence.id
            feeds.is_linked[own] = True
            entry.known_feeds.setdefault(stream.id, {}).update(dict.fromkeys(declared, sequence.id))

        self._after.append(commit)
        slots.sequence_ids[slot] = sequence.id
        return [(stream.id, number, sequence.id) for number in declared]

    def _write_chunks(self, slots: _Slots, groups: Groups, *, is_first: bool) -> None:
        """Write chunks: of the streams of which nothing unfolded was seen before (is_first), or of the others."""
        if not slots.has_folds(is_first):
            return
        wanted = np.array([slots.folds(slot, is_first) for slot in groups.slots.tolist()], np.bool_)
        values, times = [], []
        for chunk in groups.chunks(wanted):
            entry, stream, _ = slots.owner(chunk.slot)
            number = slots.chunk_number(chunk.slot) + chunk.number
            key = (self._run_ids[entry.hash], slots.sequence_ids[chunk.slot], stream.id, number)
            values.append((*key, chunk.values, chunk.steps))
            times.append((*key, chunk.epochs, chunk.times))
        self._connection.executemany(_INSERT_CHUNK, values)
        self._connection.executemany(_INSERT_CHUNK_TIME, times)

    def _recompute(self, sequences: Sequence[SequenceEntry]) -> None:
        """Sum up what is shown of sequences that several writers feed."""
        ids = [sequence.id for sequence in sequences]
        if not ids:
            return
        self._connection.executemany(
            "UPDATE any_sequence SET writers = ? WHERE id = ?", [(len(s.attempts), s.id) for s in sequences]
        )
        layers: dict[int, Layers] = {}
        found = read_columns(self._connection, self._tails, ids, epochs=True, times=True, layers=layers)
        updates, hidden = [], []
        for sequence, columns in zip(sequences, found, strict=True):
            assert columns.values is not None and columns.steps is not None
            assert columns.times is not None and columns.epochs is not None
            if len(columns.values):
                whole = summarise(columns.values, columns.steps, columns.times, columns.epochs)
                below = layers[sequence.id]
                updates.append((*whole.row(), len(sequence.attempts), below.hidden, sequence.id))
                if below.hidden != sequence.hidden:
                    hidden.append((below.hidden - sequence.hidden, sequence.id))
                    sequence.hidden = below.hidden
                sequence.top_max_step = below.top_max_step
                sequence.is_time_ordered = bool((columns.times[1:] >= columns.times[:-1]).all())
        self._connection.executemany(_SET_SHOWN, updates)
        self._connection.executemany(_ADD_HIDDEN, hidden)


@dataclass(frozen=True, slots=True)
class _Addition:
    """New points of one writer for a sequence that several feed."""

    attempt: int
    summary: Summary
    is_time_ordered: bool


def _continued(sequence: SequenceEntry, whole: Summary, additions: Sequence[_Addition]) -> Summary | None:
    """The summary with the additions, if they are shown after all that was shown before and hide nothing; else None.

    So it is nearly always: then a look at a resumed run, or at one with many ranks, need not read it as a whole.
    """
    top = max(sequence.attempts.values())
    if sequence.top_max_step is None or any(addition.attempt != top for addition in additions):
        return None
    additions = sorted(additions, key=lambda addition: addition.summary.last_time)
    if min(sequence.attempts.values()) == top:  # ranks: in time order
        times = [addition.summary.last_time for addition in additions]
        begin = min(addition.summary.first_time for addition in additions)
        is_ordered = sequence.is_time_ordered and all(addition.is_time_ordered for addition in additions)
        if not (is_ordered and begin > whole.last_time and len(set(times)) == len(times)):
            return None
    else:  # a resumed run: beyond all steps so far, by the one writer that goes on
        writers = sum(attempt == top for attempt in sequence.attempts.values())
        is_beyond = sequence.top_max_step == whole.max_step < min(a.summary.min_step for a in additions)
        if not (is_beyond and writers == len(additions) == 1):
            return None
    for addition in additions:
        whole = whole.then(addition.summary)
    sequence.top_max_step = whole.max_step
    return whole


class _Slots:
    """The slots of all streams of a transaction: which run, stream and sequence each means."""

    def __init__(self, work: Sequence[tuple[RunEntry, Increment]], bases: Sequence[int], total: int) -> None:
        self._work = work
        self._bases = bases
        self._which: list[int] = []
        self.sequence_ids: list[int] = []
        self.is_simple: list[bool] = []
        """Whether all is known of the sequence and one writer feeds it, so that what comes is what comes last."""
        self.is_linked: list[bool] = []
        for number, (entry, increment) in enumerate(work):
            feeds = increment.stream.feeds
            if feeds is None:
                continue
            self._which += [number] * len(feeds.keys)
            self.sequence_ids += feeds.sequence_ids.tolist()
            self.is_linked += feeds.is_linked
            if {increment.stream.writer} | _point_writers(entry) == {increment.stream.writer}:
                self.is_simple += feeds.is_linked
            else:
                sequences = entry.sequences or {}
                self.is_simple += [
                    linked and len(sequences[key].attempts) == 1
                    for key, linked in zip(feeds.keys, feeds.is_linked, strict=True)
                ]
        assert len(self._which) == total

    def base(self, slot: int) -> int:
        return self._bases[self._which[slot]]

    def owner(self, slot: int) -> tuple[RunEntry, StreamEntry, SequenceIdentity]:
        number = self._which[slot]
        entry, increment = self._work[number]
        feeds = increment.stream.feeds
        assert feeds is not None
        return entry, increment.stream, feeds.keys[slot - self._bases[number]]

    def has_folds(self, is_first: bool) -> bool:
        """Whether :meth:`folds` is true of any slot."""
        return any(i.fold and (i.seen_count == 0) == is_first for _, i in self._work)

    def folds(self, slot: int, is_first: bool) -> bool:
        increment = self._work[self._which[slot]][1]
        return increment.fold and (increment.seen_count == 0) == is_first

    def chunk_number(self, slot: int) -> int:
        """Chunks are numbered by where in the stream their fold began: ascending without being looked up."""
        return self._work[self._which[slot]][1].start // POINT_RECORD_BYTES


def _point_writers(entry: RunEntry) -> set[str]:
    return {stream.writer for stream in entry.streams.values() if stream.kind != "events"}
