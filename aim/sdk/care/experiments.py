"""The experiments of a repo: which there are, and which one new runs belong to."""

from __future__ import annotations

from aim.errors import AimError, ExperimentNotFoundError
from aim.schema.names import DEFAULT_EXPERIMENT, check_label
from aim.sdk.care.runs import Progress, RunsCare
from aim.storage.repo.repo_files import active_experiment, read_config, write_config

__all__ = ["ExperimentsCare"]


class ExperimentsCare(RunsCare):
    """The part of Repo that knows and changes its experiments."""

    def experiments(self) -> list[str]:
        """The names of all experiments: those of runs, those added by hand, and the default one."""
        return sorted({DEFAULT_EXPERIMENT, *self._added(), *self._caught_up().experiments()})

    def experiment_runs(self) -> dict[str, list[str]]:
        """The hashes of the runs of each experiment, archived ones too, oldest first; the default experiment first."""
        names = {*self.experiments(), self.active_experiment} - {DEFAULT_EXPERIMENT}
        found: dict[str, list[str]] = {name: [] for name in (DEFAULT_EXPERIMENT, *sorted(names))}
        for row in self._caught_up().runs("", archived="include"):
            found.setdefault(row.details.experiment, []).append(row.hash)
        return found

    @property
    def active_experiment(self) -> str:
        """The experiment that is checked out: new runs belong to it unless they name another."""
        return active_experiment(self._layout)

    def add_experiment(self, name: str) -> None:
        """Add an experiment that has no runs yet. Recording into a new experiment adds it by itself.

        Raises:
            InvalidValueError: `name` cannot be the name of an experiment.
            AimError: it exists already.
            RepoError: the file system refused.
        """
        check_label(name, "an experiment")
        if name in self.experiments():
            raise AimError(f"experiment {name!r} exists already")
        self._write_added([*self._added(), name])

    def check_out_experiment(self, name: str) -> None:
        """Make an experiment the one that new runs belong to.

        Raises:
            ExperimentNotFoundError: there is none of this name.
            RepoError: the file system refused.
        """
        if name not in self.experiments():
            raise self._unknown(name)
        write_config(self._layout, {**read_config(self._layout), "experiment": name})

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
        config = {**read_config(self._layout), "experiments": [other for other in self._added() if other != name]}
        if config.get("experiment") == name:
            config["experiment"] = DEFAULT_EXPERIMENT
        write_config(self._layout, config)
        return hashes

    def _added(self) -> list[str]:
        names = read_config(self._layout).get("experiments")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def _write_added(self, names: list[str]) -> None:
        write_config(self._layout, {**read_config(self._layout), "experiments": names})

    def _unknown(self, name: str) -> ExperimentNotFoundError:
        return ExperimentNotFoundError(f"no experiment {name!r} in {self.path}. List them with: aim experiment ls")
