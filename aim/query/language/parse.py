"""Query text -> syntax tree.

A parser of our own over our own tokens, rather than Python's ``ast``: it says what it expected and where, reads params
named like Python's keywords (``params.lambda``), leaves names as they are (``ast`` normalises them) and has limits that
hold on every Python version. Its operators bind as Python's do. Nothing is ever evaluated but constants.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from aim.errors import QueryNameError, QuerySyntaxError
from aim.query.language import tree
from aim.query.language.fields import FUNCTIONS, METHODS, METRIC_FIELDS, RESERVED, RUN_FIELDS
from aim.query.language.select import select_part
from aim.query.language.tokens import END, NAME, NUMBER, OPERATOR, STRING, Token, position, syntax_error, tokenize
from aim.query.language.tree import Node
from aim.query.language.values import arithmetic, to_timestamp
from aim.schema.paths import ParamPath

__all__ = ["Parser", "parse"]

_N = TypeVar("_N", bound=Node)

MAX_NESTING: Final = 60
MAX_DEPTH: Final = 100
MAX_NODES: Final = 20_000

# binding powers
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER = range(1, 9)
_BINARY: Final = {
    "or": _OR, "and": _AND,
    "==": _COMPARE, "!=": _COMPARE, "<": _COMPARE, "<=": _COMPARE, ">": _COMPARE, ">=": _COMPARE,
    "in": _COMPARE, "not in": _COMPARE, "is": _COMPARE, "is not": _COMPARE,
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "**": _POWER,
}  # fmt: skip
_CORRECTIONS: Final = {"=": "==", "<>": "!=", "&&": "and", "||": "or", "!": "not", "&": "and"}
_OPERATOR_WORDS: Final = ("and", "or", "not", "in", "is", "if")
_WORDS: Final = {"None": None, "True": True, "False": False}
_WRONG_WORDS: Final = {"none": "None", "true": "True", "false": "False"}

_A_VALUE: Final = "a field, a param, a number, a string or '('"


@dataclass(frozen=True, slots=True)
class _Name(Node):
    """A bare name whose meaning depends on the other side of a comparison; never in a finished tree."""

    name: str


def parse(text: str, *, now: float | None = None) -> tree.Query:
    """Parse a query.

    Args:
        text: AimQL in either form; empty or blank: everything.
        now: What ``now()`` means, Unix seconds; None: the clock.

    Raises:
        QuerySyntaxError: the query is not AimQL; says where and what was expected.
        QueryNameError: a field, function or method that AimQL does not have.
    """
    if not isinstance(text, str):
        raise QuerySyntaxError(f"a query must be a str, not {type(text).__name__}")
    try:
        return Parser(text, time.time() if now is None else now).query()
    except RecursionError:  # the caller's own stack was nearly full
        raise syntax_error(text, 0, "the query is nested too deeply to be read here") from None


class Parser:
    """Reads a query; expressions on metrics are read by a subclass, :mod:`aim.query.language.expression`."""

    noun = "query"
    an_operator = "an operator (==, <, in, and, ...) or the end of the query"
    max_nodes = MAX_NODES

    def __init__(self, text: str, now: float) -> None:
        self.text = text
        self.now = now
        self.calls_now = False
        self.name_terms: list[tree.Compare] = []
        self.tokens = tokenize(text)
        self.next = 0
        self.nesting = 0
        self.nodes = 0
        self.depth_of: dict[int, int] = {}
        self.made: list[Node] = []  # keeps the nodes alive, so that ids stay theirs

    # -- the whole query

    def query(self) -> tree.Query:
        selected, rest = select_part(self.text, self.tokens)
        self.next = rest
        condition: Node | None = None
        if self.token.kind != END:
            condition = self.settle(self.expression(0))
            if self.token.kind != END:
                raise self.unexpected(self.an_operator)
        elif rest > 0 and self.tokens[rest - 1].kind == NAME and self.tokens[rest - 1].value == "if":
            raise self.unexpected("a condition after 'if'")
        found = list(tree.walk(condition)) if condition is not None else []
        return tree.Query(
            text=self.text,
            selected=selected,
            condition=condition,
            mentions_archived=any(isinstance(n, tree.RunField) and n.name == "archived" for n in found),
            mentions_sequences=bool(selected) or any(isinstance(n, tree.MetricField | tree.ContextRef) for n in found),
            now=self.now,
            calls_now=self.calls_now,
            name_terms=tuple(self.name_terms),
        )

    # -- tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def take(self) -> Token:
        token = self.tokens[self.next]
        self.next += 1
        return token

    def sees(self, operator: str, ahead: int = 0) -> bool:
        at = self.next + ahead
        if at >= len(self.tokens):
            return False
        token = self.tokens[at]
        return token.kind == OPERATOR and token.value == operator

    def expect(self, operator: str) -> Token:
        if not self.sees(operator):
            raise self.unexpected(f"'{operator}'")
        return self.take()

    def wrong_case(self, token: Token) -> QuerySyntaxError | None:
        """The error for ``AND`` in place of ``and``; None if `token` is nothing of the kind."""
        word = str(token.value)
        if token.kind != NAME or word in _OPERATOR_WORDS or word.lower() not in _OPERATOR_WORDS:
            return None
        message = f"{word!r} is not an operator"
        return syntax_error(self.text, token.start, message, suggestions=(word.lower(),))

    def unexpected(self, expected: str) -> QuerySyntaxError:
        token = self.token
        before = self.tokens[max(0, self.next - 1)]
        # `NOT x`: the word was taken for a name, and what follows it is unexpected
        wrong = self.wrong_case(token) or self.wrong_case(before)
        if wrong is not None:
            return wrong
        if token.kind == END:
            return syntax_error(self.text, token.start, f"the {self.noun} ends too early", expected=expected)
        raw = self.text[token.start : token.end]
        correction = _CORRECTIONS.get(str(token.value)) if token.kind == OPERATOR else None
        if correction:
            return syntax_error(self.text, token.start, f"'{raw}' is not an operator", expected=f"'{correction}'")
        if token.kind == NAME and token.value == "if":
            message = "'if' can only follow the names of metrics, once"
        else:
            message = f"unexpected {ascii(raw) if len(raw) <= 60 else ascii(raw[:57]) + '...'}"
        return syntax_error(self.text, token.start, message, expected=expected)

    def name_error(self, at: int, message: str, wrong: str, known: list[str], prefix: str = "") -> QueryNameError:
        line, column = position(self.text, at)
        near = tuple(prefix + name for name in get_close_matches(wrong[:100], known, n=3))
        expected = None if near else "one of " + ", ".join(known)
        return QueryNameError(message, text=self.text, line=line, column=column, expected=expected, suggestions=near)

    # -- nodes, and the limits on them

    def make(self, node: _N) -> _N:
        depth = 1 + max((self.depth_of.get(id(child), 1) for child in tree.children(node)), default=0)
        if depth > MAX_DEPTH:
            raise self.too_deep(node.at, MAX_DEPTH)
        if len(self.made) >= self.max_nodes:
            wanted = f"at most {self.max_nodes} terms"
            raise syntax_error(self.text, node.at, f"the {self.noun} is too long", expected=wanted)
        self.depth_of[id(node)] = depth
        self.made.append(node)
        return node

    def too_deep(self, at: int, limit: int) -> QuerySyntaxError:
        return syntax_error(self.text, at, f"the {self.noun} is nested too deeply", expected=f"at most {limit} levels")

    def settle(self, node: Node, *, as_text: bool = False) -> Node:
        """Decide what a bare name means: a string if `as_text`, else a param."""
        if isinstance(node, _Name):
            if as_text:
                return self.make(tree.Constant(node.name, at=node.at))
            return self.make(tree.ParamRef(ParamPath((node.name,)), at=node.at))
        if isinstance(node, tree.ListOf) and any(isinstance(item, _Name | tree.ListOf) for item in node.items):
            return self.make(tree.ListOf(tuple(self.settle(item, as_text=as_text) for item in node.items), at=node.at))
        return node

    # -- operators

    def operator(self) -> str | None:
        """The binary operator at hand; not yet taken."""
        token = self.token
        if token.kind == OPERATOR or token.kind == NAME:
            word = str(token.value)
            if word == "not":
                after = self.tokens[self.next + 1]
                return "not in" if after.kind == NAME and after.value == "in" else None
            if word == "is":
                after = self.tokens[self.next + 1]
                return "is not" if after.kind == NAME and after.value == "not" else "is"
            if word in _BINARY:
                return word
        return None

    def expression(self, power: int) -> Node:
        """An expression of operators that bind tighter than `power`."""
        left = self.operand(power)
        while True:
            op = self.operator()
            if op is None or _BINARY[op] <= power:
                return left
            binding, at = _BINARY[op], self.token.start
            if binding in (_OR, _AND):
                left = self.junction(left, op, binding)
            elif binding == _COMPARE:
                left = self.comparison(left)
            else:
                self.next += 1
                # ** groups to the right and takes a sign: 2 ** -1
                right = self.nested_expression(_SIGN) if op == "**" else self.expression(binding)
                left = self.arithmetic(op, self.settle(left), self.settle(right), at)

    def nested_expression(self, power: int) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.too_deep(self.token.start, MAX_NESTING)
        node = self.expression(power)
        self.nesting -= 1
        return node

    def junction(self, left: Node, op: str, binding: int) -> Node:
        items = [self.settle(left)]
        while self.operator() == op:
            self.next += 1
            items.append(self.settle(self.expression(binding)))
        kind = tree.Or if op == "or" else tree.And
        flat: list[Node] = []
        for item in items:
            flat.extend(item.items if isinstance(item, kind) else (item,))
        return self.make(kind(tuple(flat), at=flat[0].at))

    def arithmetic(self, op: str, left: Node, right: Node, at: int) -> Node:
        if isinstance(left, tree.Constant) and isinstance(right, tree.Constant):
            value = arithmetic(op, left.value, right.value)
            if value is not None:  # 1 / 0 is missing: what is compared with it is not asked whether it is None
                return self.make(tree.Constant(value, at=left.at))
        return self.make(tree.Arithmetic(op, left, right, at=at))

    def comparison(self, first: Node) -> Node:
        operands: list[Node] = [first]
        ops: list[str] = []
        while (op := self.operator()) is not None and _BINARY[op] == _COMPARE:
            self.next += 2 if op in ("not in", "is not") else 1
            at = self.token.start
            operand = self.expression(_COMPARE)
            if op in ("is", "is not"):
                return self.identity(operands, ops, operand, negated=op == "is not", at=at)
            operands.append(operand)
            ops.append(op)
        return self.chain(operands, ops)

    def chain(self, operands: list[Node], ops: list[str]) -> Node:
        settled: list[Node] = []
        for number, operand in enumerate(operands):
            others = operands[max(0, number - 1) : number] + operands[number + 1 : number + 2]
            settled.append(self.settle(operand, as_text=any(_names_data(other) for other in others)))
        for number, op in enumerate(ops, start=1):
            right = settled[number]
            # a single string or number in brackets, or without, is a list of one: `in (train)`
            if op in ("in", "not in") and isinstance(right, tree.Constant) and not isinstance(right.value, dict):
                settled[number] = self.make(tree.ListOf((right,), at=right.at))
        if len(ops) == 1:
            return self.simple_comparison(settled[0], ops[0], settled[1])
        return self.make(tree.Compare(settled[0], tuple(zip(ops, settled[1:], strict=True)), at=settled[0].at))

    def simple_comparison(self, left: Node, op: str, right: Node) -> Node:
        at = left.at
        if op in ("==", "!="):
            for one, other in ((left, right), (right, left)):
                if isinstance(other, tree.Constant) and other.value is None:
                    return self.make(tree.Is(one, None, op == "!=", at=at))
        is_hash = isinstance(left, tree.RunField) and left.name == "hash"
        if op in ("==", "!=") and isinstance(right, tree.RunField) and right.name == "hash" and not is_hash:
            left, right, is_hash = right, left, True
        if is_hash and op in ("==", "!=", "in", "not in"):  # a run can be named in place of its hash
            by_hash = self.make(tree.Compare(left, ((op, right),), at=at))
            by_name = self.make(tree.Compare(self.make(tree.RunField("name", at=at)), ((op, right),), at=at))
            self.name_terms.append(by_name)
            either = by_hash, by_name
            return self.make(tree.Or(either, at=at) if op in ("==", "in") else tree.And(either, at=at))
        return self.make(tree.Compare(left, ((op, right),), at=at))

    def identity(self, operands: list[Node], ops: list[str], what: Node, *, negated: bool, at: int) -> Node:
        if ops:
            raise syntax_error(self.text, at, "'is' does not chain with other comparisons", expected="'and'")
        if not isinstance(what, tree.Constant) or not (what.value is None or isinstance(what.value, bool)):
            raise syntax_error(self.text, at, "'is' compares with None, True or False only", expected="'=='")
        value = self.settle(operands[0])
        return self.make(tree.Is(value, what.value, negated, at=value.at))

    # -- operands

    def operand(self, power: int) -> Node:
        token = self.token
        if token.kind == NAME and token.value == "not":
            if power > _NOT:
                raise syntax_error(self.text, token.start, "'not' within an operation", expected="'(not ...)'")
            self.next += 1
            item = self.settle(self.nested_expression(_NOT))
            return self.make(tree.Not(item, at=token.start))
        if token.kind == OPERATOR and token.value in ("-", "+"):
            self.next += 1
            item = self.settle(self.nested_expression(_SIGN - 1 if power < _SIGN else _SIGN))
            return self.signed(str(token.value), item, token.start)
        return self.postfix(self.atom())

    def signed(self, sign: str, item: Node, at: int) -> Node:
        if isinstance(item, tree.Constant):
            value = item.value
            if isinstance(value, (int, float)):
                return self.make(tree.Constant(-value if sign == "-" else +value, at=at))
            return self.make(tree.Arithmetic(sign, tree.Constant(0, at=at), item, at=at))  # of None or a text: missing
        return self.make(tree.Negate(item, at=at)) if sign == "-" else item

    def atom(self) -> Node:
        token = self.token
        if token.kind in (NUMBER, STRING):
            self.next += 1
            return self.make(tree.Constant(token.value, at=token.start))
        if token.kind == NAME:
            return self.named(token)
        if self.sees("(") or self.sees("["):
            return self.bracketed()
        if self.sees("{"):
            return self.make(tree.Constant(self.constant_dict(), at=token.start))
        raise self.unexpected(_A_VALUE)

    def named(self, token: Token) -> Node:
        name = str(token.value)
        if name in _WORDS:
            self.next += 1
            return self.make(tree.Constant(_WORDS[name], at=token.start))
        if name in _WRONG_WORDS:
            raise syntax_error(
                self.text, token.start, f"'{name}' is neither a name nor a string",
                expected=f'{_WRONG_WORDS[name]}, or "{name}" in quotes',
            )  # fmt: skip
        if name in RESERVED:
            raise self.unexpected(_A_VALUE)
        self.next += 1
        if self.sees("("):
            return self.call(name, token.start)
        return self.dotted(name, token.start)

    def bracketed(self) -> Node:
        opening = self.take()
        closing = ")" if opening.value == "(" else "]"
        items: list[Node] = []
        comma = False
        while not self.sees(closing):
            items.append(self.nested_expression(0))
            if not self.sees(","):
                break
            comma = True
            self.next += 1
        if not self.sees(closing):
            raise self.unexpected(f"',' or '{closing}'" if items else f"a value or '{closing}'")
        self.next += 1
        if closing == ")" and not comma and len(items) == 1:
            return items[0]
        return self.make(tree.ListOf(tuple(items), at=opening.start))

    def constant_dict(self) -> dict[str, Any]:
        self.expect("{")
        result: dict[str, Any] = {}
        while not self.sees("}"):
            if self.token.kind != STRING:
                raise self.unexpected("a key in quotes or '}'")
            key = str(self.take().value)
            self.expect(":")
            at = self.token.start
            result[key] = self.constant(self.nested_expression(0), at)
            if not self.sees(","):
                break
            self.next += 1
        self.expect("}")
        return result

    def constant(self, node: Node, at: int) -> Any:
        node = self.settle(node, as_text=True)
        if isinstance(node, tree.Constant):
            return node.value
        if isinstance(node, tree.ListOf):
            return [self.constant(item, item.at) for item in node.items]
        raise syntax_error(self.text, at, "only a constant is allowed here", expected="a number, a string or None")

    # -- dotted names

    def dotted(self, root: str, start: int) -> Node:
        """``root.a["b"].c``, up to what is not part of the name: a method or an index."""
        keys: list[str] = []
        exact: set[int] = set()
        at = start
        while True:
            token = self.token
            if root == "run" and keys == ["metrics"] and self.sees("["):
                return self.metric_of(start)
            if self.sees(".") and self.tokens[self.next + 1].kind == NAME and not self.sees("(", ahead=2):
                at = self.tokens[self.next + 1].start
                keys.append(str(self.tokens[self.next + 1].value))
                self.next += 2
            elif _is_numbered_key(self.text, token):
                at = token.start + 1
                keys.append(self.text[at : token.end])
                self.next += 1
            elif self.sees("[") and (texts := self.text_subscript()) is not None:
                at = token.start
                exact.update(range(len(keys), len(keys) + len(texts)))
                keys.extend(texts)
            elif (text := self.get_call()) is not None:
                at = token.start
                exact.add(len(keys))
                keys.append(text)
            else:
                break
        if self.sees(".") and self.tokens[self.next + 1].kind != NAME:
            self.next += 1
            raise self.unexpected("a name after '.'")
        return self.resolve(root, keys, exact, start, at)

    def get_call(self) -> str | None:
        """The key of ``.get("key")``, which is ``["key"]``: a param that is not there is missing anyway."""
        dot, word, bracket, key, end = (*self.tokens[self.next : self.next + 5], *[self.tokens[-1]] * 5)[:5]
        is_call = (dot.value, word.value, bracket.value, end.value) == (".", "get", "(", ")") and key.kind == STRING
        if not is_call or dot.kind != OPERATOR or word.kind != NAME:
            return None
        self.next += 5
        return str(key.value)

    def text_subscript(self) -> list[str] | None:
        """``["a", "b"]`` as keys; None (and nothing taken) if it is another subscript."""
        ahead = self.next + 1
        texts: list[str] = []
        while self.tokens[ahead].kind == STRING:
            texts.append(str(self.tokens[ahead].value))
            separator = self.tokens[ahead + 1]
            if separator.kind != OPERATOR or separator.value not in (",", "]"):
                return None
            ahead += 2
            if separator.value == "]":
                self.next = ahead
                return texts
        return None

    def resolve(self, root: str, keys: list[str], exact: set[int], start: int, at: int) -> Node:
        if root == "run":
            return self.resolve_run(keys, exact, start, at)
        if root == "metric":
            return self.resolve_metric(keys, start, at)
        if root == "context":
            return self.make(tree.ContextRef(".".join(keys) if keys else None, at=start))
        if root == "params":
            return self.make(tree.ParamRef(ParamPath(tuple(keys), frozenset(exact)), at=start))
        if root == "experiment":
            if keys:
                raise self.name_error(at, f"experiment is a string and has no .{keys[0]:.60}", keys[0], list(METHODS))
            return self.make(tree.RunField("experiment", at=start))
        if keys:
            path = ParamPath((root, *keys), frozenset(position + 1 for position in exact))
            return self.make(tree.ParamRef(path, at=start))
        return self.make(_Name(root, at=start))

    def resolve_run(self, keys: list[str], exact: set[int], start: int, at: int) -> Node:
        if not keys:
            raise self.unexpected("'.' and a field, e.g. run.name")
        if keys[0] == "params":
            path = ParamPath(tuple(keys), frozenset(exact)).below(1)
            return self.make(tree.ParamRef(path, at=start))
        if keys[0] in RUN_FIELDS and keys[0] != "metrics":
            if len(keys) > 1:
                raise self.name_error(
                    at, f"run.{keys[0]} has no .{keys[1]:.60}", keys[1], list(METHODS), f"run.{keys[0]}."
                )
            return self.make(tree.RunField(RUN_FIELDS[keys[0]], at=start))
        if keys == ["metrics"]:
            return self.make(tree.RunField("metrics", at=start))
        return self.make(tree.RunPath(ParamPath(tuple(keys), frozenset(exact)), at=start))

    def resolve_metric(self, keys: list[str], start: int, at: int) -> Node:
        if not keys:
            raise self.unexpected("'.' and a field, e.g. metric.last")
        if keys[0] == "context":
            return self.make(tree.ContextRef(".".join(keys[1:]) or None, at=start))
        if keys[0] not in METRIC_FIELDS:
            known = [*METRIC_FIELDS, "context"]
            raise self.name_error(at, f"a metric has no field {keys[0]!r:.60}", keys[0], known, "metric.")
        if len(keys) > 1:
            raise self.name_error(at, f"metric.{keys[0]} has no .{keys[1]:.60}", keys[1], list(METHODS))
        return self.make(tree.MetricField(keys[0], at=start))

    def metric_of(self, start: int) -> Node:
        """``run.metrics["loss", {"subset": "val"}].last``; `run.metrics` is taken already."""
        self.expect("[")
        if self.token.kind != STRING:
            raise self.unexpected("the name of a metric in quotes")
        name = str(self.take().value)
        context: dict[str, Any] = {}
        if self.sees(","):
            self.next += 1
            context = self.constant_dict()
        self.expect("]")
        field = "last"
        if self.sees(".") and not self.sees("(", ahead=2):
            self.next += 1
            if self.token.kind != NAME:
                raise self.unexpected("a field of the metric, e.g. last")
            token = self.take()
            field = str(token.value)
            if field not in METRIC_FIELDS:
                raise self.name_error(token.start, f"a metric has no field {field!r:.60}", field, list(METRIC_FIELDS))
        return self.make(tree.MetricOf(name, context, field, at=start))

    # -- what follows a value

    def postfix(self, node: Node) -> Node:
        while True:
            if self.sees(".") and self.tokens[self.next + 1].kind == NAME:
                token = self.tokens[self.next + 1]
                self.next += 2
                if self.sees("("):
                    node = self.method(self.settle(node), token)
                else:
                    node = self.make(tree.Index(self.settle(node), str(token.value), at=token.start))
            elif self.sees("["):
                node = self.index(self.settle(node))
            elif self.sees("("):
                raise syntax_error(self.text, self.token.start, "this cannot be called", expected=self.an_operator)
            else:
                return node

    def index(self, node: Node) -> Node:
        at = self.expect("[").start
        key = self.nested_expression(0)
        if not isinstance(key, tree.Constant) or isinstance(key.value, bool) or not isinstance(key.value, (int, str)):
            raise syntax_error(self.text, at + 1, "an index is a constant", expected="a whole number or a string")
        self.expect("]")
        return self.make(tree.Index(node, key.value, at=at))

    def arguments(self) -> tuple[Node, ...]:
        self.expect("(")
        items: list[Node] = []
        while not self.sees(")"):
            items.append(self.nested_expression(0))
            if not self.sees(","):
                break
            self.next += 1
        if not self.sees(")"):
            raise self.unexpected("',' or ')'")
        self.next += 1
        return tuple(items)

    def check_count(self, what: str, count: int, limits: tuple[int, int | None], at: int) -> None:
        fewest, most = limits
        if count < fewest or (most is not None and count > most):
            wanted = str(fewest) if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
            raise syntax_error(self.text, at, f"{what} got {count} arguments", expected=wanted)

    def method(self, receiver: Node, token: Token) -> Node:
        name = str(token.value)
        if name not in METHODS:
            raise self.name_error(token.start, f"there is no method {name!r:.60}", name, list(METHODS))
        arguments = tuple(self.settle(item, as_text=True) for item in self.arguments())
        self.check_count(f".{name}()", len(arguments), METHODS[name], token.start)
        return self.make(tree.Method(receiver, name, arguments, at=token.start))

    def call(self, name: str, at: int) -> Node:
        if name not in FUNCTIONS:
            wrong = self.wrong_case(self.tokens[self.next - 1])
            if wrong is not None:
                raise wrong
            raise self.name_error(at, f"there is no function {name!r:.60}", name, list(FUNCTIONS))
        arguments = tuple(self.settle(item) for item in self.arguments())
        self.check_count(f"{name}()", len(arguments), FUNCTIONS[name], at)
        if name == "now":
            self.calls_now = True
            return self.make(tree.Constant(self.now, at=at))
        if name == "datetime":
            return self.datetime(arguments, at)
        return self.make(tree.Call(name, arguments, at=at))

    def datetime(self, arguments: tuple[Node, ...], at: int) -> Node:
        values = tuple(self.constant(argument, argument.at) for argument in arguments)
        try:
            return self.make(tree.Constant(to_timestamp(values), at=at))
        except ValueError as error:
            raise syntax_error(
                self.text, at, f"no such time: {error}", expected='e.g. datetime(2024, 1, 31) or datetime("2024-01-31")'
            ) from None


def _names_data(node: Node) -> bool:
    """Whether a bare name compared with `node` is a string: `node` is a field, a dotted name or a call."""
    return isinstance(
        node,
        tree.RunField | tree.ParamRef | tree.RunPath | tree.MetricField | tree.ContextRef
        | tree.MetricOf | tree.Index | tree.Call | tree.Method,
    )  # fmt: skip


def _is_numbered_key(text: str, token: Token) -> bool:
    """``.0`` in ``params.layers.0``, which reads as a number."""
    if token.kind != NUMBER:
        return False
    raw = text[token.start : token.end]
    return raw[0] == "." and raw[1:].isdecimal() and raw.isascii()
