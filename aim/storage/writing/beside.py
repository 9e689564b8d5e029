"""Which other writers record a run: what a writer finds when it opens, and what turns out later.

Writers that overlap are parts of one attempt, so one that opens must know which others are recording. If it can look
for a process it knows at once. Of another host, or another container, a marker with a fresh heartbeat is all there is:
the job may be alive, or it may have been preempted a moment ago and be the one that is resumed here. So the marker is
watched: a heartbeat after we opened proves that the job was alive, two minutes without one show that it was over, and
if it shows a sign of life after that, it was there all the time.
"""

from __future__ import annotations

from dataclasses import dataclass

from aim.schema import events as ev
from aim.schema.attempts import writer_order
from aim.schema.runstate import RunState, WriterState
from aim.storage.reading.status import (
    PRESUMED_DEAD_S,
    STALLED_S,
    Marker,
    find_active_marker,
    find_closed_marker,
    marker_status,
)
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout, parse_stream_name
from aim.storage.repo.process import Seen, look_for

__all__ = ["Beside", "find_beside", "is_over"]


@dataclass(slots=True)
class _Watched:
    """A writer of which it cannot be seen from here whether it is alive."""

    writer: str
    mtime: float
    """Of its marker when we opened: its last sign of life before that."""
    without_marker_at: float | None = None
    """When we opened, if its marker had been removed: then `mtime` is of its files. A writer that is alive creates its
    marker again with its next heartbeat."""


class Beside:
    """The training writers of a run that recorded when another one opened, as far as is known by now.

    Args:
        ids: Those that seemed to.
        watched: Those that may have, or may not.
    """

    def __init__(self, ids: set[str] | None = None, watched: list[_Watched] | None = None) -> None:
        self._ids = ids if ids is not None else set()
        self._watched = watched if watched is not None else []
        self.ever = set(self._ids)
        """All that seemed to at some time."""

    @property
    def ids(self) -> list[str]:
        """In the order of writers."""
        return sorted(self._ids, key=writer_order)

    @property
    def is_settled(self) -> bool:
        """Whether nothing can change any more."""
        return not self._watched

    def look_again(self, layout: RepoLayout, run_hash: str) -> bool:
        """Look at those that are watched again; whether :attr:`ids` changed."""
        before = set(self._ids)
        now = fs_now(layout)
        watched = []
        for one in self._watched:
            was_there, is_known = _look(layout, run_hash, one, now)
            (self._ids.add if was_there else self._ids.discard)(one.writer)
            if not is_known:
                watched.append(one)
        self._watched = watched
        self.ever |= self._ids
        return self._ids != before


def _look(layout: RepoLayout, run_hash: str, one: _Watched, now: float) -> tuple[bool, bool]:
    """Whether a watched writer was there when we opened, as far as is known, and whether that is certain."""
    marker = find_active_marker(layout, run_hash, one.writer)
    if one.without_marker_at is not None:
        if marker is not None or find_closed_marker(layout, run_hash, one.writer) is not None:
            return True, True
        if _last_writes(layout, run_hash).get(one.writer) != one.mtime:
            return True, True
        return now - one.without_marker_at < STALLED_S, False
    if marker is None:  # it ended by itself, or was found dead on its host
        marker = find_closed_marker(layout, run_hash, one.writer)
        return marker is not None and marker.mtime != one.mtime, True
    if marker.mtime != one.mtime:
        return True, True
    if _seen(marker) is Seen.GONE:
        return False, True
    return now - one.mtime < STALLED_S, False


def _seen(marker: Marker) -> Seen:
    return look_for(boot=marker.boot, pid_ns=marker.pid_ns, pid=marker.pid, start=marker.start)


def _last_writes(layout: RepoLayout, run_hash: str) -> dict[str, float]:
    """When the files of each writer were last written to."""
    last: dict[str, float] = {}
    try:
        with files.open_folder(layout.root, layout.run_dir(run_hash)) as folder:
            for entry in folder.scan():
                name = parse_stream_name(entry.name)
                if name is not None:
                    last[name[0]] = max(last.get(name[0], 0.0), entry.stat(follow_symlinks=False).st_mtime)
    except OSError:  # it was moved or deleted meanwhile
        pass
    return last


def find_beside(layout: RepoLayout, state: RunState) -> Beside:
    """The training writers of a run that have neither ended nor are proven dead; the newest of very many.

    One whose marker was removed counts as recording if it wrote in the last 15 minutes.
    """
    ids: set[str] = set()
    watched: list[_Watched] = []
    now: float | None = None
    last_writes: dict[str, float] | None = None
    unended = [w.writer for w in state.writers.values() if w.role == ev.ROLE_TRAIN and w.closed is None]
    for writer in sorted(unended, key=writer_order, reverse=True):
        marker = find_active_marker(layout, state.hash, writer)
        if marker is not None and marker.reason:
            continue
        seen = Seen.UNKNOWN if marker is None or marker.is_copy else _seen(marker)
        if seen is Seen.GONE:
            continue
        if seen is Seen.LIVES:
            ids.add(writer)
        elif marker is None:
            now = fs_now(layout) if now is None else now
            last_writes = _last_writes(layout, state.hash) if last_writes is None else last_writes
            last = last_writes.get(writer, 0.0)
            # closed/ has many days: searched only if it is not over anyway
            if abs(now - last) > PRESUMED_DEAD_S or find_closed_marker(layout, state.hash, writer) is not None:
                continue
            ids.add(writer)
            watched.append(_Watched(writer, last, now))
        else:
            now = fs_now(layout) if now is None else now
            watched.append(_Watched(writer, marker.mtime))
            if marker_status(marker, now) == "running":
                ids.add(writer)
        if len(ids) + len(watched) >= 2 * ev.MAX_BESIDE or len(ids) == ev.MAX_BESIDE:
            break
    return Beside(ids, watched)


def is_over(layout: RepoLayout, run_hash: str, writer: WriterState) -> bool:
    """Whether the start of a job that this rank belonged to is over, because the rank did not end well, or is dead.

    One that ended well may have been quick, with others of its start still to come. One that cannot be looked for is
    taken for dead when its heartbeat is 15 minutes old.
    """
    if writer.closed is not None:
        return writer.closed.get("reason") != "finished"
    marker = find_active_marker(layout, run_hash, writer.writer)
    if marker is None:
        return find_closed_marker(layout, run_hash, writer.writer) is not None
    if marker.reason:
        return marker.reason != "finished"
    if not marker.is_copy and _seen(marker) is Seen.LIVES:
        return False
    return marker_status(marker, fs_now(layout)) == "crashed"
