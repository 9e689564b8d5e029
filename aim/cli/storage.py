"""``aim storage``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from aim.cli.context import EXIT_FAILED, common_options, json_option, options
from aim.cli.output import format_size, print_json
from aim.sdk.care.upkeep import CLOSED_MARKER_DAYS

if TYPE_CHECKING:
    from aim.sdk.care.upkeep import Prunable

_WHAT = {
    "trash": "deleted runs",
    "closed markers": f"days of markers older than {CLOSED_MARKER_DAYS} days",
    "closed marker": f"markers older than {CLOSED_MARKER_DAYS} days, beside others that are kept",
    "temporary file": "left-over temporary files",
    "index": "indexes that nobody uses",
}


@click.group()
@common_options
@json_option
def storage() -> None:
    """The disk space of the repo."""


@storage.command("prune")
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@click.option("-y", "--yes", is_flag=True, help="Remove without asking.")
@common_options
@json_option
@click.pass_context
def prune_command(context: click.Context, dry_run: bool, yes: bool) -> None:
    """Empty the trash and remove what is no longer needed.

    That is: deleted runs, markers of writers that ended more than 90 days ago, temporary files of interrupted
    operations, and indexes that nobody uses.
    """
    with options().open_repo() as repo:
        found = repo.prunable()
        size = sum(item.size_bytes for item in found)
        if not options().as_json:
            _print_found(found)
        if not dry_run and found:
            if not yes:
                click.confirm(f"Remove all of it ({format_size(size)})? It cannot be restored", abort=True, err=True)
            failed = repo.prune(found)
            for item, reason in failed:
                click.echo(f"cannot remove {item.path}: {reason}", err=True)
            if failed:
                context.exit(EXIT_FAILED)
        if options().as_json:
            items = [{"what": i.what, "path": i.path, "size_bytes": i.size_bytes, "run": i.run} for i in found]
            print_json({"repo": repo.path, "removed": not dry_run, "size_bytes": size, "items": items})
        elif found:
            click.echo(f"{format_size(size)} {'would be' if dry_run else 'were'} freed.")


def _print_found(found: list[Prunable]) -> None:
    if not found:
        click.echo("Nothing to remove.")
    counts = Counter(item.what for item in found)
    for what, count in counts.items():
        size = sum(item.size_bytes for item in found if item.what == what)
        click.echo(f"{_WHAT[what]}: {count:,}, {format_size(size)}")
