"""A repo of 10,000 runs: what is asked for, fetched and put into the page stays small."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.corpus import Corpus, write
from tests.e2e.support import Server, Watch, center, chart, draws, fetched_bytes, run_query, settle, wait_until

RUNS = 10_000
CELLS = 1_500
"""In the page at any time: some 45 rows of some 16 columns, with room to spare."""
ROW_BYTES = 2_000


@pytest.fixture(scope="module")
def large_url(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    path: Path = tmp_path_factory.mktemp("large")
    write(Corpus(RUNS, sequences=2, points=20, markers=False, params=94), path)
    server = Server(path).start()
    while json.load(urlopen(server.url + "/api/v1/info"))["catching_up"]:
        time.sleep(0.05)
    yield server.url
    server.stop()


def post(url: str, body: object) -> Any:
    headers = {"Content-Type": "application/json", "X-Aim": "1"}
    return json.load(urlopen(Request(url, json.dumps(body).encode(), headers)))


def cells(page: Page) -> int:
    return page.locator("[role=gridcell], [role=rowheader], [role=columnheader]").count()


def test_runs_are_windowed_and_paged(page: Page, watch: Watch, large_url: str) -> None:
    page.goto(large_url + "/runs")
    expect(page.locator("header")).to_contain_text(re.compile(r"10.000 of 10.000 runs"))
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", str(RUNS + 1))
    expect(page.get_by_role("rowheader").first).to_contain_text(f"run-{RUNS - 1}")
    settle(page, watch)
    assert cells(page) <= CELLS
    assert len(watch.calls()) <= 8, watch.calls()
    limits = [r.post_data_json["limit"] for r in watch.requests if r.url.endswith("/runs/search")]
    assert limits and max(limits) <= 100
    assert max(fetched_bytes(page, "/runs/search")) <= 100 * ROW_BYTES

    # To the very end with the keyboard, and somewhere with the wheel: no row stays empty.
    asked = len(watch.requests)
    grid.focus()
    page.keyboard.press("Control+End")
    expect(page.get_by_role("rowheader").last).to_have_text(re.compile(r"run-0$"))
    grid.evaluate("(e) => e.scrollTo(0, e.scrollHeight / 2)")
    middle = page.get_by_role("rowheader").filter(has_text=re.compile(r"run-50\d\d"))
    expect(middle.first).to_be_visible()
    settle(page, watch)
    expect(page.get_by_role("rowheader").filter(has_text="…")).to_have_count(0)
    assert cells(page) <= CELLS
    assert len([c for c in watch.calls(asked) if c == "POST runs/search"]) <= 6


def test_a_hundred_columns_are_windowed(page: Page, watch: Watch, large_url: str) -> None:
    found = post(large_url + "/api/v1/runs/columns", {})
    columns = [param["path"] for param in found["params"]]
    columns += [
        f"metric:{m['name']}|{m['context']}|{what}" for m in found["metrics"] for what in ("last", "min", "max")
    ]
    assert len(columns) == 100
    page.goto(large_url + "/runs?" + "&".join(f"col={quote(column, safe='')}" for column in columns))
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-colcount", "106")
    expect(page.get_by_role("rowheader").first).to_contain_text(f"run-{RUNS - 1}")
    assert cells(page) <= CELLS
    # Down and to the side at once: what is there is bounded, and its places are told.
    for step in range(1, 30):
        grid.evaluate("(e, n) => e.scrollTo(n * 97, n * 913)", step)
        assert cells(page) <= CELLS
    expect(page.get_by_role("rowheader").filter(has_text="…")).to_have_count(0)
    settle(page, watch)

    def are_in_order() -> bool:  # once the scrolling has come to rest
        rows = page.evaluate("[...document.querySelectorAll('[role=row]')].map((e) => Number(e.ariaRowIndex))")
        return rows[0] == 1 and rows == sorted(set(rows))

    wait_until(page, are_in_order, "each row is there once, in its order")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+End")
    # Named again once the rows around it are in the page.
    expect(grid).to_have_attribute("aria-activedescendant", re.compile(f"-{RUNS - 1}-105$"))
    active = page.locator(f"[id='{grid.get_attribute('aria-activedescendant')}']")
    expect(active).to_have_attribute("aria-colindex", "106")
    expect(active.locator("xpath=ancestor::*[@role='row']")).to_have_attribute("aria-rowindex", str(RUNS + 1))
    assert max(fetched_bytes(page, "/runs/search")) <= 100 * ROW_BYTES


def test_search_among_many(page: Page, watch: Watch, large_url: str) -> None:
    page.goto(large_url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    run_query(page, "run.hparams.lr > 0.99")
    expect(page.locator("header")).to_contain_text(re.compile(r"^Runs\s*100 of 10.000 runs"))
    page.get_by_role("columnheader", name=re.compile("^Run$")).click()
    expect(page.get_by_role("columnheader", name=re.compile("^Run"))).to_have_attribute("aria-sort", "ascending")
    settle(page, watch)
    assert cells(page) <= CELLS


def test_metrics_of_many_runs(page: Page, watch: Watch, large_url: str) -> None:
    page.goto(large_url + "/metrics?q=loss+if+context.subset+==+train+and+params.lr+>+0.9")
    plot = chart(page, "loss · subset=train")
    settle(page, watch)
    expect(page.locator("header")).to_contain_text(re.compile("999 of 10.000 runs"))
    # Each point once: 1,000 lines of 20 points, 4 bytes each, and names that say whose they are.
    # (A request from before the chart had its width was taken back, and brought nothing.)
    frames = [size for size in fetched_bytes(page, "/metrics/frame") if size]
    assert len(frames) == 1 and frames[0] <= 1_000 * (20 * 4 + 400)
    assert cells(page) <= CELLS
    before, asked = draws(plot), len(watch.requests)
    x, y = center(plot, 0.2)
    for i in range(30):
        page.mouse.move(x + 10 * i, y)
    wait_until(page, lambda: page.locator("[role=row][data-hover], [data-cross]:not(:empty)").count(), "the hover")
    assert draws(plot) == before
    # Where the pointer rests, the one point is asked for.
    assert set(watch.calls(asked)) <= {"POST metrics/point"}


def test_home_is_small(page: Page, watch: Watch, large_url: str) -> None:
    page.goto(large_url + "/")
    expect(page.get_by_role("link", name=re.compile(f"run-{RUNS - 1}"))).to_be_visible()
    settle(page, watch)
    assert page.locator("*").count() <= 1_500
    assert len(watch.calls()) <= 5
