"""The columns that some runs can be shown with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, literal, select

from aim.explore.pages.goals import goal_of
from aim.explore.tables.columns import param_cell, params_of
from aim.explore.tables.ranking import Named, rank_metrics, rank_params, short_param_names
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.index.sql.tables import Kind
from aim.schema.jsonvalues import from_json, to_json
from aim.schema.order import natural_order
from aim.schema.paths import spell_path

__all__ = ["list_metrics", "list_params", "pick_columns"]

DISTINCT_CAP: Final = 100
PICKED_PARAMS: Final = 5
PICKED_METRICS: Final = 4
_KIND_SAMPLE: Final = 200
_UNSEEN_KINDS: Final = (Kind.BIG_INT, Kind.AWKWARD_TEXT, Kind.LIST)
"""Kinds whose values SQL does not see."""

_KIND_NAMES: Final = {
    Kind.FINITE: "number",
    Kind.POS_INF: "number",
    Kind.NEG_INF: "number",
    Kind.NAN: "number",
    Kind.BIG_INT: "number",
    Kind.BOOL: "bool",
    Kind.TEXT: "text",
    Kind.AWKWARD_TEXT: "text",
    Kind.NONE: "none",
    Kind.LIST: "list",
    Kind.EMPTY_DICT: "dict",
}


def list_params(connection: Connection, run_ids: Collection[int] | None) -> list[dict[str, Any]]:
    """The params of some runs (None: of all): how many have each, how many different values, of which kinds.

    `name` is the shortest that means this param alone in the repo, see :func:`aim.schema.paths.short_names`.
    """
    keys = {row.id: from_json(row.path) for row in connection.execute(select(t.path.c.id, t.path.c.path))}
    names = {path_id: spell_path(path) for path_id, path in keys.items()}
    short = short_param_names(keys.values())
    counted = _counted_all(connection) if run_ids is None else _counted_among(connection, run_ids)
    found: dict[str, dict[str, Any]] = {}
    for path_id, kinds, count, distinct in counted:
        path = names.get(path_id)
        if path is None:
            continue
        entry = found.setdefault(path, {"path": path, "name": short[path], "count": 0, "distinct": 0, "kinds": []})
        entry["count"] += count
        entry["distinct"] = min(DISTINCT_CAP, entry["distinct"] + distinct)
        entry["kinds"] += [name for name in kinds if name not in entry["kinds"]]
    return sorted(found.values(), key=lambda entry: (natural_order(entry["path"]), entry["path"]))


_Counted = tuple[int, list[str], int, int]
"""Path id, names of kinds, runs, different values."""


def _counted_among(connection: Connection, run_ids: Collection[int]) -> Iterable[_Counted]:
    c = t.param.c
    counts = [func.count(), func.count(c.num.distinct()), func.count(c.txt.distinct())]
    statement = select(c.path_id, c.kind, *counts).where(in_list(c.run_id, run_ids)).group_by(c.path_id, c.kind)
    for path_id, kind, count, numbers, texts in connection.execute(statement).all():
        if kind in _UNSEEN_KINDS:
            distinct = _distinct_values(connection, path_id, kind, run_ids)
        else:
            distinct = numbers + texts or 1
        yield path_id, [_KIND_NAMES[Kind(kind)]], count, distinct


def _counted_all(connection: Connection) -> Iterable[_Counted]:
    """Of all runs: from the indexes alone, which jump from one value to the next. A count of all rows takes seconds."""
    c = t.param.c
    for column, kinds_of in ((c.num, _number_kinds), (c.txt, lambda *_: ["text"])):
        statement = select(c.path_id, func.count()).where(column.is_not(None)).group_by(c.path_id)
        for path_id, count in connection.execute(statement).all():
            values = _first_distinct(connection, column, path_id)
            yield path_id, kinds_of(connection, path_id, values), count, len(values)
    others = select(c.path_id, c.kind, func.count()).where(c.num.is_(None), c.txt.is_(None)).group_by(c.path_id, c.kind)
    for path_id, kind, count in connection.execute(others).all():
        distinct = _distinct_values(connection, path_id, kind, None) if kind in _UNSEEN_KINDS else 1
        yield path_id, [_KIND_NAMES[Kind(kind)]], count, distinct


def _first_distinct(connection: Connection, column: Any, path_id: int) -> list[Any]:
    """The smallest values of a param, DISTINCT_CAP at most: a seek each, whatever the number of runs."""
    c = t.param.c
    least = select(func.min(column)).where(c.path_id == path_id, column.is_not(None)).scalar_subquery()
    seen = select(least.label("value"), literal(1).label("number")).cte(recursive=True)
    beyond = select(func.min(column)).where(c.path_id == path_id, column > seen.c.value).scalar_subquery()
    step = select(beyond, seen.c.number + 1).where(seen.c.value.is_not(None), seen.c.number < DISTINCT_CAP)
    statement = select(seen.union_all(step).c.value)
    return [value for value in connection.execute(statement).scalars() if value is not None]


def _number_kinds(connection: Connection, path_id: int, values: Sequence[float]) -> list[str]:
    """ "number", "bool" or both; where there are only zeros and ones, a number among many booleans may go unseen."""
    c = t.param.c
    bits = select(c.kind).where(c.path_id == path_id, c.num.in_((0, 1)))
    has_bool = connection.execute(bits.where(c.kind == Kind.BOOL).limit(1)).first() is not None
    if not has_bool:
        return ["number"]
    if any(value not in (0, 1) for value in values):
        return ["number", "bool"]
    some = connection.execute(bits.limit(_KIND_SAMPLE)).scalars()
    return ["bool"] if all(kind == Kind.BOOL for kind in some) else ["number", "bool"]


def _distinct_values(connection: Connection, path_id: int, kind: int, run_ids: Collection[int] | None) -> int:
    """How many different values of a kind that SQL does not see; of a sample of the runs."""
    c = t.param.c
    statement = select(c.run_id).where(c.path_id == path_id, c.kind == kind).limit(1_000)
    if run_ids is not None:
        statement = statement.where(in_list(c.run_id, run_ids))
    ids = list(connection.execute(statement).scalars())
    keys = from_json(connection.execute(select(t.path.c.path).where(t.path.c.id == path_id)).scalar_one())
    seen: set[str] = set()
    for _, params in params_of(connection, ids):
        has, value = param_cell(params, [(path_id, keys)])
        if has:
            seen.add(to_json(value))
        if len(seen) >= DISTINCT_CAP:
            break
    return len(seen)


def list_metrics(connection: Connection, run_ids: Collection[int] | None) -> list[dict[str, Any]]:
    """The metrics of some runs (None: of all), and how many runs have each."""
    c = t.sequence.c
    counted = select(c.name_id, c.context_id, func.count().label("runs")).group_by(c.name_id, c.context_id)
    if run_ids is not None:
        counted = counted.where(in_list(c.run_id, run_ids))
    inner = counted.subquery()
    statement = select(t.metric_name.c.name, t.context.c.context, inner.c.runs).select_from(
        inner.join(t.metric_name, t.metric_name.c.id == inner.c.name_id).join(
            t.context, t.context.c.id == inner.c.context_id
        )
    )
    rows = [
        {"name": name, "context": context, "count": count, "goal": goal_of(name)}
        for name, context, count in connection.execute(statement).all()
    ]
    return sorted(rows, key=lambda row: (natural_order(row["name"]), row["name"], row["context"]))


def pick_columns(known: Mapping[str, Any], runs: int, headlines: Collection[Named] = ()) -> list[str]:
    """The columns of a first visit: a few params that differ, and the last values of the most telling metrics.

    Args:
        known: The params and metrics of some runs.
        runs: How many runs these are.
        headlines: The metrics that people chose, which come first.
    """
    differing = [param for param in known["params"] if param["distinct"] > 1]
    counts = {(metric["name"], metric["context"]): metric["count"] for metric in known["metrics"]}
    metrics = [f"metric:{name}|{context}|last" for name, context in rank_metrics(counts, headlines)]
    return [*rank_params(differing, runs)[:PICKED_PARAMS], *metrics[:PICKED_METRICS]]
