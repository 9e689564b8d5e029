"""What the browser tests share: real servers, real training processes, and a page that forgives nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

ROOT = Path(__file__).resolve().parents[2]
THROTTLE: Final = float(os.environ.get("E2E_THROTTLE", 1))
"""How many times slower the browser computes than it could."""
LATENCY_MS: Final = float(os.environ.get("E2E_LATENCY_MS", 0))
"""How much later every answer of a server comes than it could."""
PATIENCE_S = 30.0 * max(1.0, THROTTLE) + LATENCY_MS / 100
"""Nothing here takes longer unless it hangs."""

_CALM_S: Final = 0.4 * max(1.0, THROTTLE)
"""Longer than what a page puts off until nothing moves any more."""

_AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
_SERIOUS: Final = ("serious", "critical")
_REFUSED: Final = re.compile(
    r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH)"
)


def environment(**extra: str) -> dict[str, str]:
    """The environment of a process that knows nothing of the tests."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIM_")}
    return {**env, "PYTHONPATH": str(ROOT), **extra}


class Server:
    """`aim up` on a repo, as a process of its own.

    Args:
        repo: The folder that holds the ``.aim``.
        arguments: Further options of ``aim up``.

    Attributes:
        version: What it calls itself, if not what it is; of the next start.
        latency_ms: How much later than it could it answers; of the next start.
    """

    def __init__(self, repo: Path, *arguments: str) -> None:
        self._repo = repo
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self.version: str | None = None
        self.latency_ms = LATENCY_MS
        self.url = ""
        """Without a slash at the end; the same after a restart."""

    def start(self) -> Server:
        """Start it, at any port the first time and at the same one thereafter."""
        port = str(urlsplit(self.url).port or 0) if self.url else "0"
        self._process = subprocess.Popen(
            [
                *(sys.executable, *self._program(), "up", "--no-open", "--port", port),
                *("--repo", str(self._repo), *self._arguments),
            ],
            cwd=self._repo,
            env=environment(E2E_VERSION=self.version or "", E2E_LATENCY_MS=str(self.latency_ms)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        said = ""
        for line in self._process.stdout:
            said += line
            found = re.search(r"Aim serves .* at (http://\S+?)/?$", line)
            if found:
                # What it says later goes nowhere: nobody reads the pipe, and it says next to nothing.
                assert self.url in ("", found[1])
                self.url = found[1]
                return self
        raise AssertionError(f"aim up ended with {self._process.wait()}: {said}")

    def _program(self) -> tuple[str, ...]:
        if self.version is None and not self.latency_ms:
            return "-m", "aim.cli.main"
        return "-m", "tests.e2e.server_program"

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.wait(PATIENCE_S)
            if self._process.stdout is not None:
                self._process.stdout.close()


def start_program(source: str, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """A Python program in a process of its own; input and output are pipes."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(source), *arguments],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(program: subprocess.Popen[str], line: str = "") -> str:
    """Write one line to a program, and read the line that it answers."""
    assert program.stdin is not None and program.stdout is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()
    return program.stdout.readline().strip()


def end(program: subprocess.Popen[str]) -> None:
    """End a program that may have ended already."""
    if program.poll() is None:
        program.kill()
    program.wait(PATIENCE_S)
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            pipe.close()


class Watch:
    """Notes what must not happen on a page: errors, breaches of the policy, requests to other hosts.

    Attributes:
        problems: What was seen.
        requests: Every request, in order.
    """

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        self.requests: list[Request] = []
        self._expected: list[re.Pattern[str]] = []
        self._open: dict[Request, float] = {}
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", self._on_console)
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_answer)
        page.on("requestfailed", self._on_answer)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => "
            "console.error(`securitypolicyviolation: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"
        )

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is yet to come; the live stream, which never ends, is none.

        Of a request that a page took back the end is not always told: after a while it counts no more.
        """
        return any(began > time.monotonic() - PATIENCE_S / 3 for began in self._open.values())

    def expect_status(self, status: int) -> None:
        """The browser says on its console that the server refused something; here it is meant to."""
        self._expected.append(re.compile(f"Failed to load resource: .* status of {status} "))

    def expect_no_server(self) -> None:
        """The server is about to be killed."""
        self._expected.append(_REFUSED)

    def calls(self, since: int = 0) -> list[str]:
        """Method and path of each question to the API from request `since` on, save for the live stream."""
        parts = [(r.method, urlsplit(r.url).path.partition("/api/v1/")[2]) for r in self.requests[since:]]
        return [f"{method} {path}" for method, path in parts if path not in ("", "live")]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(pattern.search(message.text) for pattern in self._expected):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        url = urlsplit(request.url)
        if request.is_navigation_request():  # nobody is told how the requests of the page before end
            self._open.clear()
        if request.resource_type == "fetch":
            self._open[request] = time.monotonic()
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            self.problems.append(f"request to another host: {request.url}")

    def _on_answer(self, request: Request) -> None:
        self._open.pop(request, None)


def wait_until(page: Page, condition: Callable[[], Any], what: str) -> Any:
    """Let the page go on until `condition` holds, and give what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S:g} s in vain: {what}")
        page.wait_for_timeout(20)
    return found


def chart(page: Page, title: str) -> Locator:
    """The plot of the chart with this title, with something drawn on it."""
    plot = page.get_by_role("region", name=title, exact=True).locator("[data-chart]")
    expect(plot).to_have_attribute("data-base-draws", re.compile(r"\d"))
    expect(plot).not_to_have_attribute("aria-label", re.compile("loading|no lines"))
    return plot


def frames(page: Page) -> None:
    """Wait for two frames: what the pointer did last has reached every chart and row."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def draws(plot: Locator) -> int:
    """How often the lines of a chart have been drawn."""
    return int(plot.get_attribute("data-base-draws") or 0)


def settle(page: Page, watch: Watch) -> None:
    """Wait until for a while nothing was asked, loading or drawn anew."""

    def state() -> str:
        return str(
            page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done("
                "[...document.querySelectorAll('[data-chart]')].map((e) => e.dataset.baseDraws + e.ariaLabel).join()"
                " + ' ' + document.querySelectorAll('[aria-busy=true]').length"
                " + ' ' + document.querySelectorAll('*').length))))"
            )
        )

    page.wait_for_load_state("load")
    before, since = ("", -1), 0.0

    def is_calm() -> bool:
        nonlocal before, since
        now = (state(), len(watch.requests))
        if now != before or watch.is_waiting:
            before, since = now, time.monotonic()
        return time.monotonic() > since + _CALM_S

    wait_until(page, is_calm, "the page comes to rest")


def fetched_bytes(page: Page, suffix: str, *, encoded: bool = False) -> list[int]:
    """Size of each answer to an address with this ending; encoded: as it came over the wire."""
    return list(
        page.evaluate(
            """([suffix, size]) => performance.getEntriesByType('resource')
              .filter((e) => new URL(e.name).pathname.endsWith(suffix)).map((e) => e[size])""",
            [suffix, "encodedBodySize" if encoded else "decodedBodySize"],
        )
    )


def run_query(page: Page, text: str) -> None:
    """Type a query and run it."""
    field = page.get_by_label("Query", exact=True)
    field.fill(text)
    field.press("Enter")


def center(plot: Locator, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
    """A place on a plot, as shares of its box, in pixels of the page."""
    box = plot.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def findings(page: Page) -> list[dict[str, Any]]:
    """What axe-core holds for serious or critical, with the elements."""
    page.evaluate(_AXE)
    result = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        {
            "rule": v["id"],
            "help": v["help"],
            "where": [n["html"][:200] + " | " + n["failureSummary"] for n in v["nodes"][:3]],
        }
        for v in result["violations"]
        if v["impact"] in _SERIOUS
    ]
