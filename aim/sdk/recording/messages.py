"""What a run is told in words: lines with a level, and the calls of Aim 3 that record nothing yet."""

from __future__ import annotations

import time
from typing import Any

from aim.errors import InvalidValueError
from aim.sdk.recording.recorder import Recorder

__all__ = ["MESSAGE", "Messages"]

MESSAGE = "message"
"""The kind of the records that hold them: ``level``, ``text``, ``time`` (Unix seconds), ``attributes`` if there are."""


class Messages:
    """The part of a handle that is about messages."""

    _recorder: Recorder

    def log_info(self, text: str, **attributes: Any) -> None:
        """Keep a line about the run, with the time, among its records of kind "message".

        Args:
            text: What happened.
            **attributes: Further facts, kept as params are.
        """
        self._log("info", text, attributes)

    def log_warning(self, text: str, **attributes: Any) -> None:
        """The same as :meth:`log_info`, with the level "warning"."""
        self._log("warning", text, attributes)

    def log_error(self, text: str, **attributes: Any) -> None:
        """The same as :meth:`log_info`, with the level "error". It does not end the run."""
        self._log("error", text, attributes)

    def _log(self, level: str, text: str, attributes: dict[str, Any]) -> None:
        message: dict[str, Any] = {"level": level, "text": str(text), "time": time.time()}
        if attributes:
            message["attributes"] = attributes
        self._recorder.add_record(MESSAGE, message)

    def log_artifact(self, path: Any, name: str | None = None, block: bool = False) -> None:
        """Not recorded so far: one warning, counted as rejected. Accepted for code written for Aim 3."""
        self._refuse_artifact(path)

    def log_artifacts(self, path: Any, name: str | None = None, block: bool = False) -> None:
        """Not recorded so far: one warning, counted as rejected. Accepted for code written for Aim 3."""
        self._refuse_artifact(path)

    def _refuse_artifact(self, path: Any) -> None:
        error = InvalidValueError(
            f"artifacts ({path!s:.80}) cannot be recorded so far. "
            'Keep the path of the file instead: run.add_record("checkpoint", {"path": ...})'
        )
        self._recorder.refuse(error)

    def set_artifacts_uri(self, uri: str) -> None:
        """Without effect so far, said once. Accepted for code written for Aim 3."""
        self._say_without_effect("set_artifacts_uri: artifacts cannot be recorded so far")

    def report_progress(self, *args: Any, **kwargs: Any) -> None:
        """Without effect, said once. Accepted for code written for Aim 3."""
        self._say_without_effect("report_progress: a running process shows by itself that it lives")

    def report_successful_finish(self, *args: Any, **kwargs: Any) -> None:
        """Without effect, said once. Accepted for code written for Aim 3."""
        self._say_without_effect("report_successful_finish: how a run ended is recorded by itself")

    def _say_without_effect(self, what: str) -> None:
        self._recorder.warner.warn(what, f"without effect: {what}")
