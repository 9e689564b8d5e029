"""The server and its repo in figures; the first page; experiments."""

from __future__ import annotations

import socket
import time
from typing import Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from aim.explore.pages.headline import read_headlines, write_headline
from aim.explore.pages.home import count_active, count_by_experiment, count_everything, home_answer
from aim.explore.pages.in_place import in_place_answer
from aim.explore.service import Service
from aim.explore.tables.export import export_formats
from aim.explore.view import View
from aim.storage.repo import experiments
from aim.version import __version__
from aim.web.api.change_guard import require_change_allowed
from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.settings import WebSettings
from aim.web.models.repo import ExperimentName, ExperimentsAnswer, HeadlineChoice, HomeAnswer, InfoAnswer
from aim.web.process.addresses import is_any_address, make_url
from aim.web.state import WebState, state_of

__all__ = ["router"]

router = APIRouter(tags=["repo"])

_NAMED_UNREADABLE: Final = 20
_TOTALS_AGE_S: Final = 0.5
"""Several tabs ask at once when something changed; longer, and the last change would not be seen."""


@router.get("/info", response_model=InfoAnswer)
def info(request: Request) -> Response:
    """What this server serves, and how far its index has come."""
    service, settings = state_of(request).service, state_of(request).settings
    totals = service.read(lambda view: _totals(view, state_of(request)), fresh=False)
    progress = service.catching_up
    return json_response(
        {
            "version": __version__,
            "repo_path": service.layout.root,
            "read_only": settings.read_only,
            "elsewhere": _url_elsewhere(request, settings),
            "needs_token": settings.token is not None,
            **totals,
            **_experiments(service),
            "exports": export_formats(),
            "catching_up": {"done": progress[0], "total": progress[1]} if progress is not None else None,
            "now": time.time(),
        }
    )


def _url_elsewhere(request: Request, settings: WebSettings) -> str | None:
    """The address by this machine's name; None where the server does not listen at all addresses."""
    server: tuple[str, int | None] | None = request.scope.get("server")
    port = server[1] if server is not None else None
    if port is None or not is_any_address(settings.host):
        return None
    return make_url(socket.gethostname(), port, base_path=settings.base_path)


def _totals(view: View, state: WebState) -> dict[str, int]:
    totals = state.timed_cache.get("totals", _TOTALS_AGE_S, lambda: count_everything(view))
    return {**totals, "active_runs": count_active(view), "size_bytes": state.repo_size.bytes()}


def _run_counts(service: Service) -> dict[str, int]:
    return service.read(count_by_experiment, fresh=False)


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


@router.get("/home", response_model=HomeAnswer)
def home(
    request: Request,
    tz: int = Query(default=0, ge=-1080, le=1080),
    since: float | None = Query(default=None, ge=0, le=2**53),
) -> Response:
    """Active and recent runs, each with its headline metric; activity by day (`tz`: minutes east of UTC).

    With `since` (Unix seconds) also what happened since then.
    """
    service = state_of(request).service
    answer = service.read(lambda view: home_answer(view, service.layout, tz, since))
    totals = service.read(lambda view: _totals(view, state_of(request)), fresh=False)
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
    """Set the headline metric of an experiment. It is shared by all users: the repo's config.json keeps it."""
    service, choice = state_of(request).service, body.headline
    if body.name not in experiments.configured_experiments(service.layout).names(_run_counts(service)):
        raise _unknown_experiment(body.name)
    write_headline(service.layout, body.name, None if choice is None else (choice.name, choice.context, choice.goal))
    return json_response(_experiments(service))


def _unknown_experiment(name: str) -> ApiError:
    return ApiError(404, f"no experiment {name!r:.200}")
