"""Arguments of Aim 2 and 3 that ask for what Aim does not record yet: accepted, and said once in a process."""

from __future__ import annotations

import logging
from typing import Any, Final

__all__ = ["accept"]

_WHAT: Final = {
    "system_tracking_interval": "use of CPU, memory and GPU",
    "log_system_params": "packages, environment and Git state",
    "capture_terminal_logs": "output of the terminal",
}
_said: set[str] = set()


def accept(adapter: str, **arguments: Any) -> None:
    """Take arguments that have no effect so far; what they ask for is named once in the log "aim".

    Args:
        adapter: The module that users know, e.g. "aim.keras".
        arguments: By their names; None, False and 0 ask for nothing.
    """
    asked = [name for name, value in arguments.items() if value and name not in _said]
    if asked:
        _said.update(asked)
        what = ", ".join(f"{name}= ({_WHAT[name]})" for name in asked)
        logging.getLogger("aim").warning("%s: not recorded by this version of Aim: %s", adapter, what)
