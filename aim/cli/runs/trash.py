"""``aim runs rm`` and ``aim runs restore``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import FORCE, QUERY, RUNS, YES, chosen_runs
from aim.cli.selecting import select_trashed_runs
from aim.errors import AimError

__all__ = ["remove", "restore"]


@click.command("rm")
@RUNS
@QUERY
@YES
@FORCE
@common_options
def remove(texts: tuple[str, ...], query_text: str | None, yes: bool, force: bool) -> None:
    """Move runs into the trash. `aim runs restore` brings them back, `aim storage prune` empties it."""
    with options().open_repo() as repo:
        hashes = chosen_runs(repo, texts, query_text, "", own=True)
        repo.check_not_active(hashes, force=force)
        if not yes and hashes and (len(hashes) > 1 or query_text is not None):
            click.confirm(f"Move {plural(len(hashes), 'run')} to the trash?", abort=True, err=True)
        with progress_bar("deleting") as progress:
            repo.delete_runs(hashes, force=force, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} moved to the trash")


@click.command()
@click.argument("texts", metavar="[RUN]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All that are in the trash.")
@common_options
def restore(texts: tuple[str, ...], is_all: bool) -> None:
    """Take deleted runs out of the trash."""
    if is_all == bool(texts):
        raise click.UsageError("name runs of the trash, or take --all. List them with: aim runs ls --trash")
    with options().open_repo() as repo:
        hashes = [run.hash for run in repo.trashed_runs()] if is_all else select_trashed_runs(repo, texts)
        if not hashes:
            raise AimError("the trash is empty")
        with progress_bar("restoring") as progress:
            repo.restore_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} restored")
