"""``aim experiment``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import click

from aim.cli.completing import complete_experiments
from aim.cli.context import common_options, json_option, options
from aim.cli.output import plural, print_json, print_left_out, print_table, print_unreadable
from aim.cli.progress import progress_bar
from aim.cli.selecting import unknown_experiment
from aim.errors import AimError
from aim.schema.names import DEFAULT_EXPERIMENT, check_label
from aim.storage.care import housekeeping
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import active_experiment, create_repo, find_repo, read_config, write_config

F = TypeVar("F", bound=Callable[..., Any])


def _name_option(command: F) -> F:
    return click.option(
        "-n", "--name", required=True, help="Name of the experiment.", shell_complete=complete_experiments
    )(command)


@click.group()
def experiment() -> None:
    """Experiments group runs. New runs belong to the one that is checked out."""


def _added(layout: RepoLayout) -> list[str]:
    """Experiments that were added by hand."""
    names = read_config(layout).get("experiments")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _runs_of(layout: RepoLayout) -> dict[str, list[str]]:
    """The hashes of the runs of each experiment that has any, archived ones included."""
    from aim.sdk.reading.repo import Repo

    found: dict[str, list[str]] = {}
    with Repo(layout.root) as repo:
        for run in repo.iter_runs():
            found.setdefault(run.experiment, []).append(run.hash)
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
    return found


def _layout_or_new() -> RepoLayout:
    """The repo; made if there is none, as the first run would."""
    found = options()
    nearest = find_repo() if found.named is None else None
    return create_repo(found.place() if nearest is None else nearest.root)


@experiment.command()
@_name_option
@common_options
def add(name: str) -> None:
    """Add an experiment that has no runs yet."""
    check_label(name, "an experiment")
    layout = _layout_or_new()
    names = _added(layout)
    if name == DEFAULT_EXPERIMENT or name in names or name in _runs_of(layout):
        raise AimError(f"experiment {name!r} exists already")
    write_config(layout, {**read_config(layout), "experiments": [*names, name]})
    click.echo(f"Experiment {name!r} added. Make it the one of new runs with: aim experiment checkout -n {name!r}")


@experiment.command()
@_name_option
@common_options
def checkout(name: str) -> None:
    """Make an experiment the one that new runs belong to."""
    layout = options().layout()
    if name != DEFAULT_EXPERIMENT and name not in _added(layout) and name not in _runs_of(layout):
        raise unknown_experiment(layout, name)
    write_config(layout, {**read_config(layout), "experiment": name})
    click.echo(f"New runs belong to experiment {name!r}")


@experiment.command("ls")
@common_options
@json_option
def list_experiments() -> None:
    """List the experiments, with the number of their runs; ``*`` marks the one that is checked out."""
    layout = options().layout()
    counts = Counter({name: len(hashes) for name, hashes in _runs_of(layout).items()})
    current = active_experiment(layout)
    names = sorted({DEFAULT_EXPERIMENT, current, *_added(layout), *counts}, key=lambda n: (n != DEFAULT_EXPERIMENT, n))
    if options().as_json:
        for name in names:
            print_json({"name": name, "runs": counts[name], "active": name == current})
        return
    rows = [("*" if name == current else "", name, f"{counts[name]:,}") for name in names]
    print_table(("", "EXPERIMENT", "RUNS"), rows, right=("RUNS",))


@experiment.command("rm")
@_name_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even if runs are being written to.")
@common_options
def remove(name: str, yes: bool, force: bool) -> None:
    """Remove an experiment and its runs. The runs go into the trash: `aim runs restore` gets them back."""
    layout = options().layout()
    if name == DEFAULT_EXPERIMENT:
        raise AimError(f"experiment {DEFAULT_EXPERIMENT!r} cannot be removed; its runs can: aim runs rm")
    hashes = _runs_of(layout).get(name, [])
    if not hashes and name not in _added(layout):
        raise unknown_experiment(layout, name)
    if not force:
        housekeeping.check_not_live(layout, hashes)
    if not yes:
        click.confirm(f"Remove experiment {name!r} and its {plural(len(hashes), 'run')}?", abort=True, err=True)
    with progress_bar("deleting") as progress:
        for done, run_hash in enumerate(hashes, 1):
            housekeeping.delete_run(layout, run_hash, force=force)
            progress(done, len(hashes))
    config = {**read_config(layout), "experiments": [other for other in _added(layout) if other != name]}
    if config.get("experiment") == name:
        config["experiment"] = DEFAULT_EXPERIMENT
        click.echo(f"It was checked out; new runs belong to {DEFAULT_EXPERIMENT!r} now")
    write_config(layout, config)
    click.echo(f"Experiment {name!r} removed, {plural(len(hashes), 'run')} moved to the trash")
