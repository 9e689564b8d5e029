"""The values of metric columns of the runs table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.explore.tables.at_step import values_at
from aim.explore.tables.columns import SUMMARIES, MetricColumn, find_metrics
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list

__all__ = ["fill_metric_cells"]

_NAN: Final = float("nan")


def fill_metric_cells(
    view: View,
    connection: Connection,
    cells: Mapping[int, list[Any]],
    columns: Mapping[int, MetricColumn],
) -> None:
    """Put the values of metric columns into their places; NaN where the summary is none.

    Args:
        view, connection: Where to look.
        cells: By run id, for each column a place that holds None.
        columns: By place.
    """
    known = find_metrics(connection, columns.values())
    by_ids: dict[tuple[int, int], list[tuple[int, int]]] = {}
    at_steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for at, column in columns.items():
        pair = known.get((column.name, column.context))
        if pair is None:
            continue
        if column.summary:
            by_ids.setdefault(pair, []).append((at, SUMMARIES.index(column.summary)))
        else:
            at_steps.setdefault(pair, []).append((at, column.step))
    if not cells:
        return
    if by_ids:
        _fill_summaries(connection, cells, by_ids)
    if at_steps:
        steps = {pair: sorted({step for _, step in wanted}) for pair, wanted in at_steps.items()}
        for (run_id, *pair_ids, step), value in values_at(view, connection, list(cells), steps).items():
            for at, wanted_step in at_steps[pair_ids[0], pair_ids[1]]:
                if wanted_step == step:
                    cells[run_id][at] = value


def _fill_summaries(
    connection: Connection,
    cells: Mapping[int, list[Any]],
    by_ids: Mapping[tuple[int, int], list[tuple[int, int]]],
) -> None:
    c = t.sequence.c
    run_ids = list(cells)
    names = {pair[0] for pair in by_ids}
    summaries = sorted({summary for wanted in by_ids.values() for _, summary in wanted})
    places = {summary: 3 + place for place, summary in enumerate(summaries)}
    cuts = {pair: [(at, places[summary]) for at, summary in wanted] for pair, wanted in by_ids.items()}
    for start in range(0, len(run_ids), 1_000):
        statement = select(c.run_id, c.name_id, c.context_id, *(c[SUMMARIES[summary]] for summary in summaries)).where(
            in_list(c.run_id, run_ids[start : start + 1_000]), in_list(c.name_id, names)
        )
        # plain tuples of the driver: a table of 1,000 runs has 10,000 of these rows
        cursor = connection.execute(statement).cursor
        assert cursor is not None
        for row in cursor.fetchall():
            cut = cuts.get(row[1:3])
            if cut is not None:
                cell = cells[row[0]]
                for at, place in cut:
                    value = row[place]
                    cell[at] = _NAN if value is None else value
