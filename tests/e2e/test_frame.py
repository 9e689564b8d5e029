"""The frame: the rail, its menu where there is little room, and pages in narrow and low windows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, findings, settle, wait_until
from tests.e2e.test_pages import pages_of

NARROW = {"narrow": (320, 640), "doubled": (640, 400), "medium": (800, 700)}
"""A phone; 1280 by 800 at 200 % zoom; a window beside another one."""


@pytest.mark.parametrize("name", ["home", "runs", "metrics", "run", "run-params", "run-metrics", "run-notes"])
def test_nothing_is_cut_off(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str, name: str) -> None:
    page.goto(demo_url + pages_of(demo)[name])
    for width, height in NARROW.values():
        page.set_viewport_size({"width": width, "height": height})
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        settle(page, watch)
        # Right edges beyond the window, save for what lies in something that scrolls sideways.
        cut = page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter((e) => {
              const r = e.getBoundingClientRect()
              if (r.width === 0 || r.right <= innerWidth + 1) return false
              for (let p = e; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p !== e
                && p.matches('[role=grid], [role=group], pre, [class*=code]')) return false
              return getComputedStyle(e).position !== 'absolute' || e.matches('button')
            }).map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`).slice(0, 5)"""
        )
        assert cut == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert findings(page) == []


@pytest.mark.parametrize("size", NARROW)
def test_the_rail_is_a_menu_where_there_is_little_room(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str, size: str
) -> None:
    width, height = NARROW[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(demo_url + "/")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    menu = page.get_by_role("button", name="Menu", exact=True)
    menu.click()
    page.get_by_role("menuitemradio", name="Metrics").click()
    expect(page).to_have_url(demo_url + "/metrics")
    menu.click()
    page.get_by_role("menuitem", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    menu.click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("menuitemradio", name="Runs").click()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(demo.runs + 1))


def test_controls_wait_behind_a_button_on_a_phone(page: Page, watch: Watch, demo_url: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(demo_url + "/metrics")
    smoothing = page.get_by_role("button", name="Smoothing none")
    expect(smoothing).to_be_hidden()
    page.get_by_role("button", name="Controls").click()
    expect(smoothing).to_be_visible()


def test_the_rail_opens_to_labels(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    rail = page.get_by_role("navigation", name="Pages")

    def is_wide(width: int) -> None:
        wait_until(page, lambda: (rail.bounding_box() or {}).get("width") == width, f"the rail is {width} pixels wide")

    is_wide(48)
    page.keyboard.press("[")
    expect(rail.get_by_text("Metrics")).to_be_visible()
    is_wide(200)
    page.reload()
    is_wide(200)
    expect(page.get_by_role("rowheader").first).to_be_visible()
    page.keyboard.press("[")
    is_wide(48)
