"""``aim doctor``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from aim.cli.context import EXIT_FAILED, common_options, json_option, options
from aim.cli.output import format_size, plural, print_json, printable
from aim.cli.progress import progress_bar
from aim.sdk.care.upkeep import KINDS, Check, Finding, IndexReport

if TYPE_CHECKING:
    pass

_SHOWN_PER_KIND = 5


@click.command()
@click.option("--repair", "is_repair", is_flag=True, help="Cut torn tails and move stray files aside; deletes nothing.")
@click.option("--acknowledge", is_flag=True, help="Remember the remaining damage as known; it no longer fails.")
@click.option("--reindex", is_flag=True, help="Rebuild the index from the run directories.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file, not only the first few of each kind.")
@common_options
@json_option
@click.pass_context
def doctor(context: click.Context, is_repair: bool, acknowledge: bool, reindex: bool, verbose: bool) -> None:
    """Verify every run directory against the format.

    Exits with 1 if something is damaged (and, with --repair, could not be repaired), unless it was acknowledged before.
    """
    from aim.sdk.reading.repo import Repo

    # whatever its VERSION contains: a damaged one is what this command is for
    with Repo.for_repair(options().repo) as repo:
        with progress_bar("checking runs") as progress:
            check = repo.check(progress=progress)
        repairs: list[tuple[Finding, str]] = []
        if is_repair:
            repairs = repo.repair(check.findings)
            with progress_bar("checking again") as progress:
                check = repo.check(progress=progress)
        if acknowledge and check.damage + check.acknowledged:
            repo.acknowledge(check)
        if reindex:
            with progress_bar("indexing") as progress:
                repo.reindex(progress=progress)
        report = _Report(repo.path, check, repairs, repo.index_report(), reindex)
    if options().as_json:
        print_json(_as_json(report))
    else:
        _print_report(report, _SHOWN_PER_KIND if not verbose else None)
    if check.damage:
        context.exit(EXIT_FAILED)


@dataclass(frozen=True, slots=True)
class _Report:
    """What the command did and found."""

    repo_path: str
    check: Check
    repairs: list[tuple[Finding, str]]
    index: IndexReport
    is_rebuilt: bool


def _as_json(report: _Report) -> dict[str, Any]:
    check = report.check

    def of(finding: Finding) -> dict[str, Any]:
        fields = asdict(finding)
        kept = {key: fields[key] for key in ("kind", "path", "run", "count", "detail")}
        return {"damage": finding.is_damage, "acknowledged": finding.is_acknowledged, **kept}

    return {
        "repo": report.repo_path,
        "damaged": bool(check.damage),
        "acknowledged": len(check.acknowledged),
        "runs": check.runs,
        "live_runs": check.live_runs,
        "writers": check.writers,
        "files": check.files,
        "points": check.points,
        "events": check.events,
        "lost": {
            "points": check.loss.lost_points,
            "events": check.loss.lost_events,
            "rejected": check.loss.rejected,
            "unsynced": check.loss.unsynced,
        },
        "sizes": check.sizes,
        "index": {**asdict(report.index), **({"rebuilt": True} if report.is_rebuilt else {})},
        "findings": [of(finding) for finding in check.findings],
        "repairs": [{**of(finding), "done": done} for finding, done in report.repairs],
    }


def _print_report(report: _Report, limit: int | None) -> None:
    check, index, repo_path = report.check, report.index, report.repo_path
    click.echo(f"Repo   {repo_path}")
    click.echo(
        f"Read   {plural(check.runs, 'run')} ({check.live_runs} live), {plural(check.writers, 'writer')}, "
        f"{plural(check.files, 'file')}, {plural(check.points, 'point')}, {plural(check.events, 'event')}"
    )
    sizes = [f"{name} {format_size(size)}" for name, size in check.sizes.items() if size]
    click.echo(f"Size   {', '.join(sizes) or '0 B'}")
    rebuilt = ", rebuilt" if report.is_rebuilt else ""
    click.echo(f"Index  {index.directory} ({index.reason}), {format_size(index.size_bytes)}{rebuilt}")
    for finding, done in report.repairs:
        click.echo(f"Repair {finding.kind}: {os.path.relpath(finding.path, repo_path)}: {done}")
    _print_findings(repo_path, "Damage", check.damage, limit, lambda text: click.style(text, fg="red", bold=True))
    notes = [finding for finding in check.findings if not finding.is_damage]
    _print_findings(repo_path, "Known", check.acknowledged, limit, lambda text: click.style(text, bold=True))
    _print_findings(repo_path, "Note", notes, limit, lambda text: click.style(text, bold=True))
    if not check.damage:
        known = f"Nothing new; {plural(len(check.acknowledged), 'damaged place')} acknowledged."
        click.echo(click.style(known if check.acknowledged else "No damage found.", fg="green"))
        return
    click.echo(f"{plural(len(check.damage), 'damaged place')} found.")
    if any(finding.remedy for finding in check.damage):
        click.echo("Some of it can be repaired: aim doctor --repair")
    if not all(finding.remedy for finding in check.damage):
        click.echo("The rest can be acknowledged, so that only new damage fails: aim doctor --acknowledge")


def _print_findings(
    repo_path: str, title: str, findings: list[Finding], limit: int | None, style: Callable[[str], str]
) -> None:
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    for kind, found in by_kind.items():
        click.echo(f"{style(title)}: {kind} ({plural(len(found), 'time')}): {KINDS[kind][1]}")
        for finding in found[:limit]:
            detail = f": {finding.detail}" if finding.detail else ""
            count = f" [{finding.count}]" if finding.count != 1 else ""
            click.echo(printable(f"    {os.path.relpath(finding.path, repo_path)}{count}{detail}"))
        if limit is not None and len(found) > limit:
            click.echo(f"    and {len(found) - limit:,} more (--verbose names them)")
