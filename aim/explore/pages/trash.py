"""The runs in the trash of a repo, as a list that people restore from."""

from __future__ import annotations

from typing import Any, Final

from aim.errors import RunNotFoundError
from aim.schema.runstate import RunState
from aim.storage.care.trash import deleted_at, trashed_run, trashed_runs
from aim.storage.repo.layout import RepoLayout

__all__ = ["LISTED", "trash_answer"]

LISTED: Final = 1_000
"""Runs whose files are read for one answer: the latest deleted."""


def trash_answer(layout: RepoLayout) -> dict[str, Any]:
    """The runs in the trash, the latest deleted first, and how many there are in all.

    The name and the experiment of a run whose files cannot be read are empty, and its `created_at` is null.
    """
    times = {run_hash: deleted_at(layout, run_hash) for run_hash in trashed_runs(layout)}
    newest = sorted(times, key=lambda run_hash: (-(times[run_hash] or 0.0), run_hash))
    return {"total": len(times), "runs": [_row(layout, run_hash, times[run_hash]) for run_hash in newest[:LISTED]]}


def _row(layout: RepoLayout, run_hash: str, at: float | None) -> dict[str, Any]:
    try:
        state = trashed_run(layout, run_hash)
    except (RunNotFoundError, OSError):  # restored or removed meanwhile
        state = RunState(run_hash)
    return {
        "hash": run_hash,
        "name": state.name,
        "experiment": state.experiment,
        "created_at": state.created_at,
        "deleted_at": at,
    }
