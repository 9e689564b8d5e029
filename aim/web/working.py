"""Searches: answered in a thread, given up when whoever asked has gone, with their progress for who wants it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import anyio
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from aim.index.interrupt import interruptible
from aim.web.answers import encode, json_response
from aim.web.errors import answer_for
from aim.web.service import Cancelled

__all__ = ["LINES", "in_thread", "search_response"]

T = TypeVar("T")
Check = Callable[[int, int], None]

LINES: Final = "application/x-ndjson"
PROGRESS_S: Final = 0.1
"""Between two lines of progress; what is answered faster has none."""


async def search_response(request: Request, work: Callable[[Check], Any]) -> Response:
    """The answer of a search: JSON, or, for who accepts ``application/x-ndjson``, one JSON object a line.

    Lines are ``{"progress": {"done": rows, "total": rows}}``, the last one ``{"result": ...}`` or ``{"error": ...}``.
    """
    if LINES in request.headers.get("accept", ""):
        return await _in_lines(work)
    return json_response(await in_thread(request, work))


async def in_thread(request: Request, work: Callable[[Check], T]) -> T:
    """Call `work` in a thread; when the client goes away, the function that it is given raises.

    Args:
        request: Whose body has been read.
        work: Called with ``progress(done, total)``, which it calls now and then.

    Raises:
        Cancelled: the client has gone.
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

        def call() -> None:
            try:
                result.append(_given_up_when(gone, work, lambda done, total: None))
            except Exception as error:
                failure.append(error)

        await anyio.to_thread.run_sync(call)
        group.cancel_scope.cancel()
    if failure:
        raise failure[0]
    return result[0]


def _given_up_when(gone: threading.Event, work: Callable[[Check], T], tell: Check) -> T:
    """Call `work`; once `gone` is set its next report of progress, SQL statement or row of a long loop raises."""

    def look() -> None:
        if gone.is_set():
            raise Cancelled

    def check(done: int, total: int) -> None:
        look()
        tell(done, total)

    with interruptible(look):
        return work(check)


async def _in_lines(work: Callable[[Check], Any]) -> Response:
    gone = threading.Event()
    latest = {"done": 0, "total": 0}

    def tell(done: int, total: int) -> None:
        nonlocal latest
        latest = {"done": done, "total": total}

    task = asyncio.ensure_future(asyncio.to_thread(_given_up_when, gone, work, tell))
    await asyncio.wait({task}, timeout=PROGRESS_S)
    if task.done():  # an error still has its status
        return Response(encode({"result": task.result()}) + b"\n", media_type=LINES)

    async def lines() -> AsyncIterator[bytes]:
        try:
            while not task.done():
                yield encode({"progress": latest}) + b"\n"
                await asyncio.wait({task}, timeout=PROGRESS_S)
            error = task.exception()
            if error is None:
                yield encode({"result": task.result()}) + b"\n"
            elif isinstance(error, Exception):
                yield encode(answer_for(error)[1]) + b"\n"
        finally:
            gone.set()
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    return StreamingResponse(lines(), media_type=LINES, headers={"x-accel-buffering": "no"})
