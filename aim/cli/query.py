"""``aim query``."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from aim.cli.context import attempts_option, common_options, in_place_options, json_option, options
from aim.cli.differing import describe_differences, leaves, mentioned_params
from aim.cli.output import (
    digits_of,
    format_number,
    format_step,
    plural,
    print_hidden,
    print_hints,
    print_incomplete,
    print_json,
    print_left_out,
    print_table,
    print_unreadable,
    printable,
    sparkline,
)
from aim.cli.progress import progress_bar
from aim.schema.csv_cells import csv_text
from aim.schema.jsonvalues import to_json
from aim.schema.order import natural_key
from aim.schema.paths import spell_path

if TYPE_CHECKING:
    from aim.sdk.reading.results import Metric

_SPARK_POINTS = 400
"""Enough for a sparkline; each is a true minimum or maximum."""

_UNASKED = 50
"""Sequences that a table shows if nobody said which."""

_CSV_COLUMNS = ("run", "run_name", "experiment", "metric", "context", "points", "last_step", "last", "min", "max")


@click.command()
@click.argument("query_text", metavar="QUERY", default="")
@click.option("--csv", "is_csv", is_flag=True, help="Print the table as CSV; `aim export` writes the points.")
@click.option("--csv-exact", is_flag=True, help="The same, without the quote before text that looks like a formula.")
@click.option("--sort", "sort_key", metavar="KEY", help="By last, min, max, points, step, metric, run, or a param.")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="Print at most this many sequences.")
@click.option("--expr", metavar="EXPRESSION", help="Compute this from the metrics of the runs that are found.")
@attempts_option
@in_place_options
@common_options
@json_option
def query(
    query_text: str,
    is_csv: bool,
    csv_exact: bool,
    sort_key: str | None,
    reverse: bool,
    limit: int | None,
    expr: str | None,
    attempts: Literal["latest", "all"],
    in_place: Mapping[str, tuple[str, ...]],
) -> None:
    """Find sequences with AimQL and show how they developed.

    \b
    aim query 'loss if context.subset == train and params.lr > 0.001'
    aim query 'run.hparams.lr > 0.001 and metric.name == "loss"'
    aim query --tf_logs path/to/logs 'tf:accuracy'
    aim query 'params.lr > 0.001' --expr 'loss.val - loss.train'

    --json prints one object per sequence, with all its points.
    """
    is_csv = is_csv or csv_exact
    if is_csv and options().as_json:
        raise click.UsageError("--csv and --json exclude each other")
    from aim.sdk.reading.repo import Repo

    with Repo(options().repo, **in_place) as repo:
        with progress_bar("searching") as progress:
            found = repo.query_metrics(query_text, expr=expr, progress=progress, attempts=attempts)
        every = list(found)
        if sort_key is not None:
            every = _sorted(every, sort_key, reverse=reverse)
        elif reverse:
            every.reverse()
        is_cut = limit is None and not query_text.strip() and not is_csv and not options().as_json
        shown = every[: _UNASKED if is_cut else limit]
        if options().as_json:
            for metric in shown:
                print_json(_as_json(metric))
        elif is_csv:
            _print_csv(shown, is_exact=csv_exact)
        else:
            _print_table(shown, len(found), query_text)
        if is_cut and len(shown) < len(every):
            click.echo(f"Without a QUERY the first {_UNASKED} are shown; -n {len(every)} shows all.", err=True)
        if attempts == "latest":
            print_hidden(sum(metric.hidden_points for metric in shown))
        print_hints(found.hints)
        print_unreadable(repo.index.unreadable)
        print_incomplete(repo.index.incomplete())
        report = repo.index.report()
        if report.places and not report.runs:
            click.echo(f"No event files below {' and '.join(map(printable, report.places))}.", err=True)
        print_left_out(report.not_shown, report.problems)


def _as_json(metric: Metric) -> dict[str, Any]:
    return {
        "hash": metric.run.hash,
        "name": metric.run.name,
        "run": metric.run.hash,  # as the two above, under the names of earlier versions
        "run_name": metric.run.name,
        "experiment": metric.run.experiment,
        "params": metric.run.params,
        "metric": metric.name,
        "context": dict(metric.context),
        "steps": metric.steps.tolist(),
        "epochs": [None if epoch != epoch else epoch for epoch in metric.epochs.tolist()],
        "times": metric.times.tolist(),
        "values": metric.values.tolist(),
    }


def _summary(metric: Metric) -> tuple[int, int, float, float | None, float | None]:
    """Count, last step, last value, and the smallest and largest value that is not NaN."""
    if metric.hidden_points and len(metric.values) != metric.count:  # all attempts were asked for
        known = metric.values[metric.values == metric.values]
        low, high = (float(known.min()), float(known.max())) if len(known) else (None, None)
        return len(metric.values), int(metric.steps[-1]), float(metric.values[-1]), low, high
    return metric.count, metric.last_step, metric.last, metric.min, metric.max


def _context_text(metric: Metric) -> str:
    return ", ".join(f"{key}={value}" for key, value in metric.context.items())


def _print_csv(found: list[Metric], *, is_exact: bool) -> None:
    to_cell = str if is_exact else csv_text
    writer = csv.writer(sys.stdout, lineterminator="\n")
    runs = {metric.run.hash: metric.run for metric in found}.values()
    params = {run.hash: {spell_path(path): value for path, value in leaves(run.params) if value != {}} for run in runs}
    paths = list(dict.fromkeys(path for one in params.values() for path in one))
    writer.writerow([*_CSV_COLUMNS, *map(to_cell, paths)])
    for metric in found:
        run = metric.run
        own = [_param_cell(params[run.hash].get(path), to_cell) for path in paths]
        texts = (run.hash, run.name, run.experiment, metric.name, _context_text(metric))
        writer.writerow([*map(to_cell, texts), *("" if cell is None else cell for cell in _summary(metric)), *own])


def _param_cell(value: Any, to_cell: Callable[[str], str]) -> Any:
    if value is None:
        return ""
    return to_cell(value) if isinstance(value, str) else repr(value) if isinstance(value, float) else to_json(value)


_SORT_KEYS: Final[Mapping[str, Callable[[Metric], Any]]] = {
    "points": lambda metric: _summary(metric)[0],
    "step": lambda metric: _summary(metric)[1],
    "last": lambda metric: _summary(metric)[2],
    "min": lambda metric: _summary(metric)[3],
    "max": lambda metric: _summary(metric)[4],
    "metric": lambda metric: metric.name,
    "run": lambda metric: metric.run.name,
    "name": lambda metric: metric.run.name,
}


def _sorted(found: list[Metric], key: str, *, reverse: bool) -> list[Metric]:
    """In the order of a column or a param; what has no value comes last."""
    read = _SORT_KEYS.get(key)
    values = [_param(metric, key.removeprefix("params.")) if read is None else read(metric) for metric in found]
    if read is None and found and all(value is None for value in values):
        keys = ", ".join(_SORT_KEYS)
        raise click.UsageError(f"cannot sort by {key!r:.80}: it is no param of these runs, and none of {keys}")
    keyed = [
        (value, metric) for value, metric in zip(values, found, strict=True) if value is not None and value == value
    ]
    rest = [metric for value, metric in zip(values, found, strict=True) if value is None or value != value]
    # numbers before texts, as `aim runs ls --sort` has them
    keyed.sort(key=lambda one: _in_order(one[0]), reverse=reverse)
    return [metric for _, metric in keyed] + rest


def _in_order(value: Any) -> tuple[int, Any, Any]:
    return (0, value, ()) if isinstance(value, (int, float)) else (1, 0, natural_key(str(value)))


def _param(metric: Metric, name: str) -> Any:
    """The param whose dotted path is a name, with or without its set."""
    for path, value in leaves(metric.run.params):
        if name in (".".join(path), ".".join(path[1:])):
            return value
    return None


def _differing_params(found: list[Metric], query_text: str) -> dict[str, str]:
    """By run hash, the params that tell the runs apart."""
    runs = {metric.run.hash: metric.run for metric in found}
    experiments = [run.experiment for run in runs.values()]
    described = describe_differences([run.params for run in runs.values()], experiments, mentioned_params(query_text))
    return dict(zip(runs, described, strict=True))


def _digits(shown: list[Metric]) -> dict[str, int]:
    """By metric, how many digits distinguish the values of a row, and those of a column."""
    trios: dict[str, list[tuple[float | None, ...]]] = {}
    for metric in shown:
        trios.setdefault(metric.name, []).append(_summary(metric)[2:])
    return {
        name: max(digits_of(values) for values in (*rows, *zip(*rows, strict=True))) for name, rows in trios.items()
    }


def _print_table(shown: list[Metric], count: int, query_text: str) -> None:
    if not shown:
        click.echo("No sequences.")
        return
    width = 32 if shutil.get_terminal_size().columns >= 140 else 20
    differing = _differing_params(shown, query_text)
    digits = _digits(shown)
    rows = []
    for metric in shown:
        points, step, last, low, high = _summary(metric)
        line = sparkline(metric.sample(_SPARK_POINTS).values.tolist(), width)
        values = (format_number(value, digits[metric.name]) for value in (last, low, high))
        numbers = (f"{points:,}", format_step(step), *values)
        run = metric.run
        rows.append((run.hash[:8], run.name, differing[run.hash], metric.name, _context_text(metric), *numbers, line))
    headers = ("RUN", "NAME", "PARAMS", "METRIC", "CONTEXT", "POINTS", "STEP", "LAST", "MIN", "MAX", "COURSE")
    print_table(headers, rows, right=("POINTS", "STEP", "LAST", "MIN", "MAX"))
    runs = len({metric.run.hash for metric in shown})
    rest = f" (of {count:,})" if count > len(shown) else ""
    click.echo(f"{plural(len(shown), 'sequence')}{rest} of {plural(runs, 'run')}")
