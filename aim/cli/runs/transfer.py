"""``aim runs cp`` and ``aim runs mv``."""

from __future__ import annotations

import os
import re

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import FORCE, QUERY, RUNS, YES, chosen_runs
from aim.sdk.care.places import find_place

__all__ = ["copy", "move"]

_TO = click.option(
    "--to", "--destination", "destination", metavar="PATH", required=True, help="The other repo; made if not there."
)
_ALL = click.option("--all", "is_all", is_flag=True, help="All runs of the repo, archived ones too.")

_ADDRESS = re.compile(r"(?:[^/\\:@]+@[^/\\:]+|[^/\\:@]{2,}):")
"""user@host:path or host:path; a single letter is a drive."""


@click.command("cp")
@RUNS
@QUERY
@_ALL
@_TO
@FORCE
@common_options
def copy(texts: tuple[str, ...], query_text: str | None, is_all: bool, destination: str, force: bool) -> None:
    """Copy runs into another repo, under the same hashes.

    Run again, it copies only what is new: points of a run that went on, and runs that began. What was changed in the
    other repo (names, tags, notes) is kept there.
    """
    _transfer(texts, query_text, destination, force, is_all=is_all, is_move=False, yes=True)


@click.command("mv")
@RUNS
@QUERY
@_ALL
@_TO
@YES
@FORCE
@common_options
def move(
    texts: tuple[str, ...], query_text: str | None, is_all: bool, destination: str, yes: bool, force: bool
) -> None:
    """Move runs into another repo, under the same hashes."""
    _transfer(texts, query_text, destination, force, is_all=is_all, is_move=True, yes=yes)


def _transfer(
    texts: tuple[str, ...],
    query_text: str | None,
    destination: str,
    force: bool,
    *,
    is_all: bool,
    is_move: bool,
    yes: bool,
) -> None:
    if _ADDRESS.match(destination) and not os.path.exists(destination):
        raise click.UsageError(
            f"{destination} is an address of another machine, and --to takes a folder of this one. Copy there with "
            f"aim runs push --to {destination}, or write ./{destination} for a folder"
        )
    if is_all and (texts or query_text is not None):
        raise click.UsageError("--all takes all runs: leave out their names and --query")
    target = find_place(destination).path
    with options().open_repo() as repo:
        if is_all:
            in_place = set(repo.in_place_runs(repo.run_hashes()))
            hashes = [run_hash for run_hash in repo.run_hashes() if run_hash not in in_place]
            if is_move and not yes:
                click.confirm(f"Move {plural(len(hashes), 'run')}?", abort=True, err=True)
        else:
            hashes = chosen_runs(repo, texts, query_text, "Move", yes=yes, own=True)
        if not is_move and (is_all or query_text is not None):
            force = True  # a copy of a run that still records is brought up to date by the next one
        transfer = repo.move_runs if is_move else repo.copy_runs
        with progress_bar("moving" if is_move else "copying") as progress:
            same_named = transfer(hashes, target, force=force, progress=progress)
    for run_hash in same_named:
        click.echo(f"{run_hash}: {target} has another run of this name; tell them apart by hash")
    click.echo(f"{plural(len(hashes), 'run')} {'moved' if is_move else 'copied'} to {target}")
