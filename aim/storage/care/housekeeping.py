"""Deleting, restoring, copying and moving whole runs, and emptying what a repo no longer needs.

A delete is a rename into ``trash/``. Everything here refuses a run that somebody may be writing to, unless forced.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aim.errors import (
    RepoFormatError,
    RunActiveError,
    RunError,
    RunNameTakenError,
    RunNotFoundError,
    RunUnreadableError,
    StorageError,
    UnsafeFileError,
)
from aim.schema import events as ev
from aim.schema.names import is_run_hash
from aim.schema.records import POINT_RECORD_BYTES
from aim.schema.runstate import LossLedger, RunState
from aim.storage.care.carry import carry_markers
from aim.storage.reading.reader import list_streams, read_run
from aim.storage.reading.standing import read_standing
from aim.storage.reading.status import (
    Marker,
    Status,
    fs_now,
    marker_status,
    read_active_markers,
    read_marker,
    retire_dead,
)
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout, parse_stream_name
from aim.storage.repo.lease import Standing, find_lease
from aim.storage.repo.made import LEFT_OVERS, foreign_entries, is_trashed_run, remove_index, remove_made
from aim.storage.repo.markers import closed_day
from aim.storage.repo.repo_files import check_format
from aim.storage.writing.open_run import open_edit_writer
from aim.storage.writing.run_names import claim_run_name, claimed_run

__all__ = [
    "CLOSED_MARKER_DAYS",
    "Prunable",
    "Totals",
    "check_not_live",
    "copy_run",
    "delete_run",
    "find_prunable",
    "foreign_files",
    "live_runs",
    "move_run",
    "prune",
    "remove_repo",
    "repo_totals",
    "restore_run",
    "run_hashes",
    "run_status",
    "say_status",
    "set_archived",
    "trashed_run",
    "trashed_runs",
]

CLOSED_MARKER_DAYS: Final = 90
"""How long markers of ended writers are kept; an index that looked last before that compares every run directory."""

_LEFT_OVER_S: Final = 86_400
"""A temporary file older than this belongs to no operation that still goes on."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True, slots=True)
class Totals:
    """What a repo holds."""

    runs: int
    points: int
    size_bytes: int
    """Of the whole ``.aim`` directory."""


