"""Columns of the runs table: params by path, metrics by name, context and summary; and sorting by them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, literal, select

from aim.index import tables as t
from aim.index.among import among
from aim.index.interrupt import checkpoint
from aim.index.tables import Kind
from aim.schema.jsonvalues import from_json, to_json
from aim.web.at_step import values_at
from aim.web.errors import ApiError
from aim.web.goals import goal_of
from aim.web.service import View

__all__ = [
    "MetricColumn",
    "find_metrics",
    "find_paths",
    "list_metrics",
    "list_params",
    "metric_cells",
    "param_cell",
    "parse_metric_column",
    "sort_keys",
    "sorted_ids",
]

SUMMARIES: Final = ("last", "min", "max", "first", "count")
DISTINCT_CAP: Final = 100
_NAN: Final = float("nan")
_ALL_IDS: Final = 20_000
"""Above so many runs a statement reads all rows, and those of other runs are left out afterwards."""

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


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """One summary of one metric."""

    name: str
    context: str
    """Canonical text."""
    summary: str
    """One of SUMMARIES, or empty: the value at `step`."""
    step: int = 0


def parse_metric_column(text: str) -> MetricColumn | None:
    """``metric:<name>|<context>|last``, also ``metrics.<name>|<context>.last`` of a sort key; None for a param.

    Besides SUMMARIES: ``best`` (``best:min``, ``best:max``), see :mod:`aim.web.goals`; ``at:<step>``.
    """
    if text.startswith("metric:"):
        parts = text[len("metric:") :].rsplit("|", 2)
        column = _metric_column(*parts) if len(parts) == 3 else None
        if column is None:
            raise ApiError(400, f"{text!r:.200} is no column: metric:<name>|<context as JSON>|last")
        return column
    if text.startswith("metrics."):
        body, _, summary = text[len("metrics.") :].removeprefix("metric:").rpartition(".")
        name, bar, context = body.rpartition("|")
        if bar and summary in SUMMARIES:
            return MetricColumn(name, context, summary)
    return None


def _metric_column(name: str, context: str, what: str) -> MetricColumn | None:
    if what in SUMMARIES:
        return MetricColumn(name, context, what)
    if what == "best":
        goal = goal_of(name)
        if goal is None:
            raise ApiError(400, f"whether low or high is best is not known of {name!r:.200}: best:min or best:max")
        return MetricColumn(name, context, goal)
    if what in ("best:min", "best:max"):
        return MetricColumn(name, context, what[len("best:") :])
    if re.fullmatch(r"at:-?\d{1,18}", what):
        return MetricColumn(name, context, "", int(what[len("at:") :]))
    return None


# -- cells ---------------------------------------------------------------------------------------------------------


def find_paths(connection: Connection, names: Iterable[str]) -> dict[str, list[tuple[int, list[str]]]]:
    """The params that dotted names stand for: (path id, keys).

    A name is a whole path, or, if there is none, a path without its set (``lr`` for ``params.lr`` and ``hparams.lr``),
    or either of them behind ``params.``, as queries have it. Keys may hold dots themselves, so there may be several.
    """
    wanted = list(dict.fromkeys(names))
    found: dict[str, list[tuple[int, list[str]]]] = {name: [] for name in wanted}
    c = t.path.c
    for column, prefix in ((c.full, ""), (c.tail, ""), (c.full, "params."), (c.tail, "params.")):
        named = {name.removeprefix(prefix): name for name in wanted if not found[name] and name.startswith(prefix)}
        texts = list(named)
        for start in range(0, len(texts), 500):
            rows = select(c.id, c.path, column.label("text")).where(column.in_(texts[start : start + 500]))
            for row in connection.execute(rows.order_by(c.id)).all():
                found[named[row.text]].append((row.id, from_json(row.path)))
    return found


def param_cell(params: Mapping[str, Any], paths: Sequence[tuple[int, list[str]]]) -> tuple[bool, Any]:
    """(whether the run has it, the value)."""
    for _, keys in paths:
        here: Any = params
        for key in keys:
            if isinstance(here, dict) and key in here:
                here = here[key]
            else:
                break
        else:
            return True, here
    return False, None


def find_metrics(connection: Connection, columns: Iterable[MetricColumn]) -> dict[tuple[str, str], tuple[int, int]]:
    """(name id, context id) by (name, context) of the columns whose name and context exist."""
    names = {column.name for column in columns}
    contexts = {column.context for column in columns}
    name, context = t.metric_name.c, t.context.c
    name_ids: dict[str, int] = {
        text: number
        for number, text in connection.execute(select(name.id, name.name).where(name.name.in_(names))).all()
    }
    context_ids: dict[str, int] = {
        text: number
        for number, text in connection.execute(
            select(context.id, context.context).where(context.context.in_(contexts))
        ).all()
    }
    return {
        (column.name, column.context): (name_ids[column.name], context_ids[column.context])
        for column in columns
        if column.name in name_ids and column.context in context_ids
    }


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


# -- sorting -------------------------------------------------------------------------------------------------------


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
        present.sort(key=keys.__getitem__, reverse=descending)
        run_ids = present + missing
    return run_ids


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
        by: As in a request. Params become (kind, number, text), of which the kind says which of the two counts.
        wanted: Of which runs.
        statuses, now: As for :func:`sorted_ids`.
    """
    run = t.run.c
    if by in ("created_at", "name", "experiment", "description", "source", "tags", "ended_at", "archived", "hash"):
        column = {"archived": "is_archived"}.get(by, by)
        rows = connection.execute(select(run.id, run[column])).all()
        return {run_id: value for run_id, value in rows if run_id in wanted and value is not None}
    if by in ("status", "duration"):
        return _status_keys(connection, by, wanted, statuses, now)
    metric = parse_metric_column(by)
    if metric is not None:
        return _metric_keys(view, connection, metric, wanted)
    return _param_keys(connection, by, wanted)


