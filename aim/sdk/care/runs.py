"""What is done with whole runs: delete and restore, copy and move, archive, say how one ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aim.errors import InvalidValueError, RunNotFoundError
from aim.schema.names import has_unusable_characters, is_run_hash
from aim.schema.statuses import ACTIVE, REPORTABLE
from aim.sdk.reading.open_repo import OpenRepo
from aim.sdk.reading.sources import check_own, has_configured_folders
from aim.storage.care import edits, transfer, trash
from aim.storage.reading.runs import check_not_live, run_hashes, run_status
from aim.storage.repo import files
from aim.storage.repo.repo_files import create_repo

if TYPE_CHECKING:
    from aim.schema.runstate import LossLedger, RunState
    from aim.sdk.care.remote import Synced
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["Progress", "RunReport", "Runs", "RunsCare", "TrashedRun", "check_reportable", "counted"]

Runs: TypeAlias = "str | StoredRun | Iterable[str | StoredRun]"
"""One run or several, each by its hash or a name that no other has, or as a run of the repo (:class:`StoredRun`)."""

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True, slots=True)
class TrashedRun:
    """A run in the trash.

    Attributes:
        name, experiment: Empty if its files cannot be read.
        created_at: Unix seconds; None if that is not known.
        deleted_at: When it was moved into the trash, Unix seconds; None if that is not known.
    """

    hash: str
    name: str
    experiment: str
    created_at: float | None
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run as its own files describe it.

    Attributes:
        state: What its events add up to: name, experiment, params, tags ...
        status: ``running``, ``stalled``, ``finished``, ``failed``, ``interrupted`` or ``crashed``.
        ended_at: Unix seconds; None while it runs.
        exit_code: Of its process; None if that is not known.
        error_type, error_message: Of the exception that ended it, or empty.
        loss: What could not be kept of it, with the causes.
        places: Where its files are: its run directory, or the log directories that it is read from.
        pauses_s: Seconds between its attempts, which do not count as its duration.
    """

    state: RunState
    status: str
    ended_at: float | None
    exit_code: int | None
    error_type: str
    error_message: str
    loss: LossLedger
    places: tuple[str, ...]
    pauses_s: float = 0.0

    @property
    def duration(self) -> float | None:
        """Seconds in which it was recorded, until now while it runs; None if its begin or end is not known."""
        end = time.time() if self.status in ACTIVE else self.ended_at
        begin = self.state.created_at
        return None if end is None or begin is None else max(0.0, end - begin - self.pauses_s)


