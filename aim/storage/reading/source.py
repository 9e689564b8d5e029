"""Run directories as a source of the index: what changed since the last scan."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from aim.errors import UnsafeFileError
from aim.schema.names import is_run_hash
from aim.schema.runstate import RunState
from aim.schema.source import RunReading, Scan, SourceReport
from aim.storage.reading.events import read_run
from aim.storage.reading.life import last_point_at
from aim.storage.reading.points import read_points
from aim.storage.reading.standing import is_all_there, run_ledger, run_markers
from aim.storage.reading.status import (
    SETTLED_S,
    ActiveMarkers,
    Marker,
    Status,
    derive_status,
    find_closed_marker,
    retire_dead,
)
from aim.storage.reading.streams import StreamFile, list_streams, next_extent_of
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout, parse_marker_name
from aim.storage.repo.markers import CLOSED_MARKER_DAYS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["RunDirectorySource"]

_READINGS: Final = 3
"""How often a run is read at most while the files of its ended writers still grow."""

_ABSENT: Final = (FileNotFoundError, NotADirectoryError, UnsafeFileError)


class RunDirectorySource:
    """The run directories of one repo.

    A scan reads ``active/``, the day folders of ``closed/`` whose mtime changed, and ``runs/`` when its mtime changed.
    Markers of processes proven dead are moved to ``closed/`` on the way.

    Args:
        layout: The repo.
    """

    name = "runs"

    def __init__(self, layout: RepoLayout) -> None:
        self._layout = layout
        self._active = ActiveMarkers(layout)
        self._markers: dict[str, list[Marker]] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._days: dict[str, int] = {}
        self._retired: dict[tuple[str, str], Marker | None] = {}
        self._now = 0.0
        self._unread: dict[str, str] = {}
        self._opened: files.KeptFolder | None = None
        """The folder of the runs, once something was read since the last scan."""

    def scan(self, memory: Mapping[str, Any]) -> Scan:
        """See :meth:`aim.schema.source.Source.scan`.

        A marker only ever moves from ``active/`` to ``closed/``, so they are read in that order.
        """
        try:
            with files.open_folder(self._layout.root, self._layout.root) as root:
                return self._scan(root, memory)
        except FileNotFoundError:  # the whole repo is gone
            return self._scan(self._layout.root, memory)

    def _scan(self, root: files.Base, memory: Mapping[str, Any]) -> Scan:
        now = self._now = fs_now(self._layout, root)
        self._opened = None
        markers: dict[str, list[Marker]] = {}
        live: set[str] = set()
        for marker in self._active.read(now, root):
            live.add(marker.run)  # also one whose process died: this scan still reads it
            if not retire_dead(self._layout, marker, self._active.is_dead):
                markers.setdefault(marker.run, []).append(marker)
        self._markers = markers
        days, ended = self._scan_closed(root, memory.get("days"), now)
        if days != self._days or 0 in days.values():
            self._days = days
            self._retired = {name: marker for name, marker in self._retired.items() if marker is not None}
        today = time.strftime("%Y-%m-%d", time.gmtime(now))
        compare_all = _days_between(memory.get("day"), today) >= CLOSED_MARKER_DAYS
        runs_mtime = self._runs_mtime(root, now)
        present = None
        if compare_all or runs_mtime == 0 or runs_mtime != memory.get("runs"):
            present = self._present()
        return Scan(
            now=now,
            live=frozenset(live),
            ended=frozenset(ended),
            present=present,
            compare_all=compare_all,
            memory={"runs": runs_mtime, "days": days, "day": today},
        )

    @property
    def _base(self) -> files.Base:
        """Where the files of runs are opened from, in two steps each; a renamed folder is found at the next scan."""
        opened = self._opened
        if opened is None:
            try:
                opened = self._opened = files.KeptFolder(files.open_folder(self._layout.root, self._layout.runs))
            except OSError:  # which the caller meets, too
                return self._layout.root
        return opened

    def _scan_closed(self, root: files.Base, known: object, now: float) -> tuple[dict[str, int], set[tuple[str, str]]]:
        before = known if isinstance(known, dict) else {}
        days: dict[str, int] = {}
        ended: set[tuple[str, str]] = set()
        self._unread = {}
        try:
            closed = files.open_folder(root, self._layout.closed)
        except _ABSENT:
            return days, ended
        except OSError as error:
            self._note_unread(self._layout.closed, error)
            return days, ended
        with closed:
            for day in closed.names():
                mtime = days[day] = _settled_mtime(closed, day, now)
                if mtime == 0 or mtime != before.get(day):
                    try:
                        entries = _names(closed, day)
                    except OSError as error:
                        self._note_unread(closed.full(day), error)
                        days[day] = 0  # it is read again
                        continue
                    ended.update(name for entry in entries if (name := self._parsed(entry)) is not None)
        return days, ended

    def _note_unread(self, path: str, error: OSError) -> None:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise error  # nothing can be concluded from that
        reason = str(error) if isinstance(error, UnsafeFileError) else f"{path}: {error.strerror or error}"
        self._unread[path] = f"{reason}. How runs ended that only its markers record is not known"

    def _parsed(self, file_name: str) -> tuple[str, str] | None:
        # a day with thousands of names is listed again whenever one was added
        found = self._names.get(file_name)
        if found is None and (found := parse_marker_name(file_name)) is not None:
            self._names[file_name] = found
        return found

    def _runs_mtime(self, root: files.Base, now: float) -> int:
        return _settled_mtime(root, os.path.basename(self._layout.runs), now) if not isinstance(root, str) else 0

    def _present(self) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            with files.open_folder(self._base, self._layout.runs) as runs:
                for name in runs.names():
                    if is_run_hash(name) and (mark := _mark(runs, name)):
                        found[name] = mark
        except _ABSENT:  # any other failure must not look like a repo without runs
            pass
        return found

    def file_identity(self, run_hash: str) -> str:
        """Inode and change time of the directory; empty if there is none."""
        name, base = os.path.basename(self._layout.run_dir(run_hash)), self._base
        if not isinstance(base, str):
            return _mark(base, name)
        try:
            with files.open_folder(base, self._layout.runs) as runs:
                return _mark(runs, name)
        except OSError:
            return ""

    def list_streams(self, run_hash: str) -> list[StreamFile]:
        """The files of the run's writers."""
        return list_streams(self._layout.run_dir(run_hash), self._base)

    def read_run(self, run_hash: str) -> RunReading:
        """Read the run's events, and where its writers ended without saying so, their markers.

        Streams are listed before their events are read. A writer that ended in between wrote more than was listed, and
        since it is not read again once it is known to have ended, the whole run is then read again. One whose files
        still grow, or are shorter than its ``closed`` event records, is being copied: it counts as ended once they are
        there.
        """
        for _ in range(_READINGS):
            reading, ends = self._read_run(run_hash)
            if not ends:
                return reading
            listed = {stream.key: stream.size_bytes for stream in (*reading.points, *reading.events)}
            growing = {
                stream.writer
                for stream in self.list_streams(run_hash)
                if stream.writer in ends and listed.get(stream.key) != stream.size_bytes
            }
            if not growing:
                return reading
        return replace(reading, ended_writers=reading.ended_writers - growing)

    def _read_run(self, run_hash: str) -> tuple[RunReading, set[str]]:
        """The reading, and the writers that ended according to their events or markers."""
        files = read_run(self._layout.run_dir(run_hash), run_hash, self._base)
        active = self._markers.get(run_hash, ())
        markers = run_markers(files.state, active, self._find_retired)
        retired = markers[len(active) :]
        # one whose marker has its reason wrote that into its events, too, unless it lost some: they are being copied
        ended = {marker.writer for marker in retired if not marker.reason or marker.lost_events}
        closed = {name: writer for name, writer in files.state.writers.items() if writer.closed is not None}
        sizes = {stream.key: stream.size_bytes for stream in (*files.points, *files.events)}
        whole = {name for name, writer in closed.items() if is_all_there(writer, sizes)}
        loss = run_ledger(files.state, markers)
        reading = RunReading(
            files.state, files.points, files.events, loss, frozenset(ended | whole), files.unreadable_lines
        )
        return reading, {marker.writer for marker in retired} | closed.keys()

    def standing(self, state: RunState) -> Status:
        """The run's status by its events and the markers of the last scan."""
        markers = run_markers(state, self._markers.get(state.hash, ()), self._find_retired)
        run_dir = self._layout.run_dir(state.hash)
        return derive_status(
            state,
            markers,
            self._now,
            self._active.is_dead,
            lambda writer: last_point_at(run_dir, writer, self._base),
        )

    def _find_retired(self, run_hash: str, writer: str) -> Marker | None:
        # each read of a run that was resumed after a crash needs it, from up to 90 folders: remembered until one of
        # the folders changes, and for good once found
        name = (run_hash, writer)
        if name not in self._retired:
            self._retired[name] = find_closed_marker(self._layout, run_hash, writer)
        return self._retired[name]

    def read_points(self, run_hash: str, key: str, start: int, stop: int) -> npt.NDArray[np.void]:
        """Whole records of a points file between two offsets."""
        return read_points(os.path.join(self._layout.run_dir(run_hash), key), start, stop, self._base)

    def next_extent(self, run_hash: str, key: str, start: int, stop: int) -> tuple[int, int]:
        """See :meth:`aim.schema.source.Source.next_extent`."""
        return next_extent_of(os.path.join(self._layout.run_dir(run_hash), key), start, stop, self._base)

    def report(self, run_hash: str | None = None) -> SourceReport:
        """Folders of markers that could not be read; what of a run cannot be is counted on the run."""
        return SourceReport(problems=tuple(self._unread.values()) if run_hash is None else ())

    def read_head(self, run_hash: str, key: str, size: int) -> bytes:
        """The first bytes of a file; none if it is not there."""
        try:
            fd = files.open_file(self._base, os.path.join(self._layout.run_dir(run_hash), key))
            try:
                return os.read(fd, size)
            finally:
                os.close(fd)
        except (FileNotFoundError, NotADirectoryError):
            return b""


def _names(folder: files.Folder, name: str) -> Iterable[str]:
    try:
        with folder.folder(name) as inner:
            return inner.names()
    except (FileNotFoundError, NotADirectoryError):  # UnsafeFileError, of a link, is neither
        return ()


def _mark(runs: files.Folder, name: str) -> str:
    try:
        found = runs.stat(name)
    except _ABSENT:
        return ""
    if not stat.S_ISDIR(found.st_mode):
        return ""
    return f"{found.st_ino:x}:{found.st_ctime_ns:x}"


def _settled_mtime(folder: files.Folder, name: str, now: float) -> int:
    """The mtime in ns; 0 ("read again") if it is so recent that a later change might not show."""
    try:
        found = folder.stat(name)
    except OSError:
        return 0
    return 0 if found.st_mtime > now - SETTLED_S else found.st_mtime_ns


def _days_between(earlier: object, later: str) -> int:
    try:
        return abs((date.fromisoformat(later) - date.fromisoformat(str(earlier))).days)
    except ValueError:
        return CLOSED_MARKER_DAYS
