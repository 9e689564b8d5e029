"""What a check of a repo found: the kinds of findings, and those that are acknowledged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aim.errors import StorageError, UnsafeFileError
from aim.schema.jsonvalues import to_json
from aim.schema.runstate import LossLedger
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.made import ROOT_FILES

__all__ = [
    "ASIDE",
    "KINDS",
    "Check",
    "Finding",
    "acknowledge",
    "acknowledged_path",
    "list_or_note",
    "note_if_unsafe",
    "read_acknowledged",
]

ASIDE: Final = "aside"
"""Folder of the repo for what a repair cut off or moved."""

_ACKNOWLEDGED: Final = "acknowledged.jsonl"
"""File in that folder: damage that was acknowledged."""

_ACKNOWLEDGED_BYTES: Final = 64 * 2**20

KINDS: Final[dict[str, tuple[bool, str]]] = {
    # kind: (is damage, what it means)
    "version": (True, "VERSION cannot be read, or a newer version of Aim wrote the repo"),
    "config": (True, "config.json cannot be read"),
    "not a file": (True, "a link, named pipe, device or folder in place of a file of the repo; it is not used"),
    "unreadable": (True, "a file or folder cannot be read, or a run exceeds the limits of what is read"),
    "torn points": (True, "a part of a record at the end of a points file"),
    "torn event": (True, "a part of a line at the end of an events file"),
    "unreadable events": (True, "lines of an events file that are not events"),
    "no opened event": (True, "a writer whose first event is missing"),
    "undeclared points": (True, "points whose sequence was never declared; they cannot be shown"),
    "hole": (True, "records of zeros inside a points file: the file system lost what was there"),
    "zero tail": (True, "zeros at the end of a points file: added by the file system, never written"),
    "points missing": (True, "a points file is shorter than its writer recorded when it closed"),
    "points beyond close": (True, "a points file is longer than its writer recorded when it closed"),
    "events missing": (True, "an events file is shorter than its writer recorded when it closed"),
    "orphaned marker": (True, "a marker of a run or writer that does not exist"),
    "stale marker": (False, "the marker of a writer that has ended or whose process is dead"),
    "stale lease": (False, "left by a server that ended without removing it; the next server replaces it"),
    "unknown file": (False, "a file that this version does not know; it is not touched"),
    "left-over file": (False, "a temporary file of an interrupted operation"),
    "empty run": (False, "a run directory without any events"),
    "removed run": (
        False,
        "markers of runs that are gone: moved to another repo, pruned, or removed by hand",
    ),
    "unknown events": (False, "events of a type that this version does not know; they are ignored"),
    "recorded loss": (False, "points or events that a writer could not keep, by its own count"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing."""

    kind: str
    path: str
    count: int = 1
    """Records, lines, bytes or files, depending on the kind."""
    detail: str = ""
    run: str | None = None
    remedy: str | None = None
    """What :func:`repair` does: a key of its table ("cut" is at `offset`); None if it cannot be repaired."""
    offset: int = 0
    is_acknowledged: bool = False

    @property
    def is_damage(self) -> bool:
        """Whether something is lost or could mislead."""
        return KINDS[self.kind][0]

    def key(self, layout: RepoLayout) -> str:
        """Identifies it once acknowledged; a larger count is another finding."""
        return to_json([self.kind, os.path.relpath(self.path, layout.root), self.count, self.detail])


@dataclass(slots=True)
class Check:
    """What a check found and counted."""

    findings: list[Finding] = field(default_factory=list)
    runs: int = 0
    live_runs: int = 0
    writers: int = 0
    files: int = 0
    points: int = 0
    """Whole records whose sequence is declared."""
    events: int = 0
    loss: LossLedger = field(default_factory=LossLedger)
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes in each part of the repo."""

    @property
    def damage(self) -> list[Finding]:
        """The findings that are damage and not acknowledged."""
        return [finding for finding in self.findings if finding.is_damage and not finding.is_acknowledged]

    @property
    def acknowledged(self) -> list[Finding]:
        """The findings that are acknowledged damage."""
        return [finding for finding in self.findings if finding.is_damage and finding.is_acknowledged]


def acknowledge(layout: RepoLayout, findings: Iterable[Finding]) -> int:
    """Store the damage among `findings` as acknowledged, in place of what was; returns how many there are.

    Raises:
        StorageError: the file system refuses.
    """
    keys = [finding.key(layout) for finding in findings if finding.is_damage]
    path = acknowledged_path(layout)
    try:
        files.make_folders(layout.root, os.path.dirname(path))
        files.publish(layout.root, path, "".join(key + "\n" for key in keys).encode("ascii"))
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return len(keys)


def read_acknowledged(layout: RepoLayout) -> set[str]:
    try:
        path = acknowledged_path(layout)
        data = files.read_bytes(layout.root, path, _ACKNOWLEDGED_BYTES)
        return set(data.decode("utf-8", "replace").splitlines())
    except OSError:
        return set()


def acknowledged_path(layout: RepoLayout) -> str:
    """The file of the damage that is acknowledged."""
    return os.path.join(layout.root, ASIDE, _ACKNOWLEDGED)


def note_if_unsafe(layout: RepoLayout, path: str, check: Check, run: str | None = None) -> bool:
    """Whether a link, a pipe or a device is in place of a file or folder of Aim; if so it becomes a finding."""
    reason = files.why_unsafe(layout.root, path)
    if not reason:
        return False
    # a folder that the repo's owner made a link holds their data: only they should undo it
    is_folder = os.path.dirname(path) == layout.root and os.path.basename(path) not in ROOT_FILES
    remedy = None if is_folder else "aside"
    check.findings.append(Finding("not a file", path, detail=reason, run=run, remedy=remedy))
    return True


def list_or_note(layout: RepoLayout, path: str, check: Check) -> list[str]:
    """The names in a folder; one that cannot be read is a finding."""
    try:
        return files.list_names(layout.root, path)
    except (FileNotFoundError, UnsafeFileError):  # the latter was noted with its name
        return []
    except OSError as error:
        check.findings.append(Finding("unreadable", path, detail=error.strerror or str(error)))
        return []
