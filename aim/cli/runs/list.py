"""``aim runs ls``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from aim.cli.context import common_options, json_option, options
from aim.cli.differing import describe_differences, mentioned_params
from aim.cli.output import (
    format_age,
    format_time,
    format_time_short,
    output_width,
    print_hints,
    print_incomplete,
    print_json,
    print_left_out,
    print_table,
    print_unreadable,
)

if TYPE_CHECKING:
    from aim.sdk.care.runs import TrashedRun
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["list_runs"]


_WIDE = 120
"""Cells of a terminal in which a time has room for its seconds."""


@click.command("ls")
@click.argument("query_text", metavar="[QUERY]", default="")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most this many, the newest.")
@click.option("-a", "--all", "is_all", is_flag=True, help="Archived runs too.")
@click.option("--trash", is_flag=True, help="The deleted runs instead, which can be restored.")
@common_options
@json_option
def list_runs(query_text: str, limit: int | None, is_all: bool, trash: bool) -> None:
    """List runs, newest first; with QUERY only those for which it is true.

    Example: aim runs ls 'params.lr > 0.01 and run.created_at > datetime(2026, 1, 1)'
    """
    with options().open_repo() as repo:
        if trash:
            _print_trash(repo.trashed_runs())
            return
        matching = repo.query_runs(query_text, archived="include" if is_all else "auto")
        found = sorted(matching, key=lambda run: (run.created_at or 0.0, run.hash), reverse=True)
        found = found[:limit]
        if options().as_json:
            for run in found:
                print_json(_as_json(run))
        else:
            _print_runs(found, query_text)
        print_hints(matching.hints)
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())


def _as_json(run: StoredRun) -> dict[str, Any]:
    return {
        "hash": run.hash,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status.value,
        "archived": run.archived,
        "tags": list(run.tags),
        "created_at": run.created_at,
        "ended_at": run.status.ended_at,
        "lost_points": run.loss.lost_points,
        "params": run.params,
    }


def _print_runs(found: list[StoredRun], query_text: str) -> None:
    if not found:
        click.echo("No runs.")
        return
    now = time.time()
    rows = []
    width = output_width()
    format_created = format_time if width is None or width >= _WIDE else format_time_short
    experiments = [run.experiment for run in found]
    described = describe_differences([run.params for run in found], experiments, mentioned_params(query_text))
    for run, differing in zip(found, described, strict=True):
        end = run.status.ended_at or now
        rows.append(
            (
                run.hash[:8],
                run.name,
                run.experiment,
                run.status.value + (" (archived)" if run.archived else ""),
                format_created(run.created_at),
                format_age(end - run.created_at if run.created_at is not None else None),
                differing,
                ", ".join(run.tags),
            )
        )
    print_table(("RUN", "NAME", "EXPERIMENT", "STATUS", "CREATED", "DURATION", "PARAMS", "TAGS"), rows)


def _print_trash(found: list[TrashedRun]) -> None:
    if options().as_json:
        for run in found:
            print_json({"hash": run.hash, "name": run.name, "experiment": run.experiment})
    elif found:
        rows = [(run.hash[:8], run.name, run.experiment, format_time(run.created_at)) for run in found]
        print_table(("RUN", "NAME", "EXPERIMENT", "CREATED"), rows)
    else:
        click.echo("The trash is empty.")
