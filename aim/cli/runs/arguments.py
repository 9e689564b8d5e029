"""Arguments and options that several commands on runs share, and which runs they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import click

from aim.cli.completing import complete_runs
from aim.cli.output import plural, print_hints
from aim.cli.selecting import check_own_runs, select_runs

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

__all__ = ["FORCE", "QUERY", "RUNS", "YES", "chosen_runs"]

RUNS = click.argument("texts", metavar="[RUN]...", nargs=-1, shell_complete=complete_runs)
QUERY = click.option("--query", "query_text", metavar="QUERY", help="The runs that this AimQL finds, in place of RUN.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
FORCE = click.option("--force", is_flag=True, help="Even if the run is being written to.")


def chosen_runs(
    repo: Repo,
    texts: Sequence[str],
    query: str | None,
    question: str,
    *,
    yes: bool = True,
    own: bool = False,
    archived: Literal["auto", "only"] = "auto",
) -> list[str]:
    """The hashes of the runs that a command is to change: those that are named, or those that a query finds.

    Of those that a query finds the number is said, and asked for, before anything is done.

    Args:
        question: What will be done: ``Move to the trash:``; the number of runs follows.
        yes: Do not ask.
        own: Only runs that Aim recorded may be among them.
        archived: What a query finds that does not mention ``run.archived``.
    """
    if (query is None) == (not texts):
        raise click.UsageError("name runs, or say which with --query")
    if query is None:
        hashes = select_runs(repo, texts)
    else:
        found = repo.query_runs(query, archived=archived)
        hashes = [run.hash for run in found]
        print_hints(found.hints)
    if own:
        check_own_runs(repo, hashes)
    if query is not None and not yes and hashes:
        click.confirm(f"{question} {plural(len(hashes), 'run')}?", abort=True, err=True)
    return hashes
