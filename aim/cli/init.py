"""``aim init``."""

from __future__ import annotations

import os
import shlex

import click

from aim.cli.context import common_options, options
from aim.cli.output import format_size, plural, printable
from aim.errors import AimError
from aim.storage.care.housekeeping import check_not_live, foreign_files, remove_repo, repo_totals, run_hashes
from aim.storage.repo.files import tree_size
from aim.storage.repo.repo_files import create_repo, is_repo, resolve_repo

_NAMED = 20


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Delete an existing repo without asking.")
@click.option("--force", is_flag=True, help="Delete it even if runs are being written to.")
@common_options
def init(yes: bool, force: bool) -> None:
    """Make an empty repo: the folder .aim at --repo, else at AIM_REPO, else here.

    Optional: the first run makes one. Where there is one already, all that Aim made in it is deleted after asking.
    With -y nothing is asked, and one that only AIM_REPO names is refused.
    """
    found = options()
    layout = resolve_repo(found.place())
    if is_repo(layout):
        is_of_environment = found.repo is None and found.named is not None
        if is_of_environment and yes:
            folder = shlex.quote(os.path.dirname(layout.root))
            raise AimError(
                f"{layout.root} exists, and only the environment variable AIM_REPO names it: nothing was deleted. "
                f"To empty it, pass --repo {folder}; to make a repo here, --repo ."
            )
        foreign = foreign_files(layout)
        totals = repo_totals(layout)
        if not force:
            check_not_live(layout, run_hashes(layout))
        size = totals.size_bytes - sum(tree_size(layout.root, os.path.join(layout.root, name)) for name in foreign)
        linked = f" (a link to {os.path.realpath(layout.root)})" if os.path.islink(layout.root) else ""
        if is_of_environment:
            click.echo("Named by the environment variable AIM_REPO:")
        click.echo(
            f"{layout.root}{linked} exists and holds {plural(totals.runs, 'run')}, {plural(totals.points, 'point')}, "
            f"{format_size(max(size, 0))}."
        )
        if foreign:
            click.echo(printable(f"Not made by Aim, and left alone: {_named(foreign)}"))
        if not yes:
            click.confirm("Delete all of it and begin anew?", abort=True)
        remove_repo(layout)
    create_repo(layout.root)
    click.echo(f"Empty repo at {layout.root}")


def _named(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
