"""``aim watch``: curves in the terminal, redrawn as points arrive."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from aim.cli.context import common_options, options
from aim.cli.output import cell_width, digits_of, format_number, plural, printable
from aim.cli.plot import COLORS, Curve, draw

_MAX_CURVES = len(COLORS)
_MIN_PANEL_LINES = 9
_PRINTED_LINES = 30
"""Of a single frame, if there is no terminal to fill."""


@click.command()
@click.argument("query_text", metavar="[QUERY]", default="")
@click.option("--interval", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="Seconds per frame.")
@click.option("--once", is_flag=True, help="Print one frame and exit.")
@common_options
def watch(query_text: str, interval: float, once: bool) -> None:
    """Draw curves live, until Ctrl-C.

    Without QUERY: everything of the runs that are being recorded, or of the latest run if there is none. If the
    output is not a terminal, one frame is printed.
    """
    repo = options().open_repo()
    is_live = sys.stdout.isatty() and not once
    try:
        if not is_live:
            size = shutil.get_terminal_size((100, _PRINTED_LINES))
            height, styled = min(size.lines, _PRINTED_LINES), sys.stdout.isatty()
            for line in frame(repo, query_text, width=size.columns, height=height, styled=styled):
                click.echo(line.rstrip())
            return
        with _full_screen():
            while True:
                size = shutil.get_terminal_size()
                lines = frame(repo, query_text, width=size.columns, height=size.lines - 1, styled=True)
                # home, then each line with the rest of it erased, then everything below
                sys.stdout.write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines) + "\x1b[J")
                sys.stdout.flush()
                time.sleep(interval)
    except KeyboardInterrupt:
        pass
    finally:
        repo.close()


@contextmanager
def _full_screen() -> Iterator[None]:
    """The terminal's second screen, without a cursor; what was on the first is there again afterwards."""
    sys.stdout.write("\x1b[?1049h\x1b[?25l\x1b[2J")
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


def frame(repo: Any, query_text: str, *, width: int, height: int, styled: bool) -> list[str]:
    """One picture of what a query finds: a panel for each metric name, a curve for each sequence."""
    text, what = (query_text, query_text) if query_text.strip() else _default_query(repo)
    found = repo.query_metrics(text) if text else ()
    metrics = list(found)
    by_name: dict[str, list[Any]] = {}
    for metric in metrics:
        by_name.setdefault(metric.name, []).append(metric)
    runs = {metric.run.hash for metric in metrics}
    head = f"{time.strftime('%H:%M:%S')}  {what}: {plural(len(metrics), 'sequence')} of {plural(len(runs), 'run')}"
    lines = [_cut(head, width)]
    if not by_name:
        if not query_text.strip():
            return [*lines, "Nothing recorded yet."]
        return [*lines, "No sequences.", *(_cut(f"Hint: {hint}", width) for hint in getattr(found, "hints", ()))]
    columns = 2 if len(by_name) > 1 and width >= 100 else 1
    names = sorted(by_name)
    rows = -(-len(names) // columns)
    fitting = max(1, (height - 2) // _MIN_PANEL_LINES)
    panel_height = (height - 1) // min(rows, fitting)
    panel_width = width // columns - (2 if columns > 1 else 0)
    shown = names[: fitting * columns]
    panels = [_panel(name, by_name[name], panel_width, panel_height, styled) for name in shown]
    for start in range(0, len(panels), columns):
        lines += _side_by_side(panels[start : start + columns], panel_width)
    if len(shown) < len(names):
        lines[0] = _cut(f"{head}; {len(names) - len(shown)} more metrics do not fit", width)
    return lines[:height]


def _default_query(repo: Any) -> tuple[str, str]:
    """(query, what to call it): the live runs, else the latest."""
    runs = list(repo.iter_runs())
    live = [run for run in runs if run.status.is_active]
    chosen = live or sorted(runs, key=lambda run: run.created_at or 0.0)[-1:]
    if not chosen:
        return "", "no runs"
    names = "live" if live else f"latest run, {chosen[0].name}"
    return f"run.hash in {json.dumps([run.hash for run in chosen])}", names


def _panel(name: str, metrics: list[Any], width: int, height: int, styled: bool) -> list[str]:
    curves, legend = [], []
    many_runs = len({metric.run.hash for metric in metrics}) > 1
    for number, metric in enumerate(metrics[-_MAX_CURVES:]):
        color = COLORS[number % len(COLORS)]
        sample = metric.sample(max(8, 2 * width))
        xs, ys = sample.steps.tolist(), sample.values.tolist()
        curves.append(Curve(xs, ys, color))
        context = ", ".join(str(value) for value in metric.context.values())
        label = " ".join(part for part in (metric.run.name if many_runs else "", context) if part)
        last = format_number(ys[-1], digits_of(ys)) if ys else "-"
        bad = sum(1 for y in ys if y != y or y in (float("inf"), float("-inf")))
        entry = printable(f"{label} {last}".strip()) + (" (NaN or infinite values!)" if bad else "")
        legend.append((entry, color))
    if len(metrics) > _MAX_CURVES:
        legend.append((f"and {len(metrics) - _MAX_CURVES} more", "white"))
    lines = [_head_line(printable(name), legend, width, styled)]
    return lines + draw(curves, width=width, height=max(3, height - 1), styled=styled)


def _head_line(name: str, legend: list[tuple[str, str]], width: int, styled: bool) -> str:
    name = _cut(name, width)
    text, used = (click.style(name, bold=True) if styled else name), cell_width(name)
    for entry, color in legend:
        left = width - used - 4
        if left < 4:
            break
        entry = _cut(entry, left)
        used += cell_width(entry) + 4
        mark = click.style("━", fg=color) if styled else "-"
        text += f"  {mark} {entry}"
    return text


def _side_by_side(panels: list[list[str]], width: int) -> list[str]:
    lines = []
    for number in range(max(len(panel) for panel in panels)):
        text = ""
        for column, panel in enumerate(panels):
            part = panel[number] if number < len(panel) else ""
            is_last = column == len(panels) - 1
            text += part if is_last else part + " " * max(0, width + 2 - cell_width(click.unstyle(part)))
        lines.append(text)
    return lines


def _cut(text: str, width: int) -> str:
    text = printable(text)
    while cell_width(text) > width:
        text = text[: max(0, len(text) - 1 - (cell_width(text) - width) // 2)]
    return text
