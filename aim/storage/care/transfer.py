"""Runs copied and moved to another repo, under the same hash, with what their markers say."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Final

from aim.errors import (
    RunActiveError,
    RunError,
    RunNameTakenError,
    StorageError,
)
from aim.schema.runstate import RunState
from aim.storage.care.replica import LocalReplica, sync_run
from aim.storage.reading.runs import check_not_live, existing_run, live_runs
from aim.storage.reading.standing import run_markers
from aim.storage.reading.status import Marker, find_closed_marker, read_active_markers
from aim.storage.reading.streams import (
    list_streams,
)
from aim.storage.repo import files, trees
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import closed_day
from aim.storage.writing.run_names import claim_run_name, claimed_run

__all__ = ["copy_run", "move_run"]

_MARKER_BYTES: Final = 4096
"""More than a marker has."""


def copy_run(source: RepoLayout, target: RepoLayout, run_hash: str, *, force: bool = False) -> bool:
    """Copy a run into another repo, under the same hash; of a run that is there already, what it lacks.

    What was changed there is kept.

    Returns:
        Whether its name is still unique there; False if a run of that repo has the same name.

    Raises:
        RunNotFoundError: the repo does not have the run.
        RunActiveError: it is being written to, and `force` is false. A forced copy holds what was there at
            that time.
        RunError: the other repo is the same one.
        StorageError: the file system refuses.
    """
    state = existing_run(source, run_hash)
    _check_target(source, target, run_hash, force)
    copy = LocalReplica(target)
    try:
        try:
            sync_run(LocalReplica(source), copy, run_hash)
        finally:
            copy.discard(run_hash)
    except OSError as error:
        raise StorageError(f"cannot copy run {run_hash} to {target.root}: {error.strerror or error}") from error
    return _carry_name(source, target, state)


def move_run(source: RepoLayout, target: RepoLayout, run_hash: str, *, force: bool = False) -> bool:
    """Move a run into another repo, under the same hash; between file systems it is copied first.

    By force a run that is being written to can be moved within a file system: its open files and its markers move
    with it. Between file systems, what is written during the copy would be in neither repo.

    Returns, raises: as :func:`copy_run`; RunActiveError also, whatever `force`, if it is being written to and the other
    repo is on another file system.
    """
    state = existing_run(source, run_hash)
    _check_target(source, target, run_hash, force)
    has_name = claimed_run(source, state.experiment, state.name) == run_hash
    if files.exists(target.root, target.run_dir(run_hash)):
        return _move_by_copy(source, target, run_hash)
    try:
        files.rename(source.root, source.run_dir(run_hash), target.run_dir(run_hash), new_root=target.root)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise StorageError(f"cannot move run {run_hash} to {target.root}: {error.strerror or error}") from error
        return _move_by_copy(source, target, run_hash)
    _carry_markers(source, target, state, is_moved=True)
    return _claim(target, state) if has_name else True


def _move_by_copy(source: RepoLayout, target: RepoLayout, run_hash: str) -> bool:
    was_there = files.exists(target.root, target.run_dir(run_hash))
    try:
        is_own = copy_run(source, target, run_hash)
    except RunActiveError as error:
        raise RunActiveError(
            f"{error}; {target.root} is on another file system, or has the run already: only a run that has ended can "
            f"be moved there. "
            f"Copy what is there now with: aim runs cp --force"
        ) from None
    run_dir, moved = source.run_dir(run_hash), target.run_dir(run_hash)
    aside = f"{run_dir}.{os.urandom(4).hex()}.tmp"
    try:
        files.rename(source.root, run_dir, aside)  # from now on it cannot be resumed here
        there = _sizes(moved)
        if any(there.get(name, -1) < size for name, size in _sizes(aside).items()) or run_hash in live_runs(source):
            files.rename(source.root, aside, run_dir)
            if not was_there:
                trees.remove_tree(target.root, moved)
            raise RunActiveError(f"run {run_hash} was written to while it was copied to {target.root}; it stays here")
        trees.remove_tree(source.root, aside)
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


def _carry_markers(source: RepoLayout, target: RepoLayout, state: RunState, *, is_moved: bool = False) -> None:
    """Give the markers of a run's writers without an end to the repo that it was copied or moved to.

    What cannot be written is left out: the run is there, and has crashed at a time that is not known.

    Args:
        source, target: From where and to where.
        state: The run's merged events.
        is_moved: The run directory itself, within a file system: its writers continue, and their markers get
            a name in the other repo too, so that the heartbeat counts for both.
    """
    for marker in run_markers(state, read_active_markers(source), lambda *name: find_closed_marker(source, *name)):
        with suppress(OSError):
            if is_moved and os.path.dirname(marker.path) == source.active:
                files.link(
                    source.root, marker.path, target.marker_path(marker.run, marker.writer), new_root=target.root
                )
            else:
                _copy_marker(source, target, marker)


def _copy_marker(source: RepoLayout, target: RepoLayout, marker: Marker) -> None:
    data = files.read_bytes(source.root, marker.path, _MARKER_BYTES)
    day = os.path.join(target.closed, closed_day(marker.mtime))
    files.make_folders(target.root, day)
    path = os.path.join(day, os.path.basename(marker.path))
    fd = files.open_file(target.root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        files.write_fd(fd, data)
        files.touch_fd(fd, path, marker.mtime)
    finally:
        os.close(fd)
