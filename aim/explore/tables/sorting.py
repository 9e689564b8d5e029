"""Runs in the order of fields, params and metrics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.explore.tables.at_step import values_at
from aim.explore.tables.columns import (
    MetricColumn,
    find_metrics,
    find_paths,
    param_cell,
    params_of,
    parse_metric_column,
)
from aim.explore.tables.expression_cells import expression_of, expression_values
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.interrupt import checkpoint
from aim.index.sql.tables import Kind
from aim.schema.jsonvalues import to_json
from aim.schema.order import natural_key
from aim.schema.run_fields import field_named
from aim.schema.statuses import ACTIVE, UNCERTAIN

__all__ = ["COMPUTED", "sort_keys", "sorted_ids"]


def sorted_ids(
    view: View,
    connection: Connection,
    run_ids: list[int],
    sort: Sequence[tuple[str, bool]],
    statuses: Mapping[int, tuple[str, float | None]],
    now: float,
) -> list[int]:
    """Runs in the order of several keys, missing values last in either direction.

    Args:
        view, connection: Where to look.
        run_ids: The runs in the order that decides between equal ones.
        sort: (key, descending), the most important first.
        statuses: Of runs not known to have ended: status and end.
        now: Unix seconds, the end of what still runs.
    """
    for by, descending in reversed(sort):
        keys = sort_keys(view, connection, by, set(run_ids), statuses, now)
        checkpoint()
        present = [run_id for run_id in run_ids if run_id in keys]
        missing = [run_id for run_id in run_ids if run_id not in keys]
        if by != "hash":  # its digits and letters have no meaning
            keys = {run_id: key if isinstance(key, float) else _in_order(key) for run_id, key in keys.items()}
        present.sort(key=keys.__getitem__, reverse=descending)
        run_ids = present + missing
    return run_ids


def _in_order(key: Any) -> Any:
    """A key of :func:`sort_keys` with its string in natural order."""
    if isinstance(key, str):
        return natural_key(key)
    if isinstance(key, tuple) and key[0]:
        kind, number, text = key
        return kind, number, natural_key(text)
    return key


def sort_keys(
    view: View,
    connection: Connection,
    by: str,
    wanted: Collection[int],
    statuses: Mapping[int, tuple[str, float | None]],
    now: float,
) -> dict[int, Any]:
    """The values of a field or column by run id, as they are sorted; runs that have none are left out.

    Args:
        view, connection: Where to look.
        by: As in a request. Params become (kind, number, string); the kind decides which of the two counts.
        wanted: Of which runs.
        statuses, now: As for :func:`sorted_ids`.
    """
    field = field_named(by)
    if field is not None and field.is_sortable:
        if field.is_computed:
            return _computed_keys(connection, COMPUTED[by], wanted, statuses, now)
        run = t.run.c
        rows = connection.execute(select(run.id, run[field.attribute_name])).all()
        return {run_id: value for run_id, value in rows if run_id in wanted and value is not None}
    text = expression_of(by)
    if text is not None:
        found = expression_values(view, connection, text, sorted(wanted))
        return {run_id: value for run_id, value in found.items() if value == value}
    metric = parse_metric_column(by)
    if metric is not None:
        return _metric_keys(view, connection, metric, wanted)
    return _param_keys(connection, by, wanted)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a run stands: what computed fields follow from."""

    status: str
    created_at: float | None
    ended_at: float | None
    now: float
    pauses_s: float

    @property
    def duration(self) -> float | None:
        """Seconds until its end, or until now while it is active, without its pauses."""
        end = self.now if self.status in ACTIVE else self.ended_at
        return None if end is None or self.created_at is None else end - self.created_at - self.pauses_s


COMPUTED: Final[Mapping[str, Callable[[_Standing], Any]]] = {
    "status": lambda run: run.status,
    "ended_at": lambda run: run.ended_at,
    "duration": lambda run: run.duration,
}
"""The fields of :mod:`aim.schema.run_fields` that are computed; None: the run has no such value."""


def _computed_keys(
    connection: Connection,
    compute: Callable[[_Standing], Any],
    wanted: Collection[int],
    statuses: Mapping[int, tuple[str, float | None]],
    now: float,
) -> dict[int, Any]:
    run = t.run.c
    keys: dict[int, Any] = {}
    for run_id, created_at, ended_at, reason, pauses_s in connection.execute(
        select(run.id, run.created_at, run.ended_at, run.end_reason, run.pauses_s)
    ).all():
        if run_id not in wanted:
            continue
        if ended_at is None:
            reason, ended_at = statuses.get(run_id, (UNCERTAIN, None))
        key = compute(_Standing(reason or UNCERTAIN, created_at, ended_at, now, pauses_s))
        if key is not None:
            keys[run_id] = key
    return keys


def _metric_keys(view: View, connection: Connection, column: MetricColumn, wanted: Collection[int]) -> dict[int, Any]:
    pair = find_metrics(connection, [column]).get((column.name, column.context))
    if pair is None:
        return {}
    if not column.summary:
        found = values_at(view, connection, sorted(wanted), {pair: [column.step]})
        return {key[0]: value for key, value in found.items() if value == value}
    c = t.sequence.c
    statement = select(c.run_id, c[column.summary]).where(c.name_id == pair[0], c.context_id == pair[1])
    return {
        run_id: value for run_id, value in connection.execute(statement).all() if run_id in wanted and value is not None
    }


def _param_keys(connection: Connection, by: str, wanted: Collection[int]) -> dict[int, Any]:
    """Numbers before strings before everything else; NaN and None count as missing."""
    c = t.param.c
    name = by.removeprefix("params.")
    paths = find_paths(connection, [name, by])
    places = paths[name] or paths[by]
    ids = [path_id for path_id, _ in places]
    keys: dict[int, Any] = {}
    rest: list[int] = []
    for run_id, kind, number, text in connection.execute(
        select(c.run_id, c.kind, c.num, c.txt).where(c.path_id.in_(ids))
    ).all():
        if run_id not in wanted:
            continue
        if number is not None:
            keys[run_id] = (0, number, "")
        elif text is not None:
            keys[run_id] = (1, 0.0, text)
        elif kind in (Kind.BIG_INT, Kind.AWKWARD_TEXT, Kind.LIST, Kind.EMPTY_DICT):
            rest.append(run_id)
    for run_id, params in params_of(connection, rest):
        has, value = param_cell(params, places)
        if not has:
            continue
        if isinstance(value, int):
            keys[run_id] = (0, value, "")
        else:
            keys[run_id] = (1, 0.0, value) if isinstance(value, str) else (2, 0.0, to_json(value))
    return keys
