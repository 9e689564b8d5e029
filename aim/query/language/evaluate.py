"""The meaning of AimQL: a syntax tree -> a predicate over one run and one of its sequences.

This module defines the language; SQL (:mod:`aim.query.answering.narrow`) only answers earlier what it can answer alike.

Every expression means the *values* found, a list: none when something is missing, several when a name finds
several (``params.lr`` in two named sets). A comparison is true if some of the values satisfy it, so one with a missing
value is false, and ``x is None`` is true exactly when nothing was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final, Protocol

from aim.index.sql.interrupt import building, checkpoint
from aim.query.language import tree
from aim.query.language.effort import build, build_values, spend
from aim.query.language.fields import NUMERIC_METRIC_FIELDS
from aim.query.language.tree import Node
from aim.query.language.values import (
    add_up,
    arithmetic,
    contains,
    equal,
    extreme,
    find_params,
    is_number,
    ordered,
    rounded,
    sort_values,
    truth,
)
from aim.schema.subsets import SUBSETS

__all__ = [
    "MetricView",
    "Predicate",
    "RunView",
    "compile_condition",
    "context_has",
    "context_includes",
    "is_tag_of",
    "selects",
]

MAX_COMBINATIONS: Final = 256
"""An operation on several values each tries this many combinations, in order."""


UNCHECKED_PARTS: Final = 32
"""Parts of a condition between two checks whether anyone still waits: one row of a query of 90 KB takes 0.1 s. What
long values cost in each part is counted beside that (:mod:`aim.query.language.effort`)."""

_BUILDERS: Final = (tree.ListOf, tree.Call, tree.Method, tree.Arithmetic)
"""What makes new values, or keeps several beside each other."""


class MetricView(Protocol):
    """A sequence, as conditions see it."""

    @property
    def name(self) -> str:
        """The metric's name."""

    @property
    def context(self) -> Mapping[str, Any]:
        """The context, plain values."""

    def field(self, name: str) -> Any:
        """One of ``NUMERIC_METRIC_FIELDS``; None if missing."""


class RunView(Protocol):
    """A run, as conditions see it."""

    def field(self, name: str) -> Any:
        """A canonical name of ``RUN_FIELDS``; None if missing."""

    def params(self) -> Mapping[str, Any]:
        """The nested params."""

    def sequences(self) -> Iterable[MetricView]:
        """All sequences of the run."""


Values = list[Any]
Evaluate = Callable[[RunView, "MetricView | None"], Values]
Predicate = Callable[[RunView, "MetricView | None"], bool]


def is_tag_of(tag: str, name: str) -> bool:
    """Whether ``tf:name`` means this tag: itself, ``.../name``, or ``name/train`` as torch's examples write it."""
    before, _, last = tag.rpartition("/")
    return any(
        one == name or one.endswith("/" + name) for one in ((tag, before) if last.lower() in SUBSETS else (tag,))
    )


def selects(selected: Sequence[tree.Selected], name: str, source: str) -> bool:
    """Whether the names before ``if`` take a sequence of this name, of a run that `source` wrote."""
    for item in selected:
        if not item.tensorboard:
            if name == item.name:
                return True
        elif source == "tensorboard" and is_tag_of(name, item.name):
            return True
    return not selected


def compile_condition(node: Node) -> Predicate:
    """The predicate that a condition means. It raises nothing, whatever the data; it may be interrupted."""
    if isinstance(node, tree.And):
        return _all_of([compile_condition(item) for item in node.items])
    if isinstance(node, tree.Or):
        return _any_of([compile_condition(item) for item in node.items])
    if isinstance(node, tree.Not):
        inner = compile_condition(node.item)
        return lambda run, metric: not inner(run, metric)
    if isinstance(node, tree.Is):
        return _letting_go(node, _identity(node))
    if isinstance(node, tree.Compare):
        return _letting_go(node, _comparison(node))
    values = _values(node)
    return _letting_go(node, lambda run, metric: any(truth(value) for value in values(run, metric)))


def _letting_go(node: Node, predicate: Predicate) -> Predicate:
    """A condition after which nothing of what was made for it counts any more: it is gone."""
    if not any(isinstance(part, _BUILDERS) for part in tree.walk(node)):
        return predicate

    def test(run: RunView, metric: MetricView | None) -> bool:
        before = building.built_bytes
        try:
            return predicate(run, metric)
        finally:
            building.built_bytes = before

    return test


def _all_of(parts: Sequence[Predicate]) -> Predicate:
    if len(parts) <= UNCHECKED_PARTS:
        return lambda run, metric: all(part(run, metric) for part in parts)
    return _all_of([_checked(_all_of(some)) for some in _cut(parts)])


def _any_of(parts: Sequence[Predicate]) -> Predicate:
    if len(parts) <= UNCHECKED_PARTS:
        return lambda run, metric: any(part(run, metric) for part in parts)
    return _any_of([_checked(_any_of(some)) for some in _cut(parts)])


