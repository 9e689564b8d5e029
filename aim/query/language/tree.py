"""The syntax tree of AimQL: what a query means once its names are resolved. No behaviour.

Every node knows `at`, its offset in the query text, so that a later error can name line and column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from dataclasses import replace as with_fields
from typing import Any

from aim.schema.paths import ParamPath

__all__ = [
    "And",
    "Arithmetic",
    "Call",
    "Compare",
    "Constant",
    "ContextRef",
    "Index",
    "Is",
    "ListOf",
    "Method",
    "MetricField",
    "MetricOf",
    "Negate",
    "Node",
    "Not",
    "Or",
    "ParamRef",
    "Query",
    "RunField",
    "RunPath",
    "Selected",
    "children",
    "depends_on_time",
    "replace",
    "walk",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Base of all nodes."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """None, a bool, a number, a string, or a dict of such (a context)."""

    value: Any


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """``(a, b)`` or ``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RunField(Node):
    """``run.name`` and the other fixed fields of a run, by canonical name."""

    name: str


@dataclass(frozen=True, slots=True)
class ParamRef(Node):
    """``params.lr``: the params at `path`, from the root or below any named set."""

    path: ParamPath
    """Without keys for all params together."""


@dataclass(frozen=True, slots=True)
class RunPath(Node):
    """``run.a.b``: the param at exactly this path; and a metric's field if it reads as one (``run.loss.val.min``)."""

    path: ParamPath

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the path."""
        return self.path.keys


@dataclass(frozen=True, slots=True)
class MetricField(Node):
    """``metric.last`` and the other fields of the sequence in question."""

    name: str


@dataclass(frozen=True, slots=True)
class ContextRef(Node):
    """``context.subset``; the whole context if `key` is None."""

    key: str | None


@dataclass(frozen=True, slots=True)
class MetricOf(Node):
    """``run.metrics["loss", {"subset": "val"}].last``: a field of the run's sequences of that name and context."""

    name: str
    context: Mapping[str, Any]
    """Items that the context must contain."""
    field: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``params.layers[0]``, ``params.layers[0].size``."""

    value: Node
    key: int | str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``len(x)``."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Method(Node):
    """``x.startswith("a")``."""

    receiver: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``left op right`` with one of ``+ - * / // % **``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """``-x``."""

    value: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``a < b <= c``: operators ``== != < <= > >= in`` and ``not in``."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Is(Node):
    """``x is None`` (or True, False); `negated` for ``is not``."""

    value: Node
    what: bool | None
    negated: bool


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of `items`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Any of `items`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """``not x``."""

    item: Node


@dataclass(frozen=True, slots=True)
class Selected:
    """A metric that the statement form names before ``if``."""

    name: str
    tensorboard: bool = False
    """Written ``tf:name``: of TensorBoard runs only, and a tag ending in ``/name`` counts too."""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    text: str
    selected: tuple[Selected, ...]
    """Empty: metrics of any name."""
    condition: Node | None
    """None: no condition."""
    mentions_archived: bool
    """Archived runs are left out unless the query mentions ``run.archived``."""
    mentions_sequences: bool
    """Whether metrics are selected or ``metric`` or ``context`` occur, so that the answer depends on the sequence."""
    now: float
    """When it was parsed: what ``now()`` means, Unix seconds."""
    calls_now: bool
    """Whether ``now()`` occurs."""
    name_terms: tuple[Compare, ...]
    """Comparisons of ``run.name`` that the parser put beside one of ``run.hash``: a run can be named in its place."""


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`."""
    if isinstance(node, Compare):
        yield node.first
        for _, operand in node.rest:
            yield operand
        return
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """`node` and all nodes below it, parents first."""
    pending = [node]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(reversed(list(children(here))))


def replace(node: Node, old: Mapping[int, Node | None]) -> Node | None:
    """`node` with some nodes replaced.

    Args:
        node: The root.
        old: By the `id` of a node, what takes its place; None removes it from the ``and`` or ``or`` it is an item of.

    Returns:
        The new root; nodes without a replaced one below them are the same objects. None if all of it was removed.
    """
    if id(node) in old:
        return old[id(node)]
    if isinstance(node, And | Or):
        items = [replace(item, old) for item in node.items]
        kept = tuple(item for item in items if item is not None)
        if len(kept) < 2:
            return kept[0] if kept else None
        return node if _are_same(kept, node.items) else with_fields(node, items=kept)
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        changed = _replaced_in(value, old)
        if changed is not value:
            changes[field.name] = changed
    return with_fields(node, **changes) if changes else node


def _replaced_in(value: Any, old: Mapping[int, Node | None]) -> Any:
    if isinstance(value, Node):
        return replace(value, old)
    if isinstance(value, tuple):
        items = tuple(_replaced_in(item, old) for item in value)
        return value if _are_same(items, value) else items
    return value


def _are_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def depends_on_time(query: Query, *, is_any_active: bool) -> bool:
    """Whether the answer to a query may change while the index stays as it is.

    Args:
        query: The query.
        is_any_active: Whether there are runs that have not ended: their duration grows.
    """
    return query.calls_now or (is_any_active and query.condition is not None and _mentions_duration(query.condition))


def _mentions_duration(condition: Node) -> bool:
    return any(isinstance(node, RunField) and node.name == "duration" for node in walk(condition))
