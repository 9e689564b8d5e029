"""``aim init``."""

from __future__ import annotations

import os
import shlex

import click

from aim.cli.context import common_options, options
from aim.cli.output import format_size, plural
from aim.errors import AimError
from aim.storage.housekeeping import check_not_live, remove_repo, repo_totals, run_hashes
from aim.storage.repo_files import create_repo, is_repo, resolve_repo


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Delete an existing repo without asking.")
@click.option("--force", is_flag=True, help="Delete it even if runs are being written to.")
@common_options
def init(yes: bool, force: bool) -> None:
    """Make an empty repo: the folder .aim at --repo, else at AIM_REPO, else here.

    Optional: the first run makes one. Where there is one already, everything in it is deleted after asking. With -y
    nothing is asked, and one that only AIM_REPO names is refused.
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
        totals = repo_totals(layout)
        if not force:
            check_not_live(layout, run_hashes(layout))
        if is_of_environment:
            click.echo("Named by the environment variable AIM_REPO:")
        click.echo(
            f"{layout.root} exists and holds {plural(totals.runs, 'run')}, {plural(totals.points, 'point')}, "
            f"{format_size(totals.size_bytes)}."
        )
        if not yes:
            click.confirm("Delete all of it and begin anew?", abort=True)
        remove_repo(layout)
    create_repo(layout.root)
    click.echo(f"Empty repo at {layout.root}")
