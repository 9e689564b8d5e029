"""What one server keeps: made with the app, and reached from a request by :func:`state_of`."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from aim.explore.service import Memo, Service
from aim.explore.tables.search_cache import FoundRuns, Kept
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
        memo: Small answers that may be a moment old.
        found_runs: The last searches and what they found.
        kept_columns: Which columns the runs of a search have.
        repo_size: How large the repo is.
        live: Who is told of changes.
        edit_writers: Through which runs are edited.
        demo: Records demo data.
    """

    settings: WebSettings
    service: Service
    searches: Searches
    memo: Memo
    found_runs: FoundRuns
    kept_columns: Kept
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
