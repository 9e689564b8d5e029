"""Which runs a repo holds, and which are being written to: read from its directories, not from the index."""

from __future__ import annotations

from collections.abc import Iterable

from aim.errors import (
    RunActiveError,
    RunNotFoundError,
)
from aim.schema.names import is_run_hash
from aim.schema.runstate import LossLedger, RunState
from aim.schema.statuses import CRASHED
from aim.storage.reading.events import read_run
from aim.storage.reading.standing import read_standing
from aim.storage.reading.status import (
    Marker,
    Status,
    marker_status,
    read_active_markers,
)
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout

__all__ = ["check_not_live", "existing_run", "existing_run_dir", "live_runs", "run_hashes", "run_status"]


def run_hashes(layout: RepoLayout) -> list[str]:
    """The hashes of all runs of the repo, sorted."""
    try:
        return sorted(name for name in files.list_names(layout.root, layout.runs) if is_run_hash(name))
    except OSError:
        return []


def live_runs(layout: RepoLayout) -> dict[str, list[Marker]]:
    """The runs that are, or may be, written to, with the markers that show it."""
    now = fs_now(layout)
    found: dict[str, list[Marker]] = {}
    for marker in read_active_markers(layout):
        if marker_status(marker, now) != CRASHED:
            found.setdefault(marker.run, []).append(marker)
    return found


def check_not_live(layout: RepoLayout, run_hashes: Iterable[str]) -> None:
    """Make sure that none of these runs is being written to.

    Raises:
        RunActiveError: one is; names the run, the process and the host.
    """
    live = live_runs(layout)
    for run_hash in run_hashes:
        if run_hash in live:
            marker = live[run_hash][0]
            raise RunActiveError(
                f"run {run_hash} is being written to by process {marker.pid} on {marker.host or 'an unknown host'}"
            )


def run_status(layout: RepoLayout, run_hash: str) -> tuple[RunState, Status, LossLedger]:
    """A run as its files describe it, its status, and what was lost of it; read from the files, not the index.

    Raises:
        RunNotFoundError: the repo does not have the run.
    """
    state = existing_run(layout, run_hash)
    return state, *read_standing(layout, state)


def existing_run(layout: RepoLayout, run_hash: str) -> RunState:
    return read_run(existing_run_dir(layout, run_hash), run_hash).state


def existing_run_dir(layout: RepoLayout, run_hash: str) -> str:
    run_dir = layout.run_dir(run_hash)
    if files.is_folder(layout.root, run_dir):
        return run_dir
    reason = files.why_unsafe(layout.root, run_dir)
    raise RunNotFoundError.missing(run_hash, layout.root, hint=f": {run_dir} {reason}" if reason else "")
