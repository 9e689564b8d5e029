"""``aim runs cp`` and ``aim runs mv``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import FORCE, RUNS
from aim.cli.selecting import select_own_runs
from aim.sdk.care.places import find_place

__all__ = ["copy", "move"]

_TO = click.option(
    "--to", "--destination", "destination", metavar="PATH", required=True, help="The other repo; made if not there."
)


@click.command("cp")
@RUNS
@_TO
@FORCE
@common_options
def copy(texts: tuple[str, ...], destination: str, force: bool) -> None:
    """Copy runs into another repo, under the same hashes."""
    _transfer(texts, destination, force, is_move=False)


@click.command("mv")
@RUNS
@_TO
@FORCE
@common_options
def move(texts: tuple[str, ...], destination: str, force: bool) -> None:
    """Move runs into another repo, under the same hashes."""
    _transfer(texts, destination, force, is_move=True)


def _transfer(texts: tuple[str, ...], destination: str, force: bool, *, is_move: bool) -> None:
    target = find_place(destination).path
    done = "moved" if is_move else "copied"
    with options().open_repo() as repo:
        hashes = select_own_runs(repo, texts)
        transfer = repo.move_runs if is_move else repo.copy_runs
        with progress_bar(done) as progress:
            same_named = transfer(hashes, target, force=force, progress=progress)
    for run_hash in same_named:
        click.echo(f"{run_hash}: {target} has another run of this name; tell them apart by hash")
    click.echo(f"{plural(len(hashes), 'run')} {done} to {target}")
