"""What a benchmark yields, and how it is shown: figures beside their bars."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUSY", "Figure", "as_markdown", "as_text", "machine", "write_page"]

BUSY = 0.5
"""A load above this is other work, which makes times longer."""
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        what: What was measured.
        value: The number, smaller is better.
        unit: Its unit.
        bar: What it must not exceed; None for a number that only explains another.
        note: Spread, or what else is worth knowing of this measurement.
        others: What others were seen to reach, for orientation; not measured here.
    """

    what: str
    value: float
    unit: str
    bar: float | None
    note: str = ""
    others: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``over``, or nothing where there is no bar."""
        return "" if self.bar is None else "ok" if self.value <= self.bar else "over"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    unit = f" {figure.unit}" if figure.unit else ""
    bar = "" if figure.bar is None else _number(figure.bar) + unit
    return figure.what, _number(figure.value) + unit, bar, figure.verdict, figure.note


def as_text(figures: Sequence[Figure]) -> str:
    """A table for the terminal."""
    rows = [("what", "figure", "at most", "", "note"), *map(_cells, figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:<{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    )


def as_markdown(figures: Sequence[Figure]) -> str:
    """The same for docs/benchmarks.md."""
    lines = ["| what | figure | at most | | note | others |", "| --- | ---: | ---: | --- | --- | --- |"]
    for figure in figures:
        what, value, bar, verdict, note = _cells(figure)
        verdict = "**over**" if verdict == "over" else verdict
        lines.append(f"| {what} | {value} | {bar} | {verdict} | {note} | {figure.others} |")
    return "\n".join(lines)


def machine(load: float) -> str:
    """What the figures were measured on and when; names no host and no path.

    Args:
        load: How many processes wanted to run when the measurement began, over the last minute.
    """
    kernel = platform.release().partition("-")[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}: {cores} cores {_cpu_model()}, "
        f"{platform.system()} {kernel}, {_file_system()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        + (f"other work ran on the machine (load {load:.1f})" if load > BUSY else "nothing else ran")
    )


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _file_system() -> str:
    """The type of the file system that holds temporary files, where the corpora lie."""
    path = os.path.realpath(tempfile.gettempdir())
    found = ("", "a file system unknown")
    try:
        for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
            _, point, kind, *_ = line.split()
            holds = path == point or path.startswith(point.rstrip("/") + "/")
            if holds and len(point) >= len(found[0]):
                found = (point, kind)
    except (OSError, ValueError):
        pass
    return found[1]


def write_page(page: Path, figures: Sequence[Figure], load: float) -> None:
    """Put the table into the page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise SystemExit(f"{page.name} lacks the lines {_BEGIN} and {_END}")
    page.write_text(
        f"{before}{_BEGIN}\nMeasured {machine(load)}.\n\n{as_markdown(figures)}\n{_END}{after}", encoding="utf-8"
    )
