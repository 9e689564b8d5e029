"""The keyboard reaches what the mouse does, and what opens over a page is accessible as well."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, chart, draws, findings, settle, wait_until


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_is_accessible(page: Page, watch: Watch, demo_url: str, scheme: str) -> None:
    watch.expect_status(400)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(demo_url + '/metrics?q=run.experiment+==+"digits"&c=params.hparams.optimizer.name&sm=0.6&a=mean')
    plot = chart(page, "loss · subset=train")
    settle(page, watch)
    plot.hover(position={"x": 200, "y": 100})
    page.get_by_role("button").filter(has=page.get_by_text("Colour", exact=True)).click()
    expect(page.get_by_role("dialog", name="Colour")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    field = page.get_by_label("Query", exact=True)
    field.fill("loss if nonsense(")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page) == []


def test_keys_lead_through_the_pages(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(demo_url + "/runs")
    page.keyboard.press("/")
    field = page.get_by_label("Query", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type('run.experiment == "digits" and run.hparams.lr > 0.01')
    page.keyboard.press("Escape")
    if not page.evaluate("document.activeElement.matches('textarea')"):
        field.focus()
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("4 of 12 runs")
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 selected")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo_url}/runs/{demo.hashes['digits-6']}")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Params")).to_be_focused()
    expect(page).to_have_url(re.compile("tab=params"))
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("/metrics$"))
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(demo_url + "/")
    page.keyboard.press("Shift+D")
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("light|dark"))


def test_a_chart_by_the_keyboard(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=loss+if+context.subset+==+val")
    plot = chart(page, "loss · subset=val")
    settle(page, watch)
    before = draws(plot)
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=row][data-hover]").first).to_be_visible()
    assert draws(plot) == before
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"r=\d"))
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile(r"[?&]r="))
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile(r"y\.loss=log"))
    wait_until(page, lambda: draws(plot) > before, "the chart is drawn on a log axis")


def test_palette_finds_runs(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("digits-4")
    expect(page.get_by_role("dialog").get_by_text("digits-4").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo_url}/runs/{demo.hashes['digits-4']}")


@pytest.mark.parametrize("width", [320, 640, 800])
def test_narrow_pages_do_not_scroll_sideways(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    for path in ("/", "/runs", "/metrics", f"/runs/{demo.hashes['digits-3']}"):
        page.goto(demo_url + path)
        settle(page, watch)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
