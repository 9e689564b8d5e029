"""An empty repo says how to begin, and fills itself with demo data at the press of a button."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, findings, settle


def test_demo_data_are_recorded_at_the_press_of_a_button(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    page.goto(serve(repo, "--yes").url + "/")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.locator("pre")).to_have_text(re.compile(r"^import aim\nfor .*\n +aim\.track\(.*\)$"))
    expect(page.get_by_role("link", name="the API reference")).to_have_attribute("href", "/docs")
    settle(page, watch)
    assert findings(page) == []
    page.get_by_role("button", name="Create demo data").click()
    # It is seen how far it is, and the page fills meanwhile.
    expect(page.get_by_role("progressbar", name="Trainings recorded")).to_be_visible()
    expect(page.get_by_text("The last one is still running: watch it")).to_be_visible()
    expect(page.get_by_role("heading", name="Active", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("lr0.3-h32")).first).to_be_visible()
    page.get_by_role("link", name=re.compile("watch-me")).first.click()
    expect(page.get_by_role("heading", name="watch-me")).to_be_visible()
    expect(page.locator("strong").filter(has_text="half a minute")).to_be_visible()
    with aim.Repo(repo) as opened:
        assert len(list(opened.iter_runs())) == 7


def test_read_only_offers_no_demo(page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]) -> None:
    page.goto(serve(repo, "--yes", "--read-only").url + "/runs")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    settle(page, watch)
    expect(page.get_by_role("button", name="Create demo data")).to_have_count(0)
