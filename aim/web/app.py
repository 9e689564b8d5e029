"""The web app: everything the UI shows, as a public API under ``/api/v1``, and the UI itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware import Middleware

from aim.explore.caches import SearchCache, StaleCache, TimedCache
from aim.explore.service import Service
from aim.schema.in_place import InPlace
from aim.storage.repo.layout import RepoLayout
from aim.version import __version__
from aim.web.api import (
    completion,
    demo,
    edits,
    export,
    help_pages,
    home,
    live,
    metrics,
    runs,
    saved_views,
    trash,
    values,
)
from aim.web.http.answers import json_response
from aim.web.http.errors import install_error_handlers
from aim.web.http.methods import methods_by_path, refuse_other_methods
from aim.web.http.searches import Searches
from aim.web.http.security import SecurityLayer, base_path_of
from aim.web.http.settings import STATIC_DIR, WebSettings, normal_base_path
from aim.web.http.static_files import static_router
from aim.web.models.base import ErrorAnswer
from aim.web.process.demo_recorder import DemoRecorder
from aim.web.process.edit_writers import EditWriters
from aim.web.process.live_hub import LiveHub
from aim.web.process.memory import give_back_now_and_then
from aim.web.process.repo_size import RepoSize
from aim.web.state import WebState, attach

__all__ = ["create_app"]

_API = "/api/v1"
_DESCRIPTION = (
    'Everything the web UI shows. JSON, with NaN and infinities as {"$float": "nan"}; times are Unix seconds; '
    "curves come as binary frames. Queries are AimQL. Requests that change something need the header X-Aim: 1."
)


def _describe(app: FastAPI) -> None:
    """Leave out of the OpenAPI document what FastAPI adds for answers that we do not give (422)."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            for methods in document["paths"].values():
                for operation in methods.values():
                    operation["responses"].pop("422", None)
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
        return made()

    app.openapi = openapi  # type: ignore[method-assign]


def create_app(
    layout: RepoLayout,
    *,
    read_only: bool = False,
    base_path: str = "",
    token: str | None = None,
    host: str = "127.0.0.1",
    allowed_hosts: tuple[str, ...] = (),
    frame_ancestors: str = "'self'",
    static_dir: str = STATIC_DIR,
    progress: Callable[[int, int], None] | None = None,
    in_place: Sequence[InPlace] = (),
    **more: Any,
) -> FastAPI:
    """Make the app of one repo. Its index opens when the app starts, and catches up in the background.

    Args:
        layout: An existing repo.
        read_only, base_path, token, host, allowed_hosts, frame_ancestors, static_dir, **more: See
            :class:`aim.web.http.settings.WebSettings`.
        progress: Called during the first catch-up with (runs done, runs to do).
        in_place: Folders of other tools' files to read in place, too.

    Raises:
        ValueError: `base_path`, `token` or one of `allowed_hosts` cannot be one.
    """
    settings = replace(
        WebSettings(
            base_path=normal_base_path(base_path),
            read_only=read_only,
            token=token,
            host=host,
            allowed_hosts=tuple(allowed_hosts),
            frame_ancestors=frame_ancestors,
            static_dir=static_dir,
        ),
        **more,
    )
    service = Service(layout, in_place=in_place, progress=progress)
    state = WebState(
        settings=settings,
        service=service,
        searches=Searches(settings.query_limit),
        timed_cache=TimedCache(),
        search_cache=SearchCache(),
        columns_cache=StaleCache(),
        repo_size=RepoSize(layout),
        live=LiveHub(service),
        edit_writers=EditWriters(layout, service.read_state),
        demo=DemoRecorder(layout),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        first_look = asyncio.create_task(state.live.begin())
        first_columns = asyncio.create_task(runs.count_ahead(state))
        giving_back = asyncio.create_task(give_back_now_and_then())
        try:
            yield
        finally:
            first_look.cancel()
            first_columns.cancel()
            giving_back.cancel()
            state.close()

    app = FastAPI(
        title="Aim",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        middleware=[Middleware(SecurityLayer, settings=settings)],
        responses={status: {"model": ErrorAnswer} for status in (400, 403, 404, 409, 413, 500, 503)},
    )
    attach(app, state)
    install_error_handlers(app)
    modules = (home, export, runs, edits, metrics, completion, values, saved_views, live, demo, help_pages, trash)
    parts = [module.router for module in modules]
    paths = methods_by_path(parts, prefix=_API)
    for path in paths:
        if "{" not in path:  # before the paths with a part that may be anything
            refuse_other_methods(app, path, paths[path])
    api = APIRouter(prefix=_API)
    for router in parts:
        api.include_router(router)
    app.include_router(api)
    for path in paths:
        if "{" in path:
            refuse_other_methods(app, path, paths[path])
    _describe(app)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        return json_response({**app.openapi(), "servers": [{"url": base_path_of(request) or "/"}]})

    app.include_router(static_router(settings))  # last: it answers every other address
    return app
