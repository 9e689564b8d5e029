"""Searches: answered in a thread, in turns, cancelled when the client has gone or when they cost too much.

Clients that ask for it get the progress.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import anyio
from anyio import CapacityLimiter
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from aim.explore.encoding import encode
from aim.explore.service import Cancelled
from aim.index.sql.interrupt import built_bytes, interruptible, is_uncounted, spent_s, taken_bytes
from aim.web.http.errors import ApiError, answer_for
from aim.web.http.query_limit import QueryLimit
from aim.web.http.turns import LONG_S, Turns

__all__ = ["LINES", "Searches", "in_thread", "search_response"]

T = TypeVar("T")
Check = Callable[[int, int], None]

LINES: Final = "application/x-ndjson"
PROGRESS_S: Final = 0.1
"""Between two lines of progress; what is answered faster has none."""
MAX_THREADS: Final = 64
"""For searches alone, most of which wait for their turn: they never take all threads that answer everything else."""


class Searches:
    """How the searches of one server are computed.

    Args:
        limit: What each may cost.
        turns: How many at a time.
    """

    def __init__(self, limit: QueryLimit | None = None, turns: Turns | None = None) -> None:
        self._limit = limit or QueryLimit()
        self._turns = turns or Turns()
        self._threads: CapacityLimiter | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """Cancel all searches, as if their clients had gone: the server stops. Safe in a signal handler."""
        self._is_stopping = True

    async def run(self, gone: threading.Event, work: Callable[[Check], T], tell: Check) -> T:
        """Call `work` in a thread.

        Once `gone` is set, its next report of progress, SQL statement or row of a long loop raises.

        Raises:
            Cancelled: `gone` was set.
            ApiError: it cost more than the limit allows, too many wait, or the server stops.
        """
        if self._threads is None:
            self._threads = CapacityLimiter(MAX_THREADS)
        return await anyio.to_thread.run_sync(self._call, gone, work, tell, limiter=self._threads)

    def _call(self, gone: threading.Event, work: Callable[[Check], T], tell: Check) -> T:
        def look() -> None:
            if gone.is_set():
                raise Cancelled
            if self._is_stopping:
                raise ApiError(503, "the server is stopping")

        turn = self._turns.begin(look)
        begin_s, begin_bytes = spent_s(), taken_bytes()

        def look_at_cost() -> None:
            look()
            if is_uncounted():
                return
            spent = spent_s() - begin_s
            if spent > LONG_S and not turn.is_long:
                turn.lengthen(look)
            self._limit.check_time(spent)
            self._limit.check_size(taken_bytes() - begin_bytes)
            self._limit.check_built(built_bytes())

        def check(done: int, total: int) -> None:
            look_at_cost()
            tell(done, total)

        try:
            with interruptible(look_at_cost):
                return work(check)
        finally:
            turn.end()

    def encode(self, content: Any) -> bytes:
        """An answer as JSON.

        Raises:
            ApiError: it is larger than the limit allows.
        """
        data = encode(content)
        self._limit.check_size(len(data))
        return data


async def search_response(request: Request, searches: Searches, work: Callable[[Check], Any]) -> Response:
    """The answer of a search: JSON, or, for who accepts ``application/x-ndjson``, one JSON object a line.

    Lines are ``{"progress": {"done": rows, "total": rows}}``, the last one ``{"result": ...}`` or ``{"error": ...}``.
    """

    def encoded(check: Check) -> bytes:
        return searches.encode(work(check))

    if LINES in request.headers.get("accept", ""):
        return await _in_lines(encoded, searches)
    return Response(await in_thread(request, searches, encoded), media_type="application/json")


async def in_thread(request: Request, searches: Searches, work: Callable[[Check], T]) -> T:
    """Call `work` in a thread; when the client goes away, the function that it is given raises.

    Args:
        request: Whose body has been read.
        searches: Those of the server.
        work: Called with ``progress(done, total)``, which it calls now and then.

    Raises:
        Cancelled: the client has gone.
        ApiError: it cost too much, or too many ask.
    """
    gone = threading.Event()

    async def watch() -> None:
        while True:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                gone.set()
                return

    result: list[T] = []
    failure: list[Exception] = []
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            found = await searches.run(gone, work, lambda done, total: None)
            result.append(found)
        except Exception as error:
            failure.append(error)
        finally:
            gone.set()  # also when the server stops: no thread continues without a client
        group.cancel_scope.cancel()
    if failure:
        raise failure[0]
    return result[0]


async def _in_lines(work: Callable[[Check], bytes], searches: Searches) -> Response:
    gone = threading.Event()
    latest = {"done": 0, "total": 0}

    def tell(done: int, total: int) -> None:
        nonlocal latest
        latest = {"done": done, "total": total}

    task = asyncio.ensure_future(searches.run(gone, work, tell))
    await asyncio.wait({task}, timeout=PROGRESS_S)
    if task.done():  # an error still has its status
        return Response(_result_line(task.result()), media_type=LINES)

    async def lines() -> AsyncIterator[bytes]:
        try:
            while not task.done():
                yield encode({"progress": latest}) + b"\n"
                await asyncio.wait({task}, timeout=PROGRESS_S)
            error = task.exception()
            if error is None:
                yield _result_line(task.result())
            elif isinstance(error, Exception):
                yield encode(answer_for(error)[1]) + b"\n"
        finally:
            gone.set()
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    return StreamingResponse(lines(), media_type=LINES, headers={"x-accel-buffering": "no"})


def _result_line(encoded: bytes) -> bytes:
    return b'{"result":' + encoded + b"}\n"
