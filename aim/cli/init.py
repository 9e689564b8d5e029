"""``aim init``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.cli.output import format_size, plural
from aim.storage.housekeeping import check_not_live, remove_repo, repo_totals, run_hashes
from aim.storage.repo_files import create_repo, is_repo, resolve_repo


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Delete an existing repo without asking.")
@click.option("--force", is_flag=True, help="Delete it even if runs are being written to.")
@common_options
def init(yes: bool, force: bool) -> None:
    """Make an empty repo: the folder .aim, here or at --repo.

    Optional: the first run makes one. Where there is one already, everything in it is deleted after asking.
    """
    layout = resolve_repo(options().place())
    if is_repo(layout):
        totals = repo_totals(layout)
        if not force:
            check_not_live(layout, run_hashes(layout))
        click.echo(
            f"{layout.root} exists and holds {plural(totals.runs, 'run')}, {plural(totals.points, 'point')}, "
            f"{format_size(totals.size_bytes)}."
        )
        if not yes:
            click.confirm("Delete all of it and begin anew?", abort=True)
        remove_repo(layout)
    create_repo(layout.root)
    click.echo(f"Empty repo at {layout.root}")
