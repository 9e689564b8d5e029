"""Scanning one run: what its streams hold beyond what the index has seen. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from aim.index.catchup.entries import RunEntry, StreamEntry
from aim.index.points.grouping import POINT_DTYPE, Slots
from aim.schema.records import POINT_RECORD_BYTES
from aim.schema.runstate import RunState
from aim.schema.source import RunReading, RunStanding, Scan, Source, StreamListing
from aim.schema.statuses import CRASHED

__all__ = ["FOLD_BYTES", "HEAD_BYTES", "Increment", "RunScan", "attach_records", "scan_run"]

HEAD_BYTES: Final = 64
"""How much of a stream's beginning is remembered, to tell that it was replaced."""

FOLD_BYTES: Final = 512 * 1024
"""A stream is folded into chunks when this much of it is unfolded (or it ends): a chunk per scan would rewrite the
index over and over, and much more than this would be slow to read from the file."""

_FOLD_POINTS: Final = 64
_MAX_FOLD_BYTES: Final = 8 * 1024 * 1024
"""With thousands of sequences in a stream it waits for this many points of each, up to this size: a chunk of a few
points takes many times their bytes."""

_HOLE_BYTES: Final = 1024 * 1024
"""A hole this large in a stream that no longer grows is skipped rather than read as zeros."""

_FIRST_INTERVAL_S: Final = 2.0
_LONGEST_INTERVAL_S: Final = 300.0
_QUIET_INTERVAL_S: Final = 60.0
"""An open stream without a marker is taken for ended, as far as folding goes, after so long without growth."""


@dataclass(slots=True)
class Increment:
    """What one stream has beyond what was seen, and what of it is to be folded.

    `records` begin at `start`, which is the stream's `folded` if it is folded now, else its `seen`; `slots` (as long)
    tell the sequence of each. The first `seen_count` of them are already in the summaries.
    """

    stream: StreamEntry
    start: int
    stop: int
    head: bytes
    ended: bool
    """Nothing is to come after `stop`."""
    is_final: bool
    """The stream gets no more, though there may be more of it after `stop`."""
    fold: bool
    has_more: bool = False
    """The stream goes on after `stop`, beyond the limit of one scan."""
    is_hole: bool = False
    """There is nothing from `start` to `stop`."""
    records: npt.NDArray[np.void] | None = None
    slots: Slots | None = None
    seen_count: int = 0
    skipped: int = 0


@dataclass(slots=True)
class RunScan:
    """What was found of a run. `is_gone`: it has no directory; `is_empty`: it has no streams yet."""

    entry: RunEntry
    is_gone: bool = False
    is_empty: bool = False
    replaces: RunEntry | None = None
    """The rows of this one are to be dropped: a stream of it was replaced, went away, or is of another attempt now."""
    reading: RunReading | None = None
    standing: RunStanding | None = None
    end_reason: str | None = None
    is_open: bool = True
    next_scan_at: float | None = None
    scan_interval_s: float | None = None
    file_identity: str = ""
    event_streams: list[tuple[StreamEntry, int, bytes, bool]] = field(default_factory=list)
    """(stream, size, head, ended) of events streams that are new or grew."""
    increments: list[Increment] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        """Whether the run's rows change, apart from when it is scanned next."""
        return bool(
            self.reading is not None
            or self.event_streams
            or self.increments
            or self.replaces is not None
            or self.end_reason != self.entry.end_reason
            or self.is_open != self.entry.is_open
        )

    @property
    def has_more(self) -> bool:
        """Whether there is more than the limit: to be scanned again at once."""
        return any(increment.has_more for increment in self.increments)

    @property
    def size_bytes(self) -> int:
        """How much of streams it brings."""
        return sum(i.stop - i.start for i in self.increments if not i.is_hole)


def scan_run(source: Source, scan: Scan, run_hash: str, known: RunEntry | None, *, limit_bytes: int) -> RunScan:
    """Compare a run with what is known of it.

    Args:
        source: Where the run is.
        scan: The scan that led here.
        run_hash: Which run.
        known: Its entry; None if the index has no such run.
        limit_bytes: How much of points streams to take at most in one scan.
    """
    entry = known if known is not None else RunEntry(run_hash, source.name)
    is_live = run_hash in scan.live
    mark = source.file_identity(run_hash)
    listing = source.list_streams(run_hash)
    if not listing:
        return RunScan(entry, is_gone=not mark, is_empty=bool(mark), file_identity=mark)
    replaces = None
    if known is not None and _was_replaced(source, known, listing, trust_size=is_live and mark == known.file_identity):
        replaces, entry = known, RunEntry(run_hash, source.name)
    reading = source.read_run(run_hash) if _needs_reading(entry, listing, scan, is_live=is_live) else None
    if reading is not None and replaces is None and _is_of_other_attempts(entry, reading.state):
        replaces, entry = known, RunEntry(run_hash, source.name)
    run_scan = _compare(source, scan, entry, listing, reading, limit_bytes)
    if run_scan.increments and reading is None and entry.state is None:  # events say which sequences they are of
        run_scan = _compare(source, scan, entry, listing, source.read_run(run_hash), limit_bytes)
    run_scan.replaces, run_scan.file_identity = replaces, mark
    return run_scan


