"""The runs table: its columns, their menus, what goes out of it, and the panel beside it; all of it in the address."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, findings, settle, wait_until

DIGITS = '/runs?q=run.experiment+==+"digits"'


def head(page: Page, column: str) -> Locator:
    return page.locator(f"[role=columnheader][data-column='{column}']")


def open_menu(page: Page, column: str) -> Locator:
    head(page, column).hover()
    head(page, column).get_by_role("button").click()
    return page.get_by_role("dialog")


def titles(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('[role=columnheader]')]"
        ".sort((a, b) => a.ariaColIndex - b.ariaColIndex).map((e) => e.innerText.trim().replace(/\\s*[↑↓]\\d?$/, ''))"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_menu_of_a_column(page: Page, watch: Watch, demo_url: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(demo_url + DIGITS)
    expect(page.get_by_role("rowheader").first).to_be_visible()
    menu = open_menu(page, "hparams.lr")
    menu.get_by_role("button", name="Histogram of values").click()
    bars = menu.get_by_role("button", name=re.compile(r"^Filter to .* runs$"))
    expect(bars.first).to_be_visible()
    assert findings(page) == []
    menu.get_by_role("menuitemcheckbox", name="Colour by value").click()
    expect(page).to_have_url(re.compile("heat=hparams.lr"))
    wait_until(
        page,
        lambda: page.evaluate(
            "[...document.querySelectorAll('[role=gridcell]')].filter((e) => e.style.background).length > 3"
        ),
        "cells are coloured",
    )
    assert findings(page) == []
    menu = open_menu(page, "hparams.lr")
    menu.get_by_role("button", name="Histogram of values").click()
    bars.first.click()
    expect(page.locator("header")).to_contain_text(re.compile(r"Runs\s*1 of 12 runs"))
    expect(page.get_by_label("Query", exact=True)).to_have_value(re.compile("params.lr"))
    page.go_back()
    expect(page.locator("header")).to_contain_text(re.compile(r"Runs\s*(9|8|10) of 12 runs"))


def test_columns_are_pinned_moved_hidden_and_resized_in_the_address(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + DIGITS)
    expect(head(page, "hparams.lr")).to_be_visible()
    open_menu(page, "hparams.lr").get_by_role("menuitemcheckbox", name="Pin left").click()
    expect(head(page, "hparams.lr")).to_have_attribute("aria-colindex", "2")
    open_menu(page, "@status").get_by_role("menuitem", name="Hide").click()
    expect(head(page, "@status")).to_have_count(0)
    open_menu(page, "@experiment").get_by_role("menuitem", name="Move right").click()
    settle(page, watch)
    expect(head(page, "@created")).to_have_attribute("aria-colindex", "3")
    expect(head(page, "@experiment")).to_have_attribute("aria-colindex", "4")

    def width_of_created() -> float:
        return head(page, "@created").bounding_box()["width"]

    width = width_of_created()
    grip = head(page, "@created").locator("[data-grip]")
    box = grip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, box["y"] + 8, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"w\.@created=|w\.%40created="))
    wait_until(page, lambda: width_of_created() == pytest.approx(width + 60, abs=2), "the column has its new width")
    there = titles(page)
    assert there[:4] == ["Run", "lr", "Created", "Experiment"] and "Status" not in there
    page.reload()
    expect(head(page, "hparams.lr")).to_have_attribute("aria-colindex", "2")
    wait_until(page, lambda: titles(page) == there, "the same columns")
    page.locator("[role=columnheader][data-column='@created'] [data-grip]").dblclick()
    expect(page).not_to_have_url(re.compile(rf"created={width + 60:.0f}"))
    wait_until(page, lambda: width_of_created() < width + 30, "the column fits its cells")


def test_picker_finds_columns_and_those_that_differ(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + DIGITS)
    page.get_by_role("button", name=re.compile("^Columns")).click()
    picker = page.get_by_role("dialog", name="Columns")
    picker.get_by_label("Find a column").fill("loss")
    expect(picker.get_by_role("checkbox", name=re.compile("best .lowest.")).first).to_be_visible()
    assert findings(page) == []
    picker.get_by_role("checkbox", name=re.compile("best .lowest.")).first.check()
    expect(page).to_have_url(re.compile("best"))
    picker.get_by_label("Find a column").fill("")
    expect(picker.get_by_role("checkbox", name="Status")).to_be_visible()
    boxes = picker.get_by_role("checkbox").count()
    picker.get_by_role("checkbox", name="Only columns that differ").check()
    expect(picker.get_by_role("checkbox", name="Status")).to_have_count(0)
    assert picker.get_by_role("checkbox").count() < boxes
    page.keyboard.press("Escape")
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("columnheader", name=re.compile("loss .*best ↓"))).to_have_count(1)


def test_a_metric_at_a_step_and_its_best(page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]) -> None:
    with aim.Run(repo=repo, name="one") as run:
        for step, value in ((0, 5.0), (10, 1.5), (20, 3.25)):
            run.track(value, name="loss", step=step)
    page.goto(serve(repo).url + "/runs")
    column = "metric:loss|{}|last"
    open_menu(page, column).get_by_role("menuitemradio", name="best is the lowest").click()
    expect(page.get_by_role("gridcell", name="1.500")).to_be_visible()
    menu = open_menu(page, "metric:loss|{}|best:min")
    menu.get_by_label("at step").fill("12")
    menu.get_by_role("button", name="Show").click()
    expect(head(page, "metric:loss|{}|at:12")).to_have_text("loss @12")
    expect(page.get_by_role("gridcell", name="1.500")).to_be_visible()
    head(page, "metric:loss|{}|at:12").click()
    expect(head(page, "metric:loss|{}|at:12")).to_have_attribute("aria-sort", "ascending")


def test_up_to_three_columns_sort_together(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + DIGITS)
    for column in ("@experiment", "@status", "@duration", "@created"):
        head(page, column).click(modifiers=["Shift"])
    expect(head(page, "@created")).to_have_attribute("aria-sort", re.compile("ending"))
    settle(page, watch)
    expect(page.locator("[role=columnheader][aria-sort$=ending]")).to_have_count(3)


def test_export_holds_all_that_match(page: Page, watch: Watch, demo_url: str, demo: SimpleNamespace) -> None:
    page.goto(demo_url + DIGITS)
    expect(page.get_by_role("rowheader").first).to_be_visible()
    shown = page.get_by_role("grid").get_attribute("aria-rowcount")
    for kind in ("CSV", "JSON"):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"{kind} .{kind.lower()}").click()
        text = Path(download.value.path()).read_text()
        rows = json.loads(text) if kind == "JSON" else list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == int(shown or 0) - 1
        assert {row["experiment"] for row in rows} == {"digits"}


def test_nested_params_and_notes_stand_beside_the_table(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    with aim.Run(repo=repo, name="nested") as run:
        run["hparams"] = {"layers": [16, 32, {"width": 64}], "lr": 0.1}
    page.goto(serve(repo).url + "/runs?col=hparams.layers&col=@description")
    page.get_by_role("gridcell", name=re.compile("16,32")).click()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("layers")
    expect(panel).to_contain_text("0.1")
    expect(page).to_have_url(re.compile("/runs"))
    assert findings(page) == []
    panel.get_by_role("tab", name="Notes").click()
    expect(panel.get_by_role("tabpanel")).to_be_visible()
    panel.get_by_role("button", name="Close the panel").click()
    expect(panel).to_have_count(0)
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("o")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    # The description is edited in its cell.
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    page.keyboard.press("F2")
    expect(page.get_by_role("textbox", name="Description")).to_be_focused()
    page.keyboard.type("what this was for")
    page.keyboard.press("Enter")
    folder = repo / ".aim" / "runs" / run.hash
    wait_until(
        page,
        lambda: any("what this was for" in path.read_text() for path in folder.glob("*.events.jsonl")),
        "the description is in a file",
    )


def test_archived_runs_are_restored_together(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    for i in range(2):
        with aim.Run(repo=repo, name=f"run-{i}") as run:
            run.archived = True
    page.goto(serve(repo).url + "/runs?q=run.archived")
    rows = page.get_by_role("rowheader")
    expect(rows).to_have_count(2)
    for i in range(2):
        rows.nth(i).locator("[data-check]").click()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Restore").click()
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(rows).to_have_count(2)
