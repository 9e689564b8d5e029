"""Verify a repo against its format, and mend what can be mended. Prints nothing.

What is wrong is a :class:`Finding`; its ``kind`` is one of :data:`KINDS`. Mending (:func:`repair`) only cuts torn
tails, moves things aside and writes a lost VERSION again. What it cuts is kept in ``.aim/aside/``: it never deletes.
What cannot be mended can be acknowledged (:func:`acknowledge`): it is then known, and no longer news.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from aim.errors import RepoError, RunUnreadableError, StorageError, UnsafeFileError
from aim.schema import events as ev
from aim.schema.jsonvalues import from_json, to_json
from aim.schema.limits import MAX_LINE_BYTES
from aim.schema.names import is_run_hash
from aim.schema.records import POINT_FIELDS, POINT_RECORD_BYTES, RESERVED_SEQUENCE_IDS
from aim.schema.runstate import LossLedger, RunState, WriterState
from aim.storage.reading.reader import StreamFile, iter_points, read_events, read_run
from aim.storage.reading.standing import ClosedMarkers, closed_sizes, odd_sizes, run_ledger, run_markers
from aim.storage.reading.status import PRESUMED_DEAD_S, Marker, fs_now, marker_status, read_active_markers
from aim.storage.repo import files
from aim.storage.repo.extents import data_blocks, read_at
from aim.storage.repo.layout import RepoLayout, parse_marker_name, parse_stream_name, stream_name
from aim.storage.repo.lease import Standing, find_lease
from aim.storage.repo.markers import closed_day
from aim.storage.repo.repo_files import check_format, read_config

__all__ = ["ASIDE", "KINDS", "Check", "Finding", "acknowledge", "check_repo", "check_run", "repair"]

ASIDE: Final = "aside"
"""Folder of the repo for what a repair cut off or moved."""

_ACKNOWLEDGED: Final = "acknowledged.jsonl"
"""File in that folder: the damage that somebody has seen and lives with."""

_ACKNOWLEDGED_BYTES: Final = 64 * 2**20
_VERSION_BYTES: Final = 4096
_COPY_BYTES: Final = 2**20

_NAMED_RUNS: Final = 3

_ROOT_NAMES: Final = {
    "VERSION", "config.json", "runs", "active", "closed", "names", "trash", "index", "reports", "boards",
    "bookmarks", "views", ".clock", ASIDE, "web.json", "web.log", "import.lock",
}  # fmt: skip
_ROOT_FILES: Final = {".clock", "web.json", "web.log", "import.lock"}
_NOTED_ELSEWHERE: Final = {"VERSION", "config.json", "index"}
"""By checks of their own, or (the index) by where it is said to lie."""
_RUN_SUFFIXES: Final = (".console", ".console.idx", ".spans.jsonl", ".blobs")

KINDS: Final[dict[str, tuple[bool, str]]] = {
    # kind: (is damage, what it means)
    "version": (True, "VERSION cannot be read, or a newer version of Aim wrote the repo"),
    "config": (True, "config.json cannot be read"),
    "not a file": (True, "a link, named pipe, device or folder in place of a file of the repo; it is not used"),
    "unreadable": (True, "a file or folder cannot be read, or holds more than is read of a run"),
    "torn points": (True, "a part of a record at the end of a points file"),
    "torn event": (True, "a part of a line at the end of an events file"),
    "unreadable events": (True, "lines of an events file that are no events"),
    "no opened event": (True, "a writer whose first event is missing"),
    "undeclared points": (True, "points whose sequence was never declared; they cannot be shown"),
    "hole": (True, "records of zeros inside a points file: the file system lost what was there"),
    "zero tail": (True, "zeros at the end of a points file: grown by the file system, never written"),
    "points missing": (True, "a points file is shorter than its writer said when it closed"),
    "points beyond close": (True, "a points file is longer than its writer said when it closed"),
    "events missing": (True, "an events file is shorter than its writer said when it closed"),
    "orphaned marker": (True, "a marker of a run or writer that is not there"),
    "stale marker": (False, "the marker of a writer that has ended or whose process is dead"),
    "stale lease": (False, "what a server left that ended without a word; the next one takes its place"),
    "unknown file": (False, "a file that this version does not know; it is left alone"),
    "left-over file": (False, "a temporary file of an interrupted operation"),
    "empty run": (False, "a run directory without any events"),
    "removed run": (
        False,
        "markers of runs that are no longer here: moved to another repo, pruned, or removed by hand",
    ),
    "unknown events": (False, "events of a type that this version does not know; they are ignored"),
    "recorded loss": (False, "points or events that a writer could not keep, by its own count"),
}


_INCOMPLETE: Final = ("not a file", "unreadable")
"""Kinds of findings with which what a run says of its writers is not known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing."""

    kind: str
    path: str
    count: int = 1
    """Records, lines, bytes or files, as the kind has it."""
    detail: str = ""
    run: str | None = None
    remedy: str | None = None
    """What :func:`repair` does: a key of its table ("cut" is at `offset`); None if nothing can be done."""
    offset: int = 0
    is_acknowledged: bool = False

    @property
    def is_damage(self) -> bool:
        """Whether something is lost or could mislead."""
        return KINDS[self.kind][0]

    def key(self, layout: RepoLayout) -> str:
        """What it is known by once acknowledged; more of the same is another finding."""
        return to_json([self.kind, os.path.relpath(self.path, layout.root), self.count, self.detail])


@dataclass(slots=True)
class Check:
    """What a check found and counted."""

    findings: list[Finding] = field(default_factory=list)
    runs: int = 0
    live_runs: int = 0
    writers: int = 0
    files: int = 0
    points: int = 0
    """Whole records whose sequence is declared."""
    events: int = 0
    loss: LossLedger = field(default_factory=LossLedger)
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes in each part of the repo."""

    @property
    def damage(self) -> list[Finding]:
        """The findings that are damage and not acknowledged."""
        return [finding for finding in self.findings if finding.is_damage and not finding.is_acknowledged]

    @property
    def acknowledged(self) -> list[Finding]:
        """The findings that are damage which somebody has acknowledged."""
        return [finding for finding in self.findings if finding.is_damage and finding.is_acknowledged]


