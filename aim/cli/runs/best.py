"""``aim runs best``."""

from __future__ import annotations

from dataclasses import replace

import click

from aim.cli.context import common_options, json_option, options
from aim.cli.differing import describe_differences
from aim.cli.output import plural, print_hints, print_json, print_table, print_unreadable
from aim.cli.runs.list import column_texts

__all__ = ["best"]

_COMPARED = 100
"""Among so many of the best runs params are looked for that differ: more would be slow to read, and tell no more."""


@click.command()
@click.argument("metric", metavar="METRIC")
@click.argument("query_text", metavar="[QUERY]", default="")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="At most this many.")
@click.option("--min", "goal", flag_value="min", help="Lower is better.")
@click.option("--max", "goal", flag_value="max", help="Higher is better.")
@common_options
@json_option
def best(metric: str, query_text: str, limit: int, goal: str | None) -> None:
    """List the runs that reached the best value of METRIC at any step, the best first.

    \b
    aim runs best loss.val
    aim runs best accuracy 'params.lr > 0.01' -n 1

    Which direction is better was declared for the experiment in the UI, or follows from the name (loss: low,
    accuracy: high); --min and --max say it.
    """
    from aim.explore.tables.asked_columns import find_runs, metric_goal, read_columns, values_of
    from aim.explore.view import View

    with options().open_repo() as repo:
        repo.index.catch_up()
        view = View(repo.index, repo.engine)
        (last,) = read_columns(view, [metric])
        goal = goal or metric_goal(repo.layout, last)
        if goal is None:
            raise click.UsageError(
                f"whether lower or higher is better for {metric!r:.80} is not known: add --min or --max"
            )
        if last.key.startswith("metric:"):
            column = replace(last, title=f"{goal} {metric}", key=f"{last.key.rpartition('|')[0]}|{goal}")
        else:
            column = last
        found = find_runs(view, query_text, sort=[(column, goal == "max")])
        ranked = values_of(view, found.ids[: max(limit, _COMPARED)], [column])
        ranked = [row for row in ranked if _is_number(row["values"][0])]
        rows = ranked[:limit]
        if options().as_json:
            for row in rows:
                print_json(
                    {
                        "hash": row["hash"],
                        "name": row["name"],
                        "experiment": row["experiment"],
                        "metric": metric,
                        "goal": goal,
                        "value": row["values"][0],
                        "params": repo.get_run(row["hash"]).params,
                    }
                )
        elif rows:
            # what tells the best from the others counts too, not only what tells the best apart
            described = describe_differences([repo.get_run(row["hash"]).params for row in ranked])
            texts = column_texts(rows, [column])
            body = [
                (row["hash"][:8], row["name"], cells[0], row["experiment"], row["status"], differing)
                for row, cells, differing in zip(rows, texts, described, strict=False)
            ]
            headers = ("RUN", "NAME", column.title, "EXPERIMENT", "STATUS", "PARAMS")
            print_table(headers, body, right=[column.title])
            if len(found.ids) > len(rows):
                click.echo(f"{plural(len(rows), 'run')} of {len(found.ids):,}")
        else:
            click.echo("No runs.")
        print_hints(found.hints)
        print_unreadable(repo.index.unreadable)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and value == value
