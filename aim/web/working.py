"""Work for a request in a thread, given up when whoever asked has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
from fastapi import Request

from aim.web.service import Cancelled

__all__ = ["in_thread"]

T = TypeVar("T")
Check = Callable[[int, int], None]


async def in_thread(request: Request, work: Callable[[Check], T]) -> T:
    """Call `work` in a thread; when the client goes away, the function that it is given raises.

    Args:
        request: Whose body has been read.
        work: Called with ``progress(done, total)``, which it calls now and then.

    Raises:
        Cancelled: the client has gone.
    """
    gone = threading.Event()

    def check(done: int, total: int) -> None:
        if gone.is_set():
            raise Cancelled

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
                result.append(work(check))
            except Exception as error:
                failure.append(error)

        await anyio.to_thread.run_sync(call)
        group.cancel_scope.cancel()
    if failure:
        raise failure[0]
    return result[0]
