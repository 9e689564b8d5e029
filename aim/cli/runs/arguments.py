"""Arguments and options that several commands on runs share."""

from __future__ import annotations

import click

from aim.cli.completing import complete_runs

__all__ = ["FORCE", "RUNS"]

RUNS = click.argument("texts", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
FORCE = click.option("--force", is_flag=True, help="Even if the run is being written to.")
