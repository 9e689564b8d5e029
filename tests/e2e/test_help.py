"""Help: the pages that came with this version, in the UI."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.support import Watch, findings, settle


def test_help_is_read_searched_and_linked_to(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(f"{demo_url}/runs")
    page.get_by_role("link", name="Help on queries").click()
    expect(page).to_have_url(f"{demo_url}/help/aimql")
    expect(page).to_have_title("AimQL · Help · Aim")
    text = page.get_by_role("region", name="Text")
    expect(text.get_by_role("heading", level=2)).to_contain_text("AimQL")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # Playwright wants a literal
        settle(page, watch)
        assert findings(page) == []

    # A heading has an address of its own, which the contents and links in the text lead to.
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Errors and hints").click()
    expect(page).to_have_url(f"{demo_url}/help/aimql?at=errors-and-hints")
    expect(page.locator("#help-errors-and-hints")).to_be_in_viewport()
    expect(page.locator("#help-errors-and-hints")).to_be_focused()

    # Searched over all pages, by all of the words.
    page.keyboard.press("/")
    page.keyboard.type("tf_logs watermark")
    expect(page.get_by_text("No page has all of these words")).to_be_visible()
    page.get_by_role("searchbox", name="Search in Help").fill("loss ledger")
    hit = text.get_by_role("listitem").first
    expect(hit.locator("mark").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?at=errors-and-hints&q=loss\+ledger$"))
    settle(page, watch)
    assert findings(page) == []
    hit.get_by_role("link").click()
    expect(page.locator("h2:focus, h3:focus, h4:focus, h5:focus")).to_be_in_viewport()
    assert "q=" not in page.url

    # Links to other pages stay in the app.
    page.goto(f"{demo_url}/help")
    text.get_by_role("link", name="The command line").click()
    expect(page).to_have_url(f"{demo_url}/help/cli")
    page.go_back()
    expect(text.get_by_role("heading", name="Documentation")).to_be_visible()


def test_code_is_copied_and_the_palette_finds_sections(page: Page, watch: Watch, demo_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{demo_url}/help/python")
    button = page.get_by_role("button", name="Copy", exact=True).first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Code copied")).to_be_visible()
    assert "import aim" in page.evaluate("navigator.clipboard.readText()")

    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("errors and hints")
    page.get_by_role("option", name=re.compile("Errors and hints")).click()
    expect(page).to_have_url(f"{demo_url}/help/aimql?at=errors-and-hints")
    expect(page.locator("#help-errors-and-hints")).to_be_in_viewport()

    watch.expect_status(404)
    page.goto(f"{demo_url}/help/nothing")
    expect(page.get_by_role("alert")).to_contain_text("Help has no page 'nothing'")
