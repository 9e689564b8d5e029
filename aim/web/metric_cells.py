"""The values of metric columns of the runs table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from aim.index import tables as t
from aim.index.among import among
from aim.web.at_step import values_at
from aim.web.columns import (
    SUMMARIES,
    MetricColumn,
    find_metrics,
)
from aim.web.service import View

__all__ = ["metric_cells"]

_NAN: Final = float("nan")


def metric_cells(
    view: View, connection: Connection, run_ids: Sequence[int], columns: Mapping[str, MetricColumn]
) -> dict[int, dict[str, float | None]]:
    """The values of metric columns by run id; NaN where the summary is none."""
    known = find_metrics(connection, columns.values())
    by_ids: dict[tuple[int, int], list[tuple[str, int]]] = {}
    at_steps: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for text, column in columns.items():
        pair = known.get((column.name, column.context))
        if pair is None:
            continue
        if column.summary:
            by_ids.setdefault(pair, []).append((text, SUMMARIES.index(column.summary)))
        else:
            at_steps.setdefault(pair, []).append((text, column.step))
    cells: dict[int, dict[str, float | None]] = {}
    if not run_ids:
        return cells
    if by_ids:
        _fill_summaries(connection, run_ids, by_ids, cells)
    if at_steps:
        steps = {pair: sorted({step for _, step in wanted}) for pair, wanted in at_steps.items()}
        for (run_id, *pair_ids, step), value in values_at(view, connection, run_ids, steps).items():
            for text, wanted_step in at_steps[pair_ids[0], pair_ids[1]]:
                if wanted_step == step:
                    cells.setdefault(run_id, {})[text] = value
    return cells


def _fill_summaries(
    connection: Connection,
    run_ids: Sequence[int],
    by_ids: Mapping[tuple[int, int], list[tuple[str, int]]],
    cells: dict[int, dict[str, float | None]],
) -> None:
    c = t.sequence.c
    names = {pair[0] for pair in by_ids}
    summaries = sorted({at for wanted in by_ids.values() for _, at in wanted})
    places = {at: 3 + place for place, at in enumerate(summaries)}
    cuts = {pair: [(text, places[at]) for text, at in wanted] for pair, wanted in by_ids.items()}
    for start in range(0, len(run_ids), 1_000):
        statement = select(c.run_id, c.name_id, c.context_id, *(c[SUMMARIES[at]] for at in summaries)).where(
            among(c.run_id, run_ids[start : start + 1_000]), c.name_id.in_(names)
        )
        # plain tuples of the driver: a table of 1,000 runs has 10,000 of these rows
        cursor = connection.execute(statement).cursor
        assert cursor is not None
        for row in cursor.fetchall():
            cut = cuts.get(row[1:3])
            if cut is not None:
                cell = cells.get(row[0])
                if cell is None:
                    cell = cells[row[0]] = {}
                for text, place in cut:
                    value = row[place]
                    cell[text] = _NAN if value is None else value