def _compare(
    source: Source,
    scan: Scan,
    entry: RunEntry,
    listing: Sequence[StreamListing],
    reading: RunReading | None,
    limit_bytes: int,
) -> RunScan:
    is_live = entry.hash in scan.live
    run_scan = RunScan(entry, reading=reading)
    state = entry.state
    if reading is not None:
        listing, state = [*reading.events, *reading.points], reading.state
    ended_writers = _ended_writers(entry, reading)
    run_scan.is_open = any(stream.writer not in ended_writers for stream in listing)
    _judge(run_scan, source, is_live=is_live)
    has_grown = _take_listing(run_scan, source, listing, ended_writers, state, limit_bytes)
    if run_scan.is_open and not is_live:
        before = entry.scan_interval_s or _FIRST_INTERVAL_S / 2
        run_scan.scan_interval_s = _FIRST_INTERVAL_S if has_grown else min(2 * before, _LONGEST_INTERVAL_S)
        # of a run that ended all is written: what it lacks is on its way
        is_arriving = has_grown and run_scan.end_reason is not None
        run_scan.next_scan_at = scan.now if is_arriving else scan.now + run_scan.scan_interval_s
    return run_scan


def _was_replaced(source: Source, entry: RunEntry, listing: Sequence[StreamListing], *, trust_size: bool) -> bool:
    sizes = {stream.key: stream.size_bytes for stream in listing}
    for key, stream in entry.streams.items():
        size = sizes.get(key)
        if size is None or size < stream.seen:
            return True
        is_doubtful = bool(stream.head) and (size != stream.seen or not trust_size)
        if is_doubtful and source.read_head(entry.hash, key, len(stream.head)) != stream.head:
            return True
    return False


def _is_of_other_attempts(entry: RunEntry, state: RunState) -> bool:
    """Whether it has turned out that a writer is of another attempt, so that other points are shown. That is rare."""
    return any(
        stream.kind != "events" and (writer := state.writers.get(stream.writer)) and writer.attempt != stream.attempt
        for stream in entry.streams.values()
    )


def _needs_reading(entry: RunEntry, listing: Sequence[StreamListing], scan: Scan, *, is_live: bool) -> bool:
    if entry.id == 0 or (entry.state is None and is_live):
        return True
    if entry.end_reason is None and not is_live:
        return True  # it ended, or its marker went away
    is_behind = not is_live and entry.is_open  # what comes may be the last that an ended writer's files lacked
    for stream in listing:
        known = entry.streams.get(stream.key)
        if stream.kind == "events":
            if known is None or stream.size_bytes != known.seen:
                return True
        elif (entry.state is None or is_behind) and (known is None or _whole(stream.size_bytes) > known.seen):
            return True
        if known is not None and not known.ended and (entry.hash, stream.writer) in scan.ended:
            return True
    return False


def _ended_writers(entry: RunEntry, reading: RunReading | None) -> frozenset[str]:
    if reading is not None:
        return reading.ended_writers
    return frozenset(stream.writer for stream in entry.streams.values() if stream.ended)


def _judge(run_scan: RunScan, source: Source, *, is_live: bool) -> None:
    """Set the status of the run, if it is known and worth writing down."""
    run_scan.end_reason = run_scan.entry.end_reason
    state = run_scan.reading.state if run_scan.reading is not None else run_scan.entry.state
    if state is None or (run_scan.reading is None and not is_live):
        return
    run_scan.standing = source.standing(state)
    # presumed dead by a silent heart alone, it may come back: that is not written down
    is_presumed = run_scan.standing.value == CRASHED and is_live and run_scan.is_open
    run_scan.end_reason = None if run_scan.standing.is_active or is_presumed else run_scan.standing.value