def repo_totals(layout: RepoLayout) -> Totals:
    """Count what a repo holds, from file sizes alone; of a run that cannot be read no points."""
    hashes = run_hashes(layout)
    points = 0
    for run_hash in hashes:
        with suppress(RunUnreadableError):
            streams = list_streams(layout.run_dir(run_hash))
            points += sum(stream.size_bytes // POINT_RECORD_BYTES for stream in streams if stream.kind == "points")
    return Totals(len(hashes), points, files.tree_size(layout.root, layout.root))


def foreign_files(layout: RepoLayout) -> list[str]:
    """What in the ``.aim`` directory Aim did not make, as paths relative to it: :func:`remove_repo` leaves it alone.

    Raises:
        RepoFormatError, UnsafeFileError: as :func:`remove_repo`.
        StorageError: the file system refuses.
    """
    _check_ours(layout)
    try:
        return foreign_entries(layout)
    except OSError as error:
        raise StorageError(f"cannot list {layout.root}: {error.strerror or error}") from error


def remove_repo(layout: RepoLayout) -> list[str]:
    """Delete all that Aim made in the ``.aim`` directory, trash included. Nothing of it can be restored.

    Returns:
        What was left alone, because Aim did not make it, as paths relative to the directory.

    Raises:
        RepoFormatError: it has no VERSION that this version of Aim reads, so that nothing says that it is a repo, or
            what of it is.
        UnsafeFileError: a folder of it is a link.
        StorageError: the file system refuses.
    """
    _check_ours(layout)
    try:
        return remove_made(layout)
    except OSError as error:
        raise StorageError(f"cannot remove {layout.root}: {error.strerror or error}") from error


def _check_ours(layout: RepoLayout) -> None:
    try:
        check_format(layout)
    except RepoFormatError as error:
        raise RepoFormatError(f"nothing is deleted: {error}") from error


def run_hashes(layout: RepoLayout) -> list[str]:
    """The hashes of all runs of the repo, sorted."""
    try:
        return sorted(name for name in files.list_names(layout.root, layout.runs) if is_run_hash(name))
    except OSError:
        return []


def trashed_runs(layout: RepoLayout) -> list[str]:
    """The hashes of the runs in the trash, sorted."""
    try:
        return sorted(name for name in files.list_names(layout.root, layout.trash) if is_run_hash(name))
    except OSError:
        return []


def trashed_run(layout: RepoLayout, run_hash: str) -> RunState:
    """A run in the trash, as its files describe it; one whose files cannot be read has nothing but its hash."""
    try:
        return read_run(layout.trash_dir(run_hash), run_hash).state
    except RunUnreadableError:
        return RunState(run_hash)


def live_runs(layout: RepoLayout) -> dict[str, list[Marker]]:
    """The runs that somebody writes to, or may, with the markers that say so."""
    now = fs_now(layout)
    found: dict[str, list[Marker]] = {}
    for marker in read_active_markers(layout):
        if marker_status(marker, now) != "crashed":
            found.setdefault(marker.run, []).append(marker)
    return found


def check_not_live(layout: RepoLayout, run_hashes: Iterable[str]) -> None:
    """Make sure that nobody writes to any of these runs.

    Raises:
        RunActiveError: somebody does; names the run, the process and the host.
    """
    live = live_runs(layout)
    for run_hash in run_hashes:
        if run_hash in live:
            marker = live[run_hash][0]
            raise RunActiveError(
                f"run {run_hash} is being written to by process {marker.pid} on {marker.host or 'an unknown host'}"
            )


def run_status(layout: RepoLayout, run_hash: str) -> tuple[RunState, Status, LossLedger]:
    """A run as its files describe it, how it stands, and what could not be kept of it; the index is not asked.

    Raises:
        RunNotFoundError: there is no such run.
    """
    state = _existing(layout, run_hash)
    return state, *read_standing(layout, state)


def say_status(layout: RepoLayout, run_hash: str, value: str) -> None:
    """Say how a run ended whose own process cannot.

    Raises:
        RunNotFoundError: there is no such run.
        StorageError: the file system refuses.
    """
    _edit(layout, run_hash, {"type": ev.STATUS, "value": value})


def set_archived(layout: RepoLayout, run_hash: str, value: bool, *, must_exist: bool = True) -> None:
    """Leave a run out of queries that do not ask for it, or bring it back.

    Args:
        must_exist: False for a run read in place from another tool's files, which has no directory until it is edited.

    Raises: as :func:`say_status`.
    """
    _edit(layout, run_hash, {"type": ev.SET, "field": "archived", "value": value}, must_exist=must_exist)


def _edit(layout: RepoLayout, run_hash: str, event: ev.Event, *, must_exist: bool = True) -> None:
    try:
        with open_edit_writer(layout, run_hash, must_exist=must_exist) as edit:
            edit.event(event)
    except OSError as error:
        raise StorageError(f"cannot change run {run_hash} in {layout.root}: {error.strerror or error}") from error


def _existing(layout: RepoLayout, run_hash: str) -> RunState:
    return read_run(_existing_dir(layout, run_hash), run_hash).state


def _existing_dir(layout: RepoLayout, run_hash: str) -> str:
    run_dir = layout.run_dir(run_hash)
    if files.is_folder(layout.root, run_dir):
        return run_dir
    reason = files.why_unsafe(layout.root, run_dir)
    raise RunNotFoundError(f"no run {run_hash} in {layout.root}" + (f": {run_dir} {reason}" if reason else ""))


def delete_run(layout: RepoLayout, run_hash: str, *, force: bool = False) -> None:
    """Move a run into the trash.

    Raises:
        RunNotFoundError: there is no such run.
        RunActiveError: it is being written to, and `force` is false.
        StorageError: the file system refuses.
    """
    run_dir, trash_dir = _existing_dir(layout, run_hash), layout.trash_dir(run_hash)
    if not force:
        check_not_live(layout, [run_hash])
    try:
        files.make_folders(layout.root, layout.trash)
        if files.exists(layout.root, trash_dir):  # a run of this hash was deleted before, then copied in again
            files.rename(layout.root, trash_dir, f"{trash_dir}.{os.urandom(4).hex()}")
        files.rename(layout.root, run_dir, trash_dir)
        # its age in the trash counts from now
        files.touch(layout.root, trash_dir)
    except OSError as error:
        raise StorageError(f"cannot delete run {run_hash}: {error.strerror or error}") from error
    for marker in read_active_markers(layout):
        if marker.run == run_hash:
            retire_dead(layout, marker)


def restore_run(layout: RepoLayout, run_hash: str) -> None:
    """Take a run out of the trash again.

    Raises:
        RunNotFoundError: the trash does not hold it.
        RunError: a run of this hash is in the repo already.
        StorageError: the file system refuses.
    """
    run_dir, trash_dir = layout.run_dir(run_hash), layout.trash_dir(run_hash)
    if not files.is_folder(layout.root, trash_dir):
        raise RunNotFoundError(f"no run {run_hash} in the trash of {layout.root}")
    if files.exists(layout.root, run_dir):
        raise RunError(f"cannot restore run {run_hash}: it is in the repo already")
    try:
        files.rename(layout.root, trash_dir, run_dir)
    except OSError as error:
        raise StorageError(f"cannot restore run {run_hash}: {error.strerror or error}") from error


def copy_run(source: RepoLayout, target: RepoLayout, run_hash: str, *, force: bool = False) -> bool:
    """Copy a run into another repo, under the same hash.

    Returns:
        Whether the run could keep its name to itself; False if a run of that repo has the same name.

    Raises:
        RunNotFoundError: there is no such run.
        RunActiveError: it is being written to, and `force` is false. A forced copy holds what was there at its making.
        RunError: the other repo has a run of this hash.
        StorageError: the file system refuses.
    """
    state = _existing(source, run_hash)
    _check_target(source, target, run_hash, force)
    aside = f"{target.run_dir(run_hash)}.{os.urandom(4).hex()}.tmp"
    try:
        try:
            # points before events, so that no point lacks its declaration
            files.copy_tree(source.root, source.run_dir(run_hash), target.root, aside, first=_is_points)
            files.rename(target.root, aside, target.run_dir(run_hash))
        finally:
            with suppress(OSError):
                files.remove_tree(target.root, aside)
    except OSError as error:
        raise StorageError(f"cannot copy run {run_hash} to {target.root}: {error.strerror or error}") from error
    carry_markers(source, target, state)
    return _carry_name(source, target, state)


def _is_points(name: str) -> bool:
    stream = parse_stream_name(name)
    return stream is not None and stream[1] == "points"


def move_run(source: RepoLayout, target: RepoLayout, run_hash: str, *, force: bool = False) -> bool:
    """Move a run into another repo, under the same hash; between file systems it is copied first.

    By force a run can be moved that is being written to, within a file system: its open files go along, and so does
    what says that it runs. Between file systems what is written while it is copied would be in neither repo.

    Returns, raises: as :func:`copy_run`; RunActiveError also, whatever `force`, if it is being written to and the other
    repo is on another file system.
    """
    state = _existing(source, run_hash)
    _check_target(source, target, run_hash, force)
    has_name = claimed_run(source, state.experiment, state.name) == run_hash
    try:
        files.rename(source.root, source.run_dir(run_hash), target.run_dir(run_hash), new_root=target.root)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise StorageError(f"cannot move run {run_hash} to {target.root}: {error.strerror or error}") from error
        return _move_between_file_systems(source, target, run_hash)
    carry_markers(source, target, state, is_moved=True)
    return _claim(target, state) if has_name else True


def _move_between_file_systems(source: RepoLayout, target: RepoLayout, run_hash: str) -> bool:
    try:
        is_own = copy_run(source, target, run_hash)
    except RunActiveError as error:
        raise RunActiveError(
            f"{error}; {target.root} is on another file system, where only a run that has ended can be moved to. "
            f"What is there now can be copied: aim runs cp --force"
        ) from None
    run_dir, moved = source.run_dir(run_hash), target.run_dir(run_hash)
    aside = f"{run_dir}.{os.urandom(4).hex()}.tmp"
    try:
        files.rename(source.root, run_dir, aside)  # from now on nobody resumes it here
        if _sizes(aside) != _sizes(moved) or run_hash in live_runs(source):
            files.rename(source.root, aside, run_dir)
            files.remove_tree(target.root, moved)
            raise RunActiveError(f"run {run_hash} was written to while it was copied to {target.root}; it stays here")
        files.remove_tree(source.root, aside)
    except OSError as error:
        raise StorageError(
            f"run {run_hash} was copied to {target.root}, but not removed here: {error.strerror or error}"
        ) from error
    return is_own


def _sizes(run_dir: str) -> dict[str, int]:
    return {stream.key: stream.size_bytes for stream in list_streams(run_dir)}


def _check_target(source: RepoLayout, target: RepoLayout, run_hash: str, force: bool) -> None:
    if os.path.realpath(source.root) == os.path.realpath(target.root):
        raise RunError(f"{target.root} is the repo that run {run_hash} is in")
    if files.exists(target.root, target.run_dir(run_hash)):
        raise RunError(f"{target.root} has a run {run_hash} already")
    if not force:
        check_not_live(source, [run_hash])


def _carry_name(source: RepoLayout, target: RepoLayout, state: RunState) -> bool:
    """A name that was unique in its experiment stays so where it is free."""
    return _claim(target, state) if claimed_run(source, state.experiment, state.name) == state.hash else True


def _claim(target: RepoLayout, state: RunState) -> bool:
    try:
        claim_run_name(target, state.experiment, state.name, state.hash)
    except (RunNameTakenError, OSError):
        return False
    return True


# -- pruning -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prunable:
    """Something that `aim storage prune` removes."""

    what: str
    """trash | closed markers (a day of them) | closed marker | temporary file | stale lease | index"""
    path: str
    size_bytes: int
    run: str | None = None


def find_prunable(layout: RepoLayout, *, stale_indexes: Sequence[str] = ()) -> list[Prunable]:
    """What the repo no longer needs.

    Args:
        layout: The repo.
        stale_indexes: Folders of indexes in it that nobody uses, as the index layer knows them.

    Raises:
        UnsafeFileError: a folder of the repo is a link.
    """
    now = fs_now(layout)
    live = live_runs(layout)
    found: list[Prunable] = []
    for name in _names(layout, layout.trash):
        if not is_trashed_run(name):
            continue
        path = os.path.join(layout.trash, name)
        run_hash = name.partition(".")[0]
        if run_hash in live:  # deleted by force: its writer goes on there
            continue
        size = files.tree_size(layout.root, path)
        found.append(Prunable("trash", path, size, run_hash if is_run_hash(run_hash) else None))
    oldest_kept = closed_day(now - CLOSED_MARKER_DAYS * 86_400)
    for name in _names(layout, layout.closed):
        if _DAY.match(name) and name < oldest_kept:
            found += _prunable_markers(layout, os.path.join(layout.closed, name))
    for folder in (layout.root, layout.runs, layout.names):
        for name in _names(layout, folder):
            path = os.path.join(folder, name)
            if LEFT_OVERS.fullmatch(name) and now - _mtime(layout, path, now) > _LEFT_OVER_S:
                found.append(Prunable("temporary file", path, files.tree_size(layout.root, path)))
    lease = find_lease(layout, layout.web_lease)
    if lease is not None and lease.standing is Standing.OVER:
        size = files.tree_size(layout.root, layout.web_lease)
        found.append(Prunable("stale lease", layout.web_lease, size))
    found += [Prunable("index", path, files.tree_size(layout.root, path)) for path in stale_indexes]
    return found


def _prunable_markers(layout: RepoLayout, day: str) -> list[Prunable]:
    """A day of markers as one; or, where some are kept, or are none, each of the others."""
    try:
        with files.open_folder(layout.root, day) as folder:
            names = sorted(folder.names())
            markers = {name: read_marker(folder, name) for name in names}
    except OSError:
        return []
    needless = [name for name, marker in markers.items() if marker is not None and not _is_needed(layout, marker)]
    if len(needless) == len(names):
        return [Prunable("closed markers", day, files.tree_size(layout.root, day))]
    paths = [os.path.join(day, name) for name in needless]
    return [Prunable("closed marker", path, files.tree_size(layout.root, path)) for path in paths]


def _is_needed(layout: RepoLayout, marker: Marker) -> bool:
    """Whether a marker alone says how a run in the repo ended, or what could not be kept of it."""
    if not (marker.reason or marker.loss) or not files.exists(layout.root, layout.run_dir(marker.run)):
        return False
    try:
        writer = read_run(layout.run_dir(marker.run), marker.run).state.writers.get(marker.writer)
    except (RunUnreadableError, OSError):
        return True
    return writer is not None and writer.closed is None


def prune(layout: RepoLayout, found: Iterable[Prunable]) -> list[tuple[Prunable, str]]:
    """Remove what :func:`find_prunable` found; returns what could not be removed, with the reason."""
    failed: list[tuple[Prunable, str]] = []
    for item in found:
        try:
            if item.path == layout.index:
                remove_index(layout)
            else:
                files.remove_tree(layout.root, item.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            failed.append((item, error.strerror or str(error)))
    return failed


def _names(layout: RepoLayout, path: str) -> list[str]:
    try:
        return sorted(files.list_names(layout.root, path))
    except UnsafeFileError:
        raise
    except OSError:
        return []


def _mtime(layout: RepoLayout, path: str, default: float) -> float:
    try:
        return files.lstat(layout.root, path).st_mtime
    except OSError:
        return default
