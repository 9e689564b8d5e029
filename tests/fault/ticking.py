"""A companion as system metrics will be one: a thread that records beside the training, and a last value at the end."""

from __future__ import annotations

import threading

from aim.sdk.recording.opening import open_recorder
from aim.sdk.recording.recorder import Recorder
from aim.sdk.recording.session import Session, session_on
from aim.storage.writing.request import RunRequest


class Ticker:
    """Records ``tick`` (0, 1, 2, ...) from a thread, and how many there were as ``ticks`` when the run ends."""

    def __init__(self, interval_s: float = 0.002) -> None:
        self._interval_s = interval_s
        self._is_ending = threading.Event()
        self._has_ticked = threading.Event()
        self._thread: threading.Thread | None = None
        self.recorder: Recorder | None = None
        self.count = 0
        self.closed = 0

    def start(self, recorder: Recorder) -> None:
        """Start the thread; returns when it has recorded something."""
        self.recorder = recorder
        self._thread = threading.Thread(target=self._run, args=(recorder,), daemon=True)
        self._thread.start()
        assert self._has_ticked.wait(60)

    def _run(self, recorder: Recorder) -> None:
        while not self._is_ending.is_set():
            recorder.track(self.count, "tick", None, None, None)
            self.count += 1
            self._has_ticked.set()
            self._is_ending.wait(self._interval_s)

    def close(self, timeout_s: float) -> None:
        """End the thread, and record a last value."""
        self.closed += 1
        self._is_ending.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        if self.recorder is not None:
            self.recorder.track(self.count, "ticks", None, None, None)


def open_session(*companions: object, repo: str | None = None, strict: bool | None = None) -> Session:
    """A session whose run has these companions."""
    return session_on(*open_recorder(repo, RunRequest(), strict=strict, companions=companions))  # type: ignore[arg-type]