def _take_listing(
    run_scan: RunScan,
    source: Source,
    listing: Sequence[StreamListing],
    ended_writers: frozenset[str],
    state: RunState | None,
    limit_bytes: int,
) -> bool:
    """Note which streams are new, grew, ended or are to be folded; whether any is new or grew."""
    entry = run_scan.entry
    has_grown = False
    # each gets its share, so that one that cannot go on does not starve the others
    share = max(POINT_RECORD_BYTES, _whole(limit_bytes // max(1, sum(listed.kind != "events" for listed in listing))))
    last_part = {(listed.writer, listed.kind): listed.part for listed in listing}  # parts come in their order
    unfinished: set[tuple[str, str]] = set()
    for listed in listing:
        if (listed.writer, listed.kind) in unfinished:
            continue
        stream = entry.streams.get(listed.key)
        is_new = stream is None
        if stream is None:
            stream = StreamEntry(0, listed.key, listed.writer, listed.kind, listed.part)
        writer = state.writers.get(listed.writer) if state is not None else None
        if writer is not None:
            stream.attempt, stream.rank = writer.attempt, writer.rank
        ended = listed.writer in ended_writers
        is_points = listed.kind != "events"
        size = _whole(listed.size_bytes) if is_points else listed.size_bytes
        has_grown = has_grown or is_new or size > stream.seen
        # a part that another follows gets no more, whatever becomes of its writer
        is_final = ended or listed.part < last_part[listed.writer, listed.kind]
        sequences = len(writer.sequences) if writer is not None else 0
        fold = _wants_fold(stream, size, is_final, entry, sequences)
        if not (is_new or size > stream.seen or ended != stream.ended or fold):
            continue
        head = stream.head
        if len(head) < HEAD_BYTES and size > len(head):
            head = source.read_head(entry.hash, listed.key, min(HEAD_BYTES, size))
        if not is_points:
            run_scan.event_streams.append((stream, size, head, ended))
            continue
        start = stream.folded if fold else stream.seen
        begin, end = stream.seen, size
        if is_final and size - stream.seen > _HOLE_BYTES:
            begin, end = _data_in(source, entry, stream, size)
        is_hole = begin - stream.seen > _HOLE_BYTES
        if not is_hole:
            stop = max(stream.seen, min(end, start + share))
        elif stream.folded < stream.seen:  # what was seen before the hole is folded first
            stop = stream.seen
        else:
            stop = begin
        has_more = stop < size
        if has_more:  # a long stream comes in pieces, and each is folded at once
            start, fold = stream.folded, True
            unfinished.add((listed.writer, listed.kind))
        run_scan.increments.append(
            Increment(
                stream, start, stop, head, ended and not has_more, is_final, fold, has_more, is_hole and stop == begin
            )
        )
    return has_grown


def _data_in(source: Source, entry: RunEntry, stream: StreamEntry, size: int) -> tuple[int, int]:
    """Where the next data of a stream are, beyond what was seen, as offsets of records: (begin, end)."""
    begin, end = source.next_extent(entry.hash, stream.key, stream.seen, size)
    return _whole(begin), min(size, _whole(end + POINT_RECORD_BYTES - 1))


def _wants_fold(stream: StreamEntry, size: int, is_final: bool, entry: RunEntry, sequences: int) -> bool:
    if stream.kind == "events" or size <= stream.folded:
        return False
    is_quiet = (entry.scan_interval_s or 0.0) >= _QUIET_INTERVAL_S and size == stream.seen
    enough = max(FOLD_BYTES, min(sequences * _FOLD_POINTS * POINT_RECORD_BYTES, _MAX_FOLD_BYTES))
    return is_final or size - stream.folded >= enough or is_quiet


def _whole(size_bytes: int) -> int:
    return size_bytes - size_bytes % POINT_RECORD_BYTES


def attach_records(source: Source, run_scan: RunScan) -> None:
    """Read the records of a scan's increments and find their sequences.

    A record whose id was not declared ends what is taken of a writer that goes on (its declaration may not be visible
    yet); of one that ended it is skipped and counted.

    Raises:
        OSError: a stream cannot be read, or was replaced since the scan.
    """
    for increment in run_scan.increments:
        stream = increment.stream
        start = increment.start
        if increment.is_hole:
            increment.records, increment.slots = np.empty(0, POINT_DTYPE), np.empty(0, np.int32)
            increment.skipped = (increment.stop - start) // POINT_RECORD_BYTES
            continue
        try:
            records = source.read_points(run_scan.entry.hash, stream.key, start, increment.stop)
        except OSError as error:
            if error.filename is None:  # of a read, rather than an open
                error.filename = stream.key
            raise
        feeds = stream.feeds
        lookup = feeds.lookup if feeds is not None else np.full(1, -1, np.int32)
        slots = lookup[np.minimum(records["sequence"], len(lookup) - 1)]
        increment.stop = start + len(records) * POINT_RECORD_BYTES
        if increment.stop < stream.seen:
            raise OSError(f"{stream.key} of run {run_scan.entry.hash} was cut while it was read")
        seen_count = (stream.seen - start) // POINT_RECORD_BYTES
        undeclared = np.flatnonzero(slots < 0)
        if len(undeclared) and not increment.is_final and (new := undeclared[undeclared >= seen_count]).size:
            first = int(new[0])
            records, slots = records[:first], slots[:first]
            increment.stop = start + first * POINT_RECORD_BYTES
            increment.has_more = False
            undeclared = undeclared[undeclared < first]
        if len(undeclared):
            increment.skipped = int((undeclared >= seen_count).sum())
            seen_count -= int((undeclared < seen_count).sum())
            keep = slots >= 0
            records, slots = records[keep], slots[keep]
        increment.records, increment.slots, increment.seen_count = records, slots, seen_count
    run_scan.increments = [
        i
        for i in run_scan.increments
        if i.stop > i.stream.seen or i.fold or i.ended != i.stream.ended or i.stream.id == 0
    ]
