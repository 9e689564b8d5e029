"""The server and its repo in figures; the first page; experiments."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import func, select

from aim.explore.pages.headline import find_headlines, read_headlines, write_headline
from aim.explore.pages.in_place import in_place_answer
from aim.explore.service import Service
from aim.explore.tables.rows import run_rows
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.storage.repo import experiments
from aim.storage.repo.layout import RepoLayout
from aim.version import __version__
from aim.web.api.change_guard import require_change_allowed
from aim.web.api.export import export_formats
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.models.repo import ExperimentName, ExperimentsAnswer, HeadlineChoice, HomeAnswer, InfoAnswer
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["repo"])

RECENT: Final = 20
ACTIVE: Final = 100
ACTIVITY_DAYS: Final = 26 * 7
_NAMED_UNREADABLE: Final = 20
_TOTALS_AGE_S: Final = 0.5
"""Several tabs ask at once when something changed; longer, and the last change would not be seen."""


@router.get("/info", response_model=InfoAnswer)
def info(request: Request) -> Response:
    """What this server serves, and how far its index has come."""
    service = state_of(request).service
    totals = service.read(lambda view: _totals(view, request), fresh=False)
    progress = service.catching_up
    return json_response(
        {
            "version": __version__,
            "repo_path": service.layout.root,
            "read_only": state_of(request).settings.read_only,
            **totals,
            **_experiments(service),
            "exports": export_formats(),
            "catching_up": {"done": progress[0], "total": progress[1]} if progress is not None else None,
            "now": time.time(),
        }
    )


def _totals(view: View, request: Request) -> dict[str, int]:
    def compute() -> dict[str, int]:
        run = t.run.c
        with view.connect() as connection:
            counted = connection.execute(select(run.is_archived, func.count()).group_by(run.is_archived)).all()
            every: dict[bool, int] = {bool(is_archived): count for is_archived, count in counted}
            points = connection.execute(select(func.coalesce(func.sum(t.sequence.c.count), 0))).scalar_one()
        return {
            "runs": sum(every.values()),
            "archived_runs": every.get(True, 0),
            "points": int(points),
        }

    state = state_of(request)
    totals = state.timed_cache.get("totals", _TOTALS_AGE_S, compute)
    active = sum(1 for standing in view.live().values() if standing.is_active)
    return {**totals, "active_runs": active, "size_bytes": state.repo_size.bytes()}


def _run_counts(service: Service) -> dict[str, int]:
    """How many runs each experiment has, archived ones left out."""

    def count(view: View) -> dict[str, int]:
        run = t.run.c
        statement = select(run.experiment, func.count()).where(run.is_archived.is_(False)).group_by(run.experiment)
        with view.connect() as connection:
            return dict(connection.execute(statement).all())

    return service.read(count, fresh=False)


def _experiments(service: Service) -> dict[str, Any]:
    counts = _run_counts(service)
    configured = experiments.configured_experiments(service.layout)
    headlines = read_headlines(service.layout)
    return {
        "experiments": [
            {"name": name, "runs": counts.get(name, 0), "headline": headlines.get(name)}
            for name in configured.names(counts)
        ],
        "experiment": configured.active,
    }


# -- the first page ------------------------------------------------------------------------------------------------


@router.get("/home", response_model=HomeAnswer)
def home(request: Request, tz: int = Query(default=0, ge=-1080, le=1080)) -> Response:
    """Active and recent runs, each with a metric that stands for it; activity by day (`tz`: minutes east of UTC)."""
    service = state_of(request).service
    answer = service.read(lambda view: _home(view, service.layout, tz))
    totals = service.read(lambda view: _totals(view, request), fresh=False)
    unreadable = service.read(lambda view: view.index.unreadable, fresh=False)
    return json_response(
        {
            **answer,
            "totals": totals,
            "experiments": _experiments(service)["experiments"],
            "in_place": _in_place(request),
            "unreadable": {
                "count": len(unreadable),
                "runs": [
                    {"hash": run_hash, "reason": reason}
                    for run_hash, reason in list(unreadable.items())[:_NAMED_UNREADABLE]
                ],
            },
        }
    )


def _in_place(request: Request) -> dict[str, Any] | None:
    state = state_of(request)
    # it goes through every file that was read, of which there may be tens of thousands
    return state.timed_cache.get(
        "in_place",
        _TOTALS_AGE_S,
        lambda: in_place_answer(state.service.read(lambda view: view.index.report(), fresh=False)),
    )


def _home(view: View, layout: RepoLayout, tz: int) -> dict[str, Any]:
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
        since = now - (ACTIVITY_DAYS + 1) * 86_400
        created = list(connection.execute(select(run.created_at).where(run.created_at >= since)).scalars())
    ids = list(dict.fromkeys([*active, *recent]))
    headlines = find_headlines(view, ids, read_headlines(layout))
    rows = {row["hash"]: row for row in run_rows(view, ids, (), now)}
    with view.connect() as connection:
        found = connection.execute(select(run.id, run.hash).where(run.id.in_(ids))).all()
    hashes: dict[int, str] = dict(found)
    for run_id, run_hash in hashes.items():
        if run_hash in rows:
            rows[run_hash]["headline"] = headlines.get(run_id)
    return {
        "active": [rows[hashes[run_id]] for run_id in active if hashes.get(run_id) in rows],
        "recent": [rows[hashes[run_id]] for run_id in recent if hashes.get(run_id) in rows],
        "activity": _activity(created, tz, now),
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


# -- experiments ---------------------------------------------------------------------------------------------------


@router.post("/experiments", response_model=ExperimentsAnswer, dependencies=[Depends(require_change_allowed)])
def add_experiment(body: ExperimentName, request: Request) -> Response:
    """Add an experiment that has no runs yet."""
    service = state_of(request).service
    if not experiments.add_experiment(service.layout, body.name, _run_counts(service)):
        raise ApiError(409, f"experiment {body.name!r:.200} exists already")
    return json_response(_experiments(service))


@router.post("/experiments/checkout", response_model=ExperimentsAnswer, dependencies=[Depends(require_change_allowed)])
def checkout_experiment(body: ExperimentName, request: Request) -> Response:
    """Make an experiment the one that new runs belong to."""
    service = state_of(request).service
    if not experiments.check_out_experiment(service.layout, body.name, _run_counts(service)):
        raise _unknown_experiment(body.name)
    return json_response(_experiments(service))


@router.post("/experiments/headline", response_model=ExperimentsAnswer, dependencies=[Depends(require_change_allowed)])
def set_headline(body: HeadlineChoice, request: Request) -> Response:
    """Set the metric that stands for the runs of an experiment, for everybody: it is kept in the repo's config.json."""
    service, choice = state_of(request).service, body.headline
    if body.name not in experiments.configured_experiments(service.layout).names(_run_counts(service)):
        raise _unknown_experiment(body.name)
    write_headline(service.layout, body.name, None if choice is None else (choice.name, choice.context))
    return json_response(_experiments(service))


def _unknown_experiment(name: str) -> ApiError:
    return ApiError(404, f"no experiment {name!r:.200}")