def check_repo(layout: RepoLayout, *, progress: Callable[[int, int], None] | None = None) -> Check:
    """Verify every run directory and everything around them.

    Args:
        layout: The repo.
        progress: Called as ``progress(runs done, runs in all)``.
    """
    check = Check()
    try:
        check_format(layout)
    except RepoError as error:
        remedy = "version" if _is_version_lost(layout) else None
        check.findings.append(Finding("version", layout.version_path, detail=str(error), remedy=remedy))
    try:
        read_config(layout)
    except RepoError as error:
        check.findings.append(Finding("config", layout.config_path, detail=str(error), remedy="aside"))
    now = fs_now(layout)
    markers = read_active_markers(layout)
    _check_names(layout, check)
    hashes = _run_hashes(layout, check)
    if progress is not None:
        progress(0, len(hashes))
    by_run: dict[str, list[Marker]] = {}
    for marker in markers:
        by_run.setdefault(marker.run, []).append(marker)
    states: dict[str, RunState] = {}
    closed = ClosedMarkers(layout)
    unreadable: set[str] = set()
    for done, run_hash in enumerate(hashes, 1):
        own = by_run.get(run_hash, [])
        before = len(check.findings)
        try:
            state = check_run(layout, run_hash, own, closed, now, check)
        except Exception as error:  # whatever is wrong with it, the others are checked
            if isinstance(error, MemoryError):
                raise
            is_known = isinstance(error, (RunUnreadableError, OSError))
            detail = error.reason if isinstance(error, RunUnreadableError) else f"{error!s:.200}"
            detail = detail if is_known else f"unexpected {type(error).__name__}: {detail}"
            check.findings.append(Finding("unreadable", layout.run_dir(run_hash), detail=detail, run=run_hash))
            unreadable.add(run_hash)
        else:
            if any(f.run == run_hash and f.kind in _INCOMPLETE for f in check.findings[before:]):
                unreadable.add(run_hash)
            elif own:
                states[run_hash] = state
        if progress is not None:
            progress(done, len(hashes))
    # what the events of a run that cannot be read say of its writers is not known
    _check_markers([marker for marker in markers if marker.run not in unreadable], states, now, check)
    _check_closed(layout, {*hashes, *by_run}, check)
    known = _read_acknowledged(layout)
    check.findings = [replace(f, is_acknowledged=f.is_damage and f.key(layout) in known) for f in check.findings]
    for name in ("runs", "active", "closed", "trash", "index", ASIDE):
        check.sizes[name] = files.tree_size(layout.root, os.path.join(layout.root, name))
    return check


