"""``aim runs close``."""

from __future__ import annotations

import click

from aim.cli.completing import complete_runs
from aim.cli.context import EXIT_FAILED, common_options, options
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import FORCE
from aim.cli.selecting import select_own_runs

__all__ = ["close"]


@click.command()
@click.argument("texts", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option(
    "--as",
    "value",
    type=click.Choice(["finished", "failed", "interrupted"]),
    default="interrupted",
    show_default=True,
    help="How the run ended.",
)
@FORCE
@common_options
@click.pass_context
def close(context: click.Context, texts: tuple[str, ...], value: str, force: bool) -> None:
    """Set how runs ended whose own process can no longer do so: it was killed, or its host is gone.

    A run that ended by itself keeps its status unless forced.
    """
    kept, lines = 0, []
    with options().open_repo() as repo:
        hashes = select_own_runs(repo, texts)
        repo.check_not_active(hashes, force=force)
        with progress_bar("closing") as progress:
            for done, run_hash in enumerate(hashes, 1):
                if repo.close_run(run_hash, value, force=force):
                    lines.append(f"{run_hash}: {value}")
                else:
                    kept += 1
                    lines.append(f"{run_hash}: {repo.run_report(run_hash).status} already")
                progress(done, len(hashes))
    for line in lines:
        click.echo(line)
    if kept:
        context.exit(EXIT_FAILED)