def _cut(parts: Sequence[Predicate]) -> list[Sequence[Predicate]]:
    return [parts[start : start + UNCHECKED_PARTS] for start in range(0, len(parts), UNCHECKED_PARTS)]


def _checked(predicate: Predicate) -> Predicate:
    def test(run: RunView, metric: MetricView | None) -> bool:
        checkpoint()
        return predicate(run, metric)

    return test


def _identity(node: tree.Is) -> Predicate:
    values, what, negated = _values(node.value), node.what, node.negated
    if what is None:
        return lambda run, metric: bool(values(run, metric)) == negated
    if negated:  # something else was found, or nothing
        return lambda run, metric: not any(value is what for value in values(run, metric))
    return lambda run, metric: any(value is what for value in values(run, metric))


def _holds(op: str, left: Any, right: Any) -> bool:
    if op == "==":
        return equal(left, right)
    if op == "!=":
        return not equal(left, right)
    if op == "in":
        return contains(right, left) is True
    if op == "not in":
        return contains(right, left) is False
    return ordered(op, left, right)


def _comparison(node: tree.Compare) -> Predicate:
    first = _values(node.first)
    if len(node.rest) == 1:
        ((op, operand),) = node.rest
        constants = _constant_members(operand) if op in ("in", "not in") else None
        if constants is not None:
            return _membership(first, constants, negated=op == "not in")
        second = _values(operand)

        def single(run: RunView, metric: MetricView | None) -> bool:
            left = first(run, metric)
            if not left:
                return False
            right = second(run, metric)
            if len(left) > 1 and len(right) > 1:
                return any(_holds(op, a, b) for a in left for b in _counted(right))
            return any(_holds(op, a, b) for a in left for b in right)

        return single

    rest = [(op, _values(operand)) for op, operand in node.rest]

    def chained(run: RunView, metric: MetricView | None) -> bool:
        # the values of each operand that some value before it leads to: one value must satisfy both its neighbours
        reached = first(run, metric)
        for op, values in rest:
            if not reached:
                return False
            before = reached
            found = values(run, metric)
            if len(before) > 1 and len(found) > 1:
                reached = [b for b in found if any(_holds(op, a, b) for a in _counted(before))]
            else:
                reached = [b for b in found if any(_holds(op, a, b) for a in before)]
        return bool(reached)

    return chained


def _counted(values: Sequence[Any]) -> Sequence[Any]:
    """Values that are gone through for each of some others."""
    spend(len(values))
    return values


def _constant_members(node: Node) -> frozenset[Any] | None:
    """The members of a list of plain constants as a set: Python's sets hold True and 1 equal, as we do."""
    if not isinstance(node, tree.ListOf):
        return None
    members = []
    for item in node.items:
        if not isinstance(item, tree.Constant) or isinstance(item.value, dict):
            return None
        if item.value is not None and item.value == item.value:  # a missing value and NaN equal nothing
            members.append(item.value)
    return frozenset(members)


def _membership(values: Evaluate, members: frozenset[Any], *, negated: bool) -> Predicate:
    def test(run: RunView, metric: MetricView | None) -> bool:
        for value in values(run, metric):
            is_member = isinstance(value, (str, int, float)) and value in members
            if is_member != negated:
                return True
        return False

    return test


def _values(node: Node) -> Evaluate:
    """The function that finds the values of an expression."""
    make = _MAKERS.get(type(node))
    if make is not None:
        return make(node)
    condition = compile_condition(node)  # a comparison used as a value: (a > 1) == (b > 1)
    return lambda run, metric: [condition(run, metric)]


def _constant(node: tree.Constant) -> Evaluate:
    values = [] if node.value is None else [node.value]
    return lambda run, metric: values


def _list(node: tree.ListOf) -> Evaluate:
    items = [_values(item) for item in node.items]

    def values(run: RunView, metric: MetricView | None) -> Values:
        made: Values = []
        for item in items:
            made += build_values(item(run, metric))
        return [build(made)]

    return values


def _run_field(node: tree.RunField) -> Evaluate:
    name = node.name

    def values(run: RunView, metric: MetricView | None) -> Values:
        value = run.field(name)
        return [] if value is None else [value]

    return values


def _params(node: tree.ParamRef) -> Evaluate:
    path = node.path
    return lambda run, metric: find_params(run.params(), path, anywhere=True)


def _run_path(node: tree.RunPath) -> Evaluate:
    path = node.path
    field = node.keys[-1]
    if len(node.keys) < 2 or field not in NUMERIC_METRIC_FIELDS:
        return lambda run, metric: find_params(run.params(), path, anywhere=False)
    name, wanted = node.keys[0], node.keys[1:-1]

    def values(run: RunView, metric: MetricView | None) -> Values:
        found = find_params(run.params(), path, anywhere=False)
        for sequence in _all_sequences(run):
            if sequence.name == name and all(context_has(sequence.context, value) for value in wanted):
                value = sequence.field(field)
                if value is not None:
                    found.append(value)
        return found

    return values


