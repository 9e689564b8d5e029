"""The trash: deleted runs are found from the palette and from Runs, and restored with the mouse or the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, findings, settle


@pytest.fixture
def trashed(tmp_path: Path, serve: Callable[..., Server]) -> tuple[Server, aim.Repo]:
    for name in ("good", "bad", "worse", "worst"):
        with aim.Run(repo=tmp_path, experiment="digits", name=name) as run:
            run.track(1.0, name="loss")
    repo = aim.Repo(tmp_path)
    repo.delete_runs([run for run in repo.query_runs("") if run.name != "good"])
    return serve(tmp_path), repo


def test_deleted_runs_are_listed_and_restored(page: Page, watch: Watch, trashed: tuple[Server, aim.Repo]) -> None:
    server, repo = trashed
    page.goto(f"{server.url}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").or_(
        page.get_by_role("dialog").get_by_role("textbox")
    ).first.fill("trash")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/trash")
    grid = page.get_by_role("grid", name="Trash")
    expect(grid.get_by_role("rowheader")).to_have_count(3)
    expect(page.locator("header")).to_contain_text("3 deleted runs")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        settle(page, watch)
        assert findings(page) == []

    page.screenshot(path="/tmp/tables_trash.png")
    page.get_by_role("button", name="Restore worse").click()
    expect(grid.get_by_role("rowheader")).to_have_count(2)
    assert {run.name for run in repo.query_runs("")} == {"good", "worse"}
    # Undo puts it back.
    page.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("rowheader")).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Restore 1", exact=True).click()
    expect(grid.get_by_role("rowheader")).to_have_count(2)
    page.get_by_role("button", name="Restore all").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert {run.name for run in repo.query_runs("")} == {"good", "bad", "worse", "worst"}
    assert repo.trashed_runs() == []

    page.goto(f"{server.url}/runs")
    page.get_by_role("button", name="Trash").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
