"""A server without a socket, on the repo of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.web.app import create_app
from tests.unit.web.support import ADDRESS, Api

Serve = Callable[..., TestClient]


@pytest.fixture
def layout(repo_path: Path) -> RepoLayout:
    return create_repo(repo_path)


@pytest.fixture
def serve(layout: RepoLayout) -> Iterator[Serve]:
    """Start a server with some settings; returns a client."""
    with ExitStack() as stack:

        def start(**settings: Any) -> TestClient:
            app = create_app(layout, **settings)
            client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
            stack.enter_context(client)
            app.state.aim.service.wait_until_caught_up(10)
            return client

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()


@pytest.fixture
def api(client: TestClient) -> Api:
    return Api(client)


@pytest.fixture
def static_dir(tmp_path: Path) -> Path:
    """A built UI, in small."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(
        '<!doctype html><html><head><base href="/" /><meta name="aim-base" content="/" />'
        '<meta name="csp-nonce" content="" /><script src="./assets/main-abc.js"></script></head></html>'
    )
    (folder / "assets" / "main-abc.js").write_text("0\n")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder
