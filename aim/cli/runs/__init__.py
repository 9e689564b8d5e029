"""``aim runs``: a file for each command, or for those that differ in a word."""

from __future__ import annotations

import click

from aim.cli.context import common_options, json_option
from aim.cli.runs.archive import archive, unarchive
from aim.cli.runs.close import close
from aim.cli.runs.list import list_runs
from aim.cli.runs.show import show
from aim.cli.runs.transfer import copy, move
from aim.cli.runs.trash import remove, restore

__all__ = ["runs"]


@click.group()
@common_options
@json_option
def runs() -> None:
    """List, show, delete, copy, move and archive runs.

    RUN is a hash, the beginning of one (four digits or more), or a name.
    """


for _command in (list_runs, show, remove, restore, copy, move, archive, unarchive, close):
    runs.add_command(_command)
