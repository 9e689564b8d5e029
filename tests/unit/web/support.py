"""What the tests of the web server share: a client that holds every answer to its model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

import aim
from aim.schema.jsonvalues import from_json
from aim.web.http.security import SecurityLayer, base_path_of
from aim.web.http.settings import WebSettings
from aim.web.models import base, help_pages, metrics, queries, repo, run, runs, trash

ADDRESS = "http://127.0.0.1:43800"
CHANGE = {"x-aim": "1"}

_HASH = "[0-9a-f]{24}"
_MODELS: list[tuple[str, type[BaseModel]]] = [
    ("info", repo.InfoAnswer),
    ("home.*", repo.HomeAnswer),
    ("runs/search", runs.RunsAnswer),
    ("runs/columns", runs.ColumnsAnswer),
    ("runs/spread", runs.SpreadAnswer),
    ("runs/bulk", run.BulkAnswer),
    (f"runs/{_HASH}", run.RunAnswer),
    (f"runs/{_HASH}/edit", run.RunAnswer),
    (f"runs/{_HASH}/notes/.+", run.NoteHistory),
    ("metrics/search", metrics.MetricsAnswer),
    ("metrics/point", metrics.PointAnswer),
    ("query/check", queries.Checked),
    ("query/names.*", queries.NamesAnswer),
    ("query/values.*", queries.ValuesAnswer),
    ("demo", repo.DemoAnswer),
    (r"help(\?.*)?", help_pages.HelpContents),
    ("help/.+", help_pages.HelpText),
    ("trash", trash.Trash),
    ("views", queries.StoredView),
    ("views/.+", queries.ViewAnswer),
    ("experiments(/checkout|/headline)?", repo.ExperimentsAnswer),
]


class Api:
    """Asks the API below ``/api/v1``; checks status and shape of every answer."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, *, status: int = 200) -> Any:
        return self._checked(path, self.client.get(f"/api/v1/{path}"), status)

    def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        return self._checked(path, self.client.post(f"/api/v1/{path}", json=body or {}, headers=CHANGE), status)

    def _checked(self, path: str, response: Any, status: int) -> Any:
        assert response.status_code == status, (response.status_code, response.text)
        assert response.headers["content-type"] == "application/json"
        plain = response.json()
        if status >= 400:
            base.ErrorAnswer.model_validate(plain)
            return plain["error"]
        matching = [model for pattern, model in _MODELS if re.fullmatch(pattern, path)]
        assert len(matching) == 1, path
        matching[0].model_validate(plain)
        return from_json(response.text)

    def frames(self, **body: Any) -> bytes:
        response = self.client.post("/api/v1/metrics/frame", json=body)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/x-tsf"
        content: bytes = response.content
        return content

    def sequence_ids(self, query: str = "") -> list[str]:
        return [sequence["id"] for sequence in self.post("metrics/search", {"q": query})["sequences"]]


def record(repo: Path, *, experiment: str = "default", lr: float = 0.1, points: int = 5, **params: Any) -> str:
    """A finished run with two sequences; returns its hash."""
    with aim.Session(repo=repo, experiment=experiment) as session:
        session.set_params({"lr": lr, **params})
        for step in range(points):
            session.track(1 / (step + 1), name="loss", subset="train")
            session.track(2 / (step + 1), name="loss", epoch=step, subset="val")
    return session.run_hash


def guarded(**settings: Any) -> TestClient:
    """A client of the layer that guards the app, around an app that answers where it believes to lie; no repo."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        await PlainTextResponse(f"{base_path_of(request)} {scope['path']}")(scope, receive, send)

    layer = SecurityLayer(answer, WebSettings(**settings))
    return TestClient(layer, base_url=ADDRESS, follow_redirects=False)


class LiveServer:
    """A server with a socket, in a process of its own.

    Args:
        repo: The folder that holds the ``.aim``.
        limits: Of its connections, see :class:`aim.web.http.connections.Limits`; None: the usual ones.
        stderr: Where its error stream goes.
        before: Called in the process first.
    """

    CODE = (
        "import json, sys\n"
        "from aim.storage.repo.repo_files import open_repo\n"
        "from aim.web.app import create_app\n"
        "from aim.web.http.connections import Limits\n"
        "from aim.web.process.serve import bind, serve\n"
        "from aim.web.state import state_of\n"
        "sock = bind('127.0.0.1', 0)\n"
        "print(sock.getsockname()[1], flush=True)\n"
        "limits = json.loads(sys.argv[2])\n"
        "app = create_app(open_repo(sys.argv[1]))\n"
        "serve(app, sock, stop=state_of(app).stop, limits=limits and Limits(**limits))\n"
    )

    def __init__(
        self,
        repo: Path,
        *,
        limits: dict[str, float] | None = None,
        stderr: IO[bytes] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        self.repo = repo
        self.url = ""
        self._limits = limits
        self._stderr = stderr
        self._before = before

    def __enter__(self) -> LiveServer:
        command = [sys.executable, "-c", self.CODE, str(self.repo), json.dumps(self._limits)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._stderr, text=True, preexec_fn=self._before
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
