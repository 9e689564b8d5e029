"""Expressions on metrics: ``loss.val - loss.train``, ``ema(loss, 45)``, ``acc / params``. Text -> tree.

The tokens, the arithmetic and the limits are those of AimQL (:mod:`aim.query.language.parse`). What differs is what a
name means, a metric or a param, and which functions there are. Pure: what exists in a repo is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from aim.errors import QueryNameError, QuerySyntaxError
from aim.query.language import tree
from aim.query.language.fields import RESERVED
from aim.query.language.parse import Parser
from aim.query.language.tokens import END, NAME, NUMBER, OPERATOR, STRING, Token, position, syntax_error
from aim.query.language.tree import Node
from aim.schema.names import canonical_context
from aim.schema.paths import ParamPath

__all__ = [
    "AGGREGATES",
    "FUNCTIONS",
    "MAX_EXPRESSION_CHARS",
    "Expression",
    "InContext",
    "Named",
    "Operand",
    "OperandNode",
    "Param",
    "check_kinds",
    "name_error",
    "parse_expression",
]

MAX_EXPRESSION_CHARS: Final = 2_000
MAX_TERMS: Final = 200
"""Each term may go through millions of points."""

AGGREGATES: Final = ("first", "last", "min", "max", "mean", "median", "count", "at")
"""With one metric (``at``: and a step) they give one number of it."""

FUNCTIONS: Final = {
    "abs": (1, 1), "at": (2, 2), "clip": (3, 3), "count": (1, 1), "cumsum": (1, 1), "diff": (1, 1), "ema": (2, 2),
    "exp": (1, 1), "first": (1, 1), "last": (1, 1), "log": (1, 1), "log10": (1, 1), "max": (1, None), "mean": (1, 2),
    "median": (1, 1), "metric": (1, 1), "min": (1, None), "sqrt": (1, 1),
}  # fmt: skip
"""Function -> (fewest, most) arguments; None: any number."""

_OF_A_CURVE: Final = ("at", "count", "cumsum", "diff", "ema", "first", "last", "mean", "median")
"""Functions whose first argument has to be a metric."""
_FIELDS: Final = ("first", "last", "min", "max", "count")
_ARITHMETIC: Final = ("+", "-", "*", "/", "//", "%", "**")
_AN_OPERAND: Final = "a metric, a param, a number, a function or '('"


@dataclass(frozen=True, slots=True)
class Operand:
    """A name in an expression."""

    at: int
    """Where it first occurs."""
    text: str
    """As it was written there."""


@dataclass(frozen=True, slots=True)
class Named(Operand):
    """``loss``, ``loss.val``: a metric, and values of its context; or, where there is no such metric, a param."""

    path: ParamPath


@dataclass(frozen=True, slots=True)
class InContext(Operand):
    """``metric("loss", subset="val")``: the metric of this name, in contexts with these items."""

    name: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Param(Operand):
    """``params.lr``, ``run.hparams.lr``."""

    path: ParamPath
    anywhere: bool
    """Whether it may be below any named set."""


@dataclass(frozen=True, slots=True)
class OperandNode(Node):
    """Where an operand occurs."""

    place: int


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as it was written."""

    text: str
    root: Node
    operands: tuple[Operand, ...]
    """Each once, in the order they first occur; an :class:`OperandNode` says which."""


def parse_expression(text: str) -> Expression:
    """Parse an expression on metrics.

    Raises:
        QuerySyntaxError: it cannot be read; says where and what was expected.
        QueryNameError: a function that there is not.
    """
    if not isinstance(text, str):
        raise QuerySyntaxError(f"an expression must be a str, not {type(text).__name__}")
    if len(text) > MAX_EXPRESSION_CHARS:
        raise syntax_error(
            text, MAX_EXPRESSION_CHARS, f"an expression of {len(text)} characters",
            expected=f"at most {MAX_EXPRESSION_CHARS}",
        )  # fmt: skip
    try:
        return _ExpressionParser(text, 0.0).whole()
    except RecursionError:  # the caller's own stack was nearly full
        raise syntax_error(text, 0, "the expression is nested too deeply to be read here") from None


def name_error(expression: Expression, at: int, message: str, suggestions: tuple[str, ...] = ()) -> QueryNameError:
    """An error about a name in an expression."""
    line, column = position(expression.text, at)
    return QueryNameError(message, text=expression.text, line=line, column=column, suggestions=suggestions)


