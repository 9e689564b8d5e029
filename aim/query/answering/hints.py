"""Why a query found nothing: names in it that no run has, with the nearest that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from itertools import islice
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from aim.index.sql import tables as t
from aim.query.answering.conditions import is_plain_text
from aim.query.answering.dictionaries import Contexts, Dictionaries
from aim.query.language import tree
from aim.query.language.evaluate import is_tag_of
from aim.query.language.fields import NUMERIC_METRIC_FIELDS, RUN_FIELDS
from aim.query.language.values import is_number, to_timestamp
from aim.schema.statuses import STATUSES

__all__ = ["hints_for"]

MAX_LOOKUPS: Final = 50
"""Names in a query that are looked up; queries that hold more are made by programs."""
MAX_CANDIDATES: Final = 2_000
"""Near names are sought among this many: each takes some 20 us."""
MAX_HINTS: Final = 10
MAX_NAME_CHARS: Final = 200
NEAREST: Final = 3

TIME_FIELDS: Final = ("created_at", "ended_at")
NUMBER_FIELDS: Final = ("duration", "attempt", "hidden_points", "lost_points", "rejected")
POINT_WORDS: Final = {
    "step": "metric.last_step", "steps": "metric.last_step", "iteration": "metric.last_step",
    "epoch": "metric.last_epoch", "epochs": "metric.last_epoch",
    "value": "metric.last", "values": "metric.last",
    "time": "metric.last_time",
}  # fmt: skip
"""What people write who want some points of a metric; a query finds whole metrics."""


def hints_for(query: tree.Query, connection: Connection, dictionaries: Dictionaries) -> tuple[str, ...]:
    """One sentence for each name in the query that does not exist in the repo."""
    names = _Names(connection, dictionaries)
    hints, parts = _subtracted(query)
    mentioned = (one for one in dict.fromkeys(_mentioned(query)) if one not in parts)
    for what, name, prefix in list(mentioned)[:MAX_LOOKUPS]:
        hint = names.hint(what, name, prefix)
        if hint is not None:
            hints[hint] = None
        if len(hints) == MAX_HINTS:
            break
    nodes = tree.walk(query.condition) if query.condition is not None else ()
    for node in islice((node for node in nodes if isinstance(node, tree.Compare)), MAX_LOOKUPS):
        hint = _type_hint(node, names) if len(hints) < MAX_HINTS else None
        if hint is not None:
            hints[hint] = None
    return tuple(hints)


def _subtracted(query: tree.Query) -> tuple[dict[str, None], set[tuple[str, str, str]]]:
    """What to say of names with "-" that a field of strings is compared with, unquoted; and the names in them."""
    hints: dict[str, None] = {}
    parts: set[tuple[str, str, str]] = set()
    nodes = tree.walk(query.condition) if query.condition is not None else ()
    for node in islice((node for node in nodes if isinstance(node, tree.Compare)), MAX_LOOKUPS):
        ((op, right), *more) = node.rest
        if more or op not in ("==", "!="):
            continue
        first = node.first.path.dotted if isinstance(node.first, tree.ParamRef) else ""
        if isinstance(right, tree.ParamRef) and first in RUN_FIELDS:
            parts.add(("param", right.path.dotted, ""))  # a string once the field is written with run.
        if not isinstance(right, tree.Arithmetic):
            continue
        name = _joined(query.text, right)
        if isinstance(node.first, tree.RunField) and name is not None:
            field = "experiment" if node.first.name == "experiment" else f"run.{node.first.name}"
            hints[f'{name[:MAX_NAME_CHARS]} is read as a subtraction: write {field} {op} "{name[:MAX_NAME_CHARS]}"'] = (
                None
            )
            inner = (each for each in tree.walk(right) if isinstance(each, tree.ParamRef))
            parts.update(("param", each.path.dotted, "") for each in inner)
    return hints, parts


def _joined(text: str, node: tree.Node) -> str | None:
    """``a-b-c`` of a subtraction of bare names and numbers; None for any other expression."""
    if isinstance(node, tree.Arithmetic):
        left, right = _joined(text, node.left), _joined(text, node.right)
        return f"{left}-{right}" if node.op == "-" and left is not None and right is not None else None
    if isinstance(node, tree.ParamRef) and _is_bare(text, node):
        return node.path.dotted
    return str(node.value) if isinstance(node, tree.Constant) and is_number(node.value) else None


def _type_hint(node: tree.Compare, names: _Names) -> str | None:
    """What to say where a number is compared with a text: such a comparison is never true."""
    if len(node.rest) != 1:
        return None
    ((op, right),) = node.rest
    for field, other in ((node.first, right), (right, node.first)):
        if op in ("in", "not in") or not isinstance(other, tree.Constant):
            continue
        value = other.value
        if isinstance(value, str):
            if isinstance(field, tree.RunField) and field.name in TIME_FIELDS:
                return f"run.{field.name} is a time: compare it with {_datetime_call(value)}"
            if isinstance(field, tree.RunField) and field.name in NUMBER_FIELDS:
                return _number_hint(f"run.{field.name}", "is a number", value)
            if isinstance(field, tree.MetricField) and field.name != "name":
                return _number_hint(f"metric.{field.name}", "is a number", value)
        if isinstance(field, tree.ParamRef | tree.RunPath) and is_number(value) | isinstance(value, str):
            path, prefix = field.path.dotted, "params." if isinstance(field, tree.ParamRef) else "run."
            kinds = names.kinds_of(path, anywhere=prefix == "params.")
            if isinstance(value, str) and kinds == {"number"}:
                return _number_hint(prefix + path, "holds numbers", value)
            if is_number(value) and kinds == {"text"}:
                return f'{prefix}{path} holds strings: write "{value}" in quotes'
    return None


def _number_hint(name: str, is_what: str, text: str) -> str:
    shown = text[:MAX_NAME_CHARS]
    try:
        float(text)
    except ValueError:
        return f"{name} {is_what}, and {shown!r} is a string"
    return f"{name} {is_what}, and {shown!r} is a string: write {shown} without quotes"


def _datetime_call(text: str) -> str:
    try:
        to_timestamp((text,))
    except ValueError:
        return "datetime(2024, 1, 31)"
    return f'datetime("{text}")'


def _mentioned(query: tree.Query) -> Iterable[tuple[str, str, str]]:
    """(what it is, name, how it is written before the name) of the names in a query."""
    for selected in query.selected:
        yield "metric", selected.name, "tf:" if selected.tensorboard else ""
    for node in tree.walk(query.condition) if query.condition is not None else ():
        if isinstance(node, tree.ParamRef) and node.path.keys:
            yield "param", node.path.dotted, "" if _is_bare(query.text, node) else "params."
        elif isinstance(node, tree.RunPath):
            if len(node.keys) > 1 and node.keys[-1] in NUMERIC_METRIC_FIELDS:
                yield "metric or param", node.path.dotted, "run."
            else:
                yield "param", node.path.dotted, "run."
        elif isinstance(node, tree.MetricOf):
            yield "metric", node.name, ""
        elif isinstance(node, tree.ContextRef) and node.key is not None:
            yield "context", node.key, "context."
        elif isinstance(node, tree.Compare):
            yield from _compared(node)


def _is_bare(text: str, node: tree.ParamRef) -> bool:
    """Whether a param is written as its name alone, which might have been meant as a string."""
    name = node.path.dotted
    return "." not in name and text.startswith(name, node.at) and text[node.at + len(name) :][:1] != "."


def _compared(node: tree.Compare) -> Iterable[tuple[str, str, str]]:
    """The strings that a field is compared with, where only some strings can be right."""
    (op, other), field = node.rest[0], node.first
    if op not in ("==", "in"):
        return
    for item in other.items if isinstance(other, tree.ListOf) else (other,):
        if not isinstance(item, tree.Constant) or not isinstance(item.value, str):
            continue
        if isinstance(field, tree.MetricField) and field.name == "name":
            yield "metric", item.value, ""
        elif isinstance(field, tree.RunField) and field.name == "experiment":
            yield "experiment", item.value, ""
        elif isinstance(field, tree.RunField) and field.name == "status":
            yield "status", item.value, ""
        elif isinstance(field, tree.ContextRef) and field.key is not None:
            yield f"value of context.{field.key}", item.value, ""


class _Names:
    """The names that exist, read when first needed."""

    def __init__(self, connection: Connection, dictionaries: Dictionaries) -> None:
        self._connection = connection
        self._dictionaries = dictionaries

    def hint(self, what: str, name: str, prefix: str) -> str | None:
        """What to say of a name that does not exist; None if it does."""
        if what == "param":
            return self._param_hint(name, prefix)
        if what == "metric or param":
            metric = name.partition(".")[0]
            return None if metric in self.metrics else self._param_hint(name, prefix)
        known = self._known(what)
        if name in known or not known:
            return None
        if prefix == "tf:" and any(is_tag_of(one, name) for one in known):
            return None
        whole = {one.rpartition("/")[2]: one for one in known} if what == "metric" else {}
        near = list(dict.fromkeys(whole.get(one, one) for one in _nearest(name, {*known, *whole})))
        if what == "metric" and not near and self._is_run(name):
            return f"no metric {name!r}, but a run is named so: run.name == {name!r}"
        if what == "metric" and name in self.experiments:
            return f"no metric {name!r}, but an experiment is named so: experiment == {name!r}"
        return _sentence(f"no {what} {prefix + name[:MAX_NAME_CHARS]!r}", [prefix + one for one in near])

    def _is_run(self, name: str) -> bool:
        statement = select(t.run.c.id).where(t.run.c.name == name).limit(1)
        return is_plain_text(name) and self._connection.execute(statement).first() is not None

    def _known(self, what: str) -> Collection[str]:
        if what == "metric":
            return self.metrics
        if what == "experiment":
            return self.experiments
        if what == "status":
            return STATUSES
        contexts = Contexts(self._dictionaries, self._connection).values()
        if what == "context":
            return {key for context in contexts for key in context}
        key = what.partition(".")[2]
        return {value for context in contexts if isinstance(value := context.get(key), str)}

    @cached_property
    def metrics(self) -> set[str]:
        """The names of metrics."""
        return set(self._dictionaries.names.values())

    @cached_property
    def experiments(self) -> set[str]:
        """The names of experiments."""
        statement = select(t.run.c.experiment).distinct().limit(MAX_CANDIDATES)
        return set(self._connection.execute(statement).scalars())

    @cached_property
    def params(self) -> list[tuple[str, str | None]]:
        """(full path, path below the named set) of params."""
        statement = select(t.path.c.full, t.path.c.tail).limit(MAX_CANDIDATES)
        return [(full, tail) for full, tail in self._connection.execute(statement).all()]

    def _param_hint(self, path: str, prefix: str) -> str | None:
        is_exact = prefix == "run."
        if self._has_param(path, anywhere=not is_exact):
            return None
        if not prefix and path in POINT_WORDS:
            return (
                f"no run has params.{path}; a query finds whole metrics and does not choose among their points: "
                f"did you mean {POINT_WORDS[path]}?"
            )
        if not prefix and path in RUN_FIELDS:
            return f"no run has params.{path}; did you mean run.{path}?"
        shown = path[:MAX_NAME_CHARS]
        if is_exact and self._has_param(path, anywhere=True):
            return _sentence(f"no run has run.{shown}", [f"params.{shown}"])
        known = {full for full, _ in self.params}
        if is_exact:
            known |= set(RUN_FIELDS) if "." not in path else set()
        else:
            known |= {tail for _, tail in self.params if tail is not None}
        near = _nearest(path, known)
        # params.hparams.lr says nothing that params.lr does not
        near = [(prefix or "params.") + one for one in near if not any(one.endswith("." + other) for other in near)]
        text = _sentence(f"no run has {prefix or 'params.'}{shown}", near)
        if not near and not prefix:
            text += f"; if {shown} is meant as a text, write it in quotes"
        return text

    def kinds_of(self, path: str, *, anywhere: bool) -> set[str]:
        """What kinds of values some runs have at a path: "number", "text", "other"."""
        if not is_plain_text(path):
            return {"other"}
        where = or_(t.path.c.full == path, t.path.c.tail == path) if anywhere else t.path.c.full == path
        ids = self._connection.execute(select(t.path.c.id).where(where).limit(MAX_LOOKUPS)).scalars().all()
        row = t.param.c
        kinds = set()
        for kind, condition in (
            ("number", row.num.is_not(None)),
            ("text", row.txt.is_not(None)),
            ("other", and_(row.num.is_(None), row.txt.is_(None))),
        ):
            found = select(row.run_id).where(row.path_id.in_(ids), condition).limit(1)
            if ids and self._connection.execute(found).first() is not None:
                kinds.add(kind)
        return kinds

    def _has_param(self, path: str, *, anywhere: bool) -> bool:
        if not is_plain_text(path):
            return True  # who knows
        columns = (t.path.c.full, t.path.c.tail) if anywhere else (t.path.c.full,)
        # "/" is the character after "."
        at_or_below = [or_(c == path, and_(c >= path + ".", c < path + "/")) for c in columns]
        return any(
            self._connection.execute(select(t.path.c.id).where(there).limit(1)).first() is not None
            for there in at_or_below
        )


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names most like `name`, best first; one clearly worse than the best is left out."""
    name = name[:MAX_NAME_CHARS]
    candidates = [one for one in sorted(known)[:MAX_CANDIDATES] if len(one) <= MAX_NAME_CHARS]
    near = get_close_matches(name, candidates, n=NEAREST, cutoff=0.7)
    likeness = [SequenceMatcher(None, one, name).ratio() for one in near]
    return [one for one, ratio in zip(near, likeness, strict=True) if ratio > likeness[0] - 0.1]


def _sentence(what: str, near: list[str]) -> str:
    return f"{what}; did you mean {' or '.join(near)}?" if near else what
