"""Serving an app until it is told to end: the socket, uvicorn, signals."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from aim.errors import AimError
from aim.web.memory import keep_little_memory

__all__ = ["bind", "make_url", "serve"]

PORTS_TRIED: Final = 100
_SHUTDOWN_S: Final = 3
"""How long a request that is being answered may take when the server ends."""
_BACKLOG: Final = 2048


def bind(host: str, port: int) -> socket.socket:
    """A listening socket at `port`, or at the next one that is free; 0: at any.

    Raises:
        AimError: the address cannot be bound to.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise AimError(f"{host!r} is no address to listen at: {error.strerror or error}") from None
    family = infos[0][0]
    last = min(port + PORTS_TRIED, 65_536) if port else 1
    for candidate in range(port, last) if port else (0,):
        # With the protocol named, asyncio switches Nagle's algorithm off: else an answer may wait 40 ms for an ACK.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((infos[0][4][0], candidate))
            sock.listen(_BACKLOG)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE and port:
                continue
            raise AimError(f"cannot listen at {host}, port {candidate}: {error.strerror or error}") from None
        sock.set_inheritable(False)
        return sock
    raise AimError(f"ports {port} to {last - 1} at {host} are all taken; choose another with --port")


def make_url(host: str, port: int, *, base_path: str = "", token: str | None = None) -> str:
    """The address to open."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}{base_path}/" + (f"?token={token}" if token else "")


class _Server(uvicorn.Server):
    """uvicorn's, save that a signal ends :func:`serve` and not the process: what must be tidied up is."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

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


def serve(app: FastAPI, sock: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM; open event streams end at once, other requests are answered first.

    Args:
        app: Made by :func:`aim.web.app.create_app`.
        sock: Listening; closed at the end.
    """
    keep_little_memory()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        lifespan="on",
    )
    server = _Server(config, app.state.live.stop)
    try:
        server.run(sockets=[sock])
    finally:
        sock.close()
