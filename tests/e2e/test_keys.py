"""Keys of every page, undo, and turning them off."""

from __future__ import annotations

from types import SimpleNamespace

from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, chart


def test_undo_and_redo_go_through_the_views_and_not_out_of_the_app(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto("about:blank")
    page.goto(f"{demo_url}/metrics?sm=0.6&gaps=1")
    chart(page, "loss · subset=val")
    page.get_by_role("button", name="Reset Smoothing").click()
    expect(page).to_have_url(f"{demo_url}/metrics?gaps=1")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(f"{demo_url}/runs")
    page.keyboard.press("Control+z")
    expect(page).to_have_url(f"{demo_url}/metrics?gaps=1")
    page.keyboard.press("Control+z")
    expect(page).to_have_url(f"{demo_url}/metrics?sm=0.6&gaps=1")
    expect(page.get_by_text("0.6 ema")).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+Z")
    expect(page).to_have_url(f"{demo_url}/metrics?gaps=1")
    # In a text field they are the field's own.
    field = page.get_by_label("Query", exact=True)
    field.press_sequentially("los")
    field.press("Control+z")
    expect(page).to_have_url(f"{demo_url}/metrics?gaps=1")


def test_all_keys_can_be_turned_off(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    expect(page.get_by_role("rowheader")).to_have_count(demo.runs)
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Settings").click()
    page.get_by_role("menuitemradio", name="Off").click()
    page.keyboard.press("Escape")
    for key in ("?", "Control+k", "g", "m", "[", "Shift+D", "/"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Query", exact=True)).not_to_be_focused()
    expect(page).to_have_url(demo_url + "/runs")
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Settings").click()
    page.get_by_role("menuitemradio", name="On").click()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
