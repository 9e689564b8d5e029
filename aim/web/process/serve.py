"""Serving an app until it is asked to stop: the socket, uvicorn, signals."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from aim.errors import AimError
from aim.web.http.connections import Connection, LimitedConfig, Limits, limits_here
from aim.web.process.logs import say_seldom
from aim.web.process.memory import keep_little_memory

__all__ = ["bind", "serve"]

PORTS_TRIED: Final = 100
_SHUTDOWN_S: Final = 3
"""How long a request that is being answered may take when the server stops."""
_TIDY_S: Final = 9
"""After a signal, until the process ends without having closed all in order: what is closed may wait for 5 s itself."""
_THREADS_S: Final = 2
"""Then for threads that are still busy with something no client waits for."""
_QUEUE: Final = 2048
"""Connections that may wait in the kernel."""
_TICKS_A_SECOND: Final = 10  # of uvicorn


def bind(host: str, port: int) -> socket.socket:
    """A listening socket at `port`, or at the next one that is free; 0: at any.

    Raises:
        AimError: the address cannot be bound to.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise AimError(f"cannot listen on {host!r}: {error.strerror or error}") from None
    family = infos[0][0]
    last = min(port + PORTS_TRIED, 65_536) if port else 1
    for candidate in range(port, last) if port else (0,):
        # With the protocol named, asyncio switches Nagle's algorithm off: else an answer may wait 40 ms for an ACK.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((infos[0][4][0], candidate))
            sock.listen(_QUEUE)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE and port:
                continue
            raise AimError(f"cannot listen on {host}, port {candidate}: {error.strerror or error}") from None
        sock.set_inheritable(False)
        return sock
    raise AimError(f"ports {port} to {last - 1} on {host} are all taken; choose another with --port")


class _Server(uvicorn.Server):
    """uvicorn's, except that a signal ends :func:`serve` and not the process, so that everything is closed in order.

    Several times a second it checks for clients that keep it waiting, and the log.
    """

    def __init__(self, config: LimitedConfig, on_exit: Callable[[], None], on_tick: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_exit = on_exit
        self._on_tick = on_tick
        self.is_asked_to_end = threading.Event()
        self.is_tidy = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for sock in sockets or ():  # asyncio accepts as many at once as may wait: too many descriptors
            sock.listen(_QUEUE)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self.is_tidy.set()

    async def on_tick(self, counter: int) -> bool:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.end_if_overdue(now)
        if self._on_tick is not None and counter % _TICKS_A_SECOND == 0:
            self._on_tick()
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._on_exit()
        self.is_asked_to_end.set()

    def end_without_threads(self, before_exit: Callable[[], None]) -> None:
        """End the process if it has not ended a while after a signal: Python would wait for every thread."""
        self.is_asked_to_end.wait()
        self.is_tidy.wait(_TIDY_S)
        time.sleep(_THREADS_S)
        try:
            before_exit()
            sys.stdout.flush()
        finally:
            os._exit(0)


def serve(
    app: FastAPI,
    sock: socket.socket,
    *,
    stop: Callable[[], None],
    limits: Limits | None = None,
    on_tick: Callable[[], None] | None = None,
    before_exit: Callable[[], None] = lambda: None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; event streams and searches end at once, other requests are answered first.

    A few seconds after the signal the process ends also if a thread does not react.

    Args:
        app: Made by :func:`aim.web.app.create_app`.
        sock: Listening; closed at the end.
        stop: Called with the signal: ends what would not end by itself, see :meth:`aim.web.state.WebState.stop`.
        limits: Of connections; by default what this process has room for.
        on_tick: Called once a second.
        before_exit: Called where the process is ended so; perhaps also after this has returned.
    """
    keep_little_memory()
    config = LimitedConfig(
        app,
        limits or limits_here(),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        lifespan="on",
    )
    say_seldom("asyncio", "uvicorn.error", "aim")

    server = _Server(config, stop, on_tick)
    threading.Thread(target=server.end_without_threads, args=(before_exit,), daemon=True, name="aim-end").start()
    try:
        server.run(sockets=[sock])
    finally:
        sock.close()