class _ExpressionParser(Parser):
    noun = "expression"
    an_operator = "an operator (+, -, *, /) or the end of the expression"
    max_nodes = MAX_TERMS

    def __init__(self, text: str, now: float) -> None:
        super().__init__(text, now)
        self.operands: dict[tuple[Any, ...], Operand] = {}
        self.quoted: set[int] = set()

    def whole(self) -> Expression:
        """The whole text."""
        if self.token.kind == END:
            raise syntax_error(self.text, 0, "the expression is empty", expected=_AN_OPERAND)
        root = self.settle(self.expression(0))
        if self.token.kind != END:
            raise self.unexpected(self.an_operator)
        return self.with_used(root)

    def with_used(self, root: Node) -> Expression:
        """The expression, without names that turned out to be the beginning of others: ``loss`` of ``loss[0]``."""
        nodes = [node for node in tree.walk(root) if isinstance(node, OperandNode)]
        used = sorted({node.place for node in nodes})
        operands = list(self.operands.values())
        if len(used) < len(operands):
            moved = {id(node): OperandNode(used.index(node.place), at=node.at) for node in nodes}
            changed = tree.replace(root, moved)
            assert changed is not None
            root = changed
        return Expression(self.text, root, tuple(operands[place] for place in used))

    def settle(self, node: Node, *, as_text: bool = False) -> Node:
        """Every operand of an operator or a function is a number or a curve."""
        if isinstance(node, tree.Constant) and (
            isinstance(node.value, bool) or not isinstance(node.value, int | float)
        ):
            raise syntax_error(self.text, node.at, f"{node.value!r:.40} is not a number", expected=_AN_OPERAND)
        if isinstance(node, tree.ListOf):
            raise syntax_error(self.text, node.at, "an expression has no lists", expected=_AN_OPERAND)
        return node

    def operator(self) -> str | None:
        op = super().operator()
        if op is None or op in _ARITHMETIC:
            return op
        message = f"{op!r} gives true or false, and an expression computes numbers"
        raise syntax_error(self.text, self.token.start, message, expected=self.an_operator)

    def operand(self, power: int) -> Node:
        if self.token.kind == NAME and self.token.value in RESERVED:
            raise self.unexpected(_AN_OPERAND)
        return super().operand(power)

    def arithmetic(self, op: str, left: Node, right: Node, at: int) -> Node:
        return self.make(tree.Arithmetic(op, left, right, at=at))

    def atom(self) -> Node:
        token = self.token
        if token.kind == STRING:
            self.next += 1
            self.quoted.add(token.start)
            return self.dotted(str(token.value), token.start)
        if token.kind == NUMBER or token.kind == NAME or self.sees("("):
            return super().atom()
        raise self.unexpected(_AN_OPERAND)

    # -- names

    def add(self, key: tuple[Any, ...], operand: Operand) -> Node:
        """A node for an operand; the same one for the same name."""
        self.operands.setdefault(key, operand)
        return self.make(OperandNode(list(self.operands).index(key), at=operand.at))

    def written(self, start: int) -> str:
        """The text from `start` to what was taken last."""
        return self.text[start : self.tokens[self.next - 1].end]

    def resolve(self, root: str, keys: list[str], exact: set[int], start: int, at: int) -> Node:
        if start in self.quoted:
            return self.series((root, *keys), frozenset({0, *(place + 1 for place in exact)}), start)
        if root == "params" and keys:
            return self.param(ParamPath(tuple(keys), frozenset(exact)), True, start)
        if root == "run":
            found = self.resolve_run(keys, exact, start, at)
            if isinstance(found, tree.ParamRef | tree.RunPath):
                return self.param(found.path, isinstance(found, tree.ParamRef), start)
            self.no_field(start)
        if root in ("metric", "context", "experiment") and keys:
            self.no_field(start)
        return self.series((root, *keys), frozenset(place + 1 for place in exact), start)

    def no_field(self, start: int) -> NoReturn:
        written = self.written(start)
        last = written.rpartition(".")[2]
        near = (f"{last}(...)",) if written.startswith("metric.") and last in AGGREGATES else ()
        message = f"{written:.60} is a field, and an expression computes with metrics and params"
        raise syntax_error(self.text, start, message, suggestions=near)

    def series(self, keys: tuple[str, ...], exact: frozenset[int], start: int) -> Node:
        path = ParamPath(keys, exact)
        return self.add(("named", keys, exact), Named(start, self.written(start), path))

    def param(self, path: ParamPath, anywhere: bool, start: int) -> Node:
        key = ("param", path.keys, path.exact, anywhere)
        return self.add(key, Param(start, self.written(start), path, anywhere))

    def in_context(self, name: str, context: Mapping[str, Any], start: int) -> Node:
        key = ("metric", name, canonical_context(context))
        return self.add(key, InContext(start, self.written(start), name, context))

    def constant_dict(self) -> dict[str, Any]:
        self.expect("{")
        items: dict[str, Any] = {}
        while self.token.kind == STRING:
            key = str(self.take().value)
            self.expect(":")
            items[key] = self.context_value()
            if not self.sees(","):
                break
            self.next += 1
        if not self.sees("}"):
            raise self.unexpected("a key in quotes or '}'")
        self.next += 1
        return items

    def metric_of(self, start: int) -> Node:
        found = super().metric_of(start)
        assert isinstance(found, tree.MetricOf)
        if found.field not in _FIELDS:
            raise self.name_error(start, f"an expression cannot use {found.field!r}", found.field, list(_FIELDS))
        series = self.in_context(found.name, found.context, start)
        return self.make(tree.Call(found.field, (series,), at=start))

    # -- what follows a name

    def index(self, node: Node) -> Node:
        """``loss[0]``: a value of the context that is a number."""
        if not isinstance(node, OperandNode):
            raise syntax_error(self.text, self.token.start, "only a metric has contexts", expected=self.an_operator)
        operand = list(self.operands.values())[node.place]
        found = super().index(node)
        assert isinstance(found, tree.Index)
        if not isinstance(operand, Named):
            raise syntax_error(self.text, found.at, "only a metric has contexts", expected=self.an_operator)
        keys = (*operand.path.keys, str(found.key))
        return self.series(keys, operand.path.exact | {len(keys) - 1}, node.at)

    def postfix(self, node: Node) -> Node:
        if not isinstance(node, OperandNode) and self.sees(".") and not self.sees("(", ahead=2):
            raise self.unexpected(self.an_operator)
        return super().postfix(node)

    def method(self, receiver: Node, token: Token) -> Node:
        name = str(token.value)
        near = (f"{name}(...)",) if name in FUNCTIONS else ()
        raise syntax_error(self.text, token.start, f"an expression has no method {name!r:.60}", suggestions=near)

    # -- functions

    def call(self, name: str, at: int) -> Node:
        if name == "metric":
            return self.metric_call(at)
        if name not in FUNCTIONS:
            raise self.name_error(at, f"there is no function {name!r:.60}", name, list(FUNCTIONS))
        arguments = tuple(self.settle(item) for item in self.arguments())
        self.check_count(f"{name}()", len(arguments), FUNCTIONS[name], at)
        return self.make(tree.Call(name, arguments, at=at))

    def metric_call(self, at: int) -> Node:
        """``metric("train/loss", subset="val", gpu=0)``."""
        self.expect("(")
        if self.token.kind != STRING:
            raise self.unexpected("the name of a metric in quotes")
        name = str(self.take().value)
        context: dict[str, Any] = {}
        while self.sees(","):
            self.next += 1
            if self.sees(")"):
                break
            if self.token.kind not in (NAME, STRING):
                raise self.unexpected("a key of the context, e.g. subset=")
            key = str(self.take().value)
            self.expect("=")
            context[key] = self.context_value()
        self.expect(")")
        return self.in_context(name, context, at)

    def context_value(self) -> Any:
        token = self.token
        sign = 1
        if token.kind == OPERATOR and token.value == "-":
            self.next, sign = self.next + 1, -1
            token = self.token
        words = {"True": True, "False": False, "None": None}
        if token.kind == NUMBER:
            self.next += 1
            assert isinstance(token.value, int | float)
            return sign * token.value
        if sign == 1 and (token.kind == STRING or token.kind == NAME):  # subset=val
            self.next += 1
            return words.get(str(token.value), str(token.value)) if token.kind == NAME else str(token.value)
        raise self.unexpected("a string, a number, True, False or None")