def _all_sequences(run: RunView) -> Sequence[MetricView]:
    return _counted(list(run.sequences()))


def context_has(context: Mapping[str, Any], text: str) -> bool:
    """Whether some value of a context is this string."""
    return any(isinstance(value, str) and value == text for value in context.values())


def _metric_field(node: tree.MetricField) -> Evaluate:
    name = node.name

    def values(run: RunView, metric: MetricView | None) -> Values:
        if metric is None:
            return []
        value = metric.name if name == "name" else metric.field(name)
        return [] if value is None else [value]

    return values


def _context(node: tree.ContextRef) -> Evaluate:
    key = node.key

    def values(run: RunView, metric: MetricView | None) -> Values:
        if metric is None:
            return []
        value = metric.context if key is None else metric.context.get(key)
        return [] if value is None else [value]

    return values


def _metric_of(node: tree.MetricOf) -> Evaluate:
    name, wanted, field = node.name, node.context, node.field

    def values(run: RunView, metric: MetricView | None) -> Values:
        found = []
        for sequence in _all_sequences(run):
            if sequence.name == name and context_includes(sequence.context, wanted):
                value = name if field == "name" else sequence.field(field)
                if value is not None:
                    found.append(value)
        return found

    return values


def context_includes(context: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a context has all these items."""
    return all(key in context and equal(context[key], value, depth=1) for key, value in wanted.items())


def _index(node: tree.Index) -> Evaluate:
    inner, key = _values(node.value), node.key

    def item(value: Any) -> Any:
        if isinstance(key, str):
            return value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, (list, tuple)) and -len(value) <= key < len(value):
            return value[key]
        return None

    return _mapped(item, [inner])


def _mapped(function: Callable[..., Any], arguments: Sequence[Evaluate]) -> Evaluate:
    """`function` of every combination of the arguments' values; a result of None is missing."""
    if len(arguments) == 1:
        (only,) = arguments
        return lambda run, metric: [r for value in only(run, metric) if (r := function(value)) is not None]

    def values(run: RunView, metric: MetricView | None) -> Values:
        combinations = product(*(build_values(argument(run, metric)) for argument in arguments))
        return [r for c in islice(combinations, MAX_COMBINATIONS) if (r := function(*c)) is not None]

    return values


def _arithmetic(node: tree.Arithmetic) -> Evaluate:
    op = node.op
    return _mapped(lambda a, b: arithmetic(op, a, b), [_values(node.left), _values(node.right)])


def _negate(node: tree.Negate) -> Evaluate:
    return _mapped(lambda a: arithmetic("-", 0, a) if is_number(a) else None, [_values(node.value)])


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, (str, list, tuple, Mapping)) else None


def _every(value: Any) -> bool | None:
    return all(truth(item) for item in _counted(value)) if isinstance(value, (list, tuple)) else None


def _some(value: Any) -> bool | None:
    return any(truth(item) for item in _counted(value)) if isinstance(value, (list, tuple)) else None


def _extreme(largest: bool) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        if len(values) == 1:
            return extreme(values[0], largest=largest) if isinstance(values[0], (list, tuple)) else None
        return extreme(values, largest=largest)

    return function


_CALLS: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": lambda v: abs(v) if is_number(v) and v == v else None,
    "all": _every,
    "any": _some,
    "isinf": lambda v: v in (float("inf"), float("-inf")) if is_number(v) else None,
    "isnan": lambda v: v != v if is_number(v) else None,
    "len": _length,
    "max": _extreme(largest=True),
    "min": _extreme(largest=False),
    "round": rounded,
    "sorted": sort_values,
    "sum": add_up,
}


def _call(node: tree.Call) -> Evaluate:
    arguments = [_values(argument) for argument in node.arguments]
    return _mapped(_CALLS[node.function], arguments)


def _text_method(name: str) -> Callable[..., Any]:
    def function(receiver: Any, *arguments: Any) -> Any:
        if name == "contains":
            return contains(receiver, arguments[0])
        if not isinstance(receiver, str):
            return None
        if name == "lower":
            return build(receiver.lower())
        if name == "upper":
            return build(receiver.upper())
        (part,) = arguments
        if not isinstance(part, str):
            return None
        return receiver.startswith(part) if name == "startswith" else receiver.endswith(part)

    return function


def _method(node: tree.Method) -> Evaluate:
    return _mapped(_text_method(node.name), [_values(node.receiver), *(_values(a) for a in node.arguments)])


_MAKERS: Final[Mapping[type[Node], Callable[[Any], Evaluate]]] = {
    tree.Constant: _constant,
    tree.ListOf: _list,
    tree.RunField: _run_field,
    tree.ParamRef: _params,
    tree.RunPath: _run_path,
    tree.MetricField: _metric_field,
    tree.ContextRef: _context,
    tree.MetricOf: _metric_of,
    tree.Index: _index,
    tree.Arithmetic: _arithmetic,
    tree.Negate: _negate,
    tree.Call: _call,
    tree.Method: _method,
}
