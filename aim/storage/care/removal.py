"""What a repo holds, and the deletion of all of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from aim.errors import (
    RepoFormatError,
    RunUnreadableError,
    StorageError,
)
from aim.schema.records import POINT_RECORD_BYTES
from aim.storage.reading.runs import run_hashes
from aim.storage.reading.streams import (
    list_streams,
)
from aim.storage.repo import trees
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.made import foreign_entries, remove_made
from aim.storage.repo.repo_files import check_format

__all__ = ["Totals", "foreign_files", "remove_repo", "repo_totals"]


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
    """What Aim did not make in the ``.aim`` directory, as paths relative to it: :func:`remove_repo` leaves it alone.

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
    """Delete all that Aim made in the ``.aim`` directory, trash included. It cannot be restored.

    Returns:
        What was left alone, because Aim did not make it, as paths relative to the directory.

    Raises:
        RepoFormatError: it has no VERSION that this version of Aim reads, so it may not be a repo.
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