def _status_keys(
    connection: Connection,
    by: str,
    wanted: Collection[int],
    statuses: Mapping[int, tuple[str, float | None]],
    now: float,
) -> dict[int, Any]:
    run = t.run.c
    keys: dict[int, Any] = {}
    for run_id, created_at, ended_at, reason in connection.execute(
        select(run.id, run.created_at, run.ended_at, run.end_reason)
    ).all():
        if run_id not in wanted:
            continue
        if ended_at is None:
            reason, ended_at = statuses.get(run_id, ("stalled", None))
        if by == "status":
            keys[run_id] = reason or "stalled"
        elif created_at is not None:
            end = now if reason in ("running", "stalled") else ended_at
            if end is not None:
                keys[run_id] = end - created_at
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
    """Numbers before texts before everything else; NaN and None count as missing."""
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
    for run_id, params in _params_of(connection, rest):
        has, value = param_cell(params, places)
        if not has:
            continue
        if isinstance(value, int):
            keys[run_id] = (0, _as_float(value), "")
        else:
            keys[run_id] = (1, 0.0, value) if isinstance(value, str) else (2, 0.0, to_json(value))
    return keys


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _params_of(connection: Connection, run_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    c = t.run_params.c
    for start in range(0, len(run_ids), 1_000):
        statement = select(c.run_id, c.params).where(c.run_id.in_(run_ids[start : start + 1_000]))
        for run_id, text in connection.execute(statement).all():
            checkpoint()
            yield run_id, from_json(text)


# -- what there is -------------------------------------------------------------------------------------------------


def list_params(connection: Connection, run_ids: Collection[int] | None) -> list[dict[str, Any]]:
    """The params of some runs (None: of all): how many have each, how many different values, of which kinds."""
    names = {row.id: row.full for row in connection.execute(select(t.path.c.id, t.path.c.full)).all()}
    counted = _counted_all(connection) if run_ids is None else _counted_among(connection, run_ids)
    found: dict[str, dict[str, Any]] = {}
    for path_id, kinds, count, distinct in counted:
        path = names.get(path_id)
        if path is None:
            continue
        entry = found.setdefault(path, {"path": path, "count": 0, "distinct": 0, "kinds": []})
        entry["count"] += count
        entry["distinct"] = min(DISTINCT_CAP, entry["distinct"] + distinct)
        entry["kinds"] += [name for name in kinds if name not in entry["kinds"]]
    return sorted(found.values(), key=lambda entry: entry["path"])


_Counted = tuple[int, list[str], int, int]
"""Path id, names of kinds, runs, different values."""


def _counted_among(connection: Connection, run_ids: Collection[int]) -> Iterable[_Counted]:
    c = t.param.c
    counts = [func.count(), func.count(c.num.distinct()), func.count(c.txt.distinct())]
    statement = select(c.path_id, c.kind, *counts).where(among(c.run_id, run_ids)).group_by(c.path_id, c.kind)
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
        statement = statement.where(among(c.run_id, run_ids))
    ids = list(connection.execute(statement).scalars())
    keys = from_json(connection.execute(select(t.path.c.path).where(t.path.c.id == path_id)).scalar_one())
    seen: set[str] = set()
    for _, params in _params_of(connection, ids):
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
        counted = counted.where(among(c.run_id, run_ids))
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
    return sorted(rows, key=lambda row: (row["name"], row["context"]))
