"""Text for people: tables, sizes, ages, sparklines; and JSON for programs."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from aim.schema.jsonvalues import escape_floats
from aim.schema.limits import usable_time

__all__ = [
    "cell_width",
    "digits_of",
    "format_age",
    "format_number",
    "format_size",
    "format_step",
    "format_time",
    "format_time_short",
    "output_width",
    "plural",
    "print_hidden",
    "print_hints",
    "print_incomplete",
    "print_json",
    "print_left_out",
    "print_table",
    "print_unreadable",
    "printable",
    "sparkline",
    "table_lines",
]

_BARS = "▁▂▃▄▅▆▇█"

_NEVER_CUT = ("RUN", "CREATED")
"""Headers of columns that are useless when cut."""

_CUT_LAST = ("NAME", "STATUS")
"""Headers of columns that are whole as long as another can be cut."""

_PADDED_CELLS = 60
"""Where nothing is cut, a longer text does not push the columns of all other rows to the right."""

_WITHOUT_WIDTH = ("Mn", "Me", "Cf")
"""Categories of characters that take no cell: combining marks, joiners and other format characters."""

_MIN_CELLS = 6

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line and paragraph separators, changes of the writing direction, lone surrogates."""


def printable(text: str) -> str:
    """`text` without characters that steer a terminal (names come from files that others may have written)."""
    return text if text.isprintable() else _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def cell_width(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in _WITHOUT_WIDTH else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _cut(text: str, width: int) -> str:
    if cell_width(text) <= width:
        return text
    kept = ""
    for character in text:
        if cell_width(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def table_lines(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = (), width: int | None = None
) -> list[str]:
    """Rows as aligned columns.

    Args:
        headers: One per column.
        rows: Texts, as many as headers.
        right: Headers of the columns that are aligned to the right.
        width: Terminal cells available; the widest columns are cut to fit, the name and the status of a run last.
            None cuts nothing.
    """
    body = [[printable(cell) for cell in row] for row in rows]
    widths = [max([cell_width(h), *(cell_width(row[i]) for row in body)]) for i, h in enumerate(headers)]
    if width is None:
        padded = [min(cells, max(_PADDED_CELLS, cell_width(h))) for cells, h in zip(widths, headers, strict=True)]
    else:
        padded = widths = _fitting(headers, widths, width)
    lines = []
    for row in [list(headers), *body]:
        cells = []
        for i, cell in enumerate(row):
            text = _cut(cell, widths[i])
            blanks = " " * max(0, padded[i] - cell_width(text))
            cells.append(blanks + text if headers[i] in right else text + blanks)
        lines.append("  ".join(cells).rstrip())
    return lines


def _fitting(headers: Sequence[str], widths: Sequence[int], width: int) -> list[int]:
    """The widths of columns that are cut until a line fits, if it can."""
    widths = list(widths)
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    cut_last = [i for i, header in enumerate(headers) if header in _CUT_LAST]
    cut_first = [i for i, header in enumerate(headers) if header not in (*_NEVER_CUT, *_CUT_LAST)]
    for may_cut in (cut_first, cut_last):
        while excess > 0 and (widest := max(may_cut, key=lambda i: widths[i], default=None)) is not None:
            if widths[widest] <= _MIN_CELLS:
                break
            widths[widest] -= 1
            excess -= 1
    return widths


def output_width() -> int | None:
    """The cells of a line of the terminal, or what COLUMNS says; None if the output is a file and nothing says."""
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return shutil.get_terminal_size().columns if has_width else None


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Print rows as a table, cut to the width of the terminal, or to COLUMNS if it is set."""
    head, *body = table_lines(headers, rows, right=right, width=output_width())
    click.echo(click.style(head, bold=True))
    for line in body:
        click.echo(line)


def print_hints(hints: Iterable[str]) -> None:
    """Print to stderr why a query may have found nothing."""
    for hint in hints:
        click.echo(printable(f"Hint: {hint}"), err=True)


def print_left_out(
    not_shown: Mapping[str, int], problems: Sequence[str], *, most: int = 20, rest: str = "could not be read"
) -> None:
    """Print to stderr what of other tools' files is not shown: kinds of data in one line, then what could not be read.

    Args:
        not_shown: Kind of data, in the plural, to how many.
        problems: One per line.
        most: How many of the problems are named.
        rest: What the line about the others ends with.
    """
    if not_shown:
        kinds = ", ".join(f"{printable(kind)} ({count:,})" for kind, count in sorted(not_shown.items()))
        click.echo(f"Left out (Aim reads only scalars and hyper-parameters so far): {kinds}.", err=True)
    for problem in problems[:most]:
        click.echo(printable(problem), err=True)
    if len(problems) > most:
        click.echo(f"... and {len(problems) - most:,} more such places {rest}", err=True)


def print_hidden(count: int) -> None:
    """Print to stderr how many points of earlier attempts an answer leaves out, if any."""
    if count:
        verb = "is" if count == 1 else "are"
        click.echo(
            f"{plural(count, 'point')} of earlier attempts {verb} hidden, because a later attempt recorded the same"
            " steps again; --attempts all shows them",
            err=True,
        )


def print_unreadable(runs: Mapping[str, str], *, most: int = 5) -> None:
    """Print to stderr which runs are missing from the answer because they cannot be read.

    Args:
        runs: Hash to the reason.
        most: How many are named.
    """
    if not runs:
        return
    named = [f"{run_hash}: {reason}" for run_hash, reason in list(runs.items())[:most]]
    rest = f", and {len(runs) - most:,} more" if len(runs) > most else ""
    text = f"{plural(len(runs), 'run')} could not be read ({'; '.join(named)}{rest}). See: aim doctor"
    click.echo(printable(text), err=True)


def print_incomplete(runs: Mapping[str, str], *, most: int = 5) -> None:
    """Print to stderr which runs are not complete here.

    Args:
        runs: Hash to what.
        most: How many are named.
    """
    if not runs:
        return
    named = "; ".join(f"{run_hash} lacks {what}" for run_hash, what in list(runs.items())[:most])
    rest = f"; and {len(runs) - most:,} more" if len(runs) > most else ""
    text = f"{plural(len(runs), 'run')} not complete ({named}{rest}): still being copied, or cut. See: aim doctor"
    click.echo(printable(text), err=True)


def print_json(value: Any) -> None:
    """Print one JSON document on one line. NaN and infinities are written as in Aim's own files."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(escape_floats(value), ensure_ascii=not is_unicode, allow_nan=False))


_FEWEST_DIGITS = 6
_MOST_DIGITS = 17
"""A float has no more."""


def format_number(value: float | int | None, digits: int = _FEWEST_DIGITS) -> str:
    """`value` with this many significant digits; from 17 on, the shortest text that gives the same float."""
    if value is None:
        return "-"
    if digits >= _MOST_DIGITS and isinstance(value, float) and math.isfinite(value):
        return repr(value).removesuffix(".0")
    return f"{value:.{digits}g}"


def format_step(step: int | None) -> str:
    """All its digits: 12,345,678 is a different step from 12,345,679."""
    return "-" if step is None else str(step)


def digits_of(values: Iterable[float | None]) -> int:
    """How many significant digits distinguish some values: six, or more if they differ little for their size."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    spread = max(finite, default=0.0) - min(finite, default=0.0)
    if spread == 0.0 or not math.isfinite(spread):
        return _FEWEST_DIGITS
    largest = max(abs(value) for value in finite)
    # two digits of the spread itself
    needed = math.floor(math.log10(largest)) - math.floor(math.log10(spread)) + 2
    return min(max(needed, _FEWEST_DIGITS), _MOST_DIGITS)


def format_size(size_bytes: int) -> str:
    """Bytes with a binary unit."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def format_time(unix_s: float | None) -> str:
    """Local date and time to the second; "-" if there is none, or none that a calendar can show."""
    if usable_time(unix_s) is None:
        return "-"
    assert unix_s is not None
    return datetime.fromtimestamp(unix_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def format_time_short(unix_s: float | None) -> str:
    """Local time as short as it can be told: ``14:03`` of today, ``11-30 14:03`` of this year, ``2025-11-30``."""
    text, today = format_time(unix_s), datetime.now(UTC).astimezone().strftime("%Y-%m-%d")
    if text.startswith(today):
        return text[11:16]
    return text[5:16] if text.startswith(today[:5]) else text[:10]


def format_age(seconds: float | None) -> str:
    """A length of time in its largest two units."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    seconds = max(0, int(seconds))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    if minutes:
        return f"{minutes}m {seconds % 60}s"
    return f"{seconds}s"


def plural(count: int, noun: str) -> str:
    """``1 run``, ``1,200 runs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def sparkline(values: Sequence[float], width: int = 24) -> str:
    """`values` as a line of block characters.

    Each character covers some of the values and shows the one farthest from the middle of all, so that no spike is
    averaged away. NaN is ``·``, and infinities are at the edge.
    """
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return "·" * min(width, len(values))
    low, high = min(finite), max(finite)
    middle = sorted(finite)[len(finite) // 2]
    count = min(width, len(values))
    text = []
    for i in range(count):
        part = [v for v in values[i * len(values) // count : (i + 1) * len(values) // count] if v == v]
        if not part:
            text.append("·")
            continue
        value = min(max(max(part, key=lambda v: abs(v - middle)), low), high)
        share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
        text.append(_BARS[min(len(_BARS) - 1, int(share * len(_BARS)))])
    return "".join(text)
