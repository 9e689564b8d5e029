"""Chromium over its developer tools' pipe, with nothing switched on that keeps a record in the page.

Playwright has the browser remember every request with its body, which over half an hour is hundreds of megabytes in
the processes whose memory is to be measured.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

__all__ = ["Devtools", "Tab"]

_ANSWER_S: Final = 120.0
_FREE_FD: Final = 100
"""The pipes' ends are moved above this, out of the way of 3 and 4, where the browser wants them."""


class Devtools:
    """A headless browser with a profile of its own.

    Args:
        chromium: Path of the program.
        profile: An empty folder.
        arguments: Further options.
    """

    def __init__(self, chromium: str, profile: Path, arguments: Sequence[str]) -> None:
        read_here, write_there = _high_pipe()
        read_there, write_here = _high_pipe()

        def place() -> None:
            os.dup2(read_there, 3)
            os.dup2(write_there, 4)

        command = [chromium, "--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", *arguments]
        self._process = subprocess.Popen(
            [*command, "--window-size=1280,800", "about:blank"],
            preexec_fn=place,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._write = write_here
        self._number = 0
        self._answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._hearers: dict[str, Callable[[str, dict[str, Any]], None]] = {}
        self._reader = threading.Thread(target=self._read, args=(read_here,), daemon=True)
        self._reader.start()

    def _read(self, fd: int) -> None:
        rest = b""
        while data := os.read(fd, 1 << 20):
            *messages, rest = (rest + data).split(b"\0")
            for text in messages:
                message = json.loads(text)
                if "id" in message:
                    self._answers.put(message)
                elif (hear := self._hearers.get(message.get("sessionId", ""))) is not None:
                    hear(message["method"], message["params"])
        os.close(fd)

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Do something, and wait for what comes of it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            try:
                answer = self._answers.get(timeout=_ANSWER_S)
            except Empty:
                raise RuntimeError(f"the browser does not answer {method}") from None
            if answer["id"] == self._number:
                break
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, script: str, hear: Callable[[str, dict[str, Any]], None]) -> Tab:
        """A new tab, in which `script` runs before every page; `hear` is told its events."""
        target = self.send("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._hearers[session] = hear
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Inspector"):
            tab.send(domain + ".enable")
        tab.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        return tab

    def renderers(self) -> list[int]:
        """The ids of the processes in which pages are."""
        found = self.send("SystemInfo.getProcessInfo")["processInfo"]
        return [process["id"] for process in found if process["type"] == "renderer"]

    def end(self) -> None:
        """Close it."""
        with contextlib.suppress(RuntimeError, OSError):
            self.send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)


class Tab:
    """One page."""

    def __init__(self, browser: Devtools, session: str) -> None:
        self._browser, self._session = browser, session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Do something in this page."""
        return self._browser.send(method, self._session, **params)

    def go(self, url: str) -> None:
        """Load a page."""
        self.send("Page.navigate", url=url)

    def ask(self, script: str) -> Any:
        """The value of an expression, or of the promise that it gives."""
        found = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"].get("exception", found["exceptionDetails"])))
        return found["result"].get("value")


def _high_pipe() -> tuple[int, int]:
    ends = []
    for fd in os.pipe():
        ends.append(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FREE_FD))
        os.close(fd)
    return ends[0], ends[1]
