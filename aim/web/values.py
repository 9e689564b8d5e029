"""The query field: the values that a name really has, from the index, with how many runs have each."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, func, or_, select

from aim.index import tables as t
from aim.query.conditions import is_plain_text
from aim.schema.names import parse_context
from aim.web.answers import json_response
from aim.web.models.queries import ValuesAnswer
from aim.web.service import Service, View

__all__ = ["router"]

router = APIRouter(tags=["query"])

LIMIT: Final = 50
"""Values in one answer, the most frequent first."""
_READ: Final = 5_000
"""Values that are looked through for those that are typed."""
_STATUSES: Final = ("running", "stalled", "finished", "failed", "interrupted", "crashed")
_TEXT_COLUMNS: Final = ("experiment", "name", "source", "hash")

Name = Annotated[str, Query(max_length=1_000)]


@router.get("/query/values", response_model=ValuesAnswer)
def query_values(request: Request, name: Name, prefix: Name = "") -> Response:
    """Values of a name as it stands in a query, e.g. ``run.hparams.optimizer``, that contain `prefix`."""
    service: Service = request.app.state.service
    pairs = service.read(lambda view: _values(view, name.strip()), fresh=False)
    wanted = prefix.strip().lower()
    found = [(value, count) for value, count in pairs if wanted in str(value).lower()]
    # What begins so comes before what only holds it.
    found.sort(key=lambda pair: (not str(pair[0]).lower().startswith(wanted), -pair[1], str(pair[0])))
    return json_response({"values": [{"value": value, "count": count} for value, count in found[:LIMIT]]})


def _values(view: View, name: str) -> list[tuple[Any, int]]:
    if not is_plain_text(name):
        return []
    field = name.removeprefix("run.")
    with view.connect() as connection:
        if field == "status":
            return [(status, 0) for status in _STATUSES]
        if field == "tags":
            return _counted(connection, t.run_tag.c.tag)
        if field in _TEXT_COLUMNS and name != "name":
            return _counted(connection, t.run.c[field])
        if name == "metric.name":
            return _counted(connection, t.metric_name.c.name, t.metric_name.c.id == t.sequence.c.name_id)
        if name.startswith("context."):
            return _context_values(connection, name.removeprefix("context."))
        # run.x is a path from the outermost key; x, params.x and run.params.x are found in any named set
        path = field.removeprefix("params.")
        return _param_values(connection, path, anywhere=name == field or path != field)


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


def _param_values(connection: Connection, path: str, *, anywhere: bool) -> list[tuple[Any, int]]:
    names = t.path.c
    where = or_(names.full == path, names.tail == path) if anywhere else names.full == path
    ids = connection.execute(select(names.id).where(where).limit(100)).scalars().all()
    c = t.param.c
    found: list[tuple[Any, int]] = []
    for column in (c.txt, c.num):
        found += _counted(connection, column, c.path_id.in_(ids), column.is_not(None)) if ids else []
    return [(int(v) if isinstance(v, float) and v.is_integer() and abs(v) < 2**53 else v, n) for v, n in found]
