"""What a repo no longer needs, and its removal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aim.errors import (
    RunUnreadableError,
    UnsafeFileError,
)
from aim.schema.names import is_run_hash
from aim.storage.reading.events import read_run
from aim.storage.reading.runs import live_runs
from aim.storage.reading.status import (
    Marker,
    read_marker,
)
from aim.storage.repo import files, trees
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.lease import Standing, find_lease
from aim.storage.repo.made import LEFT_OVERS, is_trashed_run, remove_index
from aim.storage.repo.markers import CLOSED_MARKER_DAYS, closed_day

__all__ = ["Prunable", "find_prunable", "prune"]

_LEFT_OVER_S: Final = 86_400
"""A temporary file older than this does not belong to an operation in progress."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


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
        stale_indexes: Folders of unused indexes in the repo, which the index layer knows.

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
        if run_hash in live:  # deleted by force: its writer continues there
            continue
        size = trees.tree_size(layout.root, path)
        found.append(Prunable("trash", path, size, run_hash if is_run_hash(run_hash) else None))
    oldest_kept = closed_day(now - CLOSED_MARKER_DAYS * 86_400)
    for name in _names(layout, layout.closed):
        if _DAY.match(name) and name < oldest_kept:
            found += _prunable_markers(layout, os.path.join(layout.closed, name))
    for folder in (layout.root, layout.runs, layout.names):
        for name in _names(layout, folder):
            path = os.path.join(folder, name)
            if LEFT_OVERS.fullmatch(name) and now - _mtime(layout, path, now) > _LEFT_OVER_S:
                found.append(Prunable("temporary file", path, trees.tree_size(layout.root, path)))
    lease = find_lease(layout, layout.web_lease)
    if lease is not None and lease.standing is Standing.OVER:
        size = trees.tree_size(layout.root, layout.web_lease)
        found.append(Prunable("stale lease", layout.web_lease, size))
    found += [Prunable("index", path, trees.tree_size(layout.root, path)) for path in stale_indexes]
    return found


def _prunable_markers(layout: RepoLayout, day: str) -> list[Prunable]:
    """A day of markers as one item; if some are kept, or other files are there, each marker by itself."""
    try:
        with files.open_folder(layout.root, day) as folder:
            names = sorted(folder.names())
            markers = {name: read_marker(folder, name) for name in names}
    except OSError:
        return []
    needless = [name for name, marker in markers.items() if marker is not None and not _is_needed(layout, marker)]
    if len(needless) == len(names):
        return [Prunable("closed markers", day, trees.tree_size(layout.root, day))]
    paths = [os.path.join(day, name) for name in needless]
    return [Prunable("closed marker", path, trees.tree_size(layout.root, path)) for path in paths]


def _is_needed(layout: RepoLayout, marker: Marker) -> bool:
    """Whether only this marker records how a run of the repo ended, or what was lost of it."""
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
                trees.remove_tree(layout.root, item.path)
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
