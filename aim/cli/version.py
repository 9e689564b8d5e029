"""``aim version``."""

from __future__ import annotations

import platform

import click

import aim
from aim.cli.context import common_options, json_option, options
from aim.cli.output import print_json
from aim.schema.events import REPO_FORMAT


@click.command()
@common_options
@json_option
def version() -> None:
    """Print the version of Aim."""
    if options().as_json:
        print_json({"aim": aim.__version__, "format": REPO_FORMAT, "python": platform.python_version()})
    else:
        click.echo(aim.__version__)
