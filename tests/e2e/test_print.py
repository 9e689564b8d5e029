"""On paper: all rows and charts of a page, in light colours, with nothing squeezed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, chart, settle, wait_until

PAGE = b"/Type /Page\n"


def _printed(page: Page) -> bytes:
    """What Ctrl+P prints, once the page says that it is ready."""
    page.keyboard.press("Control+p")
    wait_until(page, lambda: page.evaluate("window.asked"), "the page asks to be printed")
    return page.pdf(prefer_css_page_size=True)


def test_metrics_and_a_run_print_completely(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1280, "height": 500})
    page.add_init_script("window.print = () => { window.asked = window.look() }")
    # At the moment of printing: afterwards the page is as it was.
    page.add_init_script(
        """window.look = () => ({
          rows: [...document.querySelectorAll('[role=rowheader]')].map((e) => e.innerText.trim()),
          charts: [...document.querySelectorAll('[data-chart]')].map((e) => ({
            draws: Number(e.dataset.baseDraws), label: e.ariaLabel,
            squeezed: [...e.querySelectorAll('canvas')].map((c) => c.width / c.clientWidth / devicePixelRatio),
          })),
          theme: document.documentElement.dataset.theme,
          wide: Math.max(...[...document.querySelectorAll('main *')].map((e) => e.getBoundingClientRect().right)),
          shown: [...document.querySelectorAll('nav, form, textarea, [role=tablist]')].filter((e) => e.offsetParent),
        })"""
    )
    page.goto(demo_url + "/metrics?q=run.experiment+in+[%22digits%22,%22words%22]")
    chart(page, "loss · subset=train")
    settle(page, watch)
    before: dict[str, Any] = page.evaluate("window.look()")
    lines = len(demo.hashes) - 1  # all runs but the long one, of which the broken one has a single metric
    pdf = _printed(page)
    seen: dict[str, Any] = page.evaluate("window.asked")
    assert len(seen["rows"]) == 4 * (lines - 1) + 1 > len(before["rows"])
    assert all(seen["rows"]) and "…" not in seen["rows"]
    assert len(seen["charts"]) == 4
    for drawn in seen["charts"]:
        assert drawn["draws"] > 0 and "loading" not in drawn["label"], drawn
        assert all(abs(ratio - 1) < 0.01 for ratio in drawn["squeezed"]), drawn
    assert (seen["theme"], before["theme"]) == ("light", "dark")
    assert seen["wide"] <= 971 and seen["shown"] == []
    assert pdf.count(PAGE) >= 2
    # and then it is the page that it was
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("navigation")).to_be_visible()

    page.goto(f"{demo_url}/runs/{demo.hashes['digits-3']}?tab=metrics")
    chart(page, "loss")
    assert _printed(page).count(PAGE) >= 1
    seen = page.evaluate("window.asked")
    assert [drawn["draws"] > 0 for drawn in seen["charts"]] == [True, True] and seen["wide"] <= 971
