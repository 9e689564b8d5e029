"""Whether a run is running, and how it ended: derived from markers and events whenever asked, never stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aim.schema.events import ROLE_TRAIN
from aim.schema.limits import MAX_DAYS, MAX_ERROR_CHARS, MAX_TIME_S, MIN_TIME_S, clamped_count, usable_time
from aim.schema.runstate import LossLedger, RunState, WriterState
from aim.schema.statuses import ACTIVE, CRASHED, ENDED_WORST_FIRST, FINISHED, RUNNING, STALLED, STATUSES
from aim.storage.reading.life import LastPoint, pauses_s
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout, parse_marker_name
from aim.storage.repo.markers import closed_day, parse_marker
from aim.storage.repo.process import Seen, look_for, process_is_gone

__all__ = [
    "PRESUMED_DEAD_S",
    "SETTLED_S",
    "STALLED_S",
    "ActiveMarkers",
    "Marker",
    "Status",
    "derive_status",
    "find_active_marker",
    "find_closed_marker",
    "marker_status",
    "read_active_markers",
    "read_marker",
    "retire_dead",
]

STALLED_S: Final = 120.0
PRESUMED_DEAD_S: Final = 900.0
"""Without a heartbeat, where it cannot be seen whether the process lives (another host, container or user)."""

_FUTURE_S: Final = 86_400.0
"""A heartbeat further in the future than this does not come from a clock: the marker was copied, or made by hand."""

SETTLED_S: Final = 2.0
"""What changed less than this ago may change again without its mtime showing it (coarse clocks)."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker as found on disk."""

    run: str
    writer: str
    path: str
    mtime: float
    host: str = ""
    boot: str = ""
    pid_ns: str = ""
    pid: int = 0
    start: str = ""
    opened_at: float = 0.0
    is_copy: bool = False
    """Whether the file is a copy of the one that the writer made: its process, if it lives, writes to another repo."""
    reason: str = ""
    """How the writer ended, where its events file could not take it."""
    lost_points: int = 0
    lost_events: int = 0
    rejected: int = 0
    unsynced: int = 0
    causes: tuple[tuple[str, int], ...] = ()

    @property
    def loss(self) -> LossLedger:
        """The ledger that a full disk kept out of the events file."""
        return LossLedger(self.lost_points, self.lost_events, self.rejected, self.unsynced, self.causes)


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a run."""

    value: str
    """One of :data:`aim.schema.statuses.STATUSES`."""
    ended_at: float | None = None
    """Unix seconds; None while it runs. Of a crashed run, its last sign of life."""
    exit_code: int | None = None
    error_type: str = ""
    error_message: str = ""
    pauses_s: float = 0.0
    """Seconds before the end in which no process recorded: between an attempt and the one that resumed it."""

    @property
    def is_active(self) -> bool:
        """Whether points may still come."""
        return self.value in ACTIVE


_MAX_PID: Final = 2**31 - 1
_MARKER_BYTES: Final = 4096
"""More than a marker has."""


def read_marker(folder: files.Folder, file_name: str) -> Marker | None:
    """Read one marker in an open folder; None if it is gone, or its name is not that of a marker.

    The mtime of one that may not be read still shows when its writer lived.
    """
    name = parse_marker_name(file_name)
    if name is None:
        return None
    try:
        fd = folder.open(file_name)
        try:
            found = os.fstat(fd)
            fields = parse_marker(os.read(fd, _MARKER_BYTES))
        finally:
            os.close(fd)
    except PermissionError:
        try:
            found, fields = folder.stat(file_name), {}
        except OSError:
            return None
    except OSError:
        return None

    pid = clamped_count(fields.get("pid"))

    def text(key: str) -> str:
        value = fields.get(key)
        return value if isinstance(value, str) else ""

    return Marker(
        run=name[0],
        writer=name[1],
        path=folder.full(file_name),
        mtime=min(max(found.st_mtime, MIN_TIME_S), MAX_TIME_S),
        host=text("host"),
        boot=text("boot"),
        pid_ns=text("pid_ns"),
        pid=pid if pid <= _MAX_PID else 0,
        start=text("start"),
        opened_at=usable_time(fields.get("opened_at")) or 0.0,
        is_copy=text("inode") not in ("", f"{found.st_ino:x}"),
        reason=text("reason"),
        lost_points=clamped_count(fields.get("lost_points")),
        lost_events=clamped_count(fields.get("lost_events")),
        rejected=clamped_count(fields.get("rejected")),
        unsynced=clamped_count(fields.get("unsynced")),
        causes=LossLedger.from_event(fields).causes,
    )


def find_active_marker(layout: RepoLayout, run_hash: str, writer: str) -> Marker | None:
    """The marker of a writer that has not ended; None if there is none."""
    try:
        with files.open_folder(layout.root, layout.active) as active:
            return read_marker(active, f"{run_hash}.{writer}")
    except OSError:
        return None


def read_active_markers(layout: RepoLayout) -> list[Marker]:
    """All markers in ``active/``, in the order of their names."""
    return ActiveMarkers(layout).read(0.0)


class ActiveMarkers:
    """The markers in ``active/``, for repeated reading: those that did not change are not read again.

    Args:
        layout: The repo.
    """

    __slots__ = ("_dead", "_kept", "_layout")

    def __init__(self, layout: RepoLayout) -> None:
        self._layout = layout
        self._kept: dict[str, tuple[tuple[int, int, int], Marker | None]] = {}
        self._dead: dict[tuple[str, str, int, str], bool] = {}

    def read(self, now: float, base: files.Base | None = None) -> list[Marker]:
        """All markers in the order of their names.

        Args:
            now: The file system's time: a file so recent that a later change might not show is read again.
            base: The open root of the repo, if there is one.
        """
        self._dead = {}
        kept: dict[str, tuple[tuple[int, int, int], Marker | None]] = {}
        try:
            with files.open_folder(base or self._layout.root, self._layout.active) as folder:
                for entry in folder.scan():
                    kept[entry.name] = self._look(folder, entry, now)
        except (FileNotFoundError, NotADirectoryError):
            return []
        self._kept = {name: found for name, found in kept.items() if found[0] != _UNSETTLED}
        return [marker for name in sorted(kept) if (marker := kept[name][1]) is not None]

    def _look(
        self, folder: files.Folder, entry: os.DirEntry[str], now: float
    ) -> tuple[tuple[int, int, int], Marker | None]:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return _UNSETTLED, None
        if not stat.S_ISREG(found.st_mode):
            return _UNSETTLED, None
        if found.st_mtime > now - SETTLED_S:
            return _UNSETTLED, read_marker(folder, entry.name)
        signature = (found.st_mtime_ns, found.st_ino, found.st_size)
        known = self._kept.get(entry.name)
        return known if known is not None and known[0] == signature else (signature, read_marker(folder, entry.name))

    def is_dead(self, marker: Marker) -> bool:
        """Whether the process of a marker is proven dead; each process is checked once between two reads."""
        process = (marker.boot, marker.pid_ns, marker.pid, marker.start)
        known = self._dead.get(process)
        if known is None:
            known = self._dead[process] = _is_dead(marker)
        return known


_UNSETTLED: Final = (0, 0, 0)


def find_closed_marker(layout: RepoLayout, run_hash: str, writer: str) -> Marker | None:
    """The marker of a writer that ended, newest day first; None if it is older than what is kept."""
    try:
        closed = files.open_folder(layout.root, layout.closed)
    except OSError:
        return None
    with closed:
        for day in sorted(closed.names(), reverse=True)[:MAX_DAYS]:
            try:
                with closed.folder(day) as folder:
                    marker = read_marker(folder, f"{run_hash}.{writer}")
            except OSError:  # no folder
                continue
            if marker is not None:
                return marker
    return None


def _is_dead(marker: Marker) -> bool:
    return process_is_gone(boot=marker.boot, pid_ns=marker.pid_ns, pid=marker.pid, start=marker.start)


def marker_status(marker: Marker, now: float, is_dead: Callable[[Marker], bool] = _is_dead) -> str:
    """The status by a marker in ``active/`` alone: running, stalled or crashed."""
    if is_dead(marker):
        return CRASHED
    age_s = now - marker.mtime
    if -_FUTURE_S < age_s < STALLED_S:
        return RUNNING
    # if the process is seen to live, it was stopped or swapped out, or it waits for a disk
    return STALLED if STALLED_S <= age_s <= PRESUMED_DEAD_S or _is_seen_to_live(marker) else CRASHED


def _is_seen_to_live(marker: Marker) -> bool:
    seen = look_for(boot=marker.boot, pid_ns=marker.pid_ns, pid=marker.pid, start=marker.start)
    return seen is Seen.LIVES and not marker.is_copy


def retire_dead(layout: RepoLayout, marker: Marker, is_dead: Callable[[Marker], bool] = _is_dead) -> bool:
    """Move the marker of a process proven dead to ``closed/``; False if it is not proven or we may not write."""
    if not is_dead(marker):
        return False
    day = os.path.join(layout.closed, closed_day(marker.mtime))
    try:
        files.make_folders(layout.root, day)
        files.rename(layout.root, marker.path, os.path.join(day, os.path.basename(marker.path)))
    except OSError:
        return False
    return True


_EXIT_CODES: Final = 2**32
"""Windows has as many."""


def derive_status(
    state: RunState,
    markers: Iterable[Marker],
    now: float,
    is_dead: Callable[[Marker], bool] = _is_dead,
    last_point: LastPoint = lambda writer: None,
) -> Status:
    """The status of a run.

    Args:
        state: Its merged events.
        markers: Its markers from ``active/`` (others are ignored), and, where a writer without a ``closed`` event has
            one, from ``closed/``.
        now: The file system's present, see :func:`fs_now`.
        is_dead: Tells whether a marker's process is proven dead.
        last_point: When a writer recorded its last point. Asked for those that are over and did not say when: their
            last heartbeat may be 20 s older, and a copied run has no marker.

    A run runs while any of its training writers does; a writer of an earlier attempt that is silent was over when the
    later one began, and so was one whose training another went on with in the same attempt. Ended, it has the worst
    end among those that began its highest attempt (its ranks), or went on with it, not of guests that joined it. A
    reported status counts unless a writer opened later.
    """
    by_writer = {marker.writer: marker for marker in markers if marker.run == state.hash}
    writers = [w for w in state.writers.values() if w.role == ROLE_TRAIN]
    reported = state.reported_status
    if (
        reported is not None
        and reported[1] in ENDED_WORST_FIRST
        and all((w.opened_at or 0.0) < reported[0] for w in writers)
    ):
        # it may have been reported long after the end
        ends = _known_ends((w for w in writers if w.attempt == state.attempt), by_writer, last_point, now)
        pauses = _pauses(state, [(w, CRASHED) for w in writers], by_writer, last_point, now)
        return Status(reported[1], min(reported[0], max(ends, default=reported[0])), pauses_s=pauses)
    standing: list[tuple[WriterState, str]] = [
        (w, _writer_status(w, by_writer.get(w.writer), now, is_dead)) for w in writers
    ]
    latest = [(w, value) for w, value in standing if w.attempt == state.attempt and not w.is_succeeded]
    for wanted, among in ((RUNNING, standing), (STALLED, latest)):
        if any(value == wanted for _, value in among):
            return Status(wanted, pauses_s=_pauses(state, standing, by_writer, last_point, now))
    if not standing:  # known by edits only, e.g. a run read in place from another tool's files
        return Status(FINISHED, state.last_event_at)
    ended_at = max(_known_ends((w for w, _ in latest), by_writer, last_point, now), default=state.last_recorded_at)
    pauses = _pauses(state, standing, by_writer, last_point, now)
    for value in ENDED_WORST_FIRST:
        for writer, writer_value in latest:
            if writer_value == value and not writer.is_guest:
                return _ended(writer, value, ended_at, pauses)
    return Status(CRASHED, ended_at, pauses_s=pauses)


def _writer_status(writer: WriterState, marker: Marker | None, now: float, is_dead: Callable[[Marker], bool]) -> str:
    if writer.closed is not None:
        reason = writer.closed.get("reason")
        return reason if reason in STATUSES else FINISHED
    if marker is None:
        return CRASHED
    if marker.reason:
        return marker.reason if marker.reason in STATUSES else FINISHED
    if os.path.basename(os.path.dirname(marker.path)) != "active":
        return CRASHED
    return marker_status(marker, now, is_dead)


def _known_ends(
    writers: Iterable[WriterState], markers: dict[str, Marker], last_point: LastPoint, now: float
) -> list[float]:
    """When writers ended, or gave their last sign of life, as far as that is known."""
    ends: list[float] = []
    for writer in writers:
        if writer.closed is not None:
            ends.append(float(writer.closed["time"]))
            continue
        marker = markers.get(writer.writer)
        if marker is not None:
            ends.append(marker.mtime)
            if marker.reason:  # it wrote the marker last
                continue
        at = last_point(writer.writer)
        if at is not None and at < now + _FUTURE_S:
            ends.append(max(at, writer.last_event_at or at))
    return ends


def _pauses(
    state: RunState,
    standing: Sequence[tuple[WriterState, str]],
    markers: dict[str, Marker],
    last_point: LastPoint,
    now: float,
) -> float:
    """The seconds between the attempts of a run; 0 where another tool wrote it, whose files do not say."""
    if len(standing) < 2 or state.source != "aim":
        return 0.0
    spans: list[tuple[float, float]] = []
    for writer, value in standing:
        if writer.opened_at is None:
            continue
        end = writer.last_event_at or writer.opened_at
        if value in ACTIVE:
            end = float("inf")
        spans.append((writer.opened_at, max([end, *_known_ends([writer], markers, last_point, now)])))
    return pauses_s(spans)


def _ended(writer: WriterState, value: str, ended_at: float | None, pauses: float) -> Status:
    closed = writer.closed or {}
    error = closed.get("error")
    exit_code = closed.get("exit_code")
    return Status(
        value,
        ended_at,
        exit_code if isinstance(exit_code, int) and abs(exit_code) < _EXIT_CODES else None,
        str(error.get("type", ""))[:MAX_ERROR_CHARS] if isinstance(error, dict) else "",
        str(error.get("message", ""))[:MAX_ERROR_CHARS] if isinstance(error, dict) else "",
        pauses_s=pauses,
    )