def _is_version_lost(layout: RepoLayout) -> bool:
    """Whether VERSION is gone or holds no number; a number that we do not read is another version's."""
    try:
        return not files.read_bytes(layout.root, layout.version_path, _VERSION_BYTES).strip().isdigit()
    except (FileNotFoundError, IsADirectoryError, UnsafeFileError):
        return True
    except OSError:
        return False


def _check_names(layout: RepoLayout, check: Check) -> None:
    for name in sorted(_listing(layout, layout.root, check)):
        path = os.path.join(layout.root, name)
        if name in _NOTED_ELSEWHERE or (name in _ROOT_NAMES and _note_if_unsafe(layout, path, check)):
            continue
        if name.endswith(".tmp"):
            check.findings.append(Finding("left-over file", path, remedy="aside"))
        elif name in _ROOT_FILES and files.is_folder(layout.root, path):
            check.findings.append(Finding("not a file", path, detail="is a directory", remedy="aside"))
        elif path == layout.web_lease:
            lease = find_lease(layout, path)
            if lease is not None and lease.standing is Standing.OVER:
                check.findings.append(Finding("stale lease", path, remedy="aside"))
        elif name not in _ROOT_NAMES:
            check.findings.append(Finding("unknown file", path))
    for name in sorted(_listing(layout, layout.active, check)):
        path = os.path.join(layout.active, name)
        if parse_marker_name(name) is None or files.is_folder(layout.root, path):
            check.findings.append(Finding("unknown file", path))
        else:
            _note_if_unsafe(layout, path, check)
    for folder in (layout.names, layout.trash, layout.views):
        _note_all_unsafe(layout, folder, check)
    path = os.path.join(layout.root, ASIDE, _ACKNOWLEDGED)
    _note_if_unsafe(layout, path, check)


def _note_all_unsafe(layout: RepoLayout, path: str, check: Check) -> None:
    """Note the links, pipes and devices in a folder."""
    try:
        with files.open_folder(layout.root, path) as folder:
            odd = [entry.name for entry in folder.scan() if not _is_ordinary(entry)]
    except (FileNotFoundError, UnsafeFileError):
        return
    except OSError as error:
        check.findings.append(Finding("unreadable", path, detail=error.strerror or str(error)))
        return
    for name in sorted(odd):
        _note_if_unsafe(layout, os.path.join(path, name), check)


def _is_ordinary(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)


def _note_if_unsafe(layout: RepoLayout, path: str, check: Check, run: str | None = None) -> bool:
    """Whether there is a link, a pipe or a device in place of a file or folder of ours, which is then a finding."""
    reason = files.why_unsafe(layout.root, path)
    if not reason:
        return False
    # a folder of the repo that its owner made a link holds his data: that is his to undo
    is_folder = os.path.dirname(path) == layout.root and os.path.basename(path) not in _ROOT_FILES
    remedy = None if is_folder else "aside"
    check.findings.append(Finding("not a file", path, detail=reason, run=run, remedy=remedy))
    return True


def _listing(layout: RepoLayout, path: str, check: Check) -> list[str]:
    try:
        return files.list_names(layout.root, path)
    except (FileNotFoundError, UnsafeFileError):  # the latter was noted with its name
        return []
    except OSError as error:
        check.findings.append(Finding("unreadable", path, detail=error.strerror or str(error)))
        return []


def _run_hashes(layout: RepoLayout, check: Check) -> list[str]:
    hashes = []
    for name in sorted(_listing(layout, layout.runs, check)):
        path = os.path.join(layout.runs, name)
        if is_run_hash(name) and files.is_folder(layout.root, path):
            hashes.append(name)
        elif is_run_hash(name) and _note_if_unsafe(layout, path, check, name):
            continue
        elif name.endswith(".tmp"):
            check.findings.append(Finding("left-over file", path, remedy="aside"))
        else:
            check.findings.append(Finding("unknown file", path))
    return hashes


def _check_markers(markers: Iterable[Marker], states: dict[str, RunState], now: float, check: Check) -> None:
    for marker in markers:
        has_ended = _ends(states, marker) is not None
        if marker_status(marker, now) != "crashed" and not has_ended:
            # its writer lives (or may): a run directory that is not there yet, or was removed, is its own affair
            continue
        if marker.run not in states:
            finding = Finding("orphaned marker", marker.path, detail="its run is not in the repo", remedy="aside")
        elif marker.writer not in states[marker.run].writers:
            finding = Finding("orphaned marker", marker.path, detail="its writer left no events", remedy="aside")
        else:
            detail = "its writer closed" if has_ended else "its process is dead, or silent for a long time"
            finding = Finding("stale marker", marker.path, detail=detail, remedy="retire")
        check.findings.append(replace(finding, run=marker.run))


