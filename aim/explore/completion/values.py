"""Values to complete a comparison with: those that a name really has, with how many runs have each."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from sqlalchemy import Connection, func, select

from aim.explore.tables.columns import param_cell, params_of
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.params import EXACT_INT_MAX, storable_text
from aim.index.sql.tables import Kind
from aim.query.answering.conditions import is_plain_text
from aim.schema.jsonvalues import from_json
from aim.schema.names import parse_context
from aim.schema.paths import ParamPath, read_path
from aim.schema.statuses import STATUSES

__all__ = ["matching_values"]

LIMIT: Final = 50
"""Values in one answer, the most frequent first."""
_READ: Final = 5_000
"""Values that are looked through for those that are typed."""
_TEXT_COLUMNS: Final = ("experiment", "name", "source", "hash")


def matching_values(view: View, name: str, prefix: str = "") -> list[dict[str, Any]]:
    """Values of a name that contain `prefix`, those that begin with it first: ``GET /query/values`` of the API.

    Args:
        view: The index.
        name: As a query has it, e.g. ``run.hparams.optimizer``.
        prefix: What has been typed of the value.
    """
    wanted = prefix.strip().lower()
    found = [(value, count) for value, count in _values(view, name.strip()) if wanted in str(value).lower()]
    found.sort(key=lambda pair: (not str(pair[0]).lower().startswith(wanted), -pair[1], str(pair[0])))
    return [{"value": value, "count": count} for value, count in found[:LIMIT]]


def _values(view: View, name: str) -> list[tuple[Any, int]]:
    if not is_plain_text(name):
        return []
    field = name.removeprefix("run.")
    with view.connect() as connection:
        if field == "status":
            return [(status, 0) for status in STATUSES]
        if field == "tags":
            return _counted(connection, t.run_tag.c.tag)
        if field in _TEXT_COLUMNS and name != "name":
            return _counted(connection, t.run.c[field])
        if name == "metric.name":
            return _counted(connection, t.metric_name.c.name, t.metric_name.c.id == t.sequence.c.name_id)
        if name.startswith("context."):
            return _context_values(connection, name.removeprefix("context."))
        # run.x is a path from the outermost key; x, params.x and run.params.x are found in any named set
        path = read_path(name)
        roots = 1 if path.keys[:1] in (("run",), ("params",)) else 0
        if path.keys[:2] == ("run", "params"):
            roots = 2
        return _param_values(connection, path.below(roots), anywhere=path.keys[:roots] != ("run",))


def _counted(connection: Connection, column: Any, *where: Any) -> list[tuple[Any, int]]:
    statement = select(column, func.count().label("n")).where(*where).group_by(column)
    return [(value, n) for value, n in connection.execute(statement.order_by(func.count().desc()).limit(_READ)).all()]


def _context_values(connection: Connection, key: str) -> list[tuple[Any, int]]:
    statement = (
        select(t.context.c.context, func.count())
        .where(t.context.c.id == t.sequence.c.context_id)
        .group_by(t.context.c.context)
        .limit(_READ)
    )
    counts: dict[Any, int] = {}
    for text, n in connection.execute(statement).all():
        value = parse_context(text).get(key)
        if isinstance(value, (str, int, float)):
            counts[value] = counts.get(value, 0) + n
    return list(counts.items())


def _param_values(connection: Connection, path: ParamPath, *, anywhere: bool) -> list[tuple[Any, int]]:
    names = t.path.c
    places: list[tuple[int, list[str]]] = []
    for column, set_keys in ((names.full, 0), (names.tail, 1)) if anywhere else ((names.full, 0),):
        rows = select(names.id, names.path).where(column == storable_text(path.dotted)).limit(100)
        found_paths = ((number, from_json(keys)) for number, keys in connection.execute(rows))
        places += [(number, keys) for number, keys in found_paths if path.stands_for(keys[set_keys:])]
    ids = [number for number, _ in places]
    c = t.param.c
    found: list[tuple[Any, int]] = []
    for column in (c.txt, c.num):
        found += _counted(connection, column, c.path_id.in_(ids), column.is_not(None)) if ids else []
    found = [
        (int(v) if isinstance(v, float) and v.is_integer() and abs(v) <= EXACT_INT_MAX else v, n) for v, n in found
    ]
    return found + (_long_integers(connection, places) if ids else [])


def _long_integers(connection: Connection, places: list[tuple[int, list[str]]]) -> list[tuple[Any, int]]:
    """Integers that the index has no column for; they are in the params of their runs."""
    c = t.param.c
    statement = select(c.run_id).where(c.path_id.in_([number for number, _ in places]), c.kind == Kind.BIG_INT)
    run_ids = connection.execute(statement.limit(_READ)).scalars().all()
    counts: Counter[Any] = Counter()
    for _, params in params_of(connection, run_ids):
        _, value = param_cell(params, places)
        if isinstance(value, int):
            counts[value] += 1
    return counts.most_common()
