"""``aim runs``: a file for each command, or for those that differ in a word."""

from __future__ import annotations

import click

from aim.cli.context import common_options, json_option
from aim.cli.runs.archive import archive, unarchive
from aim.cli.runs.best import best
from aim.cli.runs.close import close
from aim.cli.runs.diff import diff
from aim.cli.runs.edit import describe, note, rename, tag
from aim.cli.runs.list import list_runs
from aim.cli.runs.remote import peer, pull, push
from aim.cli.runs.show import show
from aim.cli.runs.transfer import copy, move
from aim.cli.runs.trash import remove, restore

__all__ = ["runs"]


@click.group()
@common_options
@json_option
def runs() -> None:
    """List, show, compare, edit, delete, copy, move and archive runs.

    RUN is a hash, the beginning of one (four digits or more), or a name.
    """


for _command in (
    list_runs,
    show,
    best,
    diff,
    rename,
    tag,
    note,
    describe,
    remove,
    restore,
    copy,
    move,
    push,
    pull,
    peer,
    archive,
    unarchive,
    close,
):
    runs.add_command(_command)
