from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from starlette.testclient import TestClient

from aim.errors import QueryError
from aim.explore.encoding import encode
from aim.explore.service import Cancelled
from aim.web.http.searches import Searches, _in_lines, in_thread
from tests.unit.web.support import Api, record


class FakeRequest:
    """A client that goes away when told."""

    def __init__(self) -> None:
        self.has_gone = asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.has_gone.wait()
        return {"type": "http.disconnect"}


def test_a_search_ends_when_the_client_goes() -> None:
    async def ask() -> list[str]:
        request, seen, begun = FakeRequest(), [], threading.Event()

        def work(check: Any) -> None:
            try:
                begun.set()
                while True:
                    check(0, 1)
            except Cancelled:
                seen.append("cancelled")
                raise

        task = asyncio.ensure_future(in_thread(request, Searches(), work))  # type: ignore[arg-type]
        await asyncio.to_thread(begun.wait)
        request.has_gone.set()
        try:
            await task
        except Cancelled:
            seen.append("raised")
        return seen

    assert asyncio.run(asyncio.wait_for(ask(), 30)) == ["cancelled", "raised"]


def collect(work: Any, *, stop_after: int | None = None) -> list[Any]:
    async def ask() -> list[Any]:
        response: Any = await _in_lines(lambda check: encode(work(check)), Searches())
        found = []
        async for line in response.body_iterator:
            found.append(json.loads(line))
            if len(found) == stop_after:
                await response.body_iterator.aclose()
                break
        return found

    return asyncio.run(asyncio.wait_for(ask(), 30))


def test_progress_in_lines() -> None:
    go_on = threading.Event()

    def work(check: Any) -> dict[str, int]:
        check(1, 2)
        go_on.wait(0.35)
        return {"x": 1}

    lines = collect(work)
    assert lines[0] == {"progress": {"done": 1, "total": 2}} and lines[-1] == {"result": {"x": 1}}

    def fails(check: Any) -> None:
        go_on.wait(0.35)
        raise QueryError("no", line=3)

    assert collect(fails)[-1]["error"]["line"] == 3


def test_lines_that_nobody_reads_end_the_search() -> None:
    ended = threading.Event()

    def work(check: Any) -> None:
        try:
            while True:
                check(0, 1)
        finally:
            ended.set()

    assert collect(work, stop_after=1) == [{"progress": {"done": 0, "total": 1}}]
    assert ended.wait(30)


def test_searches_answer_in_lines_if_asked(repo_path: Any, api: Api, client: TestClient) -> None:
    run_hash = record(repo_path)
    for path in ("runs/search", "metrics/search", "runs/columns"):
        response = client.post(f"/api/v1/{path}", json={}, headers={"accept": "application/x-ndjson"})
        assert response.headers["content-type"] == "application/x-ndjson"
        last = json.loads(response.text.splitlines()[-1])["result"]
        assert run_hash in response.text or last["params"]
    response = client.post("/api/v1/runs/search", json={"q": "("}, headers={"accept": "application/x-ndjson"})
    assert response.status_code == 400 and response.json()["error"]["code"] == "query_syntax"


def test_a_search_that_is_inside_the_database_ends_when_the_client_goes(repo_path: Any, client: TestClient) -> None:
    record(repo_path)
    service: Any = client.app.state.aim.service  # type: ignore[attr-defined]
    begun, ended = threading.Event(), threading.Event()

    def work(check: Any) -> None:
        def ask(view: Any) -> None:
            with view.connect() as connection:
                begun.set()
                connection.exec_driver_sql(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
                ).all()

        try:
            service.read(ask)
        finally:
            ended.set()

    assert collect(work, stop_after=1) == [{"progress": {"done": 0, "total": 0}}]
    assert begun.wait(30) and ended.wait(30)
