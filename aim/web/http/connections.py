"""Connections: whose they are, and how long they may make the server wait.

A connection takes a descriptor, of which a process has few and which reading the repo needs, too. So there are only so
many, and one that does not send what it began to send is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from aim.web.http.peers import Peer

__all__ = ["PEER_KEY", "Connection", "LimitedConfig", "Limits", "limits_here"]

PEER_KEY: Final = "aim_peer"
"""Where the state of a request's scope holds its :class:`~aim.web.http.peers.Peer`."""

_CONNECTIONS: Final = 512
_ACCEPTED: Final = 64
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_LEAST_CONNECTIONS: Final = 8
_LEAST_ACCEPTED: Final = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a client may make the server wait, and how many clients there may be.

    Attributes:
        head_s: From the connection, or from the answer before, to the end of a request's head.
        body_rate: Bytes a second that a body must come with, once `head_s` has passed.
        idle_s: Between two requests, while nothing of the second has come.
        answer_s: Without taking anything of an answer that waits for it.
        connections: At a time. One more ends the one that has kept the server waiting the longest.
        accepted_at_once: Before the next look at whether there are too many.
    """

    head_s: float = 10.0
    body_rate: float = 16 * 1024
    idle_s: int = 5
    answer_s: float = 60.0
    connections: int = _CONNECTIONS
    accepted_at_once: int = _ACCEPTED


def limits_here() -> Limits:
    """The limits for this process: at most half of its descriptors are for connections, as many stay for the repo."""
    try:
        import resource
    except ImportError:  # Windows
        return Limits()
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return Limits()
    return Limits(
        connections=max(_LEAST_CONNECTIONS, min(_CONNECTIONS, descriptors // 2)),
        accepted_at_once=max(_LEAST_ACCEPTED, min(_ACCEPTED, descriptors // 16)),
    )


class LimitedConfig(Config):
    """uvicorn's settings, for a server of :class:`Connection`.

    Args:
        app: An ASGI app.
        limits: Of its connections.
        **more: See :class:`uvicorn.Config`.
    """

    def __init__(self, app: ASGIApp, limits: Limits, **more: Any) -> None:
        super().__init__(
            app,
            http=Connection,
            loop="asyncio",  # uvloop, where it is installed, hides the sockets
            ws="none",  # an upgrade would lead out of the limits, and nothing here speaks it
            proxy_headers=False,  # whose a connection is must not come from a header
            backlog=limits.accepted_at_once,
            timeout_keep_alive=limits.idle_s,
            **more,
        )
        self.limits = limits


class Connection(H11Protocol):
    """One connection, with limits: uvicorn has one for idle connections only."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, dict(app_state), _loop)  # each request gets a copy of this state
        assert isinstance(config, LimitedConfig)
        self._limits = config.limits
        self._waiting_since: float | None = None
        """Since when it is the client's turn to send, by the event loop's clock."""
        self._stuck_since: float | None = None
        """Since when it is the client's turn to take what we sent."""
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; where there are too many, another one ends."""
        assert isinstance(transport, asyncio.Transport)
        self._waiting_since = self.loop.time()
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            self.app_state[PEER_KEY] = Peer(sock)
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take in bytes."""
        before = self.cycle
        super().data_received(data)
        self._body_bytes += len(data)
        self._note_turn(before)

    def on_response_complete(self) -> None:
        """Wait for the next request, or begin the next one that came already."""
        before = self.cycle
        self._waiting_since = self.loop.time()
        super().on_response_complete()
        self._note_turn(before)

    def _note_turn(self, before: RequestResponseCycle | None) -> None:
        """Stop waiting for a request that has been received completely.

        Args:
            before: The request before this moment.
        """
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return
        if cycle is not before:
            self._waiting_since = self.loop.time()
            self._body_bytes = 0
        if not cycle.more_body:
            self._waiting_since = None

    def pause_writing(self) -> None:
        """The client takes less than we send."""
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has taken what we sent."""
        self._stuck_since = None
        super().resume_writing()

    @property
    def _kept_since(self) -> float | None:
        """Since when the client keeps the server waiting; None: it does not."""
        return self._waiting_since if self._stuck_since is None else self._stuck_since

    def _make_room(self) -> None:
        """End the connection that has kept the server waiting the longest; this one, if all are being answered."""
        since = {c: c._kept_since for c in self.connections if isinstance(c, Connection) and c is not self}
        waiting = [(when, id(c), c) for c, when in since.items() if when is not None]
        (min(waiting)[2] if waiting else self)._end()

    def end_if_overdue(self, now: float) -> None:
        """End the connection if the client has kept the server waiting for too long.

        Args:
            now: By the event loop's clock.
        """
        limits = self._limits
        if self._stuck_since is not None:
            if now - self._stuck_since > limits.answer_s:
                self._end()
        elif self._waiting_since is not None:
            waited_s = now - self._waiting_since
            is_in_body = self.cycle is not None and not self.cycle.response_complete
            if waited_s > limits.head_s and not (is_in_body and self._body_bytes >= waited_s * limits.body_rate):
                self._end()

    def _end(self) -> None:
        """At once: what was not sent is not waited for."""
        self._waiting_since = self._stuck_since = None
        self.connections.discard(self)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):  # nor by the kernel
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()
