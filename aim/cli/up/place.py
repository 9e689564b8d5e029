"""The repo to serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from aim.cli.context import Options
from aim.sdk.care.places import find_place
from aim.sdk.reading.sources import to_in_place

if TYPE_CHECKING:
    from aim.schema.in_place import InPlace
    from aim.sdk.reading.repo import Repo

__all__ = ["find_or_make"]


def find_or_make(
    found: Options, folders: Mapping[str, Sequence[str]], *, yes: bool
) -> tuple[Repo, tuple[InPlace, ...]]:
    """The repo to serve, and the folders of other tools' files to serve with it.

    Where there is no repo, one is made if the user agrees, or if there are logs to look at.

    Args:
        found: The options of the command.
        folders: Folders of other tools' files as they were given, by the name of their kind.
        yes: Make a repo without asking.

    Raises:
        InvalidValueError: a folder of logs does not exist.
        click.Abort: the user does not want a repo.
    """
    from aim.sdk.reading.repo import Repo

    in_place = to_in_place(folders)
    place = find_place(found.repo)
    if place.is_repo:
        return Repo(place.path), in_place
    if found.repo is None and in_place:
        return Repo(None, **{each.kind: each.folders for each in in_place}), in_place
    where = f"at {place.path}" if place.named_by else "here or above"
    if not yes:
        click.echo(f"There is no Aim repo {where}.", err=True)
        click.confirm(f"Make one at {place.path}?", abort=True, err=True)
    repo = Repo.create(place.path)
    click.echo(f"Empty repo at {repo.path}")
    return repo, in_place
