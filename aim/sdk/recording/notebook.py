"""Cells of a notebook: one that was interrupted, or failed, is how the runs that it recorded ended.

There the process does not end with the exception, and nothing else sees it. What is recorded later takes that back: the
run goes on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from aim.sdk.recording.recorder import Recorder

__all__ = ["Cells", "Ending"]

Ending = tuple[str, int | None, dict[str, str] | None]
"""(reason, exit code, error) of a run."""


class Cells:
    """The cells that IPython runs in this process.

    Args:
        recorders: Those that are open, by any key.
        ending_of: The ending for an exception.
    """

    def __init__(self, recorders: Mapping[int, Recorder], ending_of: Callable[[BaseException | None], Ending]) -> None:
        self._recorders = recorders
        self._ending_of = ending_of
        self._began_at = 0.0
        """Unix seconds, of the cell that runs; 0 for the one in which the first run was opened."""
        self._broken_off: dict[int, tuple[float, Ending]] = {}
        """By recorder: when its cell ended with an exception, and with which."""

    def watch(self) -> None:
        """Begin to listen, if this is IPython."""
        ipython = sys.modules.get("IPython")
        try:
            shell = None if ipython is None else ipython.get_ipython()
            if shell is not None:
                shell.events.register("pre_run_cell", self._on_begin)
                shell.events.register("post_run_cell", self._on_end)
        except Exception:  # another version: such runs are finished, as they were
            pass

    def _on_begin(self, *_: Any) -> None:
        self._began_at = time.time()

    def _on_end(self, result: Any = None) -> None:
        error = getattr(result, "error_in_exec", None)
        if isinstance(error, BaseException):
            for key, recorder in self._recorders.items():
                if recorder.is_used_since(self._began_at):
                    self._broken_off[key] = time.time(), self._ending_of(error)

    def ending(self, recorder: Recorder) -> Ending | None:
        """How the last cell that recorded there ended, if that was with an exception."""
        noted = self._broken_off.pop(id(recorder), None)
        return None if noted is None or recorder.is_used_since(noted[0]) else noted[1]
