"""The best value that any run of an experiment reached, where people said which direction is better."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aim.explore.named_sequences import select_sequences
from aim.explore.pages.goals import Goal
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema.names import canonical_context

__all__ = ["Best", "find_bests", "reached_since"]

_FINITE: Final = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Best:
    """The best value of an experiment's headline metric.

    Attributes:
        goal: Which direction is better.
        value, run_id, sequence_id: The best one, at any step, and where it is. Of equal values that of the oldest run.
        second: The best value of the other runs; None if no other has one.
    """

    goal: Goal
    value: float
    run_id: int
    sequence_id: int
    second: float | None

    def of_others(self, run_id: int) -> float | None:
        """The best value of all runs but one; None if there is none."""
        return self.second if run_id == self.run_id else self.value

    def is_better(self, value: float, other: float) -> bool:
        """Whether a value is better than another."""
        return value < other if self.goal == "min" else value > other


def find_bests(view: View, choices: Mapping[str, dict[str, Any]], experiments: Iterable[str]) -> dict[str, Best]:
    """By experiment; those whose headline has no declared goal are left out, as are archived runs."""
    c, found = t.sequence.c, {}
    with view.connect() as connection:
        for experiment in experiments:
            choice = choices.get(experiment)
            if choice is None or "goal" not in choice:
                continue
            value = c.min if choice["goal"] == "min" else c.max
            statement = (
                select_sequences(c.id, c.run_id, value.label("value"))
                .where(t.run.c.experiment == experiment, t.run.c.is_archived.is_(False))
                .where(t.metric_name.c.name == choice["name"])
                .where(t.context.c.context == canonical_context(choice["context"]))
                .where(value.between(-_FINITE, _FINITE))
                .order_by(value if choice["goal"] == "min" else value.desc(), t.run.c.created_at, t.run.c.id)
                .limit(2)
            )
            rows = connection.execute(statement).all()
            if rows:
                second = rows[1].value if len(rows) > 1 else None
                found[experiment] = Best(choice["goal"], rows[0].value, rows[0].run_id, rows[0].id, second)
    return found


def reached_since(view: View, bests: Mapping[str, Best], since: float) -> list[str]:
    """The experiments in which a run beat all others after a moment, by the times of its points."""
    beaten = {
        name: best
        for name, best in bests.items()
        if best.second is not None and best.is_better(best.value, best.second)
    }
    columns = view.index.read_columns([best.sequence_id for best in beaten.values()], steps=False, times=True)
    found = []
    for (name, best), column in zip(beaten.items(), columns, strict=True):
        assert column.values is not None and column.times is not None
        at = np.flatnonzero(column.values == best.value)
        if len(at) > 0 and column.times[at[0]] >= since:
            found.append(name)
    return found