class RunsCare(OpenRepo):
    """The part of Repo that changes whole runs.

    Its `runs` are one run or several, each by its hash or as a :class:`~aim.sdk.reading.stored_run.StoredRun`.
    """

    def run_hashes(self) -> list[str]:
        """The hashes of all runs, sorted: archived ones too, and those whose files cannot be read."""
        hashes = run_hashes(self._layout)
        if self._has_logs():  # runs that are read in place have no directory until they are edited
            hashes = sorted({*hashes, *(row.hash for row in self._caught_up().runs("", archived="include"))})
        return hashes

    def in_place_runs(self, runs: Runs) -> list[str]:
        """Those that are read in place from another tool's files: they can be edited, but not deleted or moved."""
        if not self._has_logs():
            return []
        self.index.catch_up()
        return [run_hash for run_hash in self._hashes(runs) if not self.index.is_own(run_hash)]

    def run_report(self, run: str | StoredRun) -> RunReport:
        """A run as its files describe it at this moment; the index is asked only if it is read in place.

        Raises:
            RunNotFoundError: there is no such run.
        """
        (run_hash,) = self._hashes(run)
        if self.in_place_runs(run_hash):
            return self._report_in_place(run_hash)
        state, status, loss = run_status(self._layout, run_hash)
        return RunReport(
            state,
            status.value,
            status.ended_at,
            status.exit_code,
            status.error_type,
            status.error_message,
            loss,
            (self._layout.run_dir(run_hash),),
            status.pauses_s,
        )

    def _report_in_place(self, run_hash: str) -> RunReport:
        state = self.index.read_state(run_hash)
        loss = self.index.read_ledger(run_hash)
        places = tuple(self.index.report(run_hash).places)
        found = self.index.read_standing(state)
        if found is None:
            return RunReport(state, "finished", None, None, "", "", loss, places)
        return RunReport(state, found.value, found.ended_at, None, found.error_type, found.error_message, loss, places)

    def delete_run(self, run: str | StoredRun, *, force: bool = False) -> bool:
        """Move a run into the repo's trash; see :meth:`delete_runs`. True, as in Aim 3: what fails raises."""
        return self.delete_runs([run], force=force)[0]

    def delete_runs(
        self,
        runs: Runs,
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> tuple[bool, list[str]]:
        """Move runs into the repo's trash, from which :meth:`restore_runs` brings them back.

        Args:
            runs: Those to delete.
            force: Also runs that are being written to.
            progress: Called after each run.

        Returns:
            (True, []) as in Aim 3: that all were deleted, and none is left. What fails raises.

        Raises:
            RunNotFoundError: a hash is not one of this repo. Nothing was deleted.
            RunActiveError: a run is being written to, and `force` is false. Nothing was deleted.
            InvalidValueError: a run is read in place from the files of another tool. Nothing was deleted.
            StorageError: the file system refused.
        """
        hashes = self._existing(runs)
        self.check_not_active(hashes, force=force)
        for run_hash in counted(hashes, progress):
            trash.delete_run(self._layout, run_hash, force=True)
        return True, []

    def trashed_runs(self) -> list[TrashedRun]:
        """The runs in the trash, by hash."""
        states = (trash.trashed_run(self._layout, run_hash) for run_hash in trash.trashed_runs(self._layout))
        return [
            TrashedRun(
                state.hash, state.name, state.experiment, state.created_at, trash.deleted_at(self._layout, state.hash)
            )
            for state in states
        ]

    def restore_runs(
        self, runs: str | TrashedRun | Iterable[str | TrashedRun], *, progress: Progress | None = None
    ) -> None:
        """Take runs out of the trash again.

        Args:
            runs: Hashes, or what :meth:`trashed_runs` gives.
            progress: Called after each run.

        Raises:
            RunNotFoundError: the trash does not hold one.
            RunError: a run of this hash is in the repo already.
            StorageError: the file system refused.
        """
        several = [runs] if isinstance(runs, (str, TrashedRun)) else runs
        hashes = list(dict.fromkeys(run if isinstance(run, str) else run.hash for run in several))
        for run_hash in counted(hashes, progress):
            trash.restore_run(self._layout, run_hash)

    def archive_runs(self, runs: Runs, *, progress: Progress | None = None) -> None:
        """Leave runs out of queries that do not mention ``run.archived``. Runs read in place can be archived too.

        Raises:
            RunNotFoundError: a hash is not one of this repo.
            StorageError: the file system refused.
        """
        self._set_archived(runs, True, progress)

    def unarchive_runs(self, runs: Runs, *, progress: Progress | None = None) -> None:
        """Bring archived runs back into queries.

        Raises: as :meth:`archive_runs`.
        """
        self._set_archived(runs, False, progress)

    def _set_archived(self, runs: Runs, value: bool, progress: Progress | None) -> None:
        hashes = self._hashes(runs)
        in_place = set(self.in_place_runs(hashes))
        for run_hash in counted(hashes, progress):
            edits.set_archived(self._layout, run_hash, value, must_exist=run_hash not in in_place)

    def close_run(self, run: str | StoredRun, status: str = "interrupted", *, force: bool = False) -> bool:
        """Say how a run ended whose own process can no longer say it: it was killed, or its host is gone.

        Args:
            run: A run.
            status: ``finished``, ``failed`` or ``interrupted``.
            force: Even if the run is being written to, or ended by itself.

        Returns:
            False if the run had ended by itself and keeps its status.

        Raises:
            InvalidValueError: `status` is another word, or the run is read in place from the files of another tool.
            RunNotFoundError: there is no such run.
            RunActiveError: it is being written to, and `force` is false.
            StorageError: the file system refused.
        """
        check_reportable(status)
        (run_hash,) = self._existing(run)
        self.check_not_active([run_hash], force=force)
        state, found, _ = run_status(self._layout, run_hash)
        if state.reported_status is None and found.value in REPORTABLE and not force:
            return False
        edits.say_status(self._layout, run_hash, status)
        return True

    def _has_ended(self, run_hash: str) -> bool:
        return run_status(self._layout, run_hash)[1].value in REPORTABLE

    def copy_runs(
        self,
        runs: Runs,
        destination: str | os.PathLike[str],
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> list[str]:
        """Copy runs into another repo, under the same hashes; of those that are there already, only what is new.

        What was changed in the other repo (names, tags, notes) is kept there.

        Args:
            runs: Hashes, or runs.
            destination: The other repo, which is made if it is not there.
            force: Also runs that are being written to; the copy holds what was there at that moment.
            progress: Called after each run.

        Returns:
            The hashes of the runs whose name another run has there, so that only the hash tells them apart.

        Raises:
            RunNotFoundError: a hash is not one of this repo. Nothing was copied.
            RunActiveError: a run is being written to, and `force` is false. Nothing was copied.
            RunError: the other repo is the same repo.
            InvalidValueError: a run is read in place from the files of another tool. Nothing was copied.
            StorageError: the file system refused.
        """
        return self._transfer(transfer.copy_run, runs, destination, force, progress)

    def push_runs(
        self,
        runs: Runs,
        address: str,
        *,
        ssh: str = "ssh",
        aim: str = "aim",
        progress: Progress | None = None,
    ) -> Synced:
        """Copy runs into a repo on another machine, over ssh; of those that are there already, only what is new.

        Run again, it continues what was interrupted. Runs that record may be among them.

        Args:
            runs: Hashes, or runs.
            address: ``user@host:path``; the repo there is made if it is not there.
            ssh: The ssh program, with options.
            aim: The ``aim`` command on the other machine.
            progress: Called after each run.

        Raises:
            RunNotFoundError, InvalidValueError: as for :meth:`copy_runs`.
            RepoError: the other machine does not answer.
            StorageError: it refuses, or the connection ended.
        """
        from aim.sdk.care.remote import push_runs

        return push_runs(self.path, self._existing(runs), address, ssh=ssh, aim=aim, progress=progress)

    def pull_runs(
        self,
        address: str,
        query: str | None = None,
        *,
        ssh: str = "ssh",
        aim: str = "aim",
        progress: Progress | None = None,
    ) -> Synced:
        """Copy runs from a repo on another machine into this one, over ssh; only what is new.

        Args:
            address: ``user@host:path``.
            query: AimQL: the runs that it finds there; None: all.
            ssh, aim, progress: As for :meth:`push_runs`.

        Raises:
            RepoError, StorageError: as for :meth:`push_runs`; also a query that the other machine cannot read.
        """
        from aim.sdk.care.remote import pull_runs

        return pull_runs(self.path, address, query=query, ssh=ssh, aim=aim, progress=progress)

    def move_runs(
        self,
        runs: Runs,
        destination: str | os.PathLike[str],
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> list[str]:
        """Move runs into another repo, under the same hashes.

        Args:
            runs, destination, progress: As for :meth:`copy_runs`.
            force: Also runs that are being written to, if the other repo is on the same file system.

        Returns, raises: as :meth:`copy_runs`.
        """
        return self._transfer(transfer.move_run, runs, destination, force, progress)

    def _transfer(
        self,
        transfer: Callable[..., bool],
        runs: Runs,
        destination: str | os.PathLike[str],
        force: bool,
        progress: Progress | None,
    ) -> list[str]:
        hashes = self._existing(runs)
        self.check_not_active(hashes, force=force)
        target = create_repo(destination)
        return [
            run_hash
            for run_hash in counted(hashes, progress)
            if not transfer(self._layout, target, run_hash, force=force)
        ]

    def check_not_active(self, runs: Runs, *, force: bool = False) -> None:
        """Make sure that nobody writes to any of these runs.

        Args:
            runs: Hashes, or runs.
            force: Do not look.

        Raises:
            RunActiveError: a run is being written to; names the run, the process and the host.
        """
        if not force:
            check_not_live(self._layout, self._hashes(runs))

    def _existing(self, runs: Runs) -> list[str]:
        """The hashes of runs that Aim recorded into this repo.

        Raises:
            RunNotFoundError: one is not there.
            InvalidValueError: one is read in place.
        """
        hashes = self._hashes(runs)
        for run_hash in self.in_place_runs(hashes):
            check_own(self.index, run_hash)
        for run_hash in hashes:
            if not is_run_hash(run_hash) or not files.is_folder(self._layout.root, self._layout.run_dir(run_hash)):
                raise RunNotFoundError.missing(run_hash, self.path)
        return hashes

    def _hashes(self, runs: Runs) -> list[str]:
        """The hashes of one run or several, each once; a name that one run has alone stands for it.

        Raises:
            RunNotFoundError: several runs have a name.
        """
        several = [runs] if isinstance(runs, str) or not isinstance(runs, Iterable) else runs
        return list(dict.fromkeys(self._hash_of(run) if isinstance(run, str) else run.hash for run in several))

    def _hash_of(self, run: str) -> str:
        # control characters are in no name, and a database does not accept lone surrogates
        if is_run_hash(run) or not run or has_unusable_characters(run):
            return run
        named = self._caught_up().hashes_by_name(run)
        if len(named) > 1:
            raise RunNotFoundError(f"{len(named)} runs are named {run!r:.80}; use a hash: {', '.join(named)}")
        return named[0] if named else run

    def _has_logs(self) -> bool:
        return bool(self._in_place) or has_configured_folders(self._layout)


def check_reportable(status: str) -> None:
    """Make sure that a run can be closed as this.

    Raises:
        InvalidValueError: it is another word.
    """
    if status not in REPORTABLE:
        raise InvalidValueError(f"a run is closed as {', '.join(REPORTABLE)}, not as {status!r:.80}")


def counted(hashes: list[str], progress: Progress | None) -> Iterator[str]:
    """The hashes one by one, with the progress after each."""
    for done, run_hash in enumerate(hashes, 1):
        yield run_hash
        if progress is not None:
            progress(done, len(hashes))
