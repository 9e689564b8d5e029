"""``aim init``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

import click

from aim.cli.context import common_options, options
from aim.cli.output import format_size, plural, printable
from aim.errors import AimError
from aim.sdk.care.places import Contents, RepoPlace, empty_place, find_place, read_contents

_NAMED = 20


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Empty an existing repo without asking.")
@click.option("--force", is_flag=True, help="Empty it even if runs are being written to.")
@click.option("-s", "--skip-if-exists", "is_kept", is_flag=True, help="Leave a repo that is there as it is.")
@common_options
def init(yes: bool, force: bool, is_kept: bool) -> None:
    """Make an empty repo: the folder .aim at --repo, else at AIM_REPO, else here.

    Optional: the first run makes one. If there is one already, its runs go into its trash, after asking: aim runs
    restore brings them back. With -y nothing is asked, and a repo that only AIM_REPO names is refused.
    """
    from aim.sdk.reading.repo import Repo

    place = find_place(options().repo, upwards=False)
    if place.is_repo and is_kept:
        click.echo(f"{place.path} is a repo already, and stays as it is")
        return
    emptied: list[str] = []
    if place.is_repo:
        if place.named_by == "AIM_REPO" and yes:
            folder = shlex.quote(os.path.dirname(place.path))
            raise AimError(
                f"{place.path} exists, and only the environment variable AIM_REPO names it: nothing was changed. "
                f"To empty it, pass --repo {folder}; to make a repo here, --repo ."
            )
        contents = read_contents(place.path, force=force)
        _print_contents(place, contents)
        if not yes:
            click.confirm("Move all runs into the trash and start over?", abort=True)
        emptied = empty_place(place.path)
    repo = Repo.create(place.path)
    click.echo(f"Empty repo at {repo.path}")
    if emptied:
        click.echo(f"Its trash holds what was there ({plural(len(emptied), 'run')}): aim runs restore --all")


def _print_contents(place: RepoPlace, contents: Contents) -> None:
    linked = f" (a link to {os.path.realpath(place.path)})" if os.path.islink(place.path) else ""
    if place.named_by == "AIM_REPO":
        click.echo("Named by the environment variable AIM_REPO:")
    click.echo(
        f"{place.path}{linked} exists and holds {plural(contents.runs, 'run')}, {plural(contents.points, 'point')}, "
        f"{format_size(contents.size_bytes)}."
    )
    if contents.foreign:
        click.echo(printable(f"Not made by Aim, and left alone: {_named(contents.foreign)}"))


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
