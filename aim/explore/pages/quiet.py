"""Runs whose process lives and that log nothing: longer than 20 of their own usual distances, and at least a minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import select

from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list

__all__ = ["find_quiet"]

LEAST_S: Final = 60.0
TIMES: Final = 20
"""As often as the usual distance; see docs/api.md."""
_LAST_POINTS: Final = 100
_LEAST_POINTS: Final = 4
_MOST_POINTS: Final = 100_000
"""Of a sequence that is read for its times."""


def find_quiet(view: View, run_ids: Sequence[int], now: float) -> dict[int, float]:
    """For how many seconds runs have been quiet, by run id; those that are not are left out.

    Args:
        view: The index.
        run_ids: Runs that are running.
        now: Unix seconds.
    """
    c = t.sequence.c
    sequences: dict[int, list[Any]] = {}
    with view.connect() as connection:
        statement = select(c.id, c.run_id, c.count, c.last_time).where(in_list(c.run_id, run_ids))
        for row in connection.execute(statement).all():
            sequences.setdefault(row.run_id, []).append(row)
    silent: dict[int, float] = {}
    clocks: dict[int, int] = {}
    for run_id, rows in sequences.items():
        last = max((row.last_time for row in rows if row.last_time is not None), default=None)
        short = [row for row in rows if _LEAST_POINTS <= row.count <= _MOST_POINTS]
        if last is not None and now - last > LEAST_S and short:
            silent[run_id] = now - last
            clocks[run_id] = max(short, key=lambda row: (row.count, -row.id)).id
    columns = view.index.read_columns(list(clocks.values()), steps=False, values=False, times=True)
    found = {}
    for run_id, column in zip(clocks, columns, strict=True):
        assert column.times is not None
        distances = np.diff(np.sort(column.times[np.isfinite(column.times)])[-_LAST_POINTS:])
        if len(distances) > 0 and silent[run_id] > TIMES * float(np.median(distances)):
            found[run_id] = silent[run_id]
    return found
