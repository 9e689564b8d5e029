"""``aim experiments``."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

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
    """Take the name of an experiment as an argument, or with -n as Aim 2 and 3 have it."""

    @functools.wraps(command)
    def with_name(*arguments: Any, given: str | None, name: str | None, **further: Any) -> Any:
        if given is not None and name is not None and given != name:
            raise click.UsageError(f"two names are given, {given!r:.80} and {name!r:.80}: leave one out")
        chosen = name if name is not None else given
        if chosen is None:
            raise click.UsageError("the name of an experiment is missing. List them with: aim experiments ls")
        return command(*arguments, name=chosen, **further)

    decorated: Any = click.option(
        "-n", "--name", help="Name of the experiment; the same as NAME.", shell_complete=complete_experiments
    )(with_name)
    return cast(
        F, click.argument("given", metavar="NAME", required=False, shell_complete=complete_experiments)(decorated)
    )


@click.group()
@common_options
@json_option
def experiments() -> None:
    """Experiments group runs. New runs belong to the one that is checked out."""


def _print_not_read(repo: Repo) -> None:
    print_unreadable(repo.index.unreadable)
    print_left_out({}, repo.index.report().problems)


@experiments.command()
@_name_option
@common_options
def add(name: str) -> None:
    """Add an experiment that has no runs yet."""
    from aim.sdk.reading.repo import Repo

    with Repo.create(find_place(options().repo).path) as repo:
        repo.add_experiment(name)
        _print_not_read(repo)
    click.echo(
        f"Experiment {name!r} added. Make it the one of new runs with: aim experiments checkout {shlex.quote(name)}"
    )


@experiments.command()
@_name_option
@common_options
def checkout(name: str) -> None:
    """Make an experiment the one that new runs belong to."""
    with options().open_repo() as repo:
        repo.check_out_experiment(name)
    click.echo(f"New runs belong to experiment {name!r}")


@experiments.command("ls")
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


@experiments.command("rm")
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


@experiments.command()
@_name_option
@click.option(
    "--as",
    "value",
    type=click.Choice(["finished", "failed", "interrupted"]),
    default="interrupted",
    show_default=True,
    help="How the runs ended.",
)
@click.option("--force", is_flag=True, help="Even if runs are being written to.")
@common_options
def close(name: str, value: str, force: bool) -> None:
    """Close the open runs of an experiment: set how those ended that never said so, because they were killed.

    Runs that ended by themselves keep their status. Refused while one of them is being written to.
    """
    with options().open_repo() as repo, progress_bar("closing") as progress:
        hashes = repo.close_experiment(name, value, force=force, progress=progress)
        _print_not_read(repo)
    for run_hash in hashes:
        click.echo(f"{run_hash}: {value}")
    click.echo(f"{plural(len(hashes), 'open run')} of experiment {name!r} closed")
