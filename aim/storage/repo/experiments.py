"""Which experiments a repo has, and which one new runs belong to.

There are those of its runs, those added before they had runs, the one that is checked out, and the default one. What
is not known from runs is kept in config.json.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aim.schema.names import DEFAULT_EXPERIMENT, check_label
from aim.storage.repo.config import Config, change_config, read_config
from aim.storage.repo.layout import RepoLayout

__all__ = [
    "ConfiguredExperiments",
    "active_experiment",
    "add_experiment",
    "check_out_experiment",
    "configured_experiments",
    "forget_experiment",
]


@dataclass(frozen=True, slots=True)
class ConfiguredExperiments:
    """The experiments that config.json knows."""

    added: tuple[str, ...]
    """Those added by hand, in that order."""
    active: str
    """The one that is checked out: new runs belong to it unless they name another."""

    @classmethod
    def of(cls, config: Config) -> ConfiguredExperiments:
        """Those of a config; invalid entries are ignored."""
        added, active = config.get("experiments"), config.get("experiment")
        return cls(
            tuple(name for name in added if isinstance(name, str)) if isinstance(added, list) else (),
            active if isinstance(active, str) and active else DEFAULT_EXPERIMENT,
        )

    def names(self, of_runs: Iterable[str]) -> list[str]:
        """The names of all experiments: the default one, then the others in order.

        Args:
            of_runs: The experiments that runs belong to.
        """
        others = {self.active, *self.added, *of_runs} - {DEFAULT_EXPERIMENT}
        return [DEFAULT_EXPERIMENT, *sorted(others)]


def configured_experiments(layout: RepoLayout) -> ConfiguredExperiments:
    """The experiments of config.json.

    Raises:
        RepoError: it cannot be read.
    """
    return ConfiguredExperiments.of(read_config(layout))


def active_experiment(layout: RepoLayout) -> str:
    """The experiment that is checked out: new runs belong to it unless they name another.

    Raises:
        RepoError: config.json cannot be read.
    """
    return configured_experiments(layout).active


def add_experiment(layout: RepoLayout, name: str, of_runs: Collection[str]) -> bool:
    """Add an experiment that has no runs yet.

    Args:
        layout: The repo.
        name: Of the experiment.
        of_runs: The experiments that runs belong to.

    Returns:
        False if there is one of this name already.

    Raises:
        InvalidValueError: `name` cannot be the name of an experiment.
        RepoError: config.json cannot be read or written.
    """
    check_label(name, "an experiment")
    is_new = False

    def add(config: Config) -> Config:
        nonlocal is_new
        found = ConfiguredExperiments.of(config)
        is_new = name not in found.names(of_runs)
        return {**config, "experiments": [*found.added, name]} if is_new else config

    change_config(layout, add)
    return is_new


def check_out_experiment(layout: RepoLayout, name: str, of_runs: Collection[str]) -> bool:
    """Make an experiment the one that new runs belong to.

    Args: as of :func:`add_experiment`.

    Returns:
        False if there is none of this name.

    Raises:
        RepoError: config.json cannot be read or written.
    """
    is_known = False

    def check_out(config: Config) -> Config:
        nonlocal is_known
        is_known = name in ConfiguredExperiments.of(config).names(of_runs)
        return {**config, "experiment": name} if is_known else config

    change_config(layout, check_out)
    return is_known


def forget_experiment(layout: RepoLayout, name: str) -> None:
    """Take an experiment out of config.json; if it was checked out, the default one is then.

    Raises:
        RepoError: config.json cannot be read or written.
    """

    def forget(config: Config) -> Config:
        found = ConfiguredExperiments.of(config)
        changed = {**config, "experiments": [other for other in found.added if other != name]}
        return {**changed, "experiment": DEFAULT_EXPERIMENT} if found.active == name else changed

    change_config(layout, forget)
