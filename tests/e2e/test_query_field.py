"""The query field by keyboard: values that are really there, history, lines, the builder of filters."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, run_query


def test_values_are_completed_with_what_runs_have(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    field = page.get_by_label("Query", exact=True)
    field.press_sequentially("run.hparams.optimizer.name == a")
    option = page.get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_have_text(re.compile('"adam"4$'))
    field.press("Tab")
    expect(field).to_have_value('run.hparams.optimizer.name == "adam"')
    field.press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(4)
    # Inside quotes, too.
    field.fill("")
    field.press_sequentially('run.experiment == "wor')
    expect(option).to_have_text(re.compile('"words"2$'))
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value('run.experiment == "words"')


def test_the_up_arrow_recalls_what_was_asked(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    field = page.get_by_label("Query", exact=True)
    for query in ("run.name == 'digits-1'", "run.name == 'digits-2'"):
        run_query(page, query)
        expect(page.get_by_role("rowheader")).to_have_count(1)
    run_query(page, "")
    field.press("ArrowUp")
    expect(field).to_have_value("run.name == 'digits-2'")
    field.press("ArrowUp")
    expect(field).to_have_value("run.name == 'digits-1'")
    field.press("ArrowDown")
    expect(field).to_have_value("run.name == 'digits-2'")
    field.press("ArrowDown")
    expect(field).to_have_value("")
    field.press("ArrowUp")
    field.press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_role("rowheader")).to_contain_text("digits-2")


def test_shift_enter_makes_a_line_and_an_error_is_marked_on_it(page: Page, watch: Watch, demo_url: str) -> None:
    watch.expect_status(400)
    page.goto(demo_url + "/runs")
    field = page.get_by_label("Query", exact=True)
    field.press_sequentially("run.name == 'digits-1' or")
    field.press("Escape")
    field.focus()
    field.press("End")
    field.press("Shift+Enter")
    page.keyboard.type("run.name = 'digits-2'")
    expect(field).to_have_value("run.name == 'digits-1' or\nrun.name = 'digits-2'")
    expect(page).to_have_url(demo_url + "/runs")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("pre [class*=mark]")).to_have_text(re.compile("^="))


def test_the_builder_and_the_expression_stay_in_step(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    field = page.get_by_label("Query", exact=True)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Name", exact=True).fill("run.experiment")
    page.get_by_label("Value", exact=True).click()
    expect(page.get_by_role("listbox", name="Values there are").get_by_role("option")).to_have_count(3)
    page.get_by_label("Value", exact=True).fill("digits")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(field).to_have_value('run.experiment == "digits"')
    run_query(page, 'run.experiment == "digits" and run.hparams.lr > 0.01')
    expect(page.get_by_role("rowheader")).to_have_count(4)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("list", name="Filters of the query").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Remove run.hparams.lr > 0.01").click()
    expect(field).to_have_value('run.experiment == "digits"')
    expect(page.get_by_role("rowheader")).to_have_count(9)
