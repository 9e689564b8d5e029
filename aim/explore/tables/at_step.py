"""The value of metrics at a step, for columns of the runs table: of the last point at the step or before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, select

from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list

__all__ = ["values_at"]

_BATCH_POINTS: Final = 1_000_000
"""Points read at once: 16 MB of columns."""


def values_at(
    view: View,
    connection: Connection,
    run_ids: Sequence[int],
    wanted: Mapping[tuple[int, int], Sequence[int]],
) -> dict[tuple[int, int, int, int], float]:
    """The value at steps of sequences, by (run id, name id, context id, step); none where the first point is later.

    Args:
        view, connection: Where to look.
        run_ids: Of which runs.
        wanted: Steps by (name id, context id).
    """
    c = t.sequence.c
    names = sorted({name_id for name_id, _ in wanted})
    found: list[Any] = []
    for start in range(0, len(run_ids), 1_000):
        statement = select(c.id, c.run_id, c.name_id, c.context_id, c.count, c.min_step).where(
            c.run_id.in_(run_ids[start : start + 1_000]), in_list(c.name_id, names)
        )
        found += [row for row in connection.execute(statement).all() if (row[2], row[3]) in wanted]
    values: dict[tuple[int, int, int, int], float] = {}
    batch: list[Any] = []
    points = 0
    for number, row in enumerate(found):
        batch.append(row)
        points += row.count
        if points >= _BATCH_POINTS or number == len(found) - 1:
            _read(view, batch, wanted, values)
            batch, points = [], 0
    return values


def _read(
    view: View,
    batch: Sequence[Any],
    wanted: Mapping[tuple[int, int], Sequence[int]],
    values: dict[tuple[int, int, int, int], float],
) -> None:
    columns = view.index.read_columns([row.id for row in batch], is_shared=True)
    for row, column in zip(batch, columns, strict=True):
        assert column.steps is not None and column.values is not None
        for step in wanted[row.name_id, row.context_id]:
            place = _place(column.steps, step)
            if place >= 0:
                values[row.run_id, row.name_id, row.context_id, step] = float(column.values[place])


def _place(steps: np.ndarray[Any, Any], step: int) -> int:
    """The place of the last point at `step` or nearest before it; -1 if there is none."""
    if len(steps) == 0:
        return -1
    if np.all(steps[1:] >= steps[:-1]):
        return int(np.searchsorted(steps, step, side="right")) - 1
    before = np.flatnonzero(steps <= step)  # written out of order
    if len(before) == 0:
        return -1
    return int(before[len(before) - 1 - int(np.argmax(steps[before][::-1]))])
