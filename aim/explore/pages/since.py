"""What happened in a repo since a moment: runs that ended, failed, and beat the best of their experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, or_, select

from aim.explore.pages.bests import Best, reached_since
from aim.explore.tables.rows import open_statuses
from aim.explore.view import View
from aim.index.sql import tables as t

__all__ = ["since_answer"]

_FAILED: Final = ("failed", "crashed")


def since_answer(view: View, bests: Mapping[str, Best], since: float) -> dict[str, Any]:
    """Counts of what happened at `since` (Unix seconds) or later, archived runs left out; and the new best runs.

    Args:
        view: The index.
        bests: Of the experiments that have a goal.
        since: The moment.
    """
    run = t.run.c
    unarchived = run.is_archived.is_(False)
    with view.connect() as connection:
        counted = connection.execute(
            select(run.end_reason, func.count()).where(run.ended_at >= since, unarchived).group_by(run.end_reason)
        ).all()
        ended: dict[str, int] = dict(counted)
        late = [(run_id, status) for run_id, (status, end) in open_statuses(view).items() if end and end >= since]
        if late:
            shown = set(connection.execute(select(run.id).where(run.ended_at.is_(None), unarchived)).scalars())
            for run_id, status in late:
                if run_id in shown:
                    ended[status] = ended.get(status, 0) + 1
        # the points of a run that ended before are not read
        rows = connection.execute(
            select(run.id, run.hash, run.name).where(
                run.id.in_([best.run_id for best in bests.values()]),
                or_(run.ended_at >= since, run.ended_at.is_(None)),
            )
        ).all()
    names = {row.id: (row.hash, row.name) for row in rows}
    new = reached_since(view, {name: best for name, best in bests.items() if best.run_id in names}, since)
    return {
        "at": since,
        "ended": sum(ended.values()),
        "failed": sum(ended.get(reason, 0) for reason in _FAILED),
        "bests": [
            {
                "experiment": name,
                "hash": names[bests[name].run_id][0],
                "name": names[bests[name].run_id][1],
                "value": bests[name].value,
            }
            for name in new
        ],
    }
