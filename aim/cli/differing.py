"""The params by which runs differ: what a table of runs should show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aim.cli.output import digits_of, format_number
from aim.schema.paths import spell_path

__all__ = ["describe_differences", "leaves"]

_MAX_SHOWN = 4
_MAX_CHARS = 24


def leaves(params: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of each param that is not a dict with items."""
    for key, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def describe_differences(params: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of several runs, the values of the params in which they differ: ``lr=0.1 hidden=64``.

    At most four params are shown, in the order in which the runs have them, each by the end of its path if that is
    enough to distinguish it. All strings are empty if the runs do not differ, or there is only one.
    """
    flat = [dict(leaves(one)) for one in params]
    flat = [{path: value for path, value in one.items() if value != {}} for one in flat]  # what `del` leaves behind
    paths = list(dict.fromkeys(path for one in flat for path in one))
    shown = [path for path in paths if len({_exact(one[path]) if path in one else None for one in flat}) > 1]
    ends = [path[-1] for path in paths]
    labels = {path: path[-1] if ends.count(path[-1]) == 1 else spell_path(path) for path in shown[:_MAX_SHOWN]}
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
