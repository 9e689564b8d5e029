"""The status of a run and its ledger of losses, from its files and markers. Both are worked out here alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from aim.schema.limits import MAX_COUNT
from aim.schema.records import POINT_RECORD_BYTES
from aim.schema.runstate import LossLedger, RunState, WriterState
from aim.storage.reading.life import last_point_at
from aim.storage.reading.status import (
    Marker,
    Status,
    derive_status,
    find_closed_marker,
    read_active_markers,
    read_marker,
)
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout, parse_stream_name

__all__ = [
    "ClosedMarkers",
    "FindClosed",
    "closed_sizes",
    "is_all_there",
    "lacking",
    "odd_sizes",
    "read_standing",
    "run_ledger",
    "run_markers",
]

FindClosed = Callable[[str, str], Marker | None]
"""Gives the marker of a writer, by run and writer, from those that ended."""


def read_standing(layout: RepoLayout, state: RunState) -> tuple[Status, LossLedger]:
    """The status of a run now, and its ledger; read from the files, not the index.

    Args:
        layout: The repo.
        state: The run's merged events.
    """
    markers = run_markers(state, read_active_markers(layout), lambda *name: find_closed_marker(layout, *name))
    status = derive_status(
        state, markers, fs_now(layout), last_point=lambda writer: last_point_at(layout.run_dir(state.hash), writer)
    )
    return status, run_ledger(state, markers)


def run_markers(state: RunState, active: Iterable[Marker], find_closed: FindClosed) -> list[Marker]:
    """The markers that add to the events of a run: the active ones, and those of writers without a ``closed`` event.

    Args:
        state: The run's merged events.
        active: Those in ``active/``; those of other runs are ignored.
        find_closed: Asked for each writer that has neither an active one nor a ``closed`` event.
    """
    markers = [marker for marker in active if marker.run == state.hash]
    known = {marker.writer for marker in markers}
    for name, writer in state.writers.items():
        if writer.closed is None and name not in known and (found := find_closed(state.hash, name)) is not None:
            markers.append(found)
    return markers


def run_ledger(state: RunState, markers: Iterable[Marker]) -> LossLedger:
    """What was lost of a run: for each writer the larger counts of its events and its marker.

    A disk that refused one of them may have taken the other, and either may be older.
    """
    by_writer = {marker.writer: marker.loss for marker in markers if marker.run == state.hash}
    total = LossLedger()
    for name, writer in state.writers.items():
        marked = by_writer.get(name)
        total = total.plus(writer.loss if marked is None else _larger(writer.loss, marked))
    return total


def _larger(one: LossLedger, other: LossLedger) -> LossLedger:
    causes = dict(one.causes)
    for cause, count in other.causes:
        causes[cause] = max(causes.get(cause, 0), count)
    return LossLedger(
        max(one.lost_points, other.lost_points),
        max(one.lost_events, other.lost_events),
        max(one.rejected, other.rejected),
        max(one.unsynced, other.unsynced),
        tuple(sorted(causes.items())),
    )


def closed_sizes(writer: WriterState) -> Iterator[tuple[str, str, int]]:
    """The sizes of the writer's files by its ``closed`` event: (name, kind, bytes). Empty without such an event."""
    return ((name, kind, size) for name, kind, size in _recorded_sizes(writer) if _is_size(size))


def odd_sizes(writer: WriterState) -> list[str]:
    """The writer's files for which the ``closed`` event has an invalid size."""
    return [name for name, _, size in _recorded_sizes(writer) if not _is_size(size)]


def _recorded_sizes(writer: WriterState) -> Iterator[tuple[str, str, Any]]:
    sizes = writer.closed.get("sizes") if writer.closed is not None else None
    if not isinstance(sizes, dict):
        return
    for suffix, size in sizes.items():
        name = f"{writer.writer}.{suffix}"
        stream = parse_stream_name(name)
        if stream is None or stream[0] != writer.writer:  # the event may come from anywhere, and the string be any path
            continue
        yield name, stream[1], size


def _is_size(size: Any) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_COUNT


def is_all_there(writer: WriterState, found: Mapping[str, int]) -> bool:
    """Whether the files are as large as the ``closed`` event records; if not, a copy may still be in progress.

    Args:
        writer: Whose.
        found: The size of each file by its name.
    """
    for name, kind, size in closed_sizes(writer):
        unit = POINT_RECORD_BYTES if kind == "points" else 1
        if found.get(name, 0) // unit < size // unit:
            return False
    return True


def lacking(state: RunState, found: Mapping[str, int]) -> str:
    """What is missing of what the writers of a run recorded when they closed; empty if nothing is.

    Args:
        state: The run's merged events.
        found: The size of each file in bytes, by its name.
    """
    missing = total = 0
    has_all_events = True
    for writer in state.writers.values():
        for name, kind, size in closed_sizes(writer):
            there = found.get(name, 0)
            if kind == "points":
                total += size // POINT_RECORD_BYTES
                missing += max(0, size // POINT_RECORD_BYTES - there // POINT_RECORD_BYTES)
            else:
                has_all_events = has_all_events and there >= size
    if missing > 0:
        return f"{missing:,} of {total:,} points"
    return "" if has_all_events else "some of its events"


class ClosedMarkers:
    """The markers of writers that ended, for many look-ups: ``closed/`` is listed once.

    Args:
        layout: The repo.
    """

    def __init__(self, layout: RepoLayout) -> None:
        self._layout = layout
        self._days: dict[str, str] | None = None

    def find(self, run_hash: str, writer: str) -> Marker | None:
        """As :func:`aim.storage.reading.status.find_closed_marker`."""
        if self._days is None:
            self._days = {}
            for day in sorted(self._listing(self._layout.closed)):
                folder = os.path.join(self._layout.closed, day)
                self._days.update(dict.fromkeys(self._listing(folder), folder))
        name = f"{run_hash}.{writer}"
        if name not in self._days:
            return None
        try:
            with files.open_folder(self._layout.root, self._days[name]) as opened:
                return read_marker(opened, name)
        except OSError:
            return None

    def _listing(self, path: str) -> list[str]:
        try:
            return files.list_names(self._layout.root, path)
        except OSError:
            return []
