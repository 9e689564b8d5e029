"""Arguments that code written for Aim 2 and 3 passes and that have no effect so far: said once, never an error."""

from __future__ import annotations

from typing import Any, Final

from aim.sdk.recording.guard import Warner

__all__ = ["warn_of_ignored"]

_WHY: Final = {
    "system_tracking_interval": "system metrics are not recorded so far",
    "log_system_params": "packages and environment variables are not recorded so far",
    "capture_terminal_logs": "the console is not recorded so far",
}

_warner = Warner()


def warn_of_ignored(owner: str, /, **arguments: Any) -> None:
    """Warn once in a process for each argument that asks for something; None and False ask for nothing.

    Args:
        owner: What was called, e.g. "aim.Session".
        **arguments: Name and value, as they were given.
    """
    for name, value in arguments.items():
        if value is not None and value is not False:
            why = _WHY.get(name, "accepted for code written for Aim 3")
            _warner.warn(name, f"{owner}({name}={value!r:.40}) has no effect: {why}")
