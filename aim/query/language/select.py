"""The part of a query before ``if``: names of metrics."""

from __future__ import annotations

from typing import Final

from aim.errors import QuerySyntaxError
from aim.query.language.fields import RESERVED, ROOTS
from aim.query.language.tokens import END, NAME, NUMBER, OPERATOR, STRING, Token, syntax_error
from aim.query.language.tree import Selected

__all__ = ["select_part"]

_PREFIX: Final = "tf:"
_JOINTS: Final = ("/", "-", ".", ":", "@", "%", "*", "+")
"""What may be within an unquoted name, without spaces: ``train/loss``, ``recall@10``, ``tf:accuracy``."""


def select_part(text: str, tokens: list[Token]) -> tuple[tuple[Selected, ...], int]:
    """The selected metrics and the number of the token at which the condition begins.

    With ``if`` everything before it must be names. Without, the whole text is a selection if it reads as one
    (``loss``, ``loss, accuracy``, ``train/loss``) and else a condition.

    Raises:
        QuerySyntaxError: something before ``if`` is not a name.
    """
    at_if = _find_if(tokens)
    if at_if is not None:
        return _names(text, tokens[:at_if], tokens[at_if]), at_if + 1
    if tokens[0].kind == END:
        return (), 0
    try:
        selected = _names(text, tokens[:-1], tokens[-1])
    except QuerySyntaxError as error:
        if error.suggestions and _holds_only_names(tokens):
            raise
        return (), 0
    if len(selected) == 1 and _reads_as_field(text, tokens):
        return (), 0
    return selected, len(tokens) - 1


def _find_if(tokens: list[Token]) -> int | None:
    depth = 0
    for number, token in enumerate(tokens):
        if token.kind == OPERATOR:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(str(token.value), 0)
        elif token.kind == NAME and token.value == "if" and depth <= 0:
            after_dot = number > 0 and tokens[number - 1].kind == OPERATOR and tokens[number - 1].value == "."
            if not after_dot:
                return number
    return None


def _holds_only_names(tokens: list[Token]) -> bool:
    """Whether there is no condition in a query: then it is a list of metrics, if a faulty one."""
    words = {str(token.value).lower() for token in tokens if token.kind == NAME}
    return words.isdisjoint(RESERVED) and all(
        token.kind in (NAME, STRING, END) or token.value in (",", *_JOINTS) for token in tokens
    )


def _reads_as_field(text: str, tokens: list[Token]) -> bool:
    """``run.archived`` and ``params.a/params.b`` alone are conditions; ``loss`` and ``train/loss`` are metrics."""
    first = tokens[0]
    if first.kind == STRING or len(tokens) == 2:
        return False
    dotted = len(tokens) > 2 and text[first.end : first.end + 1] == "."
    only_dots = all(t.kind != OPERATOR or t.value == "." for t in tokens)
    return only_dots or (dotted and first.value in ROOTS)


def _names(text: str, tokens: list[Token], end: Token) -> tuple[Selected, ...]:
    selected: list[Selected] = []
    at = 0
    while True:
        item, at = _name(text, tokens, at, end)
        selected.append(item)
        if at >= len(tokens):
            return tuple(selected)
        if tokens[at].kind != OPERATOR or tokens[at].value != ",":
            raise syntax_error(
                text, tokens[at].start, f"unexpected {text[tokens[at].start : tokens[at].end]!a}",
                expected="',' and another metric, or 'if'",
                suggestions=("a comma",) if tokens[at].kind in (NAME, STRING) else (),
            )  # fmt: skip
        at += 1


def _name(text: str, tokens: list[Token], at: int, end: Token) -> tuple[Selected, int]:
    if at >= len(tokens):
        raise syntax_error(text, end.start, "a metric is missing here", expected="the name of a metric")
    first = tokens[at]
    if first.kind == STRING:
        return _selected(str(first.value), first.start), at + 1
    if first.kind != NAME or first.value in RESERVED:
        raise syntax_error(
            text, first.start, f"{text[first.start : first.end]!a:.60} cannot name a metric",
            expected='a name, or any string in quotes, e.g. "F1 (macro)"',
        )  # fmt: skip
    last = at
    while last + 1 < len(tokens) and tokens[last + 1].start == tokens[last].end and _continues(tokens[last + 1]):
        last += 1
        if tokens[last].kind == STRING:  # tf:"train/loss"
            break
    if tokens[last].kind == STRING:
        if text[first.start : tokens[last].start] != _PREFIX:
            raise syntax_error(text, tokens[last].start, "unexpected text", expected="',' or 'if'")
        return Selected(str(tokens[last].value), tensorboard=True, at=first.start), last + 1
    if tokens[last].kind == OPERATOR:
        raise syntax_error(text, tokens[last].end, "a name ends in an operator", expected="its rest, or quotes")
    return _selected(text[first.start : tokens[last].end], first.start), last + 1


def _continues(token: Token) -> bool:
    return token.kind in (NAME, NUMBER, STRING) or (token.kind == OPERATOR and token.value in _JOINTS)


def _selected(name: str, at: int) -> Selected:
    if name.startswith(_PREFIX):
        return Selected(name[len(_PREFIX) :], tensorboard=True, at=at)
    return Selected(name, at=at)