def _check_closed(layout: RepoLayout, here: set[str], check: Check) -> None:
    """Note the runs of which only markers of ended writers are left."""
    here |= {name.partition(".")[0] for name in _listing(layout, layout.trash, check)}
    gone: dict[str, None] = {}
    for day in sorted(_listing(layout, layout.closed, check)):
        folder = os.path.join(layout.closed, day)
        if _note_if_unsafe(layout, folder, check):
            continue
        if not files.is_folder(layout.root, folder):
            check.findings.append(Finding("unknown file", folder))
            continue
        _note_all_unsafe(layout, folder, check)
        for name in sorted(_listing(layout, folder, check)):
            parts = parse_marker_name(name)
            if parts is not None and parts[0] not in here:
                gone[parts[0]] = None
    if gone:
        named = ", ".join(list(gone)[:_NAMED_RUNS]) + (", ..." if len(gone) > _NAMED_RUNS else "")
        check.findings.append(Finding("removed run", layout.closed, len(gone), named))


def _ends(states: dict[str, RunState], marker: Marker) -> ev.Event | None:
    writer = states[marker.run].writers.get(marker.writer) if marker.run in states else None
    return writer.closed if writer is not None else None


# -- one run -----------------------------------------------------------------------------------------------------------


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
    live = {marker.writer for marker in markers if marker_status(marker, now) != "crashed"}
    # sizes of points are taken before events are read: see read_run
    found = read_run(run_dir, run_hash, is_lenient=True)  # each file that cannot be read is named below
    state = found.state
    check.runs += 1
    check.live_runs += bool(live)
    check.files += len(found.points) + len(found.events)
    known = {stream.key for stream in (*found.points, *found.events)}
    for name in sorted(_listing(layout, run_dir, check)):
        if parse_stream_name(name) is not None and _note_if_unsafe(
            layout, os.path.join(run_dir, name), check, run_hash
        ):
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
    """Whether somebody may still append: then the end of the file is not ours to judge."""
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
        # what a writer said it had written is not cut, even if the file system lost the contents; what lies beyond
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
            detail = f"its closed event says no size of {name}"
            check.findings.append(Finding("unreadable events", path, detail=detail, run=state.hash))
        for name, kind, said in closed_sizes(writer):
            path, size = os.path.join(run_dir, name), found.get(name, 0)
            if kind == "points":
                if size < said:  # sizes were taken before the events were read: it may have closed in between
                    size = max(size, files.tree_size(layout.root, path) if name in found else 0)
                missing = said // POINT_RECORD_BYTES - size // POINT_RECORD_BYTES
                if missing > 0:
                    detail = f"{missing} of {said // POINT_RECORD_BYTES} points"
                    check.findings.append(Finding("points missing", path, missing, detail, state.hash))
                elif missing < 0:
                    end = said - said % POINT_RECORD_BYTES
                    check.findings.append(
                        Finding("points beyond close", path, -missing, "records", state.hash, "cut", end)
                    )
            elif size < said:
                check.findings.append(Finding("events missing", path, said - size, f"{said - size} bytes", state.hash))


# -- what cannot be mended ------------------------------------------------------------------------------------------


def acknowledge(layout: RepoLayout, findings: Iterable[Finding]) -> int:
    """Remember the damage among `findings`, and nothing but it, as known; returns how much of it there is.

    Raises:
        StorageError: the file system refuses.
    """
    keys = [finding.key(layout) for finding in findings if finding.is_damage]
    path = os.path.join(layout.root, ASIDE, _ACKNOWLEDGED)
    try:
        files.make_folders(layout.root, os.path.dirname(path))
        files.publish(layout.root, path, "".join(key + "\n" for key in keys).encode("ascii"))
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return len(keys)


def _read_acknowledged(layout: RepoLayout) -> set[str]:
    try:
        path = os.path.join(layout.root, ASIDE, _ACKNOWLEDGED)
        data = files.read_bytes(layout.root, path, _ACKNOWLEDGED_BYTES)
        return set(data.decode("utf-8", "replace").splitlines())
    except OSError:
        return set()


# -- mending -----------------------------------------------------------------------------------------------------------


