"""The headline metric of a run: the one set for its experiment, else its validation loss, else the first logged.

What is set is kept in config.json, so that it is there for everybody and outlives the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

import numpy as np

from aim.explore.named_sequences import CONTEXT, NAME, select_sequences
from aim.explore.pages.bests import Best
from aim.explore.pages.goals import Goal
from aim.explore.view import View
from aim.index.points.buckets import extreme_positions
from aim.index.sql import tables as t
from aim.schema.names import canonical_context, check_metric_name, parse_context
from aim.storage.repo.config import Config, change_config, read_config
from aim.storage.repo.layout import RepoLayout

__all__ = ["SPARK_POINTS", "chosen_metrics", "find_headlines", "read_headlines", "write_headline"]

SPARK_POINTS: Final = 60
_SPARK_BUCKETS: Final = (SPARK_POINTS - 2) // 2
"""Of each bucket its minimum and maximum, and the first and last point."""
_KEY: Final = "headlines"

Choices = Mapping[str, dict[str, Any]]


def read_headlines(layout: RepoLayout) -> dict[str, dict[str, Any]]:
    """What was set: ``{"name", "context"}`` by experiment, and ``"goal"`` where it was said which direction is better.

    Entries of the file that are not valid are skipped.
    """
    return _headlines_of(read_config(layout))


def chosen_metrics(layout: RepoLayout) -> set[tuple[str, str]]:
    """Name and canonical context of each metric that is the headline of an experiment."""
    return {(choice["name"], canonical_context(choice["context"])) for choice in read_headlines(layout).values()}


def _headlines_of(config: Config) -> dict[str, dict[str, Any]]:
    stored = config.get(_KEY)
    found: dict[str, dict[str, Any]] = {}
    for experiment, choice in stored.items() if isinstance(stored, dict) else ():
        if isinstance(choice, dict) and isinstance(choice.get("name"), str):
            context = choice.get("context")
            found[experiment] = {"name": choice["name"], "context": context if isinstance(context, dict) else {}}
            if choice.get("goal") in get_args(Goal):
                found[experiment]["goal"] = choice["goal"]
    return found


def write_headline(layout: RepoLayout, experiment: str, choice: tuple[str, dict[str, Any], Goal | None] | None) -> None:
    """Set the headline of an experiment, and which direction is better; or (None) leave it to the runs again.

    Raises:
        InvalidValueError: this can be no metric, or no context.
        RepoError: the file system refuses.
    """
    chosen: dict[str, dict[str, Any]] = {}
    if choice is not None:
        name, context, goal = choice
        check_metric_name(name)
        chosen[experiment] = {"name": name, "context": parse_context(canonical_context(context))}
        if goal is not None:
            chosen[experiment]["goal"] = goal

    def choose(config: Config) -> Config:
        others = {name: other for name, other in _headlines_of(config).items() if name != experiment}
        return {**config, _KEY: {**others, **chosen}}

    change_config(layout, choose)


def find_headlines(
    view: View, run_ids: list[int], choices: Choices, bests: Mapping[str, Best] | None = None
) -> dict[int, dict[str, Any]]:
    """The headline of each run, with a few of its values; by run id, runs without metrics left out.

    Args:
        view, run_ids: As everywhere.
        choices: What :func:`read_headlines` gives.
        bests: The best value of each experiment that has a goal, to set beside the run's own.
    """
    c = t.sequence.c
    statement = (
        select_sequences(
            c.id, c.run_id, NAME, CONTEXT, c.last, c.min, c.max, c.last_step, c.last_time, t.run.c.experiment
        )
        .where(c.run_id.in_(run_ids))
        .order_by(c.run_id, c.id)
    )
    wanted = {name: (choice["name"], canonical_context(choice["context"])) for name, choice in choices.items()}
    chosen: dict[int, tuple[int, Any]] = {}
    with view.connect() as connection:
        for row in connection.execute(statement).all():
            is_set = wanted.get(row.experiment) == _key_of(row)
            rank = -1 if is_set else _rank(row.name, row.context)
            if row.run_id not in chosen or rank < chosen[row.run_id][0]:
                chosen[row.run_id] = (rank, row)
    rows = [row for _, row in chosen.values()]
    columns = view.index.read_columns([row.id for row in rows])
    return {
        row.run_id: {
            "name": row.name,
            "context": parse_context(row.context),
            "last": float("nan") if row.last is None else row.last,
            "last_step": row.last_step,
            "last_time": row.last_time,
            "spark": _spark(column),
            **_beside(row, bests.get(row.experiment) if bests and wanted.get(row.experiment) == _key_of(row) else None),
        }
        for row, column in zip(rows, columns, strict=True)
    }


def _key_of(row: Any) -> tuple[str, str]:
    return row.name, row.context


def _beside(row: Any, best: Best | None) -> dict[str, Any]:
    """The run's own best value, and that of the other runs of its experiment; None where no goal was declared."""
    if best is None:
        return {"goal": None, "best": None, "best_of_others": None}
    return {
        "goal": best.goal,
        "best": row.min if best.goal == "min" else row.max,
        "best_of_others": best.of_others(row.run_id),
    }


def _rank(name: str, context: str) -> int:
    is_loss, is_val = "loss" in name.lower(), '"val' in context.lower() or name.lower().startswith("val")
    return 0 if is_loss and is_val else 1 if is_loss else 2


def _spark(column: Any) -> list[float]:
    finite = np.isfinite(column.values)
    values = column.values[finite]
    if len(values) > SPARK_POINTS:
        values = values[extreme_positions(column.steps[finite], values, _SPARK_BUCKETS)]
    numbers: list[float] = values.tolist()
    return numbers
