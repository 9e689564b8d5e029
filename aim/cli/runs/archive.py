"""``aim runs archive`` and ``aim runs unarchive``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import RUNS
from aim.cli.selecting import select_runs

__all__ = ["archive", "unarchive"]


@click.command()
@RUNS
@common_options
def archive(texts: tuple[str, ...]) -> None:
    """Leave runs out of queries that do not ask for them."""
    with options().open_repo() as repo:
        hashes = select_runs(repo, texts)
        with progress_bar("archiving") as progress:
            repo.archive_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} archived")


@click.command()
@RUNS
@common_options
def unarchive(texts: tuple[str, ...]) -> None:
    """Bring archived runs back into queries."""
    with options().open_repo() as repo:
        hashes = select_runs(repo, texts)
        with progress_bar("unarchiving") as progress:
            repo.unarchive_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} unarchived")
