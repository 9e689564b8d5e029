"""The params that a table of runs should show: those that tell the runs of an experiment apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from aim.cli.output import digits_of, format_number
from aim.explore.tables.ranking import rank_params
from aim.schema.paths import spell_path

__all__ = ["describe_differences", "leaves", "mentioned_params"]

_MAX_SHOWN = 4
_MAX_CHARS = 24

_Path = tuple[str, ...]
_Flat = Mapping[_Path, Any]


def leaves(params: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of each param that is not a dict with items."""
    for key, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def mentioned_params(query: str) -> tuple[str, ...]:
    """The dotted names in a query that may be params: ``lr`` of ``params.lr > 0.1``."""
    outside_of_texts = re.sub(r"'[^']*'|\"[^\"]*\"", "''", query)
    names = re.findall(r"\b(?:run|params)\.([\w.]+)", outside_of_texts)
    return tuple(dict.fromkeys(name.removeprefix("params.") for name in names))


def describe_differences(
    params: Sequence[Mapping[str, Any]], groups: Sequence[str] = (), mentioned: Collection[str] = ()
) -> list[str]:
    """For each of several runs, the values of the params that tell it apart: ``lr=0.1 hidden=64``.

    At most four params are shown, each by the end of its path if that is enough to distinguish it. First come those
    that are mentioned, then those that differ within the group of a run, well-known names first; where nothing differs,
    those that differ between groups; of a run that is alone, its best-known ones. A param that a run lacks differs in
    nothing.

    Args:
        params: Of each run.
        groups: Of each run the group, such as its experiment; empty: they are one group.
        mentioned: Dotted names of params that are shown in any case.
    """
    flat = [{path: value for path, value in leaves(one) if value != {}} for one in params]  # `del` leaves {} behind
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups or [""] * len(flat)):
        places.setdefault(group, []).append(place)
    texts = [""] * len(flat)
    for members in places.values():
        among = [flat[place] for place in members]
        shown = _mentioned(among, mentioned) + _differing(among)
        if len(among) == 1 or (not shown and len(places) > 1):
            shown += [path for path in _differing(flat) if any(path in one for one in among)]
        if len(flat) == 1:
            shown += _best_known(among[0])
        for place, text in zip(members, _texts(among, list(dict.fromkeys(shown))[:_MAX_SHOWN]), strict=True):
            texts[place] = text
    return texts


def _mentioned(flat: Sequence[_Flat], names: Collection[str]) -> list[_Path]:
    paths = dict.fromkeys(path for one in flat for path in one)
    return [path for name in names for path in paths if name in (".".join(path), ".".join(path[1:]))]


def _differing(flat: Sequence[_Flat]) -> list[_Path]:
    """The paths whose values differ, the most telling first."""
    values: dict[_Path, Counter[str]] = {}
    kinds: dict[_Path, set[str]] = {}
    for one in flat:
        for path, value in one.items():
            values.setdefault(path, Counter())[_exact(value)] += 1
            kinds.setdefault(path, set()).add("text" if isinstance(value, str) else "")
    return _ranked(
        {path: (seen.total(), len(seen), kinds[path]) for path, seen in values.items() if len(seen) > 1}, len(flat)
    )


def _best_known(one: _Flat) -> list[_Path]:
    # as if they differed: the order is by their names
    return _ranked({path: (1, 2, set()) for path in one}, 1)


def _ranked(counted: Mapping[_Path, tuple[int, int, set[str]]], runs: int) -> list[_Path]:
    spelled = {spell_path(path): path for path in counted}
    listed = []
    for text, path in spelled.items():
        count, distinct, kinds = counted[path]
        listed.append({"path": text, "count": count, "distinct": distinct, "kinds": kinds})
    return [spelled[text] for text in rank_params(listed, runs)]


def _texts(flat: Sequence[_Flat], shown: Sequence[_Path]) -> list[str]:
    ends = Counter(path[-1] for path in {path for one in flat for path in one})
    labels = {path: path[-1] if ends[path[-1]] == 1 else spell_path(path) for path in shown}
    digits = {path: digits_of(v for one in flat if isinstance(v := one.get(path), float)) for path in labels}
    return [
        " ".join(f"{label}={_text(one[path], digits[path])}" for path, label in labels.items() if path in one)
        for one in flat
    ]


def _exact(value: Any) -> str:
    """A string that is the same for equal values, such as 1 and 1.0."""
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _text(value: Any, digits: int) -> str:
    text = format_number(value, digits) if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…"
