"""What one server keeps: made with the app, and reached from a request by :func:`state_of`."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from aim.explore.caches import SearchCache, StaleCache, TimedCache
from aim.explore.service import Service
from aim.web.http.searches import Searches
from aim.web.http.settings import WebSettings
from aim.web.process.demo_recorder import DemoRecorder
from aim.web.process.edit_writers import EditWriters
from aim.web.process.live_hub import LiveHub
from aim.web.process.repo_size import RepoSize

__all__ = ["WebState", "attach", "state_of"]


@dataclass(frozen=True, slots=True)
class WebState:
    """What one server keeps from its start to its end.

    Attributes:
        settings: What it was started with.
        service: The index.
        searches: How searches are computed: in threads, in turns, within a limit.
        timed_cache: Small answers that may be a moment old.
        search_cache: The last searches and what they found.
        columns_cache: Which columns the runs of a search have.
        repo_size: How large the repo is.
        live: Tells clients of changes.
        edit_writers: Through which runs are edited.
        demo: Records demo data.
    """

    settings: WebSettings
    service: Service
    searches: Searches
    timed_cache: TimedCache
    search_cache: SearchCache
    columns_cache: StaleCache
    repo_size: RepoSize
    live: LiveHub
    edit_writers: EditWriters
    demo: DemoRecorder

    def stop(self) -> None:
        """Give up searches and end event streams, so that the server can end; for a signal handler, too."""
        self.searches.stop()
        self.live.stop()

    def close(self) -> None:
        """Close everything, once no request is answered any more."""
        self.live.stop()
        self.edit_writers.close()
        self.demo.close()
        self.service.close()


def attach(app: FastAPI, state: WebState) -> None:
    """Make `state` the one of an app."""
    app.state.aim = state


def state_of(source: FastAPI | HTTPConnection) -> WebState:
    """What the server keeps that an app is served by, or that a request came to."""
    app: FastAPI = source if isinstance(source, FastAPI) else source.app
    state: WebState = app.state.aim
    return state
