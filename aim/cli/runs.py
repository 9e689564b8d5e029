"""``aim runs``."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from aim.cli.completing import complete_runs
from aim.cli.context import EXIT_FAILED, common_options, json_option, options
from aim.cli.differing import describe_differences, leaves
from aim.cli.output import (
    digits_of,
    format_age,
    format_number,
    format_step,
    format_time,
    plural,
    print_hints,
    print_incomplete,
    print_json,
    print_left_out,
    print_table,
    print_unreadable,
    printable,
    sparkline,
)
from aim.cli.progress import progress_bar
from aim.cli.selecting import in_place_runs, select_own_runs, select_runs, select_trashed_runs
from aim.schema.order import natural_order
from aim.storage.care import housekeeping
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo, open_repo, resolve_repo

if TYPE_CHECKING:
    from aim.schema.runstate import LossLedger, RunState
    from aim.sdk.reading.repo import Repo
    from aim.sdk.reading.results import Metric
    from aim.storage.reading.status import Status

_SHOWN_METRICS = 20
"""Of one run, unless all are asked for."""
_SPARK_POINTS = 400
"""Enough for a sparkline; each is a true minimum or maximum."""
_LOSSES = ("lost_points", "lost_events", "rejected", "unsynced")

_RUNS = click.argument("texts", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
_FORCE = click.option("--force", is_flag=True, help="Even if the run is being written to.")
_YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.group()
def runs() -> None:
    """List, show, delete, copy, move and archive runs.

    RUN is a hash, the beginning of one (four digits or more), or a name.
    """


@runs.command("ls")
@click.argument("query_text", metavar="[QUERY]", default="")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@click.option("-a", "--all", "is_all", is_flag=True, help="Archived runs too.")
@click.option("--trash", is_flag=True, help="The deleted runs instead, which can be restored.")
@common_options
@json_option
def list_runs(query_text: str, limit: int | None, is_all: bool, trash: bool) -> None:
    """List runs, newest first; with QUERY only those for which it is true.

    Example: aim runs ls 'params.lr > 0.01 and run.created_at > datetime(2026, 1, 1)'
    """
    layout = options().layout()
    if trash:
        _list_trash(layout)
        return
    from aim.sdk.reading.repo import Repo

    repo = Repo(layout.root)
    try:
        matching = repo.query_runs(query_text, archived="include" if is_all else "auto")
        found = sorted(matching, key=lambda run: (run.created_at or 0.0, run.hash), reverse=True)
        found = found[:limit]
        if options().as_json:
            for run in found:
                print_json(_run_as_json(run))
        else:
            _print_runs(found)
        print_hints(matching.hints)
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())
    finally:
        repo.close()


def _run_as_json(run: Any) -> dict[str, Any]:
    return {
        "hash": run.hash,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status.value,
        "archived": run.archived,
        "tags": list(run.tags),
        "created_at": run.created_at,
        "ended_at": run.status.ended_at,
        "lost_points": run.loss.lost_points,
        "params": run.params,
    }


def _print_runs(found: list[Any]) -> None:
    if not found:
        click.echo("No runs.")
        return
    now = time.time()
    rows = []
    for run, differing in zip(found, describe_differences([run.params for run in found]), strict=True):
        end = run.status.ended_at or now
        rows.append(
            (
                run.hash[:8],
                run.name,
                run.experiment,
                run.status.value,
                format_time(run.created_at),
                format_age(end - run.created_at if run.created_at is not None else None),
                differing,
                ", ".join(run.tags),
            )
        )
    print_table(("RUN", "NAME", "EXPERIMENT", "STATUS", "CREATED", "DURATION", "PARAMS", "TAGS"), rows)


def _list_trash(layout: RepoLayout) -> None:
    rows = []
    for run_hash in housekeeping.trashed_runs(layout):
        state = housekeeping.trashed_run(layout, run_hash)
        if options().as_json:
            print_json({"hash": run_hash, "name": state.name, "experiment": state.experiment})
        rows.append((run_hash[:8], state.name, state.experiment, format_time(state.created_at)))
    if options().as_json:
        return
    if rows:
        print_table(("RUN", "NAME", "EXPERIMENT", "CREATED"), rows)
    else:
        click.echo("The trash is empty.")


@runs.command()
@click.argument("text", metavar="RUN", shell_complete=complete_runs)
@click.option("--all", "is_all", is_flag=True, help="Every metric, however many there are.")
@common_options
@json_option
def show(text: str, is_all: bool) -> None:
    """Show one run: how it stands, its params, its metrics, and what could not be kept and why."""
    layout = options().layout()
    (run_hash,) = select_runs(layout, [text])
    from aim.sdk.reading.repo import Repo

    with Repo(layout.root) as repo:
        repo.index.catch_up()
        if repo.index.is_own(run_hash):
            state, status, loss = housekeeping.run_status(layout, run_hash)
            directory = layout.run_dir(run_hash)
        else:
            state, status, loss = _in_place(repo, run_hash)
            directory = ", ".join(repo.report(run_hash).places)
        metrics = sorted(
            repo.get_run(run_hash).metrics(),
            key=lambda m: (natural_order(m.name), natural_order(_context_text(m.context))),
        )
        if options().as_json:
            print_json(_details_as_json(run_hash, state, status, loss, metrics))
            return
        _print_details(run_hash, state, status, loss, sum(m.hidden_points for m in metrics), directory)
        shown = metrics if is_all else metrics[:_SHOWN_METRICS]
        _print_metrics(shown)
        if len(shown) < len(metrics):
            click.echo(f"  and {len(metrics) - len(shown):,} more; --all shows them")
        print_unreadable(repo.index.unreadable)
        print_left_out({}, repo.index.report().problems)
        print_incomplete(repo.index.incomplete())


def _in_place(repo: Repo, run_hash: str) -> tuple[RunState, Status, LossLedger]:
    """A run that is read in place from another tool's files."""
    from aim.storage.reading.status import Status

    state = repo.read_state(run_hash)
    loss = repo.index.read_ledger(run_hash)
    standing = repo.index.read_standing(state)
    if standing is None:
        return state, Status("finished"), loss
    return state, Status(standing.value, standing.ended_at, None, standing.error_type, standing.error_message), loss


