"""Verify a repo against its format. Prints nothing, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from aim.errors import (
    RepoError,
    RunUnreadableError,
    UnsafeFileError,
)
from aim.schema import events as ev
from aim.schema.names import is_run_hash
from aim.schema.runstate import RunState
from aim.schema.statuses import CRASHED
from aim.storage.care.findings import (
    ASIDE,
    Check,
    Finding,
    acknowledged_path,
    list_or_note,
    note_if_unsafe,
    read_acknowledged,
)
from aim.storage.care.run_checks import check_run
from aim.storage.reading.standing import ClosedMarkers
from aim.storage.reading.status import (
    Marker,
    marker_status,
    read_active_markers,
)
from aim.storage.repo import files, trees
from aim.storage.repo.clock import fs_now
from aim.storage.repo.config import read_config
from aim.storage.repo.layout import RepoLayout, parse_marker_name
from aim.storage.repo.lease import Standing, find_lease
from aim.storage.repo.made import ROOT_FILES, ROOT_NAMES
from aim.storage.repo.repo_files import check_format, is_foreign_version

__all__ = ["check_repo"]

_VERSION_BYTES: Final = 4096

_NAMED_RUNS: Final = 3

_KNOWN_NAMES: Final = ROOT_NAMES | {"reports", "boards", "bookmarks"}
"""Directly in a repo: those of this version, and those that others may make."""


_NOTED_ELSEWHERE: Final = {"VERSION", "config.json", "index"}
"""Reported by other checks, or (the index) with its location."""

_INCOMPLETE: Final = ("not a file", "unreadable")
"""With a finding of these kinds the writers of a run are not fully known."""


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
        except Exception as error:  # whatever is wrong with one, the others are checked
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
    # the writers of a run that cannot be read are not known
    _check_markers([marker for marker in markers if marker.run not in unreadable], states, now, check)
    _check_closed(layout, {*hashes, *by_run}, check)
    known = read_acknowledged(layout)
    check.findings = [replace(f, is_acknowledged=f.is_damage and f.key(layout) in known) for f in check.findings]
    for name in ("runs", "active", "closed", "trash", "index", ASIDE):
        check.sizes[name] = trees.tree_size(layout.root, os.path.join(layout.root, name))
    return check


def _is_version_lost(layout: RepoLayout) -> bool:
    """Whether VERSION is gone or does not hold a number; an unknown number is that of another version."""
    try:
        text = files.read_bytes(layout.root, layout.version_path, _VERSION_BYTES).strip()
        return not text.isdigit() and not is_foreign_version(text)
    except (FileNotFoundError, IsADirectoryError, UnsafeFileError):
        return True
    except OSError:
        return False


def _check_names(layout: RepoLayout, check: Check) -> None:
    for name in sorted(list_or_note(layout, layout.root, check)):
        path = os.path.join(layout.root, name)
        if name in _NOTED_ELSEWHERE or (name in _KNOWN_NAMES and note_if_unsafe(layout, path, check)):
            continue
        if name.endswith(".tmp"):
            check.findings.append(Finding("left-over file", path, remedy="aside"))
        elif name in ROOT_FILES and files.is_folder(layout.root, path):
            check.findings.append(Finding("not a file", path, detail="is a directory", remedy="aside"))
        elif path == layout.web_lease:
            lease = find_lease(layout, path)
            if lease is not None and lease.standing is Standing.OVER:
                check.findings.append(Finding("stale lease", path, remedy="aside"))
        elif name not in _KNOWN_NAMES:
            check.findings.append(Finding("unknown file", path))
    for name in sorted(list_or_note(layout, layout.active, check)):
        path = os.path.join(layout.active, name)
        if parse_marker_name(name) is None or files.is_folder(layout.root, path):
            check.findings.append(Finding("unknown file", path))
        else:
            note_if_unsafe(layout, path, check)
    for folder in (layout.names, layout.trash, layout.views):
        _note_all_unsafe(layout, folder, check)
    note_if_unsafe(layout, acknowledged_path(layout), check)


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
        note_if_unsafe(layout, os.path.join(path, name), check)


def _is_ordinary(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)


def _run_hashes(layout: RepoLayout, check: Check) -> list[str]:
    hashes = []
    for name in sorted(list_or_note(layout, layout.runs, check)):
        path = os.path.join(layout.runs, name)
        if is_run_hash(name) and files.is_folder(layout.root, path):
            hashes.append(name)
        elif is_run_hash(name) and note_if_unsafe(layout, path, check, name):
            continue
        elif name.endswith(".tmp"):
            check.findings.append(Finding("left-over file", path, remedy="aside"))
        else:
            check.findings.append(Finding("unknown file", path))
    return hashes


def _check_markers(markers: Iterable[Marker], states: dict[str, RunState], now: float, check: Check) -> None:
    for marker in markers:
        has_ended = _ends(states, marker) is not None
        if marker_status(marker, now) != CRASHED and not has_ended:
            # its writer lives, or may: it deals with a run directory that does not exist yet, or was removed
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
    """Note the runs of which only markers are left."""
    here |= {name.partition(".")[0] for name in list_or_note(layout, layout.trash, check)}
    gone: dict[str, None] = {}
    for day in sorted(list_or_note(layout, layout.closed, check)):
        folder = os.path.join(layout.closed, day)
        if note_if_unsafe(layout, folder, check):
            continue
        if not files.is_folder(layout.root, folder):
            check.findings.append(Finding("unknown file", folder))
            continue
        _note_all_unsafe(layout, folder, check)
        for name in sorted(list_or_note(layout, folder, check)):
            parts = parse_marker_name(name)
            if parts is not None and parts[0] not in here:
                gone[parts[0]] = None
    if gone:
        named = ", ".join(list(gone)[:_NAMED_RUNS]) + (", ..." if len(gone) > _NAMED_RUNS else "")
        check.findings.append(Finding("removed run", layout.closed, len(gone), named))


def _ends(states: dict[str, RunState], marker: Marker) -> ev.Event | None:
    writer = states[marker.run].writers.get(marker.writer) if marker.run in states else None
    return writer.closed if writer is not None else None
