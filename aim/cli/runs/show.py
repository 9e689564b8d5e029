"""``aim runs show``."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from aim.cli.completing import complete_runs
from aim.cli.context import common_options, json_option, options
from aim.cli.differing import leaves
from aim.cli.output import (
    digits_of,
    format_age,
    format_number,
    format_step,
    format_time,
    plural,
    print_incomplete,
    print_json,
    print_left_out,
    print_table,
    print_unreadable,
    printable,
    sparkline,
)
from aim.cli.selecting import select_runs
from aim.schema.order import natural_order

if TYPE_CHECKING:
    from aim.schema.runstate import RunState
    from aim.sdk.care.runs import RunReport
    from aim.sdk.reading.results import Metric

__all__ = ["show"]

_SHOWN_METRICS = 20
"""Of one run, unless all are asked for."""
_SHOWN_PARAMS = 200
_VALUE_CHARS = 200
_SPARK_POINTS = 400
"""Enough for a sparkline; each is a true minimum or maximum."""
_LOSSES = ("lost_points", "lost_events", "rejected", "unsynced")


@click.command()
@click.argument("text", metavar="RUN", shell_complete=complete_runs)
@click.option("--all", "is_all", is_flag=True, help="Every metric and param, however many and however long.")
@common_options
@json_option
def show(text: str, is_all: bool) -> None:
    """Show one run: its status, its params, its metrics, and what could not be kept and why."""
    with options().open_repo() as repo:
        (run_hash,) = select_runs(repo, [text])
        repo.index.catch_up()
        report = repo.run_report(run_hash)
        metrics = sorted(
            repo.get_run(run_hash).metrics(),
            key=lambda m: (natural_order(m.name), natural_order(_context_text(m.context))),
        )
        if options().as_json:
            print_json(_as_json(report, metrics))
            return
        _print_details(report, sum(m.hidden_points for m in metrics), is_all=is_all)
        shown = metrics if is_all else metrics[:_SHOWN_METRICS]
        _print_metrics(shown)
        if len(shown) < len(metrics):
            click.echo(f"  and {len(metrics) - len(shown):,} more; --all shows them")
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())


def _as_json(report: RunReport, metrics: list[Metric]) -> dict[str, Any]:
    state, loss = report.state, report.loss
    return {
        "hash": state.hash,
        "name": state.name,
        "experiment": state.experiment,
        "description": state.description,
        "status": report.status,
        "exit_code": report.exit_code,
        "error": {"type": report.error_type, "message": report.error_message} if report.error_type else None,
        "archived": state.is_archived,
        "tags": state.tags,
        "notes": [
            {"id": note.id, "text": note.text, "created_at": note.created_at, "edited_at": note.edited_at}
            for note in state.notes
        ],
        "created_at": state.created_at,
        "ended_at": report.ended_at,
        "duration": report.duration,
        "attempts": state.attempt,
        "hidden_points": sum(m.hidden_points for m in metrics),
        "loss": {**{key: getattr(loss, key) for key in _LOSSES}, "causes": dict(loss.causes)},
        "params": state.params,
        "metrics": [
            {
                "name": m.name,
                "context": dict(m.context),
                "points": m.count,
                "hidden_points": m.hidden_points,
                "last_step": m.last_step if m.count else None,
                "last": m.last if m.count else None,
            }
            for m in metrics
        ],
    }


def _print_details(report: RunReport, hidden_points: int, *, is_all: bool) -> None:
    state, loss = report.state, report.loss
    click.echo(printable(f"{click.unstyle(state.name)}  ({state.hash})"))
    lost = {key: getattr(loss, key) for key in _LOSSES}
    causes = ", ".join(f"{_cause_text(cause)} ({count:,})" for cause, count in loss.causes)
    lines = [
        ("experiment", state.experiment + (" (archived)" if state.is_archived else "")),
        ("status", report.status + (f": {report.error_type}: {report.error_message}" if report.error_type else "")),
        ("created", format_time(state.created_at)),
        ("duration", _duration_text(report)),
        ("tags", ", ".join(state.tags)),
        ("description", _indented(state.description)),
        ("attempts", str(state.attempt) if state.attempt > 1 else ""),
        *_earlier_errors(state),
        ("hidden", _hidden_text(state.hash, hidden_points) if hidden_points else ""),
        ("not kept", ", ".join(f"{count:,} {key.replace('_', ' ')}" for key, count in lost.items() if count)),
        ("because", causes if any(lost.values()) else ""),
        ("directory", ", ".join(report.places)),
    ]
    for label, value in lines:
        if value:
            click.echo("\n".join(map(printable, f"  {label:<12}{value}".split("\n"))))
    for note in state.notes:
        click.echo(
            "\n".join(
                map(printable, f"\nNote of {format_time(note.created_at)}\n  {_indented(note.text, 2)}".split("\n"))
            )
        )
    params = [(path, value) for path, value in leaves(state.params) if value != {}]
    if params:
        click.echo("\nParams")
        for path, value in params if is_all else params[:_SHOWN_PARAMS]:
            click.echo(printable(f"  {'.'.join(path)} = {_value_text(value, is_all=is_all)}"))
        if len(params) > _SHOWN_PARAMS and not is_all:
            click.echo(f"  and {len(params) - _SHOWN_PARAMS:,} more; --all shows them")


def _earlier_errors(state: RunState) -> list[tuple[str, str]]:
    """The exceptions that ended attempts before the last one."""
    found = []
    for writer in state.writers.values():
        closed = writer.closed or {}
        error = closed.get("error")
        if writer.attempt < state.attempt and isinstance(error, dict):
            what = ": ".join(str(error[key]) for key in ("type", "message") if error.get(key))
            found.append((f"attempt {writer.attempt}", _indented(f"{closed.get('reason')}: {what}")))
    return found


def _duration_text(report: RunReport) -> str:
    return "" if report.duration is None else format_age(report.duration)


def _indented(text: str, cells: int = 14) -> str:
    """A text of several lines, the others below its first."""
    return text.strip("\n").replace("\n", "\n" + " " * cells)


def _value_text(value: Any, *, is_all: bool) -> str:
    """A param as Python writes it, cut where it is long."""
    if is_all:
        return repr(value)
    text = repr(value[:_VALUE_CHARS] if isinstance(value, (str, list)) else value)
    if len(text) <= _VALUE_CHARS and not (isinstance(value, (str, list)) and len(value) > _VALUE_CHARS):
        return text
    size = (
        f"{plural(len(value), 'item' if isinstance(value, list) else 'character')}; "
        if hasattr(value, "__len__")
        else ""
    )
    return f"{text[:_VALUE_CHARS]}… ({size}--all shows them)"


def _hidden_text(run_hash: str, count: int) -> str:
    verb = "is" if count == 1 else "are"
    shown_by = f"aim query 'run.hash == \"{run_hash}\"' --attempts all"
    return f"{plural(count, 'point')} of earlier attempts {verb} hidden: {shown_by}"


def _cause_text(cause: str) -> str:
    """A cause of losses in words: what the file system answered, or what was wrong with the call."""
    number = getattr(errno, cause, None) if cause.startswith("E") else None
    known = {
        "removed": "the run's directory was removed",
        "rejected": "values or names that cannot be recorded",
        "closed": "tracked after the session was closed",
    }
    return os.strerror(number) if isinstance(number, int) else known.get(cause, cause)


def _print_metrics(metrics: list[Metric]) -> None:
    if not metrics:
        return
    click.echo("\nMetrics")
    rows = [
        (
            f"  {m.name}",
            _context_text(m.context),
            f"{m.count:,}",
            format_step(m.last_step if m.count else None),
            format_number(m.last if m.count else None, digits_of((m.last, m.min, m.max))),
            sparkline(m.sample(_SPARK_POINTS).values.tolist()),
        )
        for m in metrics
    ]
    print_table(("  NAME", "CONTEXT", "POINTS", "STEP", "LAST", ""), rows, right=("POINTS", "STEP", "LAST"))


def _context_text(context: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in context.items())
