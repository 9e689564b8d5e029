"""Conditions on one param or one string field of the run that SQL cannot answer: the evaluator over that column alone.

``params.model.endswith("50")`` needs one column of the index, not all params of every run. The answer is exact where
each value is decided for itself; so only terms are taken in which the param occurs once and nothing joins its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.index.sql import tables as t
from aim.index.sql.interrupt import checkpoint
from aim.query.language import tree
from aim.query.language.evaluate import MetricView, compile_condition
from aim.query.language.fields import NUMERIC_METRIC_FIELDS
from aim.query.language.tree import Node
from aim.schema.paths import ParamPath

__all__ = ["TEXT_FIELDS", "RunIds", "scan_column"]

TEXT_FIELDS: Final = ("hash", "name", "experiment", "description", "source")
"""Fields of a run that are strings, never missing, and columns of the same name."""

CHECKED_ROWS: Final = 5_000
"""Rows decided between two checks whether anyone still waits."""

_OUTER: Final = (tree.Compare, tree.Call, tree.Method, tree.Arithmetic, tree.Negate, tree.Index)
_INNER: Final = (tree.Arithmetic, tree.Negate, tree.Call, tree.Method, tree.Index, tree.Constant, tree.ListOf)


@dataclass(slots=True)
class RunIds:
    """The runs that satisfy a term."""

    found: set[int] = field(default_factory=set)
    undecided: set[int] = field(default_factory=set)
    """Their values are not in columns (lists, huge integers, long strings ...): to be decided with all their params."""


class _OneValue:
    """A run of which only one thing is known."""

    __slots__ = ("_keys", "value")

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self.value: Any = None

    def field(self, name: str) -> Any:
        return self.value

    def params(self) -> Mapping[str, Any]:
        params: Any = self.value
        for key in reversed(self._keys):
            params = {key: params}
        return params if self._keys else {}

    def sequences(self) -> Iterable[MetricView]:
        return ()


def scan_column(
    node: Node,
    connection: Connection,
    paths_of: Callable[[ParamPath, bool], tuple[Sequence[int], Sequence[int]] | None],
) -> RunIds | None:
    """The runs that satisfy a term, or None if it is not of one column.

    Args:
        node: A condition that must hold.
        connection: To the index.
        paths_of: (path, whether below any named set) -> ids of the paths of leaves there, and of leaves below.
    """
    source = _only_source(node)
    if source is None:
        return None
    view = _OneValue(() if isinstance(source, tree.RunField) else _path_of(source).keys)
    condition = compile_condition(node)

    def holds(value: Any) -> bool:
        view.value = value
        return condition(view, None)

    if isinstance(source, tree.RunField):
        rows = connection.execute(select(t.run.c[source.name], t.run.c.id)).all()
        return RunIds(_satisfying(rows, holds))
    paths = paths_of(_path_of(source), isinstance(source, tree.ParamRef))
    if paths is None:
        return None
    return _scan_params(connection, *paths, holds)


def _scan_params(
    connection: Connection, leaves: Sequence[int], below: Sequence[int], holds: Callable[[Any], bool]
) -> RunIds:
    row = t.param.c
    answer = RunIds()
    if below:
        answer.undecided.update(connection.execute(select(row.run_id).where(row.path_id.in_(below))).scalars())
    if not leaves:
        return answer
    at_leaf = row.path_id.in_(leaves)
    numbers = connection.execute(select(row.num, row.run_id).where(at_leaf, row.num.is_not(None))).all()
    answer.found |= _satisfying(numbers, holds)
    # the column does not tell 5 from 5.0, and arithmetic may
    whole = [(number, run_id) for number, run_id in numbers if number.is_integer()]
    answer.undecided |= _satisfying(whole, lambda number: holds(number) != holds(int(number)))
    texts = connection.execute(select(row.txt, row.run_id).where(at_leaf, row.txt.is_not(None))).all()
    answer.found |= _satisfying(texts, holds)
    nothing = row.num.is_(None), row.txt.is_(None)
    for kind, run_id in connection.execute(select(row.kind, row.run_id).where(at_leaf, *nothing)).all():
        if kind == t.Kind.NAN:
            if holds(float("nan")):
                answer.found.add(run_id)
        elif kind != t.Kind.NONE:
            answer.undecided.add(run_id)
    answer.found -= answer.undecided
    return answer


def _satisfying(rows: Iterable[Sequence[Any]], holds: Callable[[Any], bool]) -> set[int]:
    known: dict[Any, bool] = {}
    found: set[int] = set()
    for number, (value, run_id) in enumerate(rows):
        if number % CHECKED_ROWS == 0:
            checkpoint()
        is_so = known.get(value)
        if is_so is None:
            is_so = known[value] = holds(value)
        if is_so:
            found.add(run_id)
    return found


def _path_of(node: Node) -> ParamPath:
    return node.path if isinstance(node, tree.ParamRef | tree.RunPath) else ParamPath(())


def _only_source(node: Node) -> Node | None:
    """The one param or string field in a term that decides each value for itself."""
    sources: list[Node] = []
    for part in tree.walk(node):
        if isinstance(part, tree.ParamRef | tree.RunPath) or (
            isinstance(part, tree.RunField) and part.name in TEXT_FIELDS
        ):
            sources.append(part)
        elif isinstance(part, tree.ListOf):
            if not all(isinstance(item, tree.Constant) for item in part.items):
                return None
        elif part is not node and not isinstance(part, _INNER):
            return None
    if len(sources) != 1 or not isinstance(node, _OUTER):
        return None
    source = sources[0]
    if isinstance(source, tree.RunPath) and len(source.keys) > 1 and source.keys[-1] in NUMERIC_METRIC_FIELDS:
        return None
    return source