def repair(layout: RepoLayout, findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Apply the remedies of `findings`.

    Returns:
        Each finding that has a remedy, with what was done, or with why it could not be.
    """
    done: list[tuple[Finding, str]] = []
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for finding in findings:
        if finding.remedy is None:
            continue
        try:
            done.append((finding, _REMEDIES[finding.remedy](layout, finding, stamp)))
        except OSError as error:
            done.append((finding, f"failed: {error.strerror or error}"))
        except Exception as error:  # whatever is wrong with it, the others are mended
            if isinstance(error, MemoryError):
                raise
            done.append((finding, f"failed: unexpected {type(error).__name__}: {error!s:.200}"))
    return done


def _aside_path(layout: RepoLayout, finding: Finding, stamp: str, suffix: str = "") -> str:
    folder = os.path.join(layout.root, ASIDE, stamp, *([finding.run] if finding.run else []))
    files.make_folders(layout.root, folder)
    base = path = os.path.join(folder, os.path.basename(finding.path) + suffix)
    number = 2
    while files.exists(layout.root, path):
        path = f"{base}.{number}"
        number += 1
    return path


def _cut(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    fd = files.open_file(layout.root, finding.path, os.O_RDWR)
    try:
        found = os.fstat(fd)
        if found.st_size <= finding.offset:
            return "nothing left to cut"
        if found.st_nlink > 1:
            kept = _aside_path(layout, finding, stamp)
            files.link(layout.root, finding.path, kept)
            try:
                _replace(layout, finding.path, fd, finding.offset)
            except BaseException:
                files.unlink(layout.root, kept)
                raise
        else:
            kept = _aside_path(layout, finding, stamp, f".from-{finding.offset}")
            _copy_part(layout, fd, finding.offset, found.st_size, kept)
            try:
                os.ftruncate(fd, finding.offset)
            except BaseException:
                files.unlink(layout.root, kept)
                raise
            os.fsync(fd)
    finally:
        os.close(fd)
    return f"cut {found.st_size - finding.offset} bytes, kept in {os.path.relpath(kept, layout.root)}"


def _copy_part(layout: RepoLayout, fd: int, start: int, stop: int, path: str, end: bytes = b"") -> None:
    """Make the file `path` of a part of an open one and `end`; where that fails nothing of it stays."""
    copy = files.open_file(layout.root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        try:
            for offset, block in data_blocks(fd, start, stop, block_bytes=_COPY_BYTES):
                os.lseek(copy, offset - start, os.SEEK_SET)
                files.write_fd(copy, block)
            os.ftruncate(copy, stop - start)
            os.lseek(copy, stop - start, os.SEEK_SET)
            files.write_fd(copy, end)
            os.fsync(copy)
        finally:
            os.close(copy)
    except BaseException:
        files.unlink(layout.root, path)
        raise


def _replace(layout: RepoLayout, path: str, fd: int, size: int, end: bytes = b"") -> None:
    """Put the first bytes of an open file, and `end`, in its place: it has another name, under which it stays whole."""
    aside = f"{path}.{os.urandom(4).hex()}.tmp"
    _copy_part(layout, fd, 0, size, aside, end)
    try:
        files.rename(layout.root, aside, path)
    except BaseException:
        files.unlink(layout.root, aside)
        raise


def _end_line(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    fd = files.open_file(layout.root, finding.path, os.O_RDWR | os.O_APPEND)
    try:
        found = os.fstat(fd)
        if found.st_nlink > 1:
            _replace(layout, finding.path, fd, found.st_size, b"\n")
        else:
            files.write_fd(fd, b"\n")
            os.fsync(fd)
    finally:
        os.close(fd)
    return "ended the line"


def _move_aside(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    kept = _aside_path(layout, finding, stamp)
    files.rename(layout.root, finding.path, kept)
    return f"moved to {os.path.relpath(kept, layout.root)}"


def _retire(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    day = os.path.join(layout.closed, closed_day(files.lstat(layout.root, finding.path).st_mtime))
    files.make_folders(layout.root, day)
    files.rename(layout.root, finding.path, os.path.join(day, os.path.basename(finding.path)))
    return "moved to closed/"


def _rewrite_version(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    if files.exists(layout.root, finding.path):
        _move_aside(layout, finding, stamp)
    files.publish(layout.root, layout.version_path, f"{ev.REPO_FORMAT}\n".encode("ascii"))
    return f"written again: format {ev.REPO_FORMAT}"


_REMEDIES: Final[dict[str, Callable[[RepoLayout, Finding, str], str]]] = {
    "cut": _cut,
    "end line": _end_line,
    "aside": _move_aside,
    "retire": _retire,
    "version": _rewrite_version,
}
