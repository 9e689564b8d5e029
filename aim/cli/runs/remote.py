"""``aim runs push`` and ``aim runs pull``, and ``aim runs peer``, which they start on the other machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.progress import progress_bar
from aim.cli.runs.arguments import QUERY, RUNS, chosen_runs
from aim.cli.selecting import select_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aim.sdk.care.remote import Synced

__all__ = ["peer", "pull", "push"]

_SSH = click.option(
    "--ssh",
    metavar="COMMAND",
    default=lambda: os.environ.get("AIM_SSH") or "ssh",
    help="The ssh program, with options: 'ssh -p 2222'. Default: AIM_SSH, else ssh.",
)
_REMOTE_AIM = click.option(
    "--remote-aim", metavar="COMMAND", default="aim", help="The aim command on the other machine. Default: aim."
)
_ALL = click.option("--all", "is_all", is_flag=True, help="All runs of the repo, archived ones too.")


@click.command("push")
@RUNS
@QUERY
@_ALL
@click.option("--to", "address", metavar="USER@HOST:PATH", required=True, help="The repo there; made if not there.")
@_SSH
@_REMOTE_AIM
@common_options
def push(texts: tuple[str, ...], query_text: str | None, is_all: bool, address: str, ssh: str, remote_aim: str) -> None:
    """Copy runs into a repo on another machine, over ssh.

    Aim must be installed there. Run again, it sends only what is new: it continues what was interrupted, and brings
    runs that went on up to date.
    """
    if is_all and (texts or query_text is not None):
        raise click.UsageError("--all takes all runs: leave out their names and --query")
    with options().open_repo() as repo:
        if is_all:
            in_place = set(repo.in_place_runs(repo.run_hashes()))
            hashes = [run_hash for run_hash in repo.run_hashes() if run_hash not in in_place]
        else:
            hashes = chosen_runs(repo, texts, query_text, "Push", own=True)
        with progress_bar("pushing") as progress:
            done = repo.push_runs(hashes, address, ssh=ssh, aim=remote_aim, progress=progress)
    _report(done, address.partition(":")[0] + ":" + done.place)


@click.command("pull")
@RUNS
@QUERY
@click.option("--from", "address", metavar="USER@HOST:PATH", required=True, help="The repo there.")
@_SSH
@_REMOTE_AIM
@common_options
def pull(texts: tuple[str, ...], query_text: str | None, address: str, ssh: str, remote_aim: str) -> None:
    """Copy runs from a repo on another machine into this one, over ssh; without RUN and --query all of them.

    Aim must be installed there. Run again, it fetches only what is new.
    """
    from aim.sdk.care.places import find_place
    from aim.sdk.care.remote import pull_runs

    if texts and query_text is not None:
        raise click.UsageError("name runs, or say which with --query")
    place = find_place(options().repo).path
    with progress_bar("pulling") as progress:
        done = pull_runs(place, address, query=query_text, named=texts, ssh=ssh, aim=remote_aim, progress=progress)
    _report(done, done.place)


def _report(done: Synced, place: str) -> None:
    for run_hash in done.same_named:
        click.echo(f"{run_hash}: another run of {place} has this name; tell them apart by hash")
    click.echo(f"{place}: {plural(done.new, 'new run')}, {done.updated} updated, {done.same} unchanged")


@click.command("peer", hidden=True)
@common_options
def peer() -> None:
    """Answer `aim runs push` and `pull` of another machine; they start this over ssh."""
    from aim.sdk.care.peers import answer_peer
    from aim.sdk.care.places import find_place
    from aim.sdk.reading.repo import Repo

    path = find_place(options().repo).path

    def hashes(query: str | None, named: Sequence[str]) -> list[str]:
        with Repo(path) as repo:
            if query is not None:
                return [run.hash for run in repo.query_runs(query)]
            return select_runs(repo, tuple(named)) if named else repo.run_hashes()

    answer_peer(path, hashes, sys.stdin.buffer, sys.stdout.buffer)