def _details_as_json(
    run_hash: str, state: RunState, status: Status, loss: LossLedger, metrics: list[Metric]
) -> dict[str, Any]:
    return {
        "hash": run_hash,
        "name": state.name,
        "experiment": state.experiment,
        "description": state.description,
        "status": status.value,
        "exit_code": status.exit_code,
        "error": {"type": status.error_type, "message": status.error_message} if status.error_type else None,
        "archived": state.is_archived,
        "tags": state.tags,
        "created_at": state.created_at,
        "ended_at": status.ended_at,
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


def _print_details(
    run_hash: str, state: RunState, status: Status, loss: LossLedger, hidden_points: int, directory: str
) -> None:
    click.echo(printable(f"{click.unstyle(state.name)}  ({run_hash})"))
    lost = {key: getattr(loss, key) for key in _LOSSES}
    causes = ", ".join(f"{_cause_text(cause)} ({count:,})" for cause, count in loss.causes)
    lines = [
        ("experiment", state.experiment + (" (archived)" if state.is_archived else "")),
        ("status", status.value + (f": {status.error_type}: {status.error_message}" if status.error_type else "")),
        ("created", format_time(state.created_at)),
        ("duration", format_age((status.ended_at or time.time()) - (state.created_at or 0))),
        ("tags", ", ".join(state.tags)),
        ("description", state.description),
        ("attempts", str(state.attempt) if state.attempt > 1 else ""),
        ("hidden", _hidden_text(run_hash, hidden_points) if hidden_points else ""),
        ("not kept", ", ".join(f"{count:,} {key.replace('_', ' ')}" for key, count in lost.items() if count)),
        ("because", causes if any(lost.values()) else ""),
        ("directory", directory),
    ]
    for label, value in lines:
        if value:
            click.echo(printable(f"  {label:<12}{value}"))
    params = [(path, value) for path, value in leaves(state.params) if value != {}]
    if params:
        click.echo("\nParams")
        for path, value in params:
            click.echo(printable(f"  {'.'.join(path)} = {value!r}"))


def _hidden_text(run_hash: str, count: int) -> str:
    verb = "is" if count == 1 else "are"
    shown_by = f"aim query 'run.hash == \"{run_hash}\"' --attempts all"
    return f"{plural(count, 'point')} of earlier attempts {verb} hidden: {shown_by}"


def _cause_text(cause: str) -> str:
    """A cause of losses in words: what the file system said, or what was wrong with the call."""
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


# -- changing ----------------------------------------------------------------------------------------------------------


def _each(hashes: list[str], label: str, do: Callable[[str], str | None]) -> None:
    """Do something to each run, with a progress bar; print what it says."""
    said = []
    with progress_bar(label) as progress:
        for done, run_hash in enumerate(hashes, 1):
            said.append(do(run_hash))
            progress(done, len(hashes))
    for text in said:
        if text is not None:
            click.echo(text)


@runs.command("rm")
@_RUNS
@_YES
@_FORCE
@common_options
def remove(texts: tuple[str, ...], yes: bool, force: bool) -> None:
    """Move runs into the trash. `aim runs restore` gets them back, `aim storage prune` empties it."""
    layout = options().layout()
    hashes = select_own_runs(layout, texts)
    if not force:
        housekeeping.check_not_live(layout, hashes)
    if not yes and len(hashes) > 1:
        click.confirm(f"Move {plural(len(hashes), 'run')} to the trash?", abort=True, err=True)
    _each(hashes, "deleting", lambda run_hash: housekeeping.delete_run(layout, run_hash, force=True))
    click.echo(f"{plural(len(hashes), 'run')} moved to the trash")


@runs.command()
@_RUNS
@common_options
def restore(texts: tuple[str, ...]) -> None:
    """Take deleted runs out of the trash."""
    layout = options().layout()
    hashes = select_trashed_runs(layout, texts)
    _each(hashes, "restoring", lambda run_hash: housekeeping.restore_run(layout, run_hash))
    click.echo(f"{plural(len(hashes), 'run')} restored")


_TO = click.option(
    "--to", "--destination", "destination", metavar="PATH", required=True, help="The other repo; made if not there."
)


@runs.command("cp")
@_RUNS
@_TO
@_FORCE
@common_options
def copy(texts: tuple[str, ...], destination: str, force: bool) -> None:
    """Copy runs into another repo, under the same hashes."""
    _transfer(texts, destination, force, housekeeping.copy_run, "copied")


@runs.command("mv")
@_RUNS
@_TO
@_FORCE
@common_options
def move(texts: tuple[str, ...], destination: str, force: bool) -> None:
    """Move runs into another repo, under the same hashes."""
    _transfer(texts, destination, force, housekeeping.move_run, "moved")


def _transfer(texts: tuple[str, ...], destination: str, force: bool, transfer: Any, done: str) -> None:
    source = options().layout()
    hashes = select_own_runs(source, texts)
    if not force:
        housekeeping.check_not_live(source, hashes)
    target = _other_repo(destination)

    def one(run_hash: str) -> str | None:
        if transfer(source, target, run_hash, force=force):
            return None
        return f"{run_hash}: {target.root} has another run of this name; tell them apart by hash"

    _each(hashes, done, one)
    click.echo(f"{plural(len(hashes), 'run')} {done} to {target.root}")


def _other_repo(destination: str) -> RepoLayout:
    layout = resolve_repo(destination)
    return open_repo(destination) if files.exists(layout.root, layout.version_path) else create_repo(destination)


@runs.command()
@_RUNS
@common_options
def archive(texts: tuple[str, ...]) -> None:
    """Leave runs out of queries that do not ask for them."""
    _set_archived(texts, True)


@runs.command()
@_RUNS
@common_options
def unarchive(texts: tuple[str, ...]) -> None:
    """Bring archived runs back into queries."""
    _set_archived(texts, False)


def _set_archived(texts: tuple[str, ...], value: bool) -> None:
    layout = options().layout()
    hashes = select_runs(layout, texts)
    in_place = set(in_place_runs(layout, hashes))

    def one(run_hash: str) -> None:
        housekeeping.set_archived(layout, run_hash, value, must_exist=run_hash not in in_place)

    _each(hashes, "archiving" if value else "unarchiving", one)
    click.echo(f"{plural(len(hashes), 'run')} {'' if value else 'un'}archived")


@runs.command()
@_RUNS
@click.option(
    "--as",
    "value",
    type=click.Choice(["finished", "failed", "interrupted"]),
    default="interrupted",
    show_default=True,
    help="How the run ended.",
)
@_FORCE
@common_options
@click.pass_context
def close(context: click.Context, texts: tuple[str, ...], value: str, force: bool) -> None:
    """Say how runs ended whose own process can no longer say it: it was killed, or its host is gone.

    A run that ended by itself keeps its status unless forced.
    """
    layout = options().layout()
    hashes = select_own_runs(layout, texts)
    if not force:
        housekeeping.check_not_live(layout, hashes)
    is_kept = False

    def one(run_hash: str) -> str:
        nonlocal is_kept
        state, status, _ = housekeeping.run_status(layout, run_hash)
        if state.said_status is None and status.value in ("finished", "failed", "interrupted") and not force:
            is_kept = True
            return f"{run_hash}: {status.value} already"
        housekeeping.say_status(layout, run_hash, value)
        return f"{run_hash}: {value}"

    _each(hashes, "closing", one)
    if is_kept:
        context.exit(EXIT_FAILED)
