"""Why a query found nothing: names in it that no run has, with the nearest that exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from typing import Final

from sqlalchemy import Connection, select

from aim.index import tables as t
from aim.query import tree
from aim.query.dictionaries import Dictionaries
from aim.query.fields import NUMERIC_METRIC_FIELDS

__all__ = ["hints_for"]

MAX_CANDIDATES: Final = 5_000
"""Near names are sought among this many; the search is quadratic in their length."""
MAX_NAME_CHARS: Final = 200
MAX_HINTS: Final = 10
NEAREST: Final = 3


def hints_for(query: tree.Query, connection: Connection, dictionaries: Dictionaries) -> tuple[str, ...]:
    """One sentence for each name in the query that does not exist in the repo."""
    hints: dict[str, None] = {}
    nodes = list(tree.walk(query.condition)) if query.condition is not None else []
    names = set(dictionaries.names.values())
    for selected in query.selected:
        _add(hints, "metric", selected.name, names, prefix="tf:" if selected.tensorboard else "")
    for node in nodes:
        if len(hints) >= MAX_HINTS:
            break
        if isinstance(node, tree.ParamRef) and node.path:
            _param_hint(hints, node.path, "params.", connection)
        elif isinstance(node, tree.RunPath):
            is_metric = node.keys[-1] in NUMERIC_METRIC_FIELDS and node.keys[0] in names
            if not is_metric:
                _param_hint(hints, ".".join(node.keys), "run.", connection)
        elif isinstance(node, tree.MetricOf):
            _add(hints, "metric", node.name, names)
        elif isinstance(node, tree.ContextRef) and node.key is not None:
            keys = {key for context in dictionaries.contexts.values() for key in context}
            _add(hints, "context", node.key, keys, prefix="context.")
        elif isinstance(node, tree.Compare):
            _compared_hints(hints, node, connection, dictionaries)
    return tuple(hints)


def _compared_hints(
    hints: dict[str, None], node: tree.Compare, connection: Connection, dictionaries: Dictionaries
) -> None:
    if len(node.rest) != 1 or node.rest[0][0] not in ("==", "in"):
        return
    field, constant = node.first, node.rest[0][1]
    items = constant.items if isinstance(constant, tree.ListOf) else (constant,)
    wanted = [item.value for item in items if isinstance(item, tree.Constant) and isinstance(item.value, str)]
    if isinstance(field, tree.MetricField) and field.name == "name":
        for text in wanted:
            _add(hints, "metric", text, set(dictionaries.names.values()))
    elif isinstance(field, tree.RunField) and field.name == "experiment":
        known = set(connection.execute(select(t.run.c.experiment).distinct().limit(MAX_CANDIDATES)).scalars())
        for text in wanted:
            _add(hints, "experiment", text, known)
    elif isinstance(field, tree.ContextRef) and field.key is not None:
        values = [context[field.key] for context in dictionaries.contexts.values() if field.key in context]
        for text in wanted if values else ():
            _add(hints, f"value of context.{field.key}", text, {v for v in values if isinstance(v, str)})


def _add(hints: dict[str, None], what: str, name: str, known: Iterable[str], *, prefix: str = "") -> None:
    known = set(known)
    if name in known:
        return
    if what == "metric" and prefix and any(one.endswith("/" + name) for one in known):
        return
    near = _nearest(name, known)
    shown = f"{prefix}{name[:MAX_NAME_CHARS]}"
    hints[_sentence(f"no {what} {shown!r}", [prefix + one for one in near])] = None


def _param_hint(hints: dict[str, None], path: str, prefix: str, connection: Connection) -> None:
    columns = t.path.c
    rows = connection.execute(select(columns.full, columns.tail).limit(MAX_CANDIDATES)).all()
    known = {row.full for row in rows}
    if prefix == "params.":
        known |= {row.tail for row in rows if row.tail is not None}
    if path in known or any(one.startswith(path + ".") for one in known):
        return
    near = _nearest(path, known)
    # params.hparams.lr says nothing that params.lr does not
    near = [one for one in near if not any(one.endswith("." + other) for other in near)]
    text = _sentence(f"no run has {prefix}{path[:MAX_NAME_CHARS]}", [prefix + one for one in near])
    if not near and "." not in path:
        text += f"; if {path[:MAX_NAME_CHARS]} is meant as a text, write it in quotes"
    hints[text] = None


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names most like `name`, best first; one clearly worse than the best is left out."""
    name = name[:MAX_NAME_CHARS]
    near = get_close_matches(name, sorted(known)[:MAX_CANDIDATES], n=NEAREST)
    likeness = [SequenceMatcher(None, one, name).ratio() for one in near]
    return [one for one, ratio in zip(near, likeness, strict=True) if ratio > likeness[0] - 0.1]


def _sentence(what: str, near: list[str]) -> str:
    return f"{what}; did you mean {' or '.join(near)}?" if near else what
