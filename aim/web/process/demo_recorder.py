"""Demo data for an empty repo: small trainings in a separate process (:mod:`aim.apps.demo`), which uses the SDK."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import Any, Final

from aim.errors import AimError
from aim.storage.repo.layout import RepoLayout

__all__ = ["DemoRecorder"]

_COMMAND: Final = (sys.executable, "-P", "-m", "aim.apps.demo")
"""-P: a file of the user's folder named like a module of ours is not taken for it."""
_END_S: Final = 5.0
_ERROR_CHARS: Final = 2_000
"""How much is kept of the end of what the process wrote to its error stream."""


class DemoRecorder:
    """Starts the recording process and follows how far it is. Thread-safe; one process at a time.

    Args:
        layout: Where to record.
    """

    def __init__(self, layout: RepoLayout) -> None:
        self._layout = layout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._state: dict[str, Any] = {"state": "none", "done": 0, "total": 0, "message": ""}

    @property
    def state(self) -> dict[str, Any]:
        """As the API answers it."""
        with self._lock:
            return dict(self._state)

    def start(self) -> None:
        """Start the process, unless it is running."""
        with self._lock:
            if self._state["state"] == "running":
                return
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AIM_")}
            # matrices this small are slower on several cores, and much slower on busy ones
            environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            try:
                self._process = subprocess.Popen(
                    [*_COMMAND, "--repo", self._layout.root],
                    cwd=self._layout.root,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,  # Ctrl-C is the server's; it ends its child itself
                )
            except OSError as error:
                raise AimError(f"the demo cannot be started: {error.strerror or error}") from error
            self._state = {"state": "running", "done": 0, "total": 0, "message": ""}
            threading.Thread(target=self._listen, args=(self._process,), name="aim-web-demo", daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None and process.stderr is not None
        error_lines: list[str] = []
        errors = process.stderr
        reader = threading.Thread(target=lambda: error_lines.extend(errors), daemon=True)
        reader.start()
        for line in process.stdout:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                progress = json.loads(line)
                with self._lock:
                    self._state |= {"done": int(progress["done"]), "total": int(progress["total"])}
        code = process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()
        with self._lock:
            self._state["state"] = "done" if code == 0 else "failed"
            if code:
                self._state["message"] = (
                    "".join(error_lines).strip()[-_ERROR_CHARS:] or f"the process ended with {code}"
                )

    def close(self) -> None:
        """End the process; what it has recorded stays."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
