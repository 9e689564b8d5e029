"""``aim runs archive`` and ``aim runs unarchive``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import QUERY, RUNS, YES, chosen_runs

__all__ = ["archive", "unarchive"]


@click.command()
@RUNS
@QUERY
@YES
@common_options
def archive(texts: tuple[str, ...], query_text: str | None, yes: bool) -> None:
    """Leave runs out of queries that do not ask for them."""
    with options().open_repo() as repo:
        hashes = chosen_runs(repo, texts, query_text, "Archive", yes=yes)
        with progress_bar("archiving") as progress:
            repo.archive_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} archived")


@click.command()
@RUNS
@QUERY
@YES
@common_options
def unarchive(texts: tuple[str, ...], query_text: str | None, yes: bool) -> None:
    """Bring archived runs back into queries."""
    with options().open_repo() as repo:
        hashes = chosen_runs(repo, texts, query_text, "Unarchive", yes=yes, archived="only")
        with progress_bar("unarchiving") as progress:
            repo.unarchive_runs(hashes, progress=progress)
    click.echo(f"{plural(len(hashes), 'run')} unarchived")
