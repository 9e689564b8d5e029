"""``aim convert``: what other tools recorded, copied into a repo."""

from __future__ import annotations

import click

from aim.cli.context import common_options, json_option, options
from aim.cli.output import plural, print_json, print_left_out
from aim.cli.progress import progress_bar


@click.group()
@common_options
@json_option
def convert() -> None:
    """Copy what other tools recorded into a repo."""


@convert.command()
@click.option(
    "--logdir", required=True, metavar="DIR", type=click.Path(), help="Folder of the logs, read all levels down."
)
@click.option("--flat", "is_flat", is_flag=True, help="Make separate runs of folders called train, val ...")
@click.option("--experiment", metavar="NAME", help="Put the runs into this one.  [default: the folder's name]")
@click.option("--dry-run", is_flag=True, help="Only print what would be new.")
@common_options
@json_option
def tensorboard(logdir: str, is_flat: bool, experiment: str | None, dry_run: bool) -> None:
    """Import TensorBoard logs; a second call imports only what is new.

    Steps, wall times and values stay as they were. To look at logs without copying them: aim up --tf_logs DIR.
    """
    # late: the other commands do not need what it loads
    from aim.importers.tensorboard.convert import import_logdir

    with progress_bar("importing") as progress:
        report = import_logdir(
            logdir, options().repo, is_flat=is_flat, experiment=experiment, dry_run=dry_run, progress=progress
        )
    if options().as_json:
        print_json(
            {
                "runs": report.runs,
                "runs_seen": report.runs_seen,
                "points": report.points,
                "skipped": dict(report.skipped),
                "problems": report.problems,
            }
        )
        return
    verb = "would be" if dry_run else "were"
    click.echo(
        f"{plural(report.points, 'point')} of {plural(report.runs, 'run')} {verb} imported;"
        f" {plural(report.runs_seen, 'run')} found."
    )
    print_left_out(report.skipped, report.problems)
