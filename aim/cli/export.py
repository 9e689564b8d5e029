"""``aim export``."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final, Literal

import click

from aim.cli.context import attempts_option, common_options, options
from aim.cli.output import plural, print_hidden, print_hints, print_incomplete, print_left_out, print_unreadable
from aim.cli.progress import progress_bar
from aim.schema.csv_cells import csv_text
from aim.schema.jsonvalues import escape_floats

_FROM_PYTHON: Final = "From Python, with pandas: aim.Repo().query_metrics(query).dataframe()."

_OTHER_FORMATS: Final = {
    ".json": "Use .jsonl, or say --format.",
    ".parquet": _FROM_PYTHON + "to_parquet(file)",
    ".pq": _FROM_PYTHON + "to_parquet(file)",
    ".feather": _FROM_PYTHON + "to_feather(file)",
    ".arrow": _FROM_PYTHON + "to_feather(file)",
    ".xlsx": _FROM_PYTHON + "to_excel(file)",
    ".tex": _FROM_PYTHON + "to_latex(file)",
    ".md": _FROM_PYTHON + "to_markdown(file)",
}
"""Endings of files that are neither, with what to do."""

COLUMNS = ("run", "run_name", "experiment", "metric", "context", "step", "epoch", "time", "value")


@click.command()
@click.argument("query_text", metavar="QUERY", default="")
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), help="[default: by the ending of -o, else csv]")
@click.option("--csv-exact", is_flag=True, help="CSV without the quote before text that looks like a formula.")
@attempts_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write.  [default: standard output]")
@common_options
def export(
    query_text: str, kind: str | None, csv_exact: bool, attempts: Literal["latest", "all"], output: str | None
) -> None:
    """Write every shown point of the sequences that QUERY finds, one per line.

    If a run was resumed at an earlier step, the points that it recorded again replace the earlier ones, and a line says
    how many are left out; --attempts all writes every point that was ever recorded.

    Without QUERY: of all runs that are not archived. CSV has a header line. Numbers read back exactly. Text that begins
    with =, +, -, @, a tab or a carriage return gets a ' before it, so that no spreadsheet runs it; --csv-exact leaves
    the quote out. JSON Lines has the same fields, with the context as an object.
    """
    if csv_exact and kind == "jsonl":
        raise click.UsageError("--csv-exact is for CSV; JSON Lines are always exact: leave one of the two out")
    if kind is None:
        kind = "csv" if csv_exact else _kind_of(output)
    repo = options().open_repo()
    points = hidden = 0
    try:
        metrics = repo.query_metrics(query_text, attempts=attempts)
        print_hints(metrics.hints)
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())
        with _opened(output) as file, progress_bar("exporting") as progress:
            write = _csv_writer(file, is_exact=csv_exact) if kind == "csv" else _jsonl_writer(file)
            for done, metric in enumerate(metrics, 1):
                points += _write_metric(metric, write)
                hidden += metric.hidden_points if attempts == "latest" else 0
                progress(done, len(metrics))
    finally:
        repo.close()
    if output is not None:
        click.echo(f"{plural(points, 'point')} of {plural(len(metrics), 'sequence')} written to {output}", err=True)
    print_hidden(hidden)


def _kind_of(output: str | None) -> str:
    """The format that the ending of a file asks for."""
    ending = os.path.splitext(output or "")[1].lower()
    if ending in (".jsonl", ".ndjson"):
        return "jsonl"
    if ending in _OTHER_FORMATS:
        raise click.UsageError(
            f"{output} ends in {ending}, but aim export writes CSV (.csv) and JSON Lines (.jsonl). "
            + _OTHER_FORMATS[ending]
        )
    return "csv"


@contextmanager
def _opened(output: str | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
    else:
        with open(output, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file


def _csv_writer(file: IO[str], *, is_exact: bool) -> Any:
    to_cell = str if is_exact else csv_text
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)

    def write(fields: dict[str, Any]) -> None:
        context = json.dumps(escape_floats(fields["context"]), ensure_ascii=False, sort_keys=True)
        row = {**fields, "context": context}
        cells = (row[name] for name in COLUMNS)
        writer.writerow([to_cell(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells])

    return write


def _jsonl_writer(file: IO[str]) -> Any:
    def write(fields: dict[str, Any]) -> None:
        file.write(json.dumps(escape_floats(fields), ensure_ascii=False, allow_nan=False) + "\n")

    return write


def _write_metric(metric: Any, write: Any) -> int:
    run = metric.run
    fixed = {
        "run": run.hash,
        "run_name": run.name,
        "experiment": run.experiment,
        "metric": metric.name,
        "context": dict(metric.context),
    }
    columns = (metric.steps.tolist(), metric.epochs.tolist(), metric.times.tolist(), metric.values.tolist())
    for step, epoch, time, value in zip(*columns, strict=True):
        write({**fixed, "step": step, "epoch": None if epoch != epoch else epoch, "time": time, "value": value})
    return len(columns[0])