def check_kinds(expression: Expression, is_curve: tuple[bool, ...]) -> bool:
    """Whether an expression is a curve; else it is one number a run.

    Args:
        expression: The expression.
        is_curve: By operand, whether it is a metric.

    Raises:
        QuerySyntaxError: a function got what it cannot use.
    """

    def kind(node: Node) -> bool:
        if isinstance(node, OperandNode):
            return is_curve[node.place]
        if isinstance(node, tree.Negate):
            return kind(node.value)
        if isinstance(node, tree.Arithmetic):
            left, right = kind(node.left), kind(node.right)
            return left or right
        if isinstance(node, tree.Call):
            return call(node, [kind(argument) for argument in node.arguments])
        return False

    def call(node: tree.Call, kinds: list[bool]) -> bool:
        name = node.function
        if name in _OF_A_CURVE and not kinds[0]:
            at = node.arguments[0].at
            raise syntax_error(expression.text, at, f"{name}() is of a metric, and this is one number a run")
        if name in ("ema", "mean", "at") and any(kinds[1:]):
            what = {"ema": "a span in steps", "mean": "a width in steps", "at": "a step"}[name]
            at = node.arguments[1].at
            raise syntax_error(expression.text, at, f"this is a metric, and {name}() takes {what}", expected="a number")
        if name in ("ema", "mean") and len(node.arguments) == 2:
            width = _number(node.arguments[1])
            if width is not None and not width > 0:
                what = {"ema": "a span in steps", "mean": "a width in steps"}[name]
                at = node.arguments[1].at
                raise syntax_error(expression.text, at, f"{name}() takes {what} above 0", expected="a number above 0")
        if name in AGGREGATES and (len(kinds) == 1 or name == "at"):
            return False
        return any(kinds)

    return kind(expression.root)


def _number(node: Node) -> float | None:
    """The number that is written there, with its sign; None: it is computed, or a param."""
    if isinstance(node, tree.Negate):
        value = _number(node.value)
        return None if value is None else -value
    if isinstance(node, tree.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    return None
