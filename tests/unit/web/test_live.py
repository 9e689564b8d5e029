from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

import aim
from aim.explore.service import Service
from aim.explore.view import View
from aim.storage.repo.layout import RepoLayout
from aim.web.app import create_app
from aim.web.process.live_hub import LiveHub, Look
from tests.unit.web.support import ADDRESS, Api, record


def opened(layout: RepoLayout) -> Service:
    service = Service(layout)
    service.start()
    assert service.wait_until_caught_up(10)
    return service


def test_a_look_tells_what_changed(repo_path: Path, layout: RepoLayout) -> None:
    service = opened(layout)
    look = Look()

    def see() -> tuple[set[str], set[str], set[str]]:
        return service.read(look.take)

    old = record(repo_path)
    assert see() == (set(), set(), set()), "the first look is what later ones are compared with"
    assert see() == (set(), set(), set())
    session = aim.Session(repo=repo_path)
    session.track(1.0, name="loss")
    assert see() == (set(), {session.run_hash}, set())
    session.track(2.0, name="loss")
    assert see() == ({session.run_hash}, set(), set())
    assert see() == (set(), set(), set())
    session.close()
    assert see() == ({session.run_hash}, set(), set())
    from aim.storage.care.trash import delete_run

    delete_run(layout, old)
    assert see() == (set(), set(), {old})
    service.close()


class CountedLook(Look):
    """A look that says how often it was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def take(self, view: View) -> tuple[set[str], set[str], set[str]]:
        found = super().take(view)
        self.taken += 1
        return found


def hub_of(service: Service, *, ping_s: float) -> tuple[LiveHub, CountedLook]:
    hub = LiveHub(service, interval_s=0.02, ping_s=ping_s)
    hub._look = look = CountedLook()
    return hub, look


async def has_looked(look: CountedLook) -> None:
    """Wait until a look was taken that began after this call, and listeners know of it."""
    wanted = look.taken + 2
    while look.taken < wanted:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0)


def parsed(event: bytes) -> tuple[str, dict[str, Any]]:
    lines = dict(line.split(": ", 1) for line in event.decode().splitlines() if line)
    return lines["event"], json.loads(lines["data"])


def test_listeners_are_told(repo_path: Path, layout: RepoLayout) -> None:
    service = opened(layout)

    async def listen() -> None:
        hub, look = hub_of(service, ping_s=0.1)
        first, second = hub.stream(), hub.stream()
        assert parsed(await anext(first))[0] == "hello" and parsed(await anext(second))[0] == "hello"
        assert hub.is_looking
        assert parsed(await anext(first))[0] == "ping"
        await has_looked(look)
        session = await asyncio.to_thread(aim.Session, repo=repo_path)
        session.track(1.0, name="loss")
        for stream in (first, second):
            name, data = "", {}
            while name != "change":
                name, data = parsed(await anext(stream))
            assert data["new_runs"] == data["runs"] == [session.run_hash] and data["removed"] == []
        session.close()
        await first.aclose()
        await second.aclose()
        while hub.is_looking:
            await asyncio.sleep(0.01)
        taken = look.taken  # nobody listens, nothing is done
        await asyncio.sleep(0.1)
        assert look.taken == taken

    asyncio.run(asyncio.wait_for(listen(), 30))
    service.close()


def test_what_happens_after_the_greeting_is_told_by_name(layout: RepoLayout, repo_path: Path) -> None:
    service = opened(layout)

    class SlowLook(CountedLook):
        def take(self, view: View) -> tuple[set[str], set[str], set[str]]:
            time.sleep(0.2 if self.taken == 0 else 0)
            return super().take(view)

    async def listen() -> None:
        hub = LiveHub(service, interval_s=0.02, ping_s=5)
        hub._look = SlowLook()
        stream = hub.stream()
        assert parsed(await anext(stream))[0] == "hello"
        run_hash = await asyncio.to_thread(record, repo_path)
        name, data = parsed(await anext(stream))
        assert (name, data["new_runs"]) == ("change", [run_hash])
        await stream.aclose()

    asyncio.run(asyncio.wait_for(listen(), 30))
    service.close()


def test_a_slow_listener_gets_several_looks_as_one(layout: RepoLayout, repo_path: Path) -> None:
    service = opened(layout)

    async def listen() -> None:
        hub, look = hub_of(service, ping_s=5)
        stream = hub.stream()
        await anext(stream)
        await has_looked(look)
        hashes = set()
        for _ in range(3):
            hashes.add(await asyncio.to_thread(record, repo_path))
            await has_looked(look)
        name, data = parsed(await anext(stream))
        assert name == "change" and set(data["new_runs"]) == hashes
        await stream.aclose()

    asyncio.run(asyncio.wait_for(listen(), 30))
    service.close()


def test_what_happened_before_the_first_listener_is_told(layout: RepoLayout, repo_path: Path) -> None:
    service = opened(layout)

    async def listen() -> None:
        hub = LiveHub(service, interval_s=0.02, ping_s=5)
        await hub.begin()
        await asyncio.to_thread(record, repo_path)
        stream = hub.stream()
        await anext(stream)
        data = parsed(await anext(stream))[1]
        # A page may show the run already: it is told to look, not that the run is new.
        assert data["runs"] == ["*"] and data["new_runs"] == data["removed"] == []
        run_hash = await asyncio.to_thread(record, repo_path)
        assert parsed(await anext(stream))[1]["new_runs"] == [run_hash]
        await stream.aclose()

    asyncio.run(asyncio.wait_for(listen(), 30))
    service.close()


def test_streams_end_when_the_server_does(layout: RepoLayout) -> None:
    service = opened(layout)

    async def listen() -> None:
        hub = LiveHub(service, interval_s=0.02, ping_s=60)
        stream = hub.stream()
        await anext(stream)
        asyncio.get_running_loop().call_later(0.05, hub.stop)
        rest = [event async for event in stream]
        assert rest == []

    asyncio.run(asyncio.wait_for(listen(), 10))
    service.close()


def test_catching_up_is_told(repo_path: Path, layout: RepoLayout) -> None:
    for _ in range(3):
        record(repo_path)
    told: list[tuple[int, int]] = []
    gate = threading.Event()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        gate.wait(5)

    service = Service(layout, progress=progress)
    service.start()
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        time.sleep(0.005)
    assert service.catching_up is not None
    view = service.view()  # answers from what is there
    assert view.engine.runs("") is not None
    gate.set()
    assert service.wait_until_caught_up(10) and service.catching_up is None
    assert told[-1] == (3, 3)
    service.close()


def test_an_answer_that_comes_before_all_is_read_says_so(repo_path: Path, layout: RepoLayout) -> None:
    record(repo_path)
    begun, go_on = threading.Event(), threading.Event()

    def progress(done: int, total: int) -> None:
        begun.set()
        go_on.wait(30)

    with TestClient(create_app(layout, progress=progress), base_url=ADDRESS) as client:
        api = Api(client)
        assert begun.wait(30)
        assert [api.post(path)["behind"] for path in ("runs/search", "metrics/search")] == [0, 0]
        go_on.set()
        assert client.app.state.aim.service.wait_until_caught_up(30)  # type: ignore[attr-defined]
        assert [api.post(path)["behind"] for path in ("runs/search", "metrics/search")] == [None, None]
