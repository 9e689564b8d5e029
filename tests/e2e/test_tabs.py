"""Many tabs of one browser: it opens six connections to a host, and each tab wants to hear of changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support import Server, Watch, chart, end, settle, start_program, tell, wait_until
from tests.e2e.test_live import TRAINING

TABS = 8


@pytest.fixture
def training(repo: Path) -> Iterator[Callable[[str], str]]:
    """Tells a training process to go on."""
    program = start_program(TRAINING, str(repo), cwd=repo)
    yield lambda line: tell(program, line)
    end(program)


def _shows(page: Page, last_step: int) -> None:
    plot = chart(page, "loss · subset=train")
    expect(plot).to_have_attribute("aria-label", re.compile(rf"to (step )?{last_step}\b"))


def test_eight_tabs_are_live_and_stay_so_when_the_server_is_restarted(
    new_context: Callable[..., BrowserContext],
    repo: Path,
    serve: Callable[..., Server],
    training: Callable[[str], str],
) -> None:
    training("10")
    server = serve(repo)
    context = new_context()
    pages, watches = [], []
    for _ in range(TABS):
        page = context.new_page()
        watches.append(Watch(page))
        page.goto(server.url + "/metrics")
        _shows(page, 9)
        pages.append(page)
    training("5")
    for page in pages:
        _shows(page, 14)
    for watch in watches:
        watch.expect_no_server()
    server.kill()
    for page in pages:
        expect(page.get_by_text("Server not reachable")).to_be_visible()
    training("5")
    server.start()
    for page in pages:
        _shows(page, 19)
    for page in pages[:-1]:
        page.close()
    training("5")
    _shows(pages[-1], 24)
    assert [watch.problems for watch in watches] == [[]] * TABS


def test_a_browser_without_shared_workers_has_a_stream_for_each_tab(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Callable[[str], str]
) -> None:
    page.add_init_script("delete window.SharedWorker")
    training("10")
    page.goto(serve(repo).url + "/metrics")
    _shows(page, 9)
    training("5")
    _shows(page, 14)
    assert any(request.url.endswith("/api/v1/live") for request in watch.requests)


def test_a_hidden_tab_asks_for_nothing_and_catches_up_once_when_it_is_seen(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Callable[[str], str]
) -> None:
    training("10")
    page.goto(serve(repo).url + "/metrics")
    _shows(page, 9)
    settle(page, watch)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, value: true })")
    asked = len(watch.requests)
    other = page.context.new_page()  # hears what this one does not act on
    other.goto(page.url)
    for step in (14, 19, 24):
        training("5")
        _shows(other, step)
    assert watch.calls(asked) == []
    _shows(page, 9)
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    _shows(page, 24)
    wait_until(page, lambda: "POST metrics/frame" in watch.calls(asked), "the points are fetched")
    settle(page, watch)
    assert watch.calls(asked).count("POST metrics/frame") == 1
