"""The server is killed under the page, and comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, draws, settle, wait_until


def lose(page: Page, watch: Watch, server: Server) -> None:
    """Kill the server; the page has noticed when this returns."""
    watch.expect_no_server()
    server.kill()
    expect(page.get_by_text("Server not reachable")).to_be_visible()


def rename(page: Page, name: str) -> None:
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.keyboard.press("Enter")


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
    expect(page.get_by_role("row").filter(has_text="brisk-otter")).to_be_visible()
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
    expect(page.get_by_role("link", name=re.compile("brisk-otter"))).to_be_visible()
    lose(page, watch, server)
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
    expect(rows).to_contain_text(["brisk-otter"])


def test_metrics_says_that_a_result_is_that_of_an_earlier_query(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(server.url + "/metrics?q=loss")
    plot = chart(page, "loss")
    settle(page, watch)
    lose(page, watch, server)
    query = page.get_by_label("Query", exact=True)
    query.fill("acc")
    query.press("Enter")
    said = page.get_by_role("alert").filter(has_text="Showing the last result, of loss")
    expect(said).to_be_visible()
    expect(plot).to_be_visible()
    server.start()
    expect(page.get_by_text("Server not reachable")).to_have_count(0)
    said.get_by_role("button", name="Search again").click()
    expect(said).to_be_hidden()
    expect(page.get_by_text("acc", exact=True).first).to_be_visible()


def test_what_is_changed_without_a_server_is_sent_once_when_it_is_back(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(f"{server.url}/runs/{run}?tab=notes")
    expect(page.get_by_role("button", name="Add a note")).to_be_visible()
    lose(page, watch, server)
    rename(page, "renamed in the dark")
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_role("textbox", name="New tag").fill("dark")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add a note").click()
    page.get_by_role("textbox", name="Note, in Markdown").fill("written into the void")
    expect(page.get_by_text("Kept here until the server is back")).to_be_visible()
    # It is shown as it will be, and said that it is not there yet.
    expect(page.get_by_role("heading", level=1)).to_have_text("renamed in the dark")
    waiting = page.get_by_role("region", name="Changes not sent")
    expect(waiting).to_contain_text("3 changes kept in this browser")
    server.start()
    expect(waiting).to_have_count(0)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert _written(repo, run) == [("name", "renamed in the dark"), ("tag", "dark"), ("note", "written into the void")]


def test_changes_outlive_the_page(page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]) -> None:
    server = serve(repo)
    page.goto(f"{server.url}/runs/{run}?tab=notes")
    page.get_by_role("button", name="Add a note").click()
    lose(page, watch, server)
    page.get_by_role("textbox", name="Note, in Markdown").fill("written into the void")
    expect(page.get_by_text("Kept here until the server is back")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("This run is archived")).to_be_visible()
    page.goto("about:blank")
    server.start()
    page.goto(server.url + "/")  # any page will do
    wait_until(page, lambda: len(_written(repo, run)) >= 2, "what waited is in the run directory")
    page.goto(f"{server.url}/runs/{run}?tab=notes")
    expect(page.get_by_role("article")).to_contain_text("written into the void")
    expect(page.get_by_text("This run is archived")).to_be_visible()
    page.reload()
    expect(page.get_by_role("article")).to_have_count(1)
    assert _written(repo, run) == [("note", "written into the void"), ("archived", True)]


def test_what_somebody_else_changed_meanwhile_is_shown_beside_it(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    watch.expect_status(409)
    server = serve(repo)
    page.goto(f"{server.url}/runs/{run}")
    expect(page.get_by_role("button", name="Rename")).to_be_visible()
    lose(page, watch, server)
    rename(page, "my name for it")
    with aim.Repo(repo) as opened:
        stored = opened.get_run(run)
        assert stored is not None
        stored.name = "their name for it"
    server.start()
    alert = page.get_by_role("alert").filter(has_text="Someone else changed this name meanwhile")
    expect(alert).to_contain_text("my name for it")
    expect(alert).to_contain_text("their name for it")
    expect(page.get_by_role("heading", level=1)).to_have_text("their name for it")
    page.reload()  # nobody has to decide at once
    alert.get_by_role("button", name="Keep mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("my name for it")
    expect(alert).to_have_count(0)
    # What is shown is not yet what is written.
    wait_until(page, lambda: ("name", "my name for it") in _written(repo, run), "my name is in the run directory")
    assert [value for what, value in _written(repo, run) if what == "name"] == ["their name for it", "my name for it"]


def _written(repo: Path, run: str) -> list[tuple[str, Any]]:
    """What was changed of a run since it was recorded, in order."""
    found: list[tuple[float, str, Any]] = []
    for path in (repo / ".aim" / "runs" / run).glob("*.events.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            event = json.loads(line)
            if event["type"] == "set":
                found.append((event["time"], event["field"], event["value"]))
            elif event["type"] == "tag":
                found.append((event["time"], "tag", *event["add"]))
            elif event["type"] == "note":
                found.append((event["time"], "note", event["text"]))
    return [(what, value) for _, what, value in sorted(found, key=lambda item: item[0])]


def test_a_server_of_another_version_asks_to_load_the_page_again(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    server = serve(repo)
    page.goto(server.url + "/runs")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    settle(page, watch)
    watch.expect_no_server()
    server.stop()
    expect(page.get_by_text("Server not reachable")).to_be_visible()
    server.version = "99.0"
    server.start()
    banner = page.get_by_role("status").filter(has_text="A new version is running")
    expect(banner).to_be_visible(timeout=30_000)
    expect(page.get_by_role("rowheader")).to_have_count(1)
    banner.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_text("A new version is running")).to_have_count(0)
