"""``aim runs ls``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from aim.cli.context import common_options, in_place_options, json_option, options
from aim.cli.differing import describe_differences, mentioned_params
from aim.cli.output import (
    digits_of,
    format_age,
    format_number,
    format_time,
    format_time_short,
    output_width,
    plural,
    print_hints,
    print_incomplete,
    print_json,
    print_left_out,
    print_table,
    print_unreadable,
)

if TYPE_CHECKING:
    from aim.explore.tables.asked_columns import AskedColumn
    from aim.explore.view import View
    from aim.sdk.care.runs import TrashedRun
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["column_texts", "list_runs", "print_columns"]


_WIDE = 120
"""Cells of a terminal in which a time has room for its seconds."""


@click.command("ls")
@click.argument("query_text", metavar="[QUERY]", default="")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most this many, the first.")
@click.option("-a", "--all", "is_all", is_flag=True, help="Archived runs too.")
@click.option("--sort", "sort_texts", metavar="COLUMNS", multiple=True, help="Smallest first: 'min loss.val', lr, name")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option("--columns", "column_texts", metavar="COLUMNS", multiple=True, help="Show these: name,lr,'min loss.val'")
@click.option("--csv", "is_csv", is_flag=True, help="Print CSV, with all params and the last value of every metric.")
@click.option("--csv-exact", is_flag=True, help="The same, without the quote before text that looks like a formula.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write the CSV to.")
@click.option("--trash", is_flag=True, help="The deleted runs instead, which can be restored.")
@in_place_options
@common_options
@json_option
def list_runs(
    query_text: str,
    limit: int | None,
    is_all: bool,
    sort_texts: tuple[str, ...],
    reverse: bool,
    column_texts: tuple[str, ...],
    is_csv: bool,
    csv_exact: bool,
    output: str | None,
    trash: bool,
    in_place: Mapping[str, tuple[str, ...]],
) -> None:
    """List runs, newest first; with QUERY only those for which it is true.

    \b
    aim runs ls 'params.lr > 0.01 and run.created_at > datetime(2026, 1, 1)'
    aim runs ls --sort 'min loss.val' --columns name,lr,'min loss.val',duration

    A column is a field (name, status, duration ...), a param, a metric (its last value; loss.val is the one whose
    context has the value val), one of last, min, max, first, count or best before a metric, or an expression on
    metrics. Runs without a value are sorted last.
    """
    is_csv = is_csv or csv_exact or output is not None
    if is_csv and options().as_json:
        raise click.UsageError("--csv and --json exclude each other")
    # late: completion and help need none of it
    from aim.explore.tables.asked_columns import find_runs, last_values, read_columns, split_columns, values_of
    from aim.explore.view import View
    from aim.sdk.reading.repo import Repo

    with Repo(options().repo, **in_place) as repo:
        if trash:
            _print_trash(repo.trashed_runs())
            return
        by_hash = {run.hash: run for run in repo.query_runs(query_text, archived="include" if is_all else "auto")}
        view = View(repo.index, repo.engine)
        sort = read_columns(view, [part for text in sort_texts for part in split_columns(text)])
        columns = read_columns(view, [part for text in column_texts for part in split_columns(text)])
        found = find_runs(
            view, query_text, sort=[(column, reverse) for column in sort], archived="include" if is_all else "auto"
        )
        ids = found.ids[::-1] if reverse and not sort else found.ids
        ids = ids[:limit]
        # what runs are sorted by is shown beside their names, unless it is shown anyway
        asked = columns or [column for column in sort if not column.is_field]
        if is_csv:
            _write_csv(view, ids, asked, output, is_exact=csv_exact)
        else:
            rows = [row for row in values_of(view, ids, asked) if row["hash"] in by_hash]
            shown = [by_hash[row["hash"]] for row in rows]
            if options().as_json:
                metrics = last_values(view, ids)
                for run, row in zip(shown, rows, strict=True):
                    values = {column.title: value for column, value in zip(asked, row["values"], strict=True)}
                    print_json({**_as_json(run), "metrics": metrics.get(run.hash, []), "columns": values})
            elif columns:
                print_columns(rows, asked)
            else:
                _print_runs(shown, query_text, rows, asked)
        print_hints(found.hints)
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())


def _write_csv(view: View, ids: list[int], asked: list[AskedColumn], output: str | None, *, is_exact: bool) -> None:
    from aim.explore.tables.asked_columns import known_columns
    from aim.explore.tables.export import export_runs

    known = known_columns(view, ids)
    keys = [*known, *(column.key for column in asked if not column.is_field and column.key not in known)]
    parts = export_runs(view, ids, "csv", columns=keys, is_exact=is_exact)
    if output is None or output == "-":
        for part in parts:
            click.echo(part.decode().replace("\r\n", "\n"), nl=False)
        return
    with open(output, "wb") as file:
        file.writelines(parts)
    click.echo(f"{plural(len(ids), 'run')} written to {output}", err=True)


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


def print_columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[AskedColumn]) -> None:
    """Print runs with the columns that were asked for, after the hash.

    Args:
        rows: As :func:`aim.explore.tables.asked_columns.values_of` gives them.
        columns: Theirs.
    """
    if not rows:
        click.echo("No runs.")
        return
    texts = column_texts(rows, columns)
    headers = ("RUN", *(column.title.upper() if column.is_field else column.title for column in columns))
    body = [(row["hash"][:8], *cells) for row, cells in zip(rows, texts, strict=True)]
    print_table(headers, body, right=[column.title for column in columns if column.is_number])


def column_texts(rows: Sequence[Mapping[str, Any]], columns: Sequence[AskedColumn]) -> list[list[str]]:
    """The values of rows as texts, the numbers of a column with as many digits as distinguish them."""
    digits = [digits_of(v for row in rows if isinstance(v := row["values"][at], float)) for at in range(len(columns))]
    return [
        [
            _cell_text(column, value, digits[at])
            for at, (column, value) in enumerate(zip(columns, row["values"], strict=True))
        ]
        for row in rows
    ]


def _cell_text(column: AskedColumn, value: Any, digits: int) -> str:
    if value is None:
        return "-"
    if column.is_field and column.key in ("created_at", "ended_at"):
        return format_time(value)
    if column.is_field and column.key == "duration":
        return format_age(value)
    if column.is_field and column.key == "hash":
        return str(value)
    if isinstance(value, float):
        return format_number(value, digits)
    return ", ".join(map(str, value)) if column.key == "tags" else str(value)


def _print_runs(
    found: list[StoredRun], query_text: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[AskedColumn]
) -> None:
    if not found:
        click.echo("No runs.")
        return
    width = output_width()
    format_created = format_time if width is None or width >= _WIDE else format_time_short
    experiments = [run.experiment for run in found]
    described = describe_differences([run.params for run in found], experiments, mentioned_params(query_text))
    asked = column_texts(rows, columns) if columns else [[] for _ in found]
    body = []
    for run, differing, cells in zip(found, described, asked, strict=True):
        body.append(
            (
                run.hash[:8],
                run.name,
                *cells,
                run.experiment,
                run.status.value + (" (archived)" if run.archived else ""),
                format_created(run.created_at),
                format_age(run.duration),
                differing,
                ", ".join(run.tags),
            )
        )
    titles = [column.title for column in columns]
    headers = ("RUN", "NAME", *titles, "EXPERIMENT", "STATUS", "CREATED", "DURATION", "PARAMS", "TAGS")
    print_table(headers, body, right=titles)


def _print_trash(found: list[TrashedRun]) -> None:
    if options().as_json:
        for run in found:
            print_json({"hash": run.hash, "name": run.name, "experiment": run.experiment})
    elif found:
        rows = [(run.hash[:8], run.name, run.experiment, format_time(run.created_at)) for run in found]
        print_table(("RUN", "NAME", "EXPERIMENT", "CREATED"), rows)
    else:
        click.echo("The trash is empty.")
