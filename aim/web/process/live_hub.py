"""Tells clients which runs changed: one look at the index serves all that listen.

While a client listens, the index is caught up twice a second, and what changed since the last look
is sent to every listener, at most twice a second. A listener that is slow gets several changes as one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import anyio
from sqlalchemy import func, select

from aim.explore.service import Service
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema.jsonvalues import to_json
from aim.version import __version__

__all__ = ["LiveHub", "Look"]

_log = logging.getLogger("aim")

INTERVAL_S: Final = 0.5
PING_S: Final = 15.0
"""Well under the minute after which proxies give up on a silent connection."""
RETRY_MS: Final = 1_000
HELLO_S: Final = 2.0
"""A client is greeted at the latest after this: proxies and browsers want to hear something."""
_LISTENERS: Final = 200
EVERYTHING: Final = "*"
"""In place of the hashes: more changed than can be listed, load everything again."""


class Look:
    """What the runs look like, and how that differs from the look before. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total: tuple[int, int, int] | None = None
        self._versions: dict[str, int] = {}
        self._statuses: dict[str, str] = {}

    def take(self, view: View) -> tuple[set[str], set[str], set[str]]:
        """(changed, new, removed) since the last call; nothing at the first."""
        with self._lock:
            return self._take(view)

    def _take(self, view: View) -> tuple[set[str], set[str], set[str]]:
        statuses = {run_hash: standing.value for run_hash, standing in view.live().items()}
        changed = {h for h, value in statuses.items() if self._statuses.get(h, value) != value}
        changed |= self._statuses.keys() - statuses.keys()
        self._statuses = statuses
        run = t.run.c
        with view.connect() as connection:
            total = tuple(
                connection.execute(
                    select(func.count(), func.coalesce(func.sum(run.version), 0), func.coalesce(func.max(run.id), 0))
                ).one()
            )
            if total == self._total:
                return changed & self._versions.keys(), set(), set()
            rows = connection.execute(select(run.hash, run.version)).all()
            versions: dict[str, int] = dict(rows)
        is_first = self._total is None
        before, self._versions, self._total = self._versions, versions, total
        if is_first:
            return set(), set(), set()
        new = versions.keys() - before.keys()
        changed |= {h for h, version in versions.items() if before.get(h, version) != version}
        return (changed & versions.keys()) - new, set(new), set(before.keys() - versions.keys())


class _Listener:
    """What has not been sent to one client yet."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.changed: set[str] = set()
        self.new: set[str] = set()
        self.removed: set[str] = set()

    def add(self, changed: set[str], new: set[str], removed: set[str]) -> None:
        self.changed |= changed
        self.new |= new
        self.removed -= new
        self.removed |= removed
        self.new -= removed
        self.changed -= removed
        self.wake.set()

    @property
    def has_news(self) -> bool:
        return bool(self.changed or self.new or self.removed)

    def take(self) -> dict[str, Any]:
        message = {
            "runs": sorted(self.changed | self.new),
            "new_runs": sorted(self.new),
            "removed": sorted(self.removed),
            "at": time.time(),
        }
        self.changed, self.new, self.removed = set(), set(), set()
        self.wake.clear()
        return message


class LiveHub:
    """Looks for all clients that listen. For one event loop.

    Args:
        service: The index.
        interval_s: Between two looks.
        ping_s: Between two signs of life where nothing changes.
    """

    def __init__(self, service: Service, *, interval_s: float = INTERVAL_S, ping_s: float = PING_S) -> None:
        self._service = service
        self._interval_s = interval_s
        self._ping_s = ping_s
        # Kept while no client listens: what is sent to the next one then reaches back to the last look, so nothing is
        # missed between the moment at which a page got its data and the one at which it began to listen.
        self._look = Look()
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._has_looked = asyncio.Event()
        self._stopping = False

    @property
    def is_looking(self) -> bool:
        """Whether a client listens."""
        return self._task is not None and not self._task.done()

    @property
    def is_full(self) -> bool:
        """Whether no more listeners are taken."""
        return len(self._listeners) >= _LISTENERS

    async def begin(self) -> None:
        """Take the first look, which later ones are compared with, once the index has caught up."""
        while self._service.catching_up is not None:
            await asyncio.sleep(0.02)
        try:
            await anyio.to_thread.run_sync(lambda: self._service.read(self._look.take, fresh=False))
        except Exception as error:  # requests will say so
            _log.debug("live updates: %s", error)

    def stop(self) -> None:
        """End all streams; clients come back when there is a server again."""
        self._stopping = True
        self._has_looked.set()
        for listener in self._listeners:
            listener.wake.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """The events of one client. After the first, `hello`, all that changes is named."""
        listener = _Listener()
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._has_looked.clear()
            self._task = asyncio.get_running_loop().create_task(self._look_on())
        try:
            with contextlib.suppress(TimeoutError):  # a huge repo, a slow disk, an index that is being rebuilt
                await asyncio.wait_for(self._has_looked.wait(), HELLO_S)
            yield f"retry: {RETRY_MS}\n".encode() + _event("hello", {"version": __version__, "at": time.time()})
            while not self._stopping:
                try:
                    await asyncio.wait_for(listener.wake.wait(), self._ping_s)
                except TimeoutError:
                    yield _event("ping", {"at": time.time()})
                    continue
                if listener.has_news:
                    yield _event("change", listener.take())
                    await asyncio.sleep(self._interval_s)
        finally:
            self._listeners.discard(listener)

    async def _look_on(self) -> None:
        is_first = True
        while self._listeners and not self._stopping:
            began = time.monotonic()
            is_behind = self._service.catching_up is not None
            try:
                changed, new, removed = await anyio.to_thread.run_sync(lambda: self._service.read(self._look.take))
            except Exception as error:  # the next look may work: the disk is back, the index rebuilt
                _log.warning("live updates: %s", error)
                await asyncio.sleep(5 * self._interval_s)
                continue
            if (is_first or is_behind) and (changed or new or removed):
                # Since the last look, which may be long ago, or as the index catches up: not new for those who listen.
                changed, new, removed = {EVERYTHING}, set(), set()
            is_first = False
            self._has_looked.set()
            if changed or new or removed:
                for listener in self._listeners:
                    listener.add(changed, new, removed)
            # a look that takes long (a huge repo, a slow disk) must not take all the time
            took = time.monotonic() - began
            await asyncio.sleep(max(self._interval_s - took, took))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {to_json(data)}\n\n".encode("ascii")
