"""Searching: queries that cannot be parsed, that take long, that are stopped."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

import aim
from benchmarks.corpus import Corpus, write
from tests.e2e.support import Server, Watch, chart, run_query, settle, wait_until

RUNS = 3_000
SLOW = " or ".join(f"lr+{i}<len(run.tags)" for i in range(600))
"""Decided row by row, and slowly: 12 s for RUNS on two cores of 2026, so it never ends before it is stopped."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    path: Path = tmp_path_factory.mktemp("searched")
    write(Corpus(RUNS, sequences=1, points=2, markers=False), path)
    server = Server(path).start()
    while json.load(urlopen(server.url + "/api/v1/info"))["catching_up"]:
        time.sleep(0.05)
    yield server
    server.stop()


def test_runs_opened_on_a_broken_query_show_all(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    watch.expect_status(400)
    page.goto(f"{demo_url}/runs?" + urlencode({"q": "params.lr > and 1"}))
    field = page.get_by_label("Query", exact=True)
    expect(field).to_have_value("params.lr > and 1")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("unexpected 'and'")
    expect(page.locator("pre [class*=mark]")).to_have_text("and")
    expect(page.get_by_role("note")).to_contain_text("could not be parsed")
    expect(page.get_by_role("note")).to_contain_text("Showing all runs")
    expect(page.get_by_role("rowheader")).to_have_count(demo.runs)
    expect(page.locator("header")).to_contain_text(f"{demo.runs} of {demo.runs} runs")


def test_metrics_opened_on_a_broken_query_show_the_newest_runs(page: Page, watch: Watch, demo_url: str) -> None:
    watch.expect_status(400)
    page.goto(f"{demo_url}/metrics?" + urlencode({"q": "loss if"}))
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("Showing the newest runs")
    chart(page, "loss · subset=val")
    expect(page.get_by_text("newest runs of digits")).to_be_visible()


def test_the_last_good_result_stays_under_a_broken_query(page: Page, watch: Watch, demo_url: str) -> None:
    watch.expect_status(400)
    page.goto(f"{demo_url}/runs")
    run_query(page, "run.experiment == 'words'")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    run_query(page, "run.experiment ==")
    expect(page.get_by_role("note")).to_contain_text("the last result, of run.experiment == 'words'")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.go_back()
    expect(page.get_by_role("note")).to_have_count(0)
    expect(page.get_by_role("rowheader")).to_have_count(2)


def test_a_search_of_runs_is_one_question(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(f"{demo_url}/runs")
    settle(page, watch)
    asked = len(watch.requests)
    run_query(page, "run.experiment == 'words'")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    settle(page, watch)
    # The reader waits once: the columns, and what others there are, come with the rows.
    assert [call for call in watch.calls(asked) if call.startswith("POST runs/")] == ["POST runs/search"]
    expect(page.get_by_role("columnheader", name="loss train")).to_be_visible()


def test_a_broken_query_is_not_asked_again_by_what_happens_elsewhere(
    page: Page, watch: Watch, repo: Path, serve: object
) -> None:
    with aim.Run(repo=repo, name="first") as run:
        run.track(1.0, name="loss", step=0)
    watch.expect_status(400)
    url = serve(repo).url  # type: ignore[operator]
    page.goto(f"{url}/runs?q=lr+%3E")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    settle(page, watch)

    def refused() -> int:
        return sum((r.post_data or "").find("lr >") >= 0 for r in watch.requests)

    asked = refused()
    with aim.Run(repo=repo, name="second") as run:
        run.track(1.0, name="loss", step=0)
    # What is shown in its place goes on living.
    expect(page.get_by_role("rowheader")).to_have_count(2)
    assert refused() == asked


def test_a_long_search_shows_how_far_it_is_and_stops(page: Page, watch: Watch, large: Server) -> None:
    page.goto(large.url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    run_query(page, SLOW)
    said = page.get_by_role("status").filter(has_text="searched")
    expect(said).to_contain_text(re.compile(r"searched [\d\s]+ of 3\s?000 runs"))
    expect(page.get_by_role("rowheader").first).to_be_visible()  # the old result stays
    page.keyboard.press("Escape")
    expect(page.get_by_text("Search stopped")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    stopped = len(watch.calls())
    run_query(page, "run.name == 'run-7'")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_text("Search stopped")).to_have_count(0)
    assert len(watch.calls()) > stopped


def test_a_search_stopped_before_its_first_result_can_be_taken_up(page: Page, watch: Watch, large: Server) -> None:
    page.goto(large.url + "/metrics?" + urlencode({"q": SLOW}))
    expect(page.get_by_text(re.compile(r"^searched [\d,]+ of "))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Stop ")).click()
    expect(page.get_by_role("heading", name=re.compile("^Search stopped after"))).to_be_visible()
    page.get_by_role("button", name="Search again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()


def test_typing_stops_the_search_before(page: Page, watch: Watch, large: Server) -> None:
    page.goto(large.url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    run_query(page, SLOW)
    expect(page.get_by_role("progressbar")).to_be_visible()
    ended: list[str] = []
    page.on("requestfailed", lambda request: ended.append(request.url))
    page.get_by_label("Query", exact=True).press("End")
    page.keyboard.type(" ")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    wait_until(page, lambda: ended, "the request is given up")
