"""Query text -> tokens with exact positions; the limits that keep any text harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aim.errors import QuerySyntaxError

__all__ = [
    "END",
    "MAX_NUMBER_CHARS",
    "MAX_TEXT_CHARS",
    "NAME",
    "NUMBER",
    "OPERATOR",
    "STRING",
    "Token",
    "position",
    "syntax_error",
    "tokenize",
]

MAX_TEXT_CHARS: Final = 100_000
MAX_NUMBER_CHARS: Final = 400
"""Long enough for every float written out; short enough that no conversion takes time."""

NAME, NUMBER, STRING, OPERATOR, END = "name", "number", "string", "operator", "end"

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n]*)
  | (?P<number>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+
              |(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<operator>==|!=|<=|>=|<>|\*\*|//|&&|\|\||[-+*/%<>=!&|()\[\]{},.:@])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_PLAIN_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "\n": "",
    "a": "\a", "b": "\b", "f": "\f", "v": "\v",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `value` is the decoded string or number, the name, or the operator."""

    kind: str
    value: str | int | float
    start: int
    end: int


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1; columns count characters."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def syntax_error(
    text: str, offset: int, message: str, *, expected: str | None = None, suggestions: tuple[str, ...] = ()
) -> QuerySyntaxError:
    """An error that points at `offset`."""
    line, column = position(text, offset)
    return QuerySyntaxError(message, text=text, line=line, column=column, expected=expected, suggestions=suggestions)


def _unescape(text: str, token: str, start: int) -> str:
    body = token[1:-1]
    if "\\" not in body:
        return body

    def replaced(match: re.Match[str]) -> str:
        hexadecimal = match[1] or match[2] or match[3]
        if hexadecimal:
            code = int(hexadecimal, 16)
            if code > 0x10FFFF:
                raise syntax_error(text, start + 1 + match.start(), f"{match[0]} is not a character")
            return chr(code)
        if match[4]:
            return chr(int(match[4], 8))
        # as in Python, an unknown escape stays as it is: "\d" is a backslash and a d
        return _PLAIN_ESCAPES.get(match[5], match[0])

    return _ESCAPE.sub(replaced, body)


def _number(text: str, token: str, start: int) -> int | float:
    if len(token) > MAX_NUMBER_CHARS:
        raise syntax_error(text, start, f"a number of {len(token)} characters; at most {MAX_NUMBER_CHARS} are read")
    try:
        if token[:2].lower() in ("0x", "0b", "0o"):
            return int(token, 0)
        if token.replace("_", "").isdigit():
            return int(token)
        return float(token)
    except ValueError:
        raise syntax_error(text, start, f"{token!r} is not a number") from None


def tokenize(text: str) -> list[Token]:
    """Split `text` into tokens; the last one is of kind "end".

    Raises:
        QuerySyntaxError: the query is too long, or holds something that is not a token.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise syntax_error(
            text, MAX_TEXT_CHARS, f"a query of {len(text)} characters", expected=f"at most {MAX_TEXT_CHARS}"
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _no_token(text, at)
        start, at = at, match.end()
        kind, raw = str(match.lastgroup), match[0]
        if kind == "blank":
            continue
        value: str | int | float = raw
        previous = tokens[-1] if tokens else _START
        touches = previous.end == start
        if kind == NUMBER:
            value = _number(text, raw, start)
        elif kind == STRING:
            if touches and previous.kind == NAME and previous.value not in _GLUED:
                raise syntax_error(text, previous.start, f"text takes no prefix {previous.value!s:.20}")
            value = _unescape(text, raw, start)
        elif kind == NAME and touches and previous.kind == NUMBER:
            raise syntax_error(
                text, previous.start, f"{text[previous.start : at]!a:.60} is neither a number nor a name"
            )
        tokens.append(Token(kind, value, start, at))
    tokens.append(Token(END, "", len(text), len(text)))
    return tokens


_START: Final = Token(OPERATOR, "", -1, -1)
_GLUED: Final = ("and", "or", "not", "in", "is", "if")  # `in"a"` reads as in Python


def _no_token(text: str, at: int) -> QuerySyntaxError:
    character = text[at]
    if character in "\"'":
        return syntax_error(text, at, "text without its closing quote", expected=f"{character} on the same line")
    return syntax_error(text, at, f"unexpected character {character!a}", expected="a name, a number or a text")
