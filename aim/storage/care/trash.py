"""The trash: a delete is a rename into it, and a restore one out of it."""

from __future__ import annotations

import os

from aim.errors import (
    RunError,
    RunNotFoundError,
    RunUnreadableError,
    StorageError,
)
from aim.schema.names import is_run_hash
from aim.schema.runstate import RunState
from aim.storage.reading.events import read_run
from aim.storage.reading.runs import check_not_live, existing_run_dir
from aim.storage.reading.status import (
    read_active_markers,
    retire_dead,
)
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout

__all__ = ["delete_run", "deleted_at", "restore_run", "trashed_run", "trashed_runs"]


def trashed_runs(layout: RepoLayout) -> list[str]:
    """The hashes of the runs in the trash, sorted."""
    try:
        return sorted(name for name in files.list_names(layout.root, layout.trash) if is_run_hash(name))
    except OSError:
        return []


def trashed_run(layout: RepoLayout, run_hash: str) -> RunState:
    """A run in the trash, as its files describe it; one whose files cannot be read has only its hash."""
    try:
        return read_run(layout.trash_dir(run_hash), run_hash).state
    except RunUnreadableError:
        return RunState(run_hash)


def deleted_at(layout: RepoLayout, run_hash: str) -> float | None:
    """When a run was moved into the trash, Unix seconds; None if it is not there."""
    try:
        return files.lstat(layout.root, layout.trash_dir(run_hash)).st_mtime
    except OSError:
        return None


def delete_run(layout: RepoLayout, run_hash: str, *, force: bool = False) -> None:
    """Move a run into the trash.

    Raises:
        RunNotFoundError: the repo does not have the run.
        RunActiveError: it is being written to, and `force` is false.
        StorageError: the file system refuses.
    """
    run_dir, trash_dir = existing_run_dir(layout, run_hash), layout.trash_dir(run_hash)
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
    """Move a run from the trash back into the repo.

    Raises:
        RunNotFoundError: it is not in the trash.
        RunError: a run of this hash is in the repo already.
        StorageError: the file system refuses.
    """
    run_dir, trash_dir = layout.run_dir(run_hash), layout.trash_dir(run_hash)
    if not files.is_folder(layout.root, trash_dir):
        raise RunNotFoundError.missing(run_hash, f"the trash of {layout.root}")
    if files.exists(layout.root, run_dir):
        raise RunError(f"cannot restore run {run_hash}: it is in the repo already")
    try:
        files.rename(layout.root, trash_dir, run_dir)
    except OSError as error:
        raise StorageError(f"cannot restore run {run_hash}: {error.strerror or error}") from error
