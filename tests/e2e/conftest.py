"""A browser for the tests of this folder, repos recorded by the SDK, and pages that fail on any error they show."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import aim
from scripts.need_chromium import ARGUMENTS, find_chromium

sync_api = pytest.importorskip("playwright.sync_api")

# After importorskip: without Playwright these tests are skipped, not broken.
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright  # noqa: E402

from tests.e2e.support import LATENCY_MS, THROTTLE, Server, Watch  # noqa: E402

WAIT_MS = 10_000 * max(1.0, THROTTLE) + 10 * LATENCY_MS

LONG = 20_000
"""Steps of the long run."""
SPIKE = 12_345
"""The step at which it has the value 3, and not one between -1 and 1."""


# Of a module and no longer: while Playwright runs, no other test of the process can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. In CI its absence is a failure, elsewhere the tests are skipped."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: run scripts/need_chromium.py")
        pytest.skip("no Chromium: install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser's profile of its own, 1280 by 800."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        settings: dict[str, object] = {
            "viewport": {"width": 1280, "height": 800},
            "reduced_motion": "reduce",
            "timezone_id": "UTC",
            "locale": "en-GB",
            **options,
        }
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT_MS)
        context.on("page", _slow_down)
        made.append(context)
        return context

    sync_api.expect.set_options(timeout=WAIT_MS)
    yield make
    for context in made:
        context.close()


def _slow_down(page: Page) -> None:
    if THROTTLE > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page without an address."""
    return new_context().new_page()


@pytest.fixture
def watch(page: Page) -> Iterator[Watch]:
    """What the page did; the test fails if it did what it must not."""
    watch = Watch(page)
    yield watch
    assert watch.problems == []


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A repo of ended runs: `digits`, of which one has a spike and a NaN and one failed; `words`; a long one."""
    path = tmp_path_factory.mktemp("demo")
    hashes: dict[str, str] = {}
    with aim.Run(repo=path, experiment="long", name="long") as run:
        values = [math.sin(step / 3000) for step in range(LONG)]
        values[SPIKE] = 3.0
        run.track_many("wave", values, steps=list(range(LONG)))
        hashes["long"] = run.hash
    for i in range(2):
        hashes[f"words-{i}"] = _record(path, "words", f"words-{i}", lr=0.1, optimizer="sgd", steps=20)
    for i in range(8):
        optimizer = ("adam", "sgd")[i % 2]
        name = f"digits-{i}"
        hashes[name] = _record(path, "digits", name, lr=0.001 * 2**i, optimizer=optimizer, steps=200, odd=i == 3)
    run = aim.Run(repo=path, experiment="digits", name="digits-broken")
    hashes["digits-broken"] = run.hash
    try:
        with run:
            run.track(1.0, name="loss", step=0, context={"subset": "train"})
            raise FloatingPointError("loss is not finite")
    except FloatingPointError:
        pass
    return SimpleNamespace(path=path, hashes=hashes, runs=len(hashes))


def _record(path: Path, experiment: str, name: str, *, lr: float, optimizer: str, steps: int, odd: bool = False) -> str:
    with aim.Run(repo=path, experiment=experiment, name=name) as run:
        run["hparams"] = {"lr": lr, "optimizer": {"name": optimizer, "beta": 0.9}, "layers": [64, 32]}
        run.add_tag(optimizer)
        for step in range(steps):
            loss = math.exp(-step * (0.01 + lr)) + 0.02 * math.sin(step * (1 + lr))
            if odd and step == 120:
                loss = 40.0
            if odd and step == 130:
                loss = math.nan
            for subset, by in (("train", 1.0), ("val", 1.2)):
                run.track(loss * by, name="loss", step=step, epoch=step / 50, context={"subset": subset})
                run.track(
                    1 - abs(loss) * by / 4, name="accuracy", step=step, epoch=step / 50, context={"subset": subset}
                )
        return run.hash


@pytest.fixture(scope="module")
def demo_url(demo: SimpleNamespace, browser: Browser) -> Iterator[str]:
    """A server of the demo repo that no test changes."""
    server = Server(demo.path, "--read-only").start()
    yield server.url
    server.stop()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A folder with an empty repo that the test may write to."""
    path = tmp_path / "repo"
    path.mkdir()
    return path


@pytest.fixture
def run(repo: Path) -> str:
    """The one run of `repo`."""
    with aim.Run(repo=repo, experiment="digits", name="brisk-otter") as run:
        run.track_many("loss", [1.0, 0.5, 0.25])
    return run.hash


@pytest.fixture
def serve(browser: Browser) -> Iterator[Callable[..., Server]]:
    """Starts `aim up` on a folder."""
    started: list[Server] = []

    def start(path: Path, *arguments: str, latency_ms: float = LATENCY_MS) -> Server:
        server = Server(path, *arguments)
        server.latency_ms = latency_ms
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
