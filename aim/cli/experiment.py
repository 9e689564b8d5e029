"""``aim experiment``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aim.cli.completing import complete_experiments
from aim.cli.context import common_options, json_option, options
from aim.cli.output import plural, print_json, print_left_out, print_table, print_unreadable
from aim.cli.progress import progress_bar
from aim.sdk.care.places import find_place

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

F = TypeVar("F", bound=Callable[..., Any])


def _name_option(command: F) -> F:
    return click.option(
        "-n", "--name", required=True, help="Name of the experiment.", shell_complete=complete_experiments
    )(command)


@click.group()
def experiment() -> None:
    """Experiments group runs. New runs belong to the one that is checked out."""


def _print_not_read(repo: Repo) -> None:
    print_unreadable(repo.index.unreadable)
    print_left_out({}, repo.index.report().problems)


@experiment.command()
@_name_option
@common_options
def add(name: str) -> None:
    """Add an experiment that has no runs yet."""
    from aim.sdk.reading.repo import Repo

    with Repo.create(find_place(options().repo).path) as repo:
        repo.add_experiment(name)
        _print_not_read(repo)
    click.echo(f"Experiment {name!r} added. Make it the one of new runs with: aim experiment checkout -n {name!r}")


@experiment.command()
@_name_option
@common_options
def checkout(name: str) -> None:
    """Make an experiment the one that new runs belong to."""
    with options().open_repo() as repo:
        repo.check_out_experiment(name)
    click.echo(f"New runs belong to experiment {name!r}")


@experiment.command("ls")
@common_options
@json_option
def list_experiments() -> None:
    """List the experiments, with the number of their runs; ``*`` marks the one that is checked out."""
    with options().open_repo() as repo:
        counts = {name: len(hashes) for name, hashes in repo.experiment_runs().items()}
        current = repo.active_experiment
        _print_not_read(repo)
    if options().as_json:
        for name, count in counts.items():
            print_json({"name": name, "runs": count, "active": name == current})
        return
    rows = [("*" if name == current else "", name, f"{count:,}") for name, count in counts.items()]
    print_table(("", "EXPERIMENT", "RUNS"), rows, right=("RUNS",))


@experiment.command("rm")
@_name_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even if runs are being written to.")
@common_options
def remove(name: str, yes: bool, force: bool) -> None:
    """Remove an experiment and its runs. The runs go into the trash: `aim runs restore` brings them back."""
    with options().open_repo() as repo:
        hashes = repo.check_experiment_removable(name, force=force)
        _print_not_read(repo)
        if not yes:
            click.confirm(f"Remove experiment {name!r} and its {plural(len(hashes), 'run')}?", abort=True, err=True)
        was_active = repo.active_experiment == name
        with progress_bar("deleting") as progress:
            hashes = repo.delete_experiment(name, force=force, progress=progress)
        if was_active:
            click.echo(f"It was checked out; new runs belong to {repo.active_experiment!r} now")
    click.echo(f"Experiment {name!r} removed, {plural(len(hashes), 'run')} moved to the trash")
