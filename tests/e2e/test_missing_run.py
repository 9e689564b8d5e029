"""The page of a run that was deleted, archived, or never was here offers what is possible, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.support import Server, Watch, findings, settle


def test_a_deleted_run_is_restored_from_its_own_page(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    url = serve(repo).url
    page.goto(f"{url}/runs/{run}")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This run was deleted")).to_be_visible()
    assert not (repo / ".aim" / "runs" / run).exists()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("brisk-otter")
    expect(page.get_by_role("main")).to_contain_text("experiment digits")
    settle(page, watch)
    assert findings(page) == []
    page.get_by_role("button", name="Restore from the trash").click()
    expect(page.get_by_role("tab", name="Metrics")).to_be_visible()
    assert (repo / ".aim" / "runs" / run).is_dir()


def test_a_run_deleted_by_somebody_else_says_so(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    page.goto(f"{serve(repo).url}/runs/{run}")
    expect(page.get_by_role("tab", name="Metrics")).to_be_visible()
    (repo / ".aim" / "trash").mkdir()
    (repo / ".aim" / "runs" / run).rename(repo / ".aim" / "trash" / run)
    expect(page.get_by_text("This run was deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Restore from the trash")).to_be_visible()


def test_a_run_that_never_was_here_offers_no_restore(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    watch.expect_status(404)
    url = serve(repo).url
    for text in ("0" * 24, "%3Cscript%3E", "brisk-oter", run[:23] + ("0" if run[23] != "0" else "1")):
        page.goto(f"{url}/runs/{text}")
        expect(page.get_by_text("There is no such run in this repo")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Restore"))).to_have_count(0)
    settle(page, watch)
    assert findings(page) == []
    page.get_by_role("link", name=re.compile("brisk-otter")).click()
    expect(page).to_have_url(f"{url}/runs/{run}")
    page.goto(f"{url}/runs/{'0' * 24}")
    page.get_by_role("main").get_by_role("textbox", name="Search").fill("brisk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader")).to_contain_text(["brisk-otter"])


def test_the_beginning_of_a_hash_opens_its_run(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    watch.expect_status(404)
    url = serve(repo).url
    page.goto(f"{url}/runs/{run[:8]}")
    expect(page.get_by_role("heading", name="brisk-otter")).to_be_visible()
    expect(page).to_have_url(f"{url}/runs/{run}")


def test_an_archived_run_says_so_and_comes_back(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    url = serve(repo).url
    page.goto(f"{url}/runs/{run}")
    page.get_by_role("button", name="Archive").click()
    notice = page.get_by_role("status").filter(has_text="This run is archived")
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Restore").click()
    expect(notice).to_have_count(0)


def test_read_only_says_how_a_deleted_run_is_restored(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    (repo / ".aim" / "trash").mkdir()
    (repo / ".aim" / "runs" / run).rename(repo / ".aim" / "trash" / run)
    page.goto(f"{serve(repo, '--read-only').url}/runs/{run}")
    expect(page.get_by_text(f"aim runs restore {run}")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Restore"))).to_have_count(0)
