"""What a repo holds, and emptying it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from aim.errors import (
    RepoFormatError,
    RunUnreadableError,
    StorageError,
)
from aim.schema.records import POINT_RECORD_BYTES
from aim.storage.care.trash import delete_run
from aim.storage.reading.runs import run_hashes
from aim.storage.reading.streams import (
    list_streams,
)
from aim.storage.repo import files, trees
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.made import foreign_entries
from aim.storage.repo.repo_files import check_format

__all__ = ["Totals", "empty_repo", "foreign_files", "repo_totals"]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a repo holds."""

    runs: int
    points: int
    size_bytes: int
    """Of the whole ``.aim`` directory."""


def repo_totals(layout: RepoLayout) -> Totals:
    """Count what a repo holds, from file sizes alone; a run that cannot be read counts no points."""
    hashes = run_hashes(layout)
    points = 0
    for run_hash in hashes:
        with suppress(RunUnreadableError):
            streams = list_streams(layout.run_dir(run_hash))
            points += sum(stream.size_bytes // POINT_RECORD_BYTES for stream in streams if stream.kind == "points")
    return Totals(len(hashes), points, trees.tree_size(layout.root, layout.root))


def foreign_files(layout: RepoLayout) -> list[str]:
    """What Aim did not make in the ``.aim`` directory, as paths relative to it: :func:`empty_repo` leaves it alone.

    Raises:
        RepoFormatError, UnsafeFileError: as :func:`empty_repo`.
        StorageError: the file system refuses.
    """
    _check_ours(layout)
    try:
        return foreign_entries(layout)
    except OSError as error:
        raise StorageError(f"cannot list {layout.root}: {error.strerror or error}") from error


def empty_repo(layout: RepoLayout) -> list[str]:
    """Make a repo empty: its runs go into its trash, its experiments and views into ``aside/``.

    Nothing is deleted: :func:`aim.storage.care.trash.restore_run` brings the runs back.

    Returns:
        The hashes of the runs that are in the trash now.

    Raises:
        RepoFormatError: it has no VERSION that this version of Aim reads, so it may not be a repo.
        UnsafeFileError: a folder of it is a link.
        StorageError: the file system refuses.
    """
    _check_ours(layout)
    emptied = []
    try:
        for run_hash in run_hashes(layout):
            if files.is_folder(layout.root, layout.run_dir(run_hash)):
                delete_run(layout, run_hash, force=True)
                emptied.append(run_hash)
        _put_aside(layout)
    except OSError as error:
        raise StorageError(f"cannot empty {layout.root}: {error.strerror or error}") from error
    return emptied


def _put_aside(layout: RepoLayout) -> None:
    """Move what people set in a repo, which is not part of a run, where `aim doctor` keeps what it cuts."""
    kept = os.path.join(layout.root, "aside", datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    for path in (layout.config_path, layout.views):
        if files.exists(layout.root, path):
            files.make_folders(layout.root, kept)
            # a second time within a second: what was put aside first stays
            name = os.path.basename(path)
            target = os.path.join(kept, name)
            if files.exists(layout.root, target):
                target = f"{target}.{os.urandom(4).hex()}"
            files.rename(layout.root, path, target)


def _check_ours(layout: RepoLayout) -> None:
    try:
        check_format(layout)
    except RepoFormatError as error:
        raise RepoFormatError(f"nothing was changed: {error}") from error
