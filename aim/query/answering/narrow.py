"""Conditions that SQL can answer exactly, as SQL over the tables of the index.

Everything is a condition on ``run`` or on ``sequence`` joined with it; what is asked of params, tags or other sequences
becomes ``run.id IN (SELECT ...)``, so that a missing value is simply not in the set. Conditions on the metric's name or
the context are answered by the evaluator over the small dictionaries of names and contexts. Where SQL would not answer
exactly as the evaluator does, the answer is None and the evaluator decides row by row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, not_, or_, select, true, union_all

from aim.index.sql import tables as t
from aim.query.answering.conditions import FOUND, TRUTH, Test, column_condition, is_plain_text, param_condition
from aim.query.answering.scan import TEXT_FIELDS
from aim.query.language import tree
from aim.query.language.evaluate import (
    MetricView,
    Predicate,
    RunView,
    compile_condition,
    context_has,
    context_includes,
    selects,
)
from aim.query.language.fields import NUMERIC_METRIC_FIELDS
from aim.query.language.tree import Node
from aim.schema.paths import ParamPath

__all__ = ["MAX_TERMS", "Narrower", "conjuncts"]

SqlCondition = ColumnElement[bool]

_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NULLABLE_TEXT_FIELDS: Final = ("error_type", "error_message")
_NUMBER_FIELDS: Final = ("attempt", "hidden_points", "lost_points", "rejected")
_LIVE_FIELDS: Final = ("active", "status", "ended_at", "duration")
_NAN_COLUMNS: Final = ("first", "last")
_NULLABLE_COLUMNS: Final = ("min", "max", "first_time", "last_time", "last_epoch")
MAX_LITERALS: Final = 20_000
MAX_TERMS: Final = 200
MAX_NESTING: Final = 12
"""What one statement may hold; the rest is left to the evaluator. SQLite takes 32,766 variables, 1,000 terms, and about
100 levels (its parser's stack)."""


def conjuncts(node: Node | None) -> list[Node]:
    """The conditions that must all hold."""
    if node is None:
        return []
    if isinstance(node, tree.And):
        return [part for item in node.items for part in conjuncts(item)]
    return [node]


class _DictionaryRow:
    """A sequence of which only the name or the context matters."""

    __slots__ = ("context", "name")

    def __init__(self, name: str, context: Mapping[str, Any]) -> None:
        self.name = name
        self.context = context

    def field(self, name: str) -> Any:
        return None


class _NoRun:
    def field(self, name: str) -> Any:
        return None

    def params(self) -> Mapping[str, Any]:
        return {}

    def sequences(self) -> Iterable[MetricView]:
        return ()


_NO_RUN: Final[RunView] = _NoRun()


class Narrower:
    """Makes SQL of conditions, for one snapshot of the index.

    Args:
        connection: Where param paths are looked up.
        names, contexts: The dictionaries, id -> metric name and id -> context.
        open_runs: Gives the ids of those runs not known to have ended that satisfy a predicate: what their status is
            now, no table knows.
    """

    def __init__(
        self,
        connection: Connection,
        names: Mapping[int, str],
        contexts: Mapping[int, Mapping[str, Any]],
        open_runs: Callable[[Predicate], Sequence[int]],
    ) -> None:
        self._connection = connection
        self._names = names
        self._contexts = contexts
        self._open_runs = open_runs
        self._terms_left = MAX_TERMS
        self._literals_left = MAX_LITERALS

    def selection(self, selected: Sequence[tree.Selected]) -> SqlCondition | None:
        """The condition of being one of the metrics before ``if``; None if there are too many names."""
        if not selected:
            return true()
        plain_names = {s.name for s in selected if not s.tensorboard}
        plain = [i for i, name in self._names.items() if name in plain_names]
        logs = [s for s in selected if s.tensorboard]
        condition = self._one_of(t.sequence.c.name_id, plain, len(self._names))
        if logs and condition is not None:
            ids = [i for i, name in self._names.items() if selects(logs, name, "tensorboard")]
            named = self._one_of(t.sequence.c.name_id, ids, len(self._names))
            return None if named is None else or_(condition, and_(t.run.c.source == "tensorboard", named))
        return condition

    def condition(self, node: Node, nesting: int = 0) -> SqlCondition | None:
        """`node` as SQL that is true for the same rows, or None."""
        if isinstance(node, tree.And | tree.Or | tree.Not):
            return self._junction(node, nesting + 1)
        self._terms_left -= 1
        return self._term(node) if self._terms_left >= 0 else None

    def _junction(self, node: tree.And | tree.Or | tree.Not, nesting: int) -> SqlCondition | None:
        if nesting > MAX_NESTING:
            return None
        if isinstance(node, tree.Not):
            inner = self.condition(node.item, nesting)
            return None if inner is None else not_(inner)
        parts: list[SqlCondition] = []
        for item in node.items:
            part = self.condition(item, nesting)
            if part is None:
                return None
            parts.append(part)
        return and_(*parts) if isinstance(node, tree.And) else or_(*parts)

    def _term(self, node: Node) -> SqlCondition | None:
        asked_of = _data_of(node)
        if not asked_of:
            return true() if compile_condition(node)(_NO_RUN, None) else false()
        if asked_of == {"name"}:
            return self._by_name(compile_condition(node))
        if asked_of == {"context"}:
            return self._by_context(compile_condition(node))
        if isinstance(node, tree.Compare):
            return self._comparison(node)
        if isinstance(node, tree.Is):
            return self._identity(node)
        if isinstance(node, tree.Method):
            return self._method(node)
        return self._some(node, TRUTH)

    # -- dictionaries

    def _by_name(self, predicate: Predicate) -> SqlCondition | None:
        ids = [i for i, name in self._names.items() if predicate(_NO_RUN, _DictionaryRow(name, {}))]
        return self._one_of(t.sequence.c.name_id, ids, len(self._names))

    def _by_context(self, predicate: Predicate) -> SqlCondition | None:
        ids = [i for i, context in self._contexts.items() if predicate(_NO_RUN, _DictionaryRow("", context))]
        return self._one_of(t.sequence.c.context_id, ids, len(self._contexts))

    def _one_of(self, column: ColumnElement[Any], ids: Sequence[int], of: int) -> SqlCondition | None:
        if len(ids) == of:
            return true()
        return _is_in(column, ids) if self._may_hold(len(ids)) else None

    def _may_hold(self, literals: int) -> bool:
        """Whether this many more literals fit into the statement."""
        self._literals_left -= literals
        return self._literals_left >= 0

    # -- comparisons

    def _comparison(self, node: tree.Compare) -> SqlCondition | None:
        if len(node.rest) == 1:
            ((op, operand),) = node.rest
            if op in ("in", "not in"):
                return self._membership(node.first, op, operand)
        found = _one_unknown(node)
        if found is None:
            return None
        unknown, comparisons = found
        return self._some(unknown, Test(comparisons))

    def _membership(self, value: Node, op: str, container: Node) -> SqlCondition | None:
        if isinstance(container, tree.ListOf):
            if any(not isinstance(item, tree.Constant) or isinstance(item.value, dict) for item in container.items):
                return None
            members = tuple(item.value for item in container.items if isinstance(item, tree.Constant))
            if not self._may_hold(2 * len(members)):  # they occur for numbers and for strings
                return None
            return self._some(value, Test(((op, members),)))
        if isinstance(container, tree.RunField) and isinstance(value, tree.Constant) and value.value is not None:
            held = self._holds(container.name, value.value)
            return held if held is None or op == "in" else not_(held)
        return None

    def _holds(self, field: str, value: Any) -> SqlCondition | None:
        """Whether the list field of a run (its tags, its metrics) has a member."""
        if field not in ("tags", "metrics"):
            return None
        if not isinstance(value, str):
            return false()
        if field == "tags":
            if not is_plain_text(value):
                return None
            return t.run.c.id.in_(select(t.run_tag.c.run_id).where(t.run_tag.c.tag == value))
        ids = [i for i, name in self._names.items() if name == value]
        other = t.sequence.alias()
        return t.run.c.id.in_(select(other.c.run_id).where(_is_in(other.c.name_id, ids))) if ids else false()

    def _identity(self, node: tree.Is) -> SqlCondition | None:
        if node.what is None:
            found = self._some(node.value, FOUND)
            return found if found is None or node.negated else not_(found)
        is_it = self._some(node.value, Test(special="true" if node.what else "false"))
        return not_(is_it) if is_it is not None and node.negated else is_it

    def _method(self, node: tree.Method) -> SqlCondition | None:
        receiver, (argument, *_) = node.receiver, (*node.arguments, None)
        if not isinstance(receiver, tree.RunField) or not isinstance(argument, tree.Constant):
            return None
        part = argument.value
        if node.name == "contains":
            return None if part is None else self._holds(receiver.name, part)
        if node.name != "startswith" or receiver.name not in TEXT_FIELDS:
            return None
        if not isinstance(part, str) or not is_plain_text(part):
            return None
        return func.substr(t.run.c[receiver.name], 1, len(part)) == part if part else true()

    # -- where values come from

    def _some(self, node: Node, test: Test) -> SqlCondition | None:
        """Whether some value of an expression satisfies a test."""
        if isinstance(node, tree.ParamRef):
            return self._params(node.path, test, anywhere=True)
        if isinstance(node, tree.RunPath):
            return self._run_path(node, test)
        if isinstance(node, tree.MetricOf) and node.field != "name":
            contexts = [i for i, context in self._contexts.items() if context_includes(context, node.context)]
            return self._summaries(node.name, contexts, node.field, test)
        if isinstance(node, tree.MetricField) and node.name != "name":
            return _summary_condition(t.sequence.c, node.name, test)
        if isinstance(node, tree.RunField):
            return self._run_field(node.name, test)
        return None

    def _run_field(self, name: str, test: Test) -> SqlCondition | None:
        if name == "archived":
            return _boolean_condition(t.run.c.is_archived, test)
        if name in TEXT_FIELDS:
            return column_condition(t.run.c[name], test, is_text=True, null="never")
        if name in _NULLABLE_TEXT_FIELDS:
            return column_condition(t.run.c[name], test, is_text=True, null="missing")
        if name in _NUMBER_FIELDS:
            return column_condition(t.run.c[name], test, is_text=False, null="never")
        if name == "created_at":
            return column_condition(t.run.c.created_at, test, is_text=False, null="missing")
        if name in _LIVE_FIELDS:
            return self._live_field(name, test)
        return None

    def _live_field(self, name: str, test: Test) -> SqlCondition | None:
        ended: SqlCondition | None
        if name == "active":
            ended = _boolean_condition(false(), test)
        elif name == "status":
            ended = column_condition(t.run.c.end_reason, test, is_text=True, null="missing")
        elif name == "ended_at":
            ended = column_condition(t.run.c.ended_at, test, is_text=False, null="missing")
        else:
            took = t.run.c.ended_at - t.run.c.created_at - t.run.c.pauses_s
            ended = column_condition(took, test, is_text=False, null="missing")
        if ended is None:
            return None
        ids = self._open_runs(lambda run, metric: _satisfies(run.field(name), test))
        if not self._may_hold(len(ids)):
            return None
        is_open = t.run.c.ended_at.is_(None)
        return or_(and_(not_(is_open), ended), and_(is_open, _is_in(t.run.c.id, ids)))

    def _run_path(self, node: tree.RunPath, test: Test) -> SqlCondition | None:
        params = self._params(node.path, test, anywhere=False)
        field = node.keys[-1]
        if params is None or len(node.keys) < 2 or field not in NUMERIC_METRIC_FIELDS:
            return params
        wanted = node.keys[1:-1]
        contexts = [i for i, context in self._contexts.items() if all(context_has(context, text) for text in wanted)]
        metrics = self._summaries(node.keys[0], contexts, field, test)
        return None if metrics is None else or_(params, metrics)

    def _summaries(self, name: str, contexts: Sequence[int], field: str, test: Test) -> SqlCondition | None:
        ids = [i for i, known in self._names.items() if known == name]
        other = t.sequence.alias()
        asked = _summary_condition(other.c, field, test)
        if not ids or not contexts:
            return false()
        if asked is None or not self._may_hold(len(contexts)):
            return None
        rows = select(other.c.run_id).where(other.c.name_id == ids[0], asked)
        if len(contexts) < len(self._contexts):
            rows = rows.where(_is_in(other.c.context_id, contexts))
        return t.run.c.id.in_(rows)

    def _params(self, path: ParamPath, test: Test, *, anywhere: bool) -> SqlCondition | None:
        wanted = param_condition(test)
        if wanted is None or not _is_plain_path(path):
            return None
        leaves = self._leaf_paths(path, anywhere=anywhere)
        below = self._paths_below(path, anywhere=anywhere) if wanted.dicts else []
        if not self._may_hold(3 * len(leaves) + len(below)):
            return None
        row = t.param.c
        other = and_(row.num.is_(None), row.txt.is_(None))
        if leaves and wanted.unsure:
            unsure = select(row.run_id).where(
                _is_in(row.path_id, leaves), other, row.kind.in_(sorted(int(kind) for kind in wanted.unsure))
            )
            if self._connection.execute(unsure.limit(1)).first() is not None:
                return None
        parts: list[Select[Any]] = []
        if leaves:
            at_leaf = _is_in(row.path_id, leaves)
            # one SELECT for each of the three partial indexes
            if not _is_false(wanted.numbers):
                parts.append(select(row.run_id).where(at_leaf, row.num.is_not(None), wanted.numbers))
            if not _is_false(wanted.texts):
                parts.append(select(row.run_id).where(at_leaf, row.txt.is_not(None), wanted.texts))
            sure = wanted.kinds - wanted.unsure
            if sure:
                kinds = row.kind.in_(sorted(int(kind) for kind in sure))
                parts.append(select(row.run_id).where(at_leaf, other, kinds))
        if below:
            parts.append(select(row.run_id).where(_is_in(row.path_id, below)))
        if not parts:
            return false()
        return t.run.c.id.in_(parts[0] if len(parts) == 1 else union_all(*parts))

    def paths_of(self, path: ParamPath, anywhere: bool) -> tuple[list[int], list[int]] | None:
        """Ids of the paths of leaves at a dotted path, and of those below a dict there; None if SQL cannot tell."""
        if not _is_plain_path(path):
            return None
        leaves, below = self._leaf_paths(path, anywhere=anywhere), self._paths_below(path, anywhere=anywhere)
        return (leaves, below) if self._may_hold(3 * len(leaves) + len(below)) else None

    def _leaf_paths(self, path: ParamPath, *, anywhere: bool) -> list[int]:
        ids: dict[int, None] = {}
        for column, first in ((t.path.c.full, 0), (t.path.c.tail, 1)) if anywhere else ((t.path.c.full, 0),):
            rows = self._connection.execute(select(t.path.c.id, t.path.c.path).where(column == path.dotted)).all()
            ids.update((i, None) for i, keys in rows if not path.exact or path.stands_for(json.loads(keys)[first:]))
        return list(ids)

    def _paths_below(self, path: ParamPath, *, anywhere: bool) -> list[int]:
        """Paths of leaves inside a dict at `path`."""
        ids: list[int] = []
        for column, first in ((t.path.c.full, 0), (t.path.c.tail, 1)) if anywhere else ((t.path.c.full, 0),):
            # "/" is the character after "."
            rows = select(t.path.c.id, t.path.c.path).where(column >= path.dotted + ".", column < path.dotted + "/")
            for path_id, keys_json in self._connection.execute(rows).all():
                keys = json.loads(keys_json)[first:]
                # keys may hold dots themselves: ["a.b"] is not below "a"
                if any(path.stands_for(keys[:used]) for used in range(1, len(keys))):
                    ids.append(path_id)
        return ids


def _is_false(condition: SqlCondition) -> bool:
    return condition.compare(false())


def _is_plain_path(path: ParamPath) -> bool:
    # the index writes what a database would refuse in a key with backslashes
    text = path.dotted
    return bool(text) and "\\" not in text and is_plain_text(text)


def _is_in(column: ColumnElement[Any], ids: Sequence[int]) -> SqlCondition:
    if not ids:
        return false()
    return column == ids[0] if len(ids) == 1 else column.in_(list(ids))


def _satisfies(value: Any, test: Test) -> bool:
    """A test on a plain value, by the evaluator."""
    one: Node = tree.Constant(value)
    if test.special == "truth":
        return compile_condition(one)(_NO_RUN, None)
    if test.special == "found":
        return value is not None
    if test.special:
        return value is (test.special == "true")
    for op, constant in test.comparisons:
        operand: Node
        if isinstance(constant, tuple):
            operand = tree.ListOf(tuple(tree.Constant(member) for member in constant))
        else:
            operand = tree.Constant(constant)
        if not compile_condition(tree.Compare(one, ((op, operand),)))(_NO_RUN, None):
            return False
    return True


def _boolean_condition(column: ColumnElement[Any], test: Test) -> SqlCondition:
    if_true, if_false = _satisfies(True, test), _satisfies(False, test)
    if if_true == if_false:
        return true() if if_true else false()
    return column.is_(True) if if_true else not_(column.is_(True))


def _summary_condition(columns: Any, field: str, test: Test) -> SqlCondition | None:
    null: Literal["never", "missing", "nan"]
    null = "nan" if field in _NAN_COLUMNS else "missing" if field in _NULLABLE_COLUMNS else "never"
    return column_condition(columns[field], test, is_text=False, null=null)


def _data_of(node: Node) -> set[str]:
    """What an expression looks at: "name" and "context" of the sequence, or "other"."""
    found: set[str] = set()
    for part in tree.walk(node):
        if isinstance(part, tree.MetricField) and part.name == "name":
            found.add("name")
        elif isinstance(part, tree.ContextRef):
            found.add("context")
        elif isinstance(part, tree.MetricField | tree.RunField | tree.ParamRef | tree.RunPath | tree.MetricOf):
            found.add("other")
    return found


def _one_unknown(node: tree.Compare) -> tuple[Node, tuple[tuple[str, Any], ...]] | None:
    """The one operand that is not a constant, and what it is compared with; None if there is none or more than one."""
    operands = [node.first, *(operand for _, operand in node.rest)]
    ops = [op for op, _ in node.rest]
    unknown = [i for i, operand in enumerate(operands) if not isinstance(operand, tree.Constant)]
    if len(unknown) != 1 or len(operands) > 3 or any(op not in _FLIPPED for op in ops):
        return None
    at = unknown[0]
    if len(operands) == 3 and at != 1:  # 1 < 2 < x: not worth the trouble
        return None
    comparisons: list[tuple[str, Any]] = []
    for number, op in enumerate(ops):
        other = operands[number + 1] if number == at else operands[number]
        if not isinstance(other, tree.Constant) or other.value is None or isinstance(other.value, dict):
            return None
        comparisons.append((op if number == at else _FLIPPED[op], other.value))
    return operands[at], tuple(comparisons)
