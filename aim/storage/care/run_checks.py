"""Verify one run directory against the format."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from aim.schema.jsonvalues import from_json
from aim.schema.limits import MAX_LINE_BYTES
from aim.schema.records import POINT_FIELDS, POINT_RECORD_BYTES, RESERVED_SEQUENCE_IDS
from aim.schema.runstate import RunState, WriterState
from aim.schema.statuses import CRASHED
from aim.storage.care.findings import Check, Finding, list_or_note, note_if_unsafe
from aim.storage.reading.events import read_events, read_run
from aim.storage.reading.standing import ClosedMarkers, closed_sizes, odd_sizes, run_ledger, run_markers
from aim.storage.reading.status import (
    PRESUMED_DEAD_S,
    Marker,
    marker_status,
)
from aim.storage.reading.streams import (
    StreamFile,
    iter_points,
)
from aim.storage.repo import files, trees
from aim.storage.repo.extents import read_at
from aim.storage.repo.layout import RepoLayout, parse_stream_name, stream_name

__all__ = ["check_run"]

_RUN_SUFFIXES: Final = (".console", ".console.idx", ".spans.jsonl", ".blobs")


def check_run(
    layout: RepoLayout, run_hash: str, markers: Iterable[Marker], closed: ClosedMarkers, now: float, check: Check
) -> RunState:
    """Verify one run directory; findings and counts are added to `check`.

    Args:
        layout, run_hash: Which.
        markers: The run's active ones.
        closed: Those of writers that ended.
        now: The file system's present.
        check: Added to.
    """
    markers = list(markers)
    run_dir = layout.run_dir(run_hash)
    live = {marker.writer for marker in markers if marker_status(marker, now) != CRASHED}
    # sizes of points are taken before events are read: see read_run
    found = read_run(run_dir, run_hash, is_lenient=True)  # each file that cannot be read is named below
    state = found.state
    check.runs += 1
    check.live_runs += bool(live)
    check.files += len(found.points) + len(found.events)
    known = {stream.key for stream in (*found.points, *found.events)}
    for name in sorted(list_or_note(layout, run_dir, check)):
        if parse_stream_name(name) is not None and note_if_unsafe(layout, os.path.join(run_dir, name), check, run_hash):
            continue
        if name not in known and name != "blobs" and not name.endswith(_RUN_SUFFIXES):
            kind = "left-over file" if name.endswith(".tmp") else "unknown file"
            remedy = "aside" if kind == "left-over file" and not live else None
            check.findings.append(Finding(kind, os.path.join(run_dir, name), run=run_hash, remedy=remedy))
    if not found.events and not found.points:
        check.findings.append(Finding("empty run", run_dir, run=run_hash))
    for stream in found.events:
        is_live = _is_live(layout, stream, live, state, now)
        _check_events(layout, stream, run_hash, is_live, check)
        if stream.kind == "events" and stream.part == 1:
            check.writers += 1
    for writer in state.writers.values():
        if writer.opened_at is None and writer.writer not in live:
            path = os.path.join(run_dir, writer.writer)
            check.findings.append(Finding("no opened event", path, detail=f"writer {writer.writer}", run=run_hash))
    for stream in found.points:
        is_live = _is_live(layout, stream, live, state, now)
        _check_points(stream, state.writers.get(stream.writer), run_hash, is_live, check)
    _check_sizes(layout, found.points, found.events, state, run_dir, check)
    if state.unknown_events:
        check.findings.append(Finding("unknown events", run_dir, state.unknown_events, run=run_hash))
    loss = run_ledger(state, run_markers(state, markers, closed.find))
    if loss:
        check.loss = check.loss.plus(loss)
        parts = [f"{getattr(loss, name)} {text}" for name, text in _LOSSES if getattr(loss, name)]
        check.findings.append(
            Finding("recorded loss", run_dir, loss.lost_points + loss.lost_events, ", ".join(parts), run_hash)
        )
    return state


_LOSSES: Final = (
    ("lost_points", "points lost"),
    ("lost_events", "events lost"),
    ("rejected", "calls rejected"),
    ("unsynced", "points not known to be on disk"),
)


def _is_live(layout: RepoLayout, stream: StreamFile, live: set[str], state: RunState, now: float) -> bool:
    """Whether a writer may still append: then the end of the file cannot be judged."""
    writer = state.writers.get(stream.writer)
    if writer is not None and writer.closed is not None:
        return False
    if stream.writer in live:
        return True
    try:  # no marker (a copied directory), but written to a moment ago
        age_s = now - files.lstat(layout.root, stream.path).st_mtime
        return age_s < PRESUMED_DEAD_S and not _has_dead_marker(layout, stream, state)
    except OSError:
        return False


def _has_dead_marker(layout: RepoLayout, stream: StreamFile, state: RunState) -> bool:
    root, name = layout.root, f"{state.hash}.{stream.writer}"
    if files.exists(root, os.path.join(layout.active, name)):
        return True  # an active marker that is not live is dead
    try:
        days = files.list_names(root, layout.closed)
        return any(files.exists(root, os.path.join(layout.closed, day, name)) for day in days)
    except OSError:
        return False


def _check_events(layout: RepoLayout, stream: StreamFile, run_hash: str, is_live: bool, check: Check) -> None:
    try:
        events, end, unreadable = read_events(stream.path)
        fd = files.open_file(layout.root, stream.path)
        try:
            torn = os.fstat(fd).st_size - end
            tail = read_at(fd, end, min(torn, MAX_LINE_BYTES))
        finally:
            os.close(fd)
    except OSError as error:
        check.findings.append(Finding("unreadable", stream.path, detail=error.strerror or str(error), run=run_hash))
        return
    nameless = sum(1 for event in events if not isinstance(event.get("type"), str))
    check.events += len(events) - nameless
    if unreadable + nameless:
        check.findings.append(Finding("unreadable events", stream.path, unreadable + nameless, run=run_hash))
    if torn and not is_live:
        remedy = "end line" if len(tail) == torn and _is_event(tail) else "cut"
        detail = f"{torn} bytes" if remedy == "cut" else "a whole event without the end of its line"
        check.findings.append(Finding("torn event", stream.path, torn, detail, run_hash, remedy, end))


def _is_event(line: bytes) -> bool:
    try:
        event = from_json(line.decode("ascii"))
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and "type" in event


def _check_points(stream: StreamFile, writer: WriterState | None, run_hash: str, is_live: bool, check: Check) -> None:
    import numpy as np

    usable = stream.size_bytes - stream.size_bytes % POINT_RECORD_BYTES
    declared = np.array(sorted(writer.sequences) if writer is not None else [], dtype=np.int64)
    declared = declared[(declared > 0) & (declared < RESERVED_SEQUENCE_IDS[1])]
    filled = undeclared = filled_end = 0
    try:
        for offset, block in iter_points(stream.path, usable):
            points = np.frombuffer(block, dtype=np.dtype(POINT_FIELDS))
            ids = points["sequence"]
            raw = points.view(np.uint64).reshape(len(points), POINT_RECORD_BYTES // 8)
            is_zero = (ids == 0) & ~raw.any(axis=1)
            bad = ~np.isin(ids, declared)
            undeclared += int((bad & ~is_zero).sum())
            places = np.flatnonzero(~is_zero)
            filled += len(places)
            if len(places):
                filled_end = offset // POINT_RECORD_BYTES + int(places[-1]) + 1
    except OSError as error:
        check.findings.append(Finding("unreadable", stream.path, detail=error.strerror or str(error), run=run_hash))
        return
    total = usable // POINT_RECORD_BYTES
    zeros, zeros_at_end = total - filled, total - filled_end
    check.points += filled - undeclared
    has_closed = writer is not None and writer.closed is not None
    torn = stream.size_bytes - usable
    if torn and not is_live:
        check.findings.append(
            Finding("torn points", stream.path, torn, f"{torn} bytes of a record", run_hash, "cut", usable)
        )
    if zeros > zeros_at_end:
        check.findings.append(Finding("hole", stream.path, zeros - zeros_at_end, "records of zeros", run_hash))
    if zeros_at_end and not is_live:
        # what a writer recorded as written is not cut, even if the file system lost the contents; what is beyond
        # that is cut as "points beyond close"
        remedy = None if has_closed else "cut"
        end = usable - zeros_at_end * POINT_RECORD_BYTES
        finding = Finding("zero tail", stream.path, zeros_at_end, "records of zeros", run_hash, remedy, end)
        check.findings.append(finding)
    if undeclared and not is_live:
        check.findings.append(Finding("undeclared points", stream.path, undeclared, "points", run_hash))


def _check_sizes(
    layout: RepoLayout, points: list[StreamFile], events: list[StreamFile], state: RunState, run_dir: str, check: Check
) -> None:
    """Compare files with the sizes in the ``closed`` events."""
    found = {stream.key: stream.size_bytes for stream in (*points, *events)}
    for writer in state.writers.values():
        for name in odd_sizes(writer):
            path = os.path.join(run_dir, stream_name(writer.writer, "events"))
            detail = f"its closed event has an invalid size for {name}"
            check.findings.append(Finding("unreadable events", path, detail=detail, run=state.hash))
        for name, kind, recorded in closed_sizes(writer):
            path, size = os.path.join(run_dir, name), found.get(name, 0)
            if kind == "points":
                if size < recorded:  # sizes were taken before the events were read: it may have closed in between
                    size = max(size, trees.tree_size(layout.root, path) if name in found else 0)
                missing = recorded // POINT_RECORD_BYTES - size // POINT_RECORD_BYTES
                if missing > 0:
                    detail = f"{missing} of {recorded // POINT_RECORD_BYTES} points"
                    check.findings.append(Finding("points missing", path, missing, detail, state.hash))
                elif missing < 0:
                    end = recorded - recorded % POINT_RECORD_BYTES
                    check.findings.append(
                        Finding("points beyond close", path, -missing, "records", state.hash, "cut", end)
                    )
            elif size < recorded:
                check.findings.append(
                    Finding("events missing", path, recorded - size, f"{recorded - size} bytes", state.hash)
                )
