"""What starts and ends with a run: a capture of the console, a thread that records system metrics.

Runs have none by default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from aim.sdk.recording.recorder import Recorder

__all__ = ["CLOSE_WAIT_S", "Companion", "Companions"]

CLOSE_WAIT_S: Final = 1.0
"""How long each companion may take to end. The end of the process waits for it."""


class Companion(Protocol):
    """Starts when a run is opened, ends before its writer closes. Whatever it raises does not reach the training.

    It belongs to the process that opened the run: in a forked child none of its methods is called. One that replaced
    something of the process (``sys.stdout``) needs a hook of its own there, see :func:`os.register_at_fork`.
    """

    def start(self, recorder: Recorder) -> None:
        """Begin. The recorder takes points and events until :meth:`close` returns.

        A thread must be a daemon: Python waits for others before it tells anyone that the process ends.
        """
        ...

    def close(self, timeout_s: float) -> None:
        """End within `timeout_s`; called once, whichever way the run ends.

        It may be called from any thread, from a signal handler too. The code that a signal interrupts may hold the
        writer's lock, so a wait for a thread that records needs the timeout.
        """
        ...


class Companions:
    """The companions of one run.

    Args:
        companions: In the order in which they start; they end in the opposite order.
        on_failure: Called with the companion, what it failed to do, and the error.
    """

    def __init__(
        self, companions: tuple[Companion, ...], on_failure: Callable[[Companion, str, Exception], None]
    ) -> None:
        self._waiting = companions
        self._running: list[Companion] = []
        self._on_failure = on_failure

    def start(self, recorder: Recorder) -> None:
        """Start all; those that fail are left out."""
        waiting, self._waiting = self._waiting, ()
        for companion in waiting:
            self._running.append(companion)  # before: a signal may end the run while it starts
            try:
                companion.start(recorder)
            except Exception as error:
                if companion in self._running:
                    self._running.remove(companion)
                self._on_failure(companion, "start", error)

    def close(self) -> None:
        """End all. A second call, also one that interrupts the first, ends those that are left."""
        while self._running:
            try:
                companion = self._running.pop()
            except IndexError:  # a signal handler came between
                return
            try:
                companion.close(CLOSE_WAIT_S)
            except Exception as error:
                self._on_failure(companion, "end", error)
