"""How far the runs at work are: the last step beside the total that a param names, and the time that is left.

A total is not recorded, so it is looked for among the params, by names that mean nothing else. The answer names the
param, so that a reader can judge it; a total that the run went beyond was none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.schema.paths import spell_path

__all__ = ["find_progress", "seconds_left", "total_of"]

_STEPS: Final = frozenset(
    "max_steps total_steps num_steps n_steps train_steps num_train_steps num_training_steps total_training_steps"
    " max_iters total_iters num_iters n_iters max_iterations total_iterations num_iterations steps iterations".split()
)
_EPOCHS: Final = frozenset("max_epochs total_epochs num_epochs n_epochs num_train_epochs train_epochs epochs".split())
PACES: Final = 100
"""Of the last so many steps the median is taken, see docs/api.md."""
_LEAST_PACES: Final = 3
_MOST_POINTS: Final = 100_000
"""Of a sequence that is read for its times; a longer one would take too long for a line of a page."""

_Floats = npt.NDArray[np.float64]


def find_progress(view: View, params: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """How far runs are, by run id; those whose params name no total are left out.

    Args:
        view: The index.
        params: The nested params of each run.
    """
    totals = {run_id: (total_of(own, _STEPS), total_of(own, _EPOCHS)) for run_id, own in params.items()}
    wanted = [run_id for run_id, (steps, epochs) in totals.items() if steps or epochs]
    if not wanted:
        return {}
    c = t.sequence.c
    sequences: dict[int, list[Any]] = {}
    with view.connect() as connection:
        statement = select(c.id, c.run_id, c.count, c.max_step, c.last_epoch).where(in_list(c.run_id, wanted))
        for row in connection.execute(statement).all():
            sequences.setdefault(row.run_id, []).append(row)
    found: dict[int, dict[str, Any]] = {}
    clocks: dict[int, int] = {}
    for run_id, rows in sequences.items():
        steps, epochs = totals[run_id]
        step = max(row.max_step for row in rows)
        epoch = max((row.last_epoch for row in rows if row.last_epoch is not None), default=None)
        if steps and step <= steps[1]:
            found[run_id] = {"unit": "step", "at": step, "total": steps[1], "param": steps[0]}
        elif epochs and epoch is not None and 0 <= epoch <= epochs[1]:
            found[run_id] = {"unit": "epoch", "at": epoch, "total": epochs[1], "param": epochs[0]}
        else:
            continue
        short = [row for row in rows if row.count <= _MOST_POINTS]
        if short:
            clocks[run_id] = max(short, key=lambda row: (row.count, -row.id)).id
    read = view.index.read_columns(list(clocks.values()), values=False, epochs=True, times=True)
    columns = dict(zip(clocks, read, strict=True))
    for run_id, answer in found.items():
        column = columns.get(run_id)
        places = None if column is None else column.steps if answer["unit"] == "step" else column.epochs
        left = answer["total"] - answer["at"]
        answer["seconds_left"] = (
            None if column is None or places is None else seconds_left(places.astype(np.float64), column.times, left)
        )
    return found


def seconds_left(places: _Floats, times: _Floats | None, left: float) -> float | None:
    """What is left takes `left` times the median of the last hundred times that one step (or epoch) took.

    None where there are too few, or clocks that went back.
    """
    if times is None:
        return None
    known = np.isfinite(places) & np.isfinite(times)
    places, times = places[known], times[known]
    # many points may belong to one step, and all of an epoch's to one epoch: its first one counts
    first = np.diff(places, prepend=-math.inf) > 0
    places, times = places[first][-PACES - 1 :], times[first][-PACES - 1 :]
    if len(places) <= _LEAST_PACES:
        return None
    pace = float(np.median(np.diff(times) / np.diff(places)))
    return max(0.0, pace * left) if math.isfinite(pace) and pace > 0 else None


def total_of(params: Mapping[str, Any], names: frozenset[str]) -> tuple[str, float] | None:
    """The param that names a total, and the total; None where none does, or two disagree.

    Of those at different depths the outermost counts.
    """
    found: dict[int, dict[float, str]] = {}
    for keys, value in _leaves(params, ()):
        if keys[-1].lower() in names and _is_total(value):
            found.setdefault(len(keys), {}).setdefault(float(value), spell_path(keys))
    outermost = found[min(found)] if found else {}
    if len(outermost) != 1:
        return None
    ((total, path),) = outermost.items()
    return path, total


def _is_total(value: Any) -> bool:
    # -1 and 0 stand for "no limit" in more than one framework
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _leaves(params: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[Sequence[str], Any]]:
    for key, value in params.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value
