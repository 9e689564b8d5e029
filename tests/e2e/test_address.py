"""The address: views too long for it, links to them, and what it says wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, findings, settle, wait_until

LONG = "run.name != '" + "x" * 1900 + "'"
SHORT_ADDRESS = re.compile(r"\?view=[0-9a-f]{32}$")


@pytest.fixture
def url(repo: Path, serve: Callable[..., Server]) -> str:
    with aim.Run(repo=repo, name="only") as run:
        for step in range(5):
            run.track(1 / (step + 1), name="loss", step=step, context={"subset": "train"})
    return serve(repo).url


def test_a_long_view_gets_a_short_address_that_opens_it(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(f"{url}/metrics?" + urlencode({"q": LONG, "sm": "0.6"}))
    expect(page).to_have_url(SHORT_ADDRESS)
    chart(page, "loss · subset=train")
    (stored,) = (repo / ".aim" / "views").iterdir()
    expect(page).to_have_url(re.compile(rf"/metrics\?view={stored.stem}$"))

    # Elsewhere, without what this tab remembers.
    other = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(page.url.replace("/metrics", "/runs"))  # the view knows its page
    expect(other.get_by_label("Query", exact=True)).to_have_value(LONG)
    expect(other.get_by_text("0.6 ema")).to_be_visible()
    expect(other).to_have_url(page.url)
    other.context.close()

    # It is a step of the history like any other.
    page.reload()
    expect(page.get_by_label("Query", exact=True)).to_have_value(LONG)
    page.get_by_role("button", name="Reset Smoothing").click()
    expect(page.get_by_text("0.6 ema")).to_have_count(0)
    wait_until(page, lambda: SHORT_ADDRESS.search(page.url) and stored.stem not in page.url, "another view is stored")
    page.go_back()
    expect(page.get_by_text("0.6 ema")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{stored.stem}$"))


def test_a_shared_link_waits_for_the_short_address(page: Page, watch: Watch, url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/runs?" + urlencode({"q": LONG}))
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert SHORT_ADDRESS.search(page.evaluate("navigator.clipboard.readText()"))


def test_a_read_only_server_keeps_the_long_address_and_says_so(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str
) -> None:
    page.goto(f"{demo_url}/runs?" + urlencode({"q": LONG}))
    expect(page.get_by_role("note")).to_contain_text("this server is read-only")
    expect(page.get_by_role("rowheader")).to_have_count(demo.runs)
    settle(page, watch)
    assert "view=" not in page.url and not any("views" in call for call in watch.calls())


def test_a_link_to_a_view_that_is_not_here_says_so(page: Page, watch: Watch, demo_url: str) -> None:
    watch.expect_status(404)
    page.goto(f"{demo_url}/metrics?view={'0' * 32}")
    expect(page.get_by_role("heading", name="This repo has no such view")).to_be_visible()
    expect(page.get_by_text("0" * 32)).to_be_visible()
    page.get_by_role("button", name="Open Metrics as it is").click()
    chart(page, "loss · subset=val")
    expect(page).to_have_url(f"{demo_url}/metrics")


@pytest.mark.parametrize(
    ("address", "named", "clean"),
    [
        ("/metrics?y.loss subset=train=log&x=banana&sm=0.5", ["y.loss subset=train=log", "x=banana"], "?sm=0.5"),
        ("/runs?zzz=1&s=,,-&g=experiment", ["zzz=1", "s=,,-"], "?g=experiment"),
        ("/runs/{run}?tab=nothing&foo", ["tab=nothing", "foo"], ""),
        ("/?a=b", ["a=b"], ""),
    ],
)
def test_what_the_address_says_wrong_is_named(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str, address: str, named: list[str], clean: str
) -> None:
    path = address.format(run=demo.hashes["digits-3"])
    page.goto(demo_url + path)
    note = page.get_by_role("note").filter(has_text="Left out of the address")
    for text in named:
        expect(note).to_contain_text(text)
    note.get_by_role("button", name="Remove").click()
    expect(note).to_have_count(0)
    expect(page).to_have_url(demo_url + path.partition("?")[0] + clean)


def test_objects_that_are_not_there_are_named_and_left_out(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(f"{demo_url}/metrics?" + urlencode({"y.loss subset=train": "log", "pin": "nobody", "c": "params.none"}))
    note = page.get_by_role("note").filter(has_text="not in these runs")
    expect(note).to_contain_text("log axis of loss subset=train")
    expect(note).to_contain_text("pinned run nobody")
    expect(note).to_contain_text("colour by params.none")
    expect(page.get_by_role("button", name="y linear")).to_be_visible()


@pytest.mark.parametrize("path", ["/runs/%E0%A4", "/runs/100%25", "/%", "/runs/%2F..%2F", "/metrics/%00"])
def test_a_path_that_cannot_be_decoded_is_a_page_that_is_not_there(
    page: Page, watch: Watch, demo_url: str, path: str
) -> None:
    for status in (400, 404):
        watch.expect_status(status)
    page.goto(demo_url + path)
    expect(page.get_by_role("main")).to_contain_text(re.compile("There is no such|does not answer"))


def test_a_short_hash_keeps_the_rest_of_its_address(page: Page, watch: Watch, url: str, repo: Path) -> None:
    (folder,) = (repo / ".aim" / "runs").iterdir()
    watch.expect_status(404)
    page.goto(f"{url}/runs/{folder.name[:6]}?tab=params&vs=x")
    expect(page).to_have_url(re.compile(rf"/runs/{folder.name}\?tab=params&vs=x$"))


def test_a_page_without_the_token_asks_for_it(page: Page, repo: Path, serve: Callable[..., Server]) -> None:
    with aim.Run(repo=repo, name="only") as run:
        run.track(1.0, name="loss")
    url = serve(repo, "--token", "correct horse").url.partition("?")[0].rstrip("/")
    page.goto(f"{url}/runs?q=loss")
    expect(page.get_by_role("heading", name="Token required")).to_be_visible()
    assert findings(page) == []
    page.keyboard.type("wrong")  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token of this server")
    assert findings(page) == []
    page.get_by_label("Token").fill("correct horse")
    page.get_by_role("button", name="Open Aim").click()
    expect(page).to_have_url(f"{url}/runs?q=loss")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
