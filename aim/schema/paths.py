"""Paths of params: the keys from the top to a value, and how they are written. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ParamPath", "find_at", "find_param", "read_path", "short_names", "spell_path"]

_NEEDS_BRACKETS = re.compile('[.\\[\\]"\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\A\\Z')
_PART = re.compile(r"""\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|(?P<bare>[^.\[\]"]+)""")


@dataclass(frozen=True, slots=True)
class ParamPath:
    """A path as somebody wrote it.

    Attributes:
        keys: The keys. Neighbours that are not exact may together be one key that holds dots: ``a.b`` finds both
            ``{"a": {"b": 1}}`` and ``{"a.b": 1}``.
        exact: The positions of those that were written in brackets: they are one key each, as it is.
    """

    keys: tuple[str, ...]
    exact: frozenset[int] = frozenset()

    @property
    def dotted(self) -> str:
        """The keys with dots between them; several paths may have the same."""
        return ".".join(self.keys)

    @property
    def is_exact(self) -> bool:
        """Whether every key was written in brackets."""
        return len(self.exact) == len(self.keys)

    def below(self, count: int) -> ParamPath:
        """The path without its first `count` keys."""
        return ParamPath(self.keys[count:], frozenset(at - count for at in self.exact if at >= count))

    def first_keys(self, at: int) -> list[tuple[str, int]]:
        """The keys that may come next where `at` keys were used, each with how many are used then."""
        found: list[tuple[str, int]] = []
        for end in range(at + 1, len(self.keys) + 1):
            if end > at + 1 and not self.exact.isdisjoint(range(at, end)):
                break
            found.append((self.keys[at] if end == at + 1 else ".".join(self.keys[at:end]), end))
        return found

    def stands_for(self, keys: Sequence[str]) -> bool:
        """Whether these are keys that the path may mean."""
        ends = {0}
        for key in keys:
            ends = {end for at in ends for text, end in self.first_keys(at) if text == key}
        return len(self.keys) in ends


def spell_path(keys: Sequence[str]) -> str:
    """The one text of a path, as queries write it behind ``params.``: ``opt.lr``; ``e["x.y"]`` for a key with a dot."""
    parts = [f"[{json.dumps(key)}]" if _NEEDS_BRACKETS.search(key) else f".{key}" for key in keys]
    return "".join(parts).removeprefix(".")


def read_path(text: str) -> ParamPath:
    """The path that a text means: what :func:`spell_path` made, or any dotted name.

    A text that is neither, such as ``a..b`` or ``a[0]``, is split at its dots.
    """
    keys: list[str] = []
    exact: set[int] = set()
    at = 0
    while at < len(text):
        if text[at] == "." and keys:
            at += 1
        match = _PART.match(text, at)
        if match is None or (match["quoted"] is not None and at and text[at - 1] == "."):
            return ParamPath(tuple(text.split(".")))
        if match["quoted"] is not None:
            try:
                keys.append(str(json.loads(match["quoted"], strict=False)))
            except ValueError:
                return ParamPath(tuple(text.split(".")))
            exact.add(len(keys) - 1)
        elif keys and at and text[at - 1] != ".":
            return ParamPath(tuple(text.split(".")))
        else:
            keys.append(match["bare"])
        at = match.end()
    if text.endswith("."):
        return ParamPath(tuple(text.split(".")))
    return ParamPath(tuple(keys), frozenset(exact))


def short_names(paths: Iterable[Sequence[str]], taken: Collection[str] = ()) -> dict[str, str]:
    """By spelled path, the shortest name that finds this one alone: without its set (`hparams.lr` is `lr`) where no
    other of the paths would be found by that as well.

    Args:
        paths: Keys of all the paths there are.
        taken: Names that mean something else, such as the fields of a run.
    """
    every = [list(keys) for keys in paths]
    # as a query reads them: a dotted name finds one key that holds dots, and nested ones
    meant = Counter(".".join(keys) for keys in every)
    meant.update(".".join(keys[1:]) for keys in every if len(keys) > 1)
    found: dict[str, str] = {}
    for keys in every:
        spelled = spell_path(keys)
        tail = ".".join(keys[1:])
        found[spelled] = spell_path(keys[1:]) if tail and meant[tail] == 1 and tail not in taken else spelled
    return found


def find_at(params: Mapping[str, Any], path: ParamPath) -> dict[tuple[str, ...], Any]:
    """What ``params.<path>`` means in a query, by the keys that lead there: at the top, and below each named set.

    Args:
        params: Nested params of one run.
        path: With at least one key; without keys nothing is found.

    Example:
        >>> find_at({"hparams": {"lr": 0.1}}, read_path("lr"))
        {('hparams', 'lr'): 0.1}
    """
    found: dict[tuple[str, ...], Any] = {}
    if path.keys:
        _descend(params, path, 0, (), found)
        for name, below in params.items():
            if isinstance(below, Mapping):
                _descend(below, path, 0, (name,), found)
    return found


def _descend(
    here: Mapping[str, Any], path: ParamPath, used: int, above: tuple[str, ...], found: dict[tuple[str, ...], Any]
) -> None:
    for key, end in path.first_keys(used):
        if key not in here:
            continue
        value = here[key]
        if end == len(path.keys):
            found[(*above, key)] = value
        elif isinstance(value, Mapping):
            _descend(value, path, end, (*above, key), found)


def find_param(params: Mapping[str, Any], key: str) -> tuple[bool, Any]:
    """(whether there is one, the param that `key` names): that key itself, else the one that a query would find.

    Raises:
        KeyError: a query would find several; says where.
    """
    if key in params:
        return True, params[key]
    found = find_at(params, read_path(key))
    if len(found) > 1:
        places = ", ".join(spell_path(keys) for keys in found)
        raise KeyError(
            f"{key!r:.80} is at {places:.300}: name one by its keys, run[{', '.join(map(repr, next(iter(found))))}]"
        )
    for value in found.values():
        return True, value
    return False, None
