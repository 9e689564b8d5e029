"""``aim runs rm`` and ``aim runs restore``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import FORCE, RUNS
from aim.cli.selecting import select_own_runs, select_trashed_runs

__all__ = ["remove", "restore"]


@click.command("rm")
@RUNS
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@FORCE
@common_options
def remove(texts: tuple[str, ...], yes: bool, force: bool) -> None:
    """Move runs into the trash. `aim runs restore` brings them back, `aim storage prune` empties it."""
    with options().open_repo() as repo:
        hashes = select_own_runs(repo, texts)
        repo.check_not_active(hashes, force=force)
        if not yes and len(hashes) > 1:
            click.confirm(f"Move {plural(len(hashes), 'run')} to the trash?", abort=True, err=True)
        with progress_bar("deleting") as progress:
            repo.delete_runs(hashes, force=force, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} moved to the trash")


@click.command()
@RUNS
@common_options
def restore(texts: tuple[str, ...]) -> None:
    """Take deleted runs out of the trash."""
    with options().open_repo() as repo:
        hashes = select_trashed_runs(repo, texts)
        with progress_bar("restoring") as progress:
            repo.restore_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} restored")
