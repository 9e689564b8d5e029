"""The server is killed under the page, and comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, draws, settle, wait_until


@pytest.fixture
def run(repo: Path) -> str:
    with aim.Run(repo=repo, experiment="digits", name="kept in sight") as run:
        run.track_many("loss", [1.0, 0.5, 0.25])
        return run.hash


def test_the_page_says_so_keeps_its_data_and_recovers(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(server.url + "/metrics")
    plot = chart(page, "loss")
    settle(page, watch)
    before = draws(plot)
    watch.expect_no_server()
    server.kill()
    banner = page.get_by_text("Server not reachable")
    expect(banner).to_be_visible()
    expect(banner.locator("..")).to_contain_text(re.compile(r"data as of \d\d:\d\d"))
    # What was there is still there, and still answers the pointer.
    expect(plot).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="kept in sight")).to_be_visible()
    plot.hover(position={"x": 100, "y": 60})
    expect(page.get_by_text(re.compile("^step "))).to_be_visible()
    # Meanwhile somebody records.
    with aim.Run(run, repo=repo, resume=True) as again:
        again.track(0.125, name="loss", step=3)
    with aim.Run(repo=repo, experiment="digits", name="arrived meanwhile") as other:
        other.track_many("loss", [2.0, 1.0])
    server.start()
    expect(banner).to_have_count(0)
    wait_until(page, lambda: draws(plot) > before, "the chart is drawn with what came meanwhile")
    expect(plot).to_have_attribute("aria-label", re.compile(r"lowest 0\.125"))
    expect(page.get_by_role("row").filter(has_text="arrived meanwhile")).to_be_visible()


def test_search_without_a_server_can_be_tried_again(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(server.url + "/")
    expect(page.get_by_role("link", name=re.compile("kept in sight"))).to_be_visible()
    watch.expect_no_server()
    server.kill()
    expect(page.get_by_text("Server not reachable")).to_be_visible()
    page.get_by_role("link", name="Runs", exact=True).click()  # a page that has no data yet
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    server.start()
    page.get_by_role("button", name="Retry now").or_(page.locator("header")).first.click()
    expect(page.get_by_text("Server not reachable")).to_have_count(0)
    retry = page.get_by_role("button", name="Retry", exact=True)
    rows = page.get_by_role("rowheader")
    wait_until(page, lambda: retry.count() or rows.count(), "the page says what to do, or has its rows")
    if retry.count():
        retry.click()
    expect(rows).to_contain_text(["kept in sight"])


def test_a_note_written_without_a_server_is_kept(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(f"{server.url}/runs/{run}?tab=notes")
    page.get_by_role("button", name="Add a note").click()
    watch.expect_no_server()
    server.kill()
    expect(page.get_by_text("Server not reachable")).to_be_visible()
    page.get_by_role("textbox", name="Note, in Markdown").fill("written into the void")
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
    server.start()
    expect(page.get_by_text("Server not reachable")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Continue the draft").click()
    field = page.get_by_role("textbox", name="Note, in Markdown")
    expect(field).to_have_value("written into the void")
    field.press("End")
    field.press_sequentially(", and saved")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("article")).to_contain_text("written into the void, and saved")
