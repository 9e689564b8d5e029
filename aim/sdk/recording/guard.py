"""What happens when something goes wrong while training runs: one warning per cause, a count, and training goes on.

With ``AIM_STRICT=1`` (or ``strict=True``) it raises instead.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType
from typing import Any, Final

from aim import version
from aim.errors import AimWarning

__all__ = ["Warner", "accept", "is_set", "is_strict_by_environment"]

_PACKAGE_DIR: Final = os.path.dirname(os.path.abspath(version.__file__)) + os.sep
"""All of ``aim``: a warning names the line that called an adapter, too."""


def is_set(variable: str) -> bool:
    """Whether an environment variable asks for something: it is there, and neither empty nor 0, false, no, off."""
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "false", "no", "off")


def is_strict_by_environment() -> bool:
    """Whether AIM_STRICT asks for errors instead of warnings."""
    return is_set("AIM_STRICT")


def _callers_frame() -> FrameType | None:
    """The nearest frame outside this package: the line of the user's (or a framework's) that called us."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR):
        frame = frame.f_back
    return frame


class Warner:
    """Gives each warning once: a cause is what happened, and for misuse also the line where it happened."""

    def __init__(self) -> None:
        self._given: set[tuple[str, str, int]] = set()

    def warn(self, cause: str, message: str, *, per_line: bool = False) -> None:
        """Give the warning unless it was given before.

        Args:
            cause: Names the kind of trouble.
            per_line: Count a cause at another line of the caller as another cause.
        """
        frame = _callers_frame()
        filename = frame.f_code.co_filename if frame is not None else "<unknown>"
        line = frame.f_lineno if frame is not None else 1
        key = (cause, filename if per_line else "", line if per_line else 0)
        if key in self._given:
            return
        self._given.add(key)
        is_ours = frame is None or filename.endswith("threading.py")  # our own thread: there is no line to blame
        try:
            if frame is None or is_ours:
                warnings.warn_explicit(message, AimWarning, "<aim>", 1)
            else:
                module = str(frame.f_globals.get("__name__", ""))
                # a new registry: Python's would swallow the same message of another session
                warnings.warn_explicit(message, AimWarning, filename, line, module=module, registry={})
        except AimWarning:  # the program turns warnings into errors; training goes on all the same
            if is_strict_by_environment() and not is_ours:
                raise
            import logging  # slow to import, and seldom needed

            logging.getLogger("aim").error(message)


_WITHOUT_EFFECT: Final = {
    "system_tracking_interval": "use of CPU, memory and GPU",
    "log_system_params": "packages, environment and Git state",
    "capture_terminal_logs": "output of the terminal",
}
_accepted: set[str] = set()


def accept(owner: str, /, **arguments: Any) -> None:
    """Take arguments of Aim 2 and 3 that have no effect so far; what they ask for is named once in the log "aim".

    Args:
        owner: What was called, e.g. "aim.keras".
        **arguments: By their names; None, False and 0 ask for nothing.
    """
    asked = [name for name, value in arguments.items() if value and name not in _accepted]
    if asked:
        import logging  # slow to import

        _accepted.update(asked)
        what = ", ".join(f"{name}= ({_WITHOUT_EFFECT[name]})" for name in asked)
        logging.getLogger("aim").warning("%s: not recorded by this version of Aim: %s", owner, what)
