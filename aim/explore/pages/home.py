"""The first page: active and recent runs, each with its headline; activity by day; totals."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from aim.explore.pages.bests import find_bests
from aim.explore.pages.headline import find_headlines, read_headlines
from aim.explore.pages.progress import find_progress
from aim.explore.pages.quiet import find_quiet
from aim.explore.pages.since import since_answer
from aim.explore.slots import with_slots
from aim.explore.tables.columns import params_of
from aim.explore.tables.rows import run_rows
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema.statuses import RUNNING
from aim.storage.repo.layout import RepoLayout

__all__ = ["count_active", "count_by_experiment", "count_everything", "home_answer"]

RECENT: Final = 20
ACTIVE: Final = 100
ACTIVITY_DAYS: Final = 26 * 7


def count_everything(view: View) -> dict[str, int]:
    """How many runs, archived ones among them, and points the index has."""
    run = t.run.c
    with view.connect() as connection:
        counted = connection.execute(select(run.is_archived, func.count()).group_by(run.is_archived)).all()
        every: dict[bool, int] = {bool(is_archived): count for is_archived, count in counted}
        points = connection.execute(select(func.coalesce(func.sum(t.sequence.c.count), 0))).scalar_one()
    return {"runs": sum(every.values()), "archived_runs": every.get(True, 0), "points": int(points)}


def count_active(view: View) -> int:
    """How many runs are being recorded."""
    return sum(1 for standing in view.live().values() if standing.is_active)


def count_by_experiment(view: View) -> dict[str, int]:
    """How many runs each experiment has, archived ones left out; 0: all of them are archived."""
    run = t.run.c
    statement = select(run.experiment, func.count().filter(run.is_archived.is_(False))).group_by(run.experiment)
    with view.connect() as connection:
        return dict(connection.execute(statement).all())


def home_answer(view: View, layout: RepoLayout, tz: int = 0, since: float | None = None) -> dict[str, Any]:
    """Active and recent runs, each with its headline metric, and activity by day.

    Args:
        view: The index.
        layout: The repo, whose config names the metrics.
        tz: Minutes east of UTC, for what a day is.
        since: Unix seconds; what happened since then is counted, too.
    """
    now = time.time()
    active_hashes = [run_hash for run_hash, standing in view.live().items() if standing.is_active]
    run = t.run.c
    with view.connect() as connection:
        active = list(
            connection.execute(
                select(run.id)
                .where(run.hash.in_(active_hashes[:10_000]), run.is_archived.is_(False))
                .order_by(run.created_at.desc())
                .limit(ACTIVE)
            ).scalars()
        )
        recent = list(
            connection.execute(
                select(run.id).where(run.is_archived.is_(False)).order_by(run.created_at.desc()).limit(RECENT)
            ).scalars()
        )
        oldest = now - (ACTIVITY_DAYS + 1) * 86_400
        created = list(connection.execute(select(run.created_at).where(run.created_at >= oldest)).scalars())
    ids = list(dict.fromkeys([*active, *recent]))
    choices = read_headlines(layout)
    bests = find_bests(view, choices, choices)
    headlines = find_headlines(view, ids, choices, bests)
    rows = {row["hash"]: row for row in with_slots(view, run_rows(view, ids, (), now))}
    quiet = find_quiet(view, active, now)
    with view.connect() as connection:
        progress = find_progress(view, dict(params_of(connection, active)))
        found = connection.execute(select(run.id, run.hash).where(run.id.in_(ids))).all()
    hashes: dict[int, str] = dict(found)
    for run_id, run_hash in hashes.items():
        if run_hash in rows:
            rows[run_hash]["headline"] = headlines.get(run_id)
            rows[run_hash]["progress"] = progress.get(run_id)
            rows[run_hash]["quiet_s"] = quiet.get(run_id) if rows[run_hash]["status"] == RUNNING else None
    return {
        "active": [rows[hashes[run_id]] for run_id in active if hashes.get(run_id) in rows],
        "recent": [rows[hashes[run_id]] for run_id in recent if hashes.get(run_id) in rows],
        "activity": _activity(created, tz, now),
        "since": None if since is None else since_answer(view, bests, since),
    }


def _activity(created: list[float], tz: int, now: float) -> list[dict[str, Any]]:
    """How many runs began on each of the last days, oldest first, days without included."""
    shift = tz * 60
    counts: dict[str, int] = {}
    for at in created:
        day = datetime.fromtimestamp(at + shift, UTC).date().isoformat()
        counts[day] = counts.get(day, 0) + 1
    today = datetime.fromtimestamp(now + shift, UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(ACTIVITY_DAYS - 1, -1, -1)]
    return [{"day": day, "runs": counts.get(day, 0)} for day in days]
