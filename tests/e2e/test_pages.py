"""Every page opens on recorded data, in both themes, with nothing wrong on the way and nothing serious for axe-core."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support import Server, Watch, chart, fetched_bytes, findings, settle

FIRST_LOAD_BYTES = 300_000


def pages_of(demo: SimpleNamespace) -> dict[str, str]:
    run = f"/runs/{demo.hashes['digits-3']}"
    return {
        "home": "/",
        "runs": "/runs",
        "metrics": "/metrics",
        "run": run,
        "run-params": f"{run}?tab=params",
        "run-metrics": f"{run}?tab=metrics",
        "run-notes": f"{run}?tab=notes",
        "failed-run": f"/runs/{demo.hashes['digits-broken']}",
        "trash": "/trash",
    }


PAGES = ["home", "runs", "metrics", "run", "run-params", "run-metrics", "run-notes", "failed-run", "trash"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(demo_url + pages_of(demo)[name])
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settle(page, watch)
    expect(page.get_by_role("alert").filter(has_not_text="FloatingPointError")).to_have_count(0)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]
    # Nothing but the grids and code scrolls sideways.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert findings(page) == []


def test_home_shows_what_is_recorded(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/")
    expect(page.get_by_text(f"{demo.runs} runs").first).to_be_visible()
    for name, run in demo.hashes.items():
        expect(page.locator(f"[data-run='{run}']")).to_contain_text(name)
    page.get_by_role("link", name=re.compile("^digits-broken ")).click()
    expect(page).to_have_url(f"{demo_url}/runs/{demo.hashes['digits-broken']}")
    expect(page.get_by_text("loss is not finite")).to_be_visible()
    expect(page.locator("header")).to_contain_text("failed")


def test_first_load_is_small(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/")
    settle(page, watch)
    sent = {suffix: fetched_bytes(page, suffix, encoded=True) for suffix in (".js", ".css")}
    assert sent[".js"] and sent[".css"]
    assert sum(map(sum, sent.values())) <= FIRST_LOAD_BYTES
    # They come compressed.
    assert all(sum(sizes) < sum(fetched_bytes(page, suffix)) / 2 for suffix, sizes in sent.items())
    # The page, its files, and a handful of questions.
    assert len(watch.requests) <= 15


def test_a_run_shows_its_metrics_and_params(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(f"{demo_url}/runs/{demo.hashes['digits-3']}")
    expect(page.get_by_role("heading", name="digits-3")).to_be_visible()
    page.get_by_role("tab", name="Metrics").click()
    expect(page).to_have_url(re.compile(r"tab=metrics"))
    chart(page, "loss")
    chart(page, "accuracy")
    expect(page.get_by_role("region", name="loss", exact=True)).to_contain_text("2 not finite")
    page.get_by_role("tab", name="Params").click()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("optimizer")
    expect(panel).to_contain_text("0.008")
    page.go_back()
    chart(page, "loss")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/nowhere", "nowhere"),
        ("/runs/000000000000000000000000", "There is no such run"),
        ("/runs/%3Cscript%3E", "There is no such run"),
    ],
)
def test_what_is_not_there_is_said(page: Page, watch: Watch, demo_url: str, path: str, says: str) -> None:
    watch.expect_status(404)
    watch.expect_status(400)
    page.goto(demo_url + path)
    expect(page.get_by_role("main")).to_contain_text(says)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


@pytest.mark.parametrize(
    "search",
    [
        "?x=nonsense&r=5:1&sm=7&out=abc&y.=log&ry.loss=1&a=x:y&zzz=1",
        "?q=%E0%A4&c=params.&d=run&f=,,,&gaps=9&pin=nobody",
        "?s=,,-&col=&col=metric:x|{&q=" + "%28" * 200,
    ],
)
@pytest.mark.parametrize("path", ["/runs", "/metrics"])
def test_a_garbled_address_still_gives_a_page(page: Page, watch: Watch, demo_url: str, path: str, search: str) -> None:
    watch.expect_status(400)
    page.goto(demo_url + path + search)
    expect(page.get_by_label("Query", exact=True)).to_be_visible()
    settle(page, watch)


def test_all_of_it_works_below_a_path(
    page: Page, watch: Watch, demo: SimpleNamespace, serve: Callable[..., Server], tmp_path: Path
) -> None:
    shutil.copytree(demo.path / ".aim", tmp_path / ".aim", ignore=shutil.ignore_patterns("web.json"))
    url = serve(tmp_path, "--base-path", "/aim/here", "--no-token").url
    page.goto(url + "/")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page).to_have_url(url + "/runs")
    page.get_by_role("row").filter(has_text="digits-5").get_by_role("link").click()
    expect(page.get_by_role("heading", name="digits-5")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="digits-5")).to_be_visible()
    assert all("/aim/here/" in r.url for r in watch.requests)
