"""What keeps a repo healthy and small: checking and repairing its files, emptying what it no longer needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aim.errors import StorageError
from aim.sdk.care.runs import Progress
from aim.sdk.reading.open_repo import OpenRepo
from aim.storage.care import findings as stored_findings
from aim.storage.care import prune
from aim.storage.care.findings import KINDS, Check, Finding
from aim.storage.care.prune import Prunable
from aim.storage.repo import trees
from aim.storage.repo.markers import CLOSED_MARKER_DAYS

__all__ = ["CLOSED_MARKER_DAYS", "KINDS", "Check", "Finding", "IndexReport", "Prunable", "Upkeep"]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Where the index of a repo is, and why there.

    Attributes:
        size_bytes: 0 for an index among the system's temporary files, which is there only while it is open.
    """

    directory: str
    reason: str
    size_bytes: int


class Upkeep(OpenRepo):
    """The part of Repo that checks, repairs and prunes."""

    def check(self, *, progress: Progress | None = None) -> Check:
        """Verify every run directory against the format: what is damaged, and how much there is. Changes nothing.

        Args:
            progress: Called after each run.

        Example:
            >>> for finding in aim.Repo().check().damage:
            ...     print(finding.kind, finding.path, finding.detail)
        """
        from aim.storage.care import checks  # late: whoever reads does not need what these load

        return checks.check_repo(self._layout, progress=progress)

    def repair(self, findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
        """Repair what can be repaired of the findings of a check: torn tails are cut, stray files moved aside.

        It never deletes: what it cuts or moves is kept in ``.aim/aside/``.

        Returns:
            The findings that were repaired, each with what was done.
        """
        from aim.storage.care import repairs

        return repairs.repair(self._layout, findings)

    def acknowledge(self, check: Check) -> None:
        """Remember the damage of a check as known, so that only further damage counts; also in `check` itself."""
        stored_findings.acknowledge(self._layout, check.findings)
        check.findings = [replace(finding, is_acknowledged=finding.is_damage) for finding in check.findings]

    def index_report(self) -> IndexReport:
        """Where the index is, and why there."""
        from aim.index.sql.location import find_location

        place = find_location(self._layout)
        size = 0 if place.is_temporary else trees.tree_size(place.directory, place.directory)
        return IndexReport(place.directory, place.reason, size)

    def reindex(self, *, progress: Progress | None = None) -> None:
        """Rebuild the index from the run directories. Needed only after damage that Aim does not notice.

        Args:
            progress: Called after each run.
        """
        self.index.reindex(progress=progress)

    def prunable(self) -> list[Prunable]:
        """What :meth:`prune` would remove, with sizes.

        Deleted runs, markers of writers that ended more than 90 days ago, temporary files of interrupted operations,
        and indexes that nobody uses.

        Raises:
            UnsafeFileError: a folder of the repo is a link.
        """
        from aim.index.sql.location import stale_directories

        return prune.find_prunable(self._layout, stale_indexes=stale_directories(self._layout))

    def prune(self, items: Iterable[Prunable] | None = None) -> list[tuple[Prunable, str]]:
        """Empty the trash and remove what is no longer needed. It cannot be restored.

        Args:
            items: Of those that :meth:`prunable` gives; None: all of them.

        Returns:
            What could not be removed, with the reason.

        Raises:
            UnsafeFileError: a folder of the repo is a link.
        """
        return prune.prune(self._layout, self.prunable() if items is None else items)

    def empty_trash(self) -> None:
        """Remove the deleted runs for good, except those that are still being written to.

        Raises:
            StorageError: the file system refused.
            UnsafeFileError: a folder of the repo is a link.
        """
        for item, reason in self.prune(item for item in self.prunable() if item.what == "trash"):
            raise StorageError(f"cannot remove {item.path}: {reason}")
