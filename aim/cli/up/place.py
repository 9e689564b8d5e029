"""The repo to serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from aim.cli.context import Options
from aim.sdk.care.places import find_place
from aim.sdk.reading.sources import check_log_folders

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

__all__ = ["find_or_make"]


def find_or_make(found: Options, tf_logs: Sequence[str], *, yes: bool) -> tuple[Repo, tuple[str, ...]]:
    """The repo to serve, and the absolute paths of the log folders to serve with it.

    Where there is no repo, one is made if the user agrees, or if there are logs to look at.

    Args:
        found: The options of the command.
        tf_logs: Folders of TensorBoard logs, as they were given.
        yes: Make a repo without asking.

    Raises:
        InvalidValueError: a folder of logs does not exist.
        click.Abort: the user does not want a repo.
    """
    from aim.sdk.reading.repo import Repo

    folders = check_log_folders(tf_logs)
    place = find_place(found.repo)
    if place.is_repo:
        return Repo(place.path), folders
    if found.repo is None and folders:
        return Repo(tf_logs=folders), folders
    where = f"at {place.path}" if place.named_by else "here or above"
    if not yes:
        click.echo(f"There is no Aim repo {where}.", err=True)
        click.confirm(f"Make one at {place.path}?", abort=True, err=True)
    repo = Repo.create(place.path)
    click.echo(f"Empty repo at {repo.path}")
    return repo, folders
