"""Edits of a run by its hash, without an index."""

from __future__ import annotations

from aim.errors import StorageError
from aim.schema import run_edits
from aim.schema.events import Event
from aim.storage.repo.layout import RepoLayout
from aim.storage.writing.open_run import open_edit_writer

__all__ = ["edit_run", "say_status", "set_archived"]


def say_status(layout: RepoLayout, run_hash: str, value: str) -> None:
    """Set how a run ended whose own process cannot report it.

    Raises:
        RunNotFoundError: the repo does not have the run.
        StorageError: the file system refuses.
    """
    edit_run(layout, run_hash, run_edits.report_status(value))


def set_archived(layout: RepoLayout, run_hash: str, value: bool, *, must_exist: bool = True) -> None:
    """Leave a run out of queries that do not ask for it, or bring it back.

    Args:
        must_exist: False for a run read in place from another tool's files, which has no directory until it is edited.

    Raises: as :func:`say_status`.
    """
    edit_run(layout, run_hash, run_edits.set_archived(value), must_exist=must_exist)


def edit_run(layout: RepoLayout, run_hash: str, *events: Event, must_exist: bool = True) -> None:
    """Write events that change a run.

    Raises: as :func:`say_status`.
    """
    try:
        with open_edit_writer(layout, run_hash, must_exist=must_exist) as edit:
            for event in events:
                edit.event(event)
    except OSError as error:
        raise StorageError(f"cannot change run {run_hash} in {layout.root}: {error.strerror or error}") from error
