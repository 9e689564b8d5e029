"""``aim doctor``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import click

from aim.cli.context import EXIT_FAILED, common_options, json_option, options
from aim.cli.output import format_size, plural, print_json, printable
from aim.cli.progress import progress_bar
from aim.storage.care.doctor import KINDS, Check, Finding, check_repo, repair
from aim.storage.care.doctor import acknowledge as remember
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import locate_repo

_SHOWN_PER_KIND = 5


@click.command()
@click.option("--repair", "is_repair", is_flag=True, help="Cut torn tails and move stray files aside; deletes nothing.")
@click.option("--acknowledge", is_flag=True, help="Remember the damage that is left as known; it no longer fails.")
@click.option("--reindex", is_flag=True, help="Build the index anew from the run directories.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file, not only the first few of each kind.")
@common_options
@json_option
@click.pass_context
def doctor(context: click.Context, is_repair: bool, acknowledge: bool, reindex: bool, verbose: bool) -> None:
    """Verify every run directory against the format.

    Ends with exit code 1 if something is damaged (and, with --repair, could not be mended), unless it was acknowledged
    before.
    """
    layout = locate_repo(options().repo)  # whatever its VERSION says: a damaged one is what this command is for
    with progress_bar("checking runs") as progress:
        check = check_repo(layout, progress=progress)
    repairs: list[tuple[Finding, str]] = []
    if is_repair:
        repairs = repair(layout, check.findings)
        with progress_bar("checking again") as progress:
            check = check_repo(layout, progress=progress)
    if acknowledge and check.damage + check.acknowledged:
        remember(layout, check.findings)
        check.findings = [replace(f, is_acknowledged=f.is_damage) for f in check.findings]
    index = _index_report(layout, reindex=reindex)
    if options().as_json:
        print_json(_as_json(layout, check, repairs, index))
    else:
        _print_report(layout, check, repairs, index, _SHOWN_PER_KIND if not verbose else None)
    if check.damage:
        context.exit(EXIT_FAILED)


def _index_report(layout: RepoLayout, *, reindex: bool) -> dict[str, Any]:
    """Where the index lies and why; builds it anew if asked to."""
    from aim.index.sql.location import find_location

    location = find_location(layout)
    report: dict[str, Any] = {"directory": location.directory, "reason": location.reason, "size_bytes": 0}
    if reindex:
        from aim.index.index import Index

        index = Index.open(layout)
        try:
            with progress_bar("indexing") as progress:
                index.reindex(progress=progress)
        finally:
            index.close()
        report["rebuilt"] = True
    if not location.is_temporary:
        report["size_bytes"] = files.tree_size(location.directory, location.directory)
    return report


def _as_json(
    layout: RepoLayout, check: Check, repairs: list[tuple[Finding, str]], index: dict[str, Any]
) -> dict[str, Any]:
    def of(finding: Finding) -> dict[str, Any]:
        fields = asdict(finding)
        kept = {key: fields[key] for key in ("kind", "path", "run", "count", "detail")}
        return {"damage": finding.is_damage, "acknowledged": finding.is_acknowledged, **kept}

    return {
        "repo": layout.root,
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
        "index": index,
        "findings": [of(finding) for finding in check.findings],
        "repairs": [{**of(finding), "done": done} for finding, done in repairs],
    }


def _print_report(
    layout: RepoLayout, check: Check, repairs: list[tuple[Finding, str]], index: dict[str, Any], limit: int | None
) -> None:
    click.echo(f"Repo   {layout.root}")
    click.echo(
        f"Read   {plural(check.runs, 'run')} ({check.live_runs} live), {plural(check.writers, 'writer')}, "
        f"{plural(check.files, 'file')}, {plural(check.points, 'point')}, {plural(check.events, 'event')}"
    )
    sizes = [f"{name} {format_size(size)}" for name, size in check.sizes.items() if size]
    click.echo(f"Size   {', '.join(sizes) or '0 B'}")
    rebuilt = ", built anew" if index.get("rebuilt") else ""
    click.echo(f"Index  {index['directory']} ({index['reason']}), {format_size(index['size_bytes'])}{rebuilt}")
    for finding, done in repairs:
        click.echo(f"Repair {finding.kind}: {_relative(layout, finding.path)}: {done}")
    _print_findings(layout, "Damage", check.damage, limit, lambda text: click.style(text, fg="red", bold=True))
    notes = [finding for finding in check.findings if not finding.is_damage]
    _print_findings(layout, "Known", check.acknowledged, limit, lambda text: click.style(text, bold=True))
    _print_findings(layout, "Note", notes, limit, lambda text: click.style(text, bold=True))
    if not check.damage:
        known = f"Nothing new; {plural(len(check.acknowledged), 'damaged place')} acknowledged."
        click.echo(click.style(known if check.acknowledged else "No damage found.", fg="green"))
        return
    click.echo(f"{plural(len(check.damage), 'damaged place')} found.")
    if any(finding.remedy for finding in check.damage):
        click.echo("Some of it can be mended: aim doctor --repair")
    if not all(finding.remedy for finding in check.damage):
        click.echo("What cannot be mended can be acknowledged, so that only new damage fails: aim doctor --acknowledge")


def _print_findings(
    layout: RepoLayout, title: str, findings: list[Finding], limit: int | None, style: Callable[[str], str]
) -> None:
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    for kind, found in by_kind.items():
        click.echo(f"{style(title)}: {kind} ({plural(len(found), 'time')}): {KINDS[kind][1]}")
        for finding in found[:limit]:
            detail = f": {finding.detail}" if finding.detail else ""
            count = f" [{finding.count}]" if finding.count != 1 else ""
            click.echo(printable(f"    {_relative(layout, finding.path)}{count}{detail}"))
        if limit is not None and len(found) > limit:
            click.echo(f"    and {len(found) - limit:,} more (--verbose names them)")


def _relative(layout: RepoLayout, path: str) -> str:
    return os.path.relpath(path, layout.root)
