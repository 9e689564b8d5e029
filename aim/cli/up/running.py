"""What is printed about a server that is running already."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from aim.errors import AimError
from aim.sdk.care.places import find_place

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo
    from aim.web.process.instance import Instance

__all__ = ["how_to_stop", "print_running"]


def print_running(repo: Repo, running: Instance) -> None:
    """Where the server of a repo runs, and how to stop it."""
    how = how_to_stop(repo) if running.is_here else "Stop it there."
    click.echo(f"Aim already serves this repo at {running.url} ({running.where}). {how}")
    if running.others_token and not running.token:
        click.echo(f"Others need the token: {running.url_for_others}")


def how_to_stop(repo: Repo) -> str:
    """The command that stops the server of a repo, typed in this directory."""
    try:
        nearest = find_place()
        is_nearest = nearest.is_repo and os.path.realpath(nearest.path) == os.path.realpath(repo.path)
    except AimError:
        is_nearest = False
    return "Stop it with: aim down" + ("" if is_nearest else f" --repo {shlex.quote(repo.path)}")
