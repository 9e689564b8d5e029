"""The experiments of a repo: which there are, and which one new runs belong to."""

from __future__ import annotations

from aim.errors import AimError, ExperimentNotFoundError
from aim.schema.names import DEFAULT_EXPERIMENT
from aim.sdk.care.runs import Progress, RunsCare, check_reportable, counted
from aim.storage.repo import experiments as stored

__all__ = ["ExperimentsCare"]


class ExperimentsCare(RunsCare):
    """The part of Repo that knows and changes its experiments."""

    def experiments(self) -> list[str]:
        """The names of all experiments: of runs, added by hand, the one that is checked out, and the default one."""
        return sorted(stored.configured_experiments(self._layout).names(self._of_runs()))

    def experiment_runs(self) -> dict[str, list[str]]:
        """The hashes of the runs of each experiment, archived ones too, oldest first; the default experiment first."""
        names = stored.configured_experiments(self._layout).names(self._of_runs())
        found: dict[str, list[str]] = {name: [] for name in names}
        for row in self._caught_up().runs("", archived="include"):
            found.setdefault(row.details.experiment, []).append(row.hash)
        return found

    @property
    def active_experiment(self) -> str:
        """The experiment that is checked out: new runs belong to it unless they name another."""
        return stored.active_experiment(self._layout)

    def add_experiment(self, name: str) -> None:
        """Add an experiment that has no runs yet. Recording into a new experiment adds it by itself.

        Raises:
            InvalidValueError: `name` cannot be the name of an experiment.
            AimError: it exists already.
            RepoError: the file system refused.
        """
        if not stored.add_experiment(self._layout, name, self._of_runs()):
            raise AimError(f"experiment {name!r} exists already")

    def check_out_experiment(self, name: str) -> None:
        """Make an experiment the one that new runs belong to.

        Raises:
            ExperimentNotFoundError: there is none of this name.
            RepoError: the file system refused.
        """
        if not stored.check_out_experiment(self._layout, name, self._of_runs()):
            raise self._unknown(name)

    def check_experiment_removable(self, name: str, *, force: bool = False) -> list[str]:
        """Make sure that :meth:`delete_experiment` may remove an experiment; changes nothing.

        Returns:
            The hashes of the runs that it would move to the trash.

        Raises: as :meth:`delete_experiment`.
        """
        if name == DEFAULT_EXPERIMENT:
            raise AimError(f"experiment {name!r} cannot be removed; its runs can: aim runs rm")
        if name not in self.experiments():
            raise self._unknown(name)
        hashes = self._existing(self.experiment_runs()[name])
        self.check_not_active(hashes, force=force)
        return hashes

    def delete_experiment(self, name: str, *, force: bool = False, progress: Progress | None = None) -> list[str]:
        """Remove an experiment, and move its runs into the trash. If it was checked out, the default one is then.

        Args:
            name: Of the experiment.
            force: Even if a run is being written to.
            progress: Called after each run.

        Returns:
            The hashes of the runs that were moved to the trash.

        Raises:
            ExperimentNotFoundError: there is none of this name.
            AimError: it is the default experiment.
            InvalidValueError: a run of it is read in place from the files of another tool. Nothing was removed.
            RunActiveError: a run is being written to, and `force` is false. Nothing was removed.
            StorageError, RepoError: the file system refused.
        """
        hashes = self.check_experiment_removable(name, force=force)
        self.delete_runs(hashes, force=force, progress=progress)
        stored.forget_experiment(self._layout, name)
        return hashes

    def close_experiment(
        self,
        name: str,
        status: str = "interrupted",
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> list[str]:
        """Close the open runs of an experiment: say how those ended that never said so, see :meth:`close_run`.

        Args:
            name: Of the experiment.
            status: ``finished``, ``failed`` or ``interrupted``.
            force: Even if a run is being written to.
            progress: Called after each run.

        Returns:
            The hashes of the runs that were closed. Those that ended by themselves keep their status.

        Raises:
            ExperimentNotFoundError: there is none of this name.
            InvalidValueError: `status` is another word.
            RunActiveError: a run is being written to, and `force` is false. Nothing was closed.
            StorageError: the file system refused.
        """
        if name not in self.experiments():
            raise self._unknown(name)
        check_reportable(status)
        hashes = [run for run in self.experiment_runs()[name] if self.index.is_own(run) and not self._has_ended(run)]
        self.check_not_active(hashes, force=force)
        return [run for run in counted(hashes, progress) if self.close_run(run, status, force=force)]

    def _of_runs(self) -> list[str]:
        return list(self._caught_up().experiments())

    def _unknown(self, name: str) -> ExperimentNotFoundError:
        return ExperimentNotFoundError(f"no experiment {name!r} in {self.path}. List them with: aim experiments ls")
