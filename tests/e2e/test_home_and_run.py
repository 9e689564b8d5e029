"""The first page and the page of a run: headline metrics, days, neighbours, params that differ, Markdown, copying."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

import aim
from tests.e2e.support import Server, Watch, chart, settle, wait_until


@pytest.fixture
def two(repo: Path) -> list[str]:
    """Hashes of two runs of one experiment, the older one first."""
    hashes = []
    for i, lr in enumerate((0.123456789, 0.5)):
        with aim.Run(repo=repo, experiment="digits", name=f"run-{i}") as run:
            run["hparams"] = {"lr": lr, "opt": {"name": "sgd", "momentum": 0.9}, **({"extra": True} if i else {})}
            run.description = "Tries **one** [thing](https://example.com)."
            for step in range(1200):
                run.track(1 / (step + 7), name="loss", step=step, context={"subset": "val"})
                run.track(step / 1200, name="accuracy", step=step, context={"subset": "val"})
            hashes.append(run.hash)
    return hashes


def test_the_headline_metric_of_an_experiment_is_set_for_everybody(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    url = serve(repo).url
    page.goto(url + "/")
    row = page.locator(f"[data-run='{two[0]}']")
    expect(row).to_contain_text("loss")
    page.get_by_role("button", name="Headline metric of digits").click()
    page.get_by_role("menuitemradio", name=re.compile("^accuracy")).click()
    expect(row).to_contain_text("accuracy")
    expect(row).to_contain_text("0.9992")
    config = json.loads((repo / ".aim" / "config.json").read_text())
    assert config["headlines"] == {"digits": {"name": "accuracy", "context": {"subset": "val"}}}
    # On the page of a run it comes first.
    page.goto(f"{url}/runs/{two[0]}")
    expect(page.locator("tbody tr").first).to_contain_text("accuracy")


def test_a_day_of_the_activity_opens_its_runs_wherever_one_is(
    new_context: Callable[..., BrowserContext], repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    page = new_context(timezone_id="Pacific/Kiritimati").new_page()  # 14 hours ahead
    page.goto(serve(repo).url + "/")
    page.get_by_role("link", name=re.compile(r": 2 runs$")).click()
    expect(page).to_have_url(re.compile("/runs"))
    assert "+14:00" in unquote(page.url)
    expect(page.get_by_role("rowheader")).to_have_count(2)


def test_j_and_k_go_through_the_list_of_home(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    page.goto(serve(repo).url + "/")
    page.get_by_role("link", name=re.compile("^run-1")).click()
    expect(page.get_by_role("heading", name="run-1")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="run-0")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="run-1")).to_be_visible()


def test_params_that_differ_from_another_run(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    url = serve(repo).url
    page.goto(f"{url}/runs/{two[0]}?tab=params")
    page.get_by_role("button", name=re.compile("Differs from")).click()
    page.get_by_role("menuitemradio", name=re.compile("run-1")).click()
    expect(page).to_have_url(f"{url}/runs/{two[0]}?tab=params&vs={two[1]}")
    table = page.get_by_role("table", name="Params that differ from run-1")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table).to_contain_text("lr0.1234567890.5")
    expect(table).to_contain_text("not set")
    expect(page.get_by_text("2 params equal, not shown")).to_be_visible()
    page.reload()
    expect(table).to_be_visible()
    page.get_by_role("button", name="Reset Differs from").click()
    expect(page.get_by_role("tree", name="Params")).to_contain_text("momentum")
    page.get_by_role("textbox", name="Find a param").fill("momen")
    expect(page.get_by_role("treeitem")).to_have_count(3)


def test_metrics_are_found_and_pinned(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    page.goto(f"{serve(repo).url}/runs/{two[0]}?tab=metrics")
    chart(page, "accuracy")
    titles = page.get_by_role("region").filter(has=page.locator("[data-chart]"))
    expect(titles).to_have_count(2)
    page.get_by_role("button", name="Metrics all").click()
    page.get_by_role("textbox", name="Find a metric").fill("^lo")
    expect(titles).to_have_count(1)
    chart(page, "loss")
    expect(page).to_have_url(re.compile("[?&]m="))  # what is typed is in the address a moment later
    page.reload()
    expect(titles).to_have_count(1)
    page.get_by_role("button", name="Metrics ^lo").click()
    page.get_by_role("textbox", name="Find a metric").fill("nothing")
    page.get_by_role("button", name="Show all").click()
    expect(titles).to_have_count(2)


def test_a_part_that_did_not_load_is_tried_again(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    watch.expect_status(503)
    fails = True

    def answer(route: Route) -> None:
        if fails:
            route.fulfill(status=503)
        else:
            route.continue_()

    page.route(re.compile("MarkdownRendered"), answer)
    page.goto(f"{serve(repo).url}/runs/{two[0]}")
    retry = page.get_by_role("alert").get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    expect(page.get_by_text("Tries **one**")).to_be_visible()
    retry.click()
    settle(page, watch)
    expect(retry).to_be_visible()
    fails = False
    retry.click()
    expect(page.locator("strong").filter(has_text="one")).to_be_visible()
    expect(page.get_by_role("link", name="thing")).to_have_attribute("rel", re.compile("noopener"))


def test_numbers_are_copied_in_full(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{serve(repo).url}/runs/{two[0]}")
    row = page.locator("tbody tr").filter(has_text="loss")
    expect(row).to_contain_text("1\u2009199")  # the last step
    expect(row).to_contain_text("0.0008292")
    page.evaluate("(e) => getSelection().selectAllChildren(e)", row.element_handle())
    page.keyboard.press("ControlOrMeta+c")

    def copied() -> str:
        return str(page.evaluate("navigator.clipboard.readText()"))

    wait_until(page, lambda: str(1 / 1206) in copied(), "all digits of the last value")
    assert "1199" in re.split(r"\s+", copied()) and "1200" in re.split(r"\s+", copied())


def test_dates_are_relative_with_the_moment_beside_them(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str
) -> None:
    page.goto(f"{demo_url}/runs/{demo.hashes['digits-3']}")
    expect(page.locator("time").first).to_have_text(re.compile("Created .* ago|Created just now"))
    expect(page.locator("time").first).to_have_attribute("title", re.compile(r"\d{4}.*\d\d:\d\d:\d\d.*UTC"))


def test_what_a_run_lost_stands_in_its_header(
    page: Page, watch: Watch, repo: Path, two: list[str], serve: Callable[..., Server]
) -> None:
    # As a writer says it that met a full disk; tests/fault has real ones.
    event = {"type": "loss", "time": time.time(), "lost_points": 12, "lost_events": 0, "causes": {"ENOSPC": 12}}
    (stream,) = (repo / ".aim" / "runs" / two[0]).glob("*.events.jsonl")
    lines = stream.read_text().splitlines()
    stream.write_text("\n".join([*lines[:-1], json.dumps(event)]) + "\n")
    page.goto(f"{serve(repo).url}/runs/{two[0]}")
    expect(page.locator("header")).to_contain_text("12 points lost: disk full")


def test_experiment_that_has_no_runs_yet_is_listed(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    with aim.Run(repo=repo, experiment="begun") as run:
        run.track(1.0, name="loss", step=0)
    (repo / ".aim" / "config.json").write_text(json.dumps({"experiments": ["planned"]}))
    page.goto(serve(repo).url + "/")
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Experiments"))
    names = section.get_by_role("link")
    expect(names).to_have_text(["begun", "planned"])


def test_points_of_earlier_attempts_are_counted_and_shown_on_request(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    for steps in (range(5), range(2, 4)):
        with aim.Session(repo, run="job", resume=True) as session:
            for step in steps:
                session.track(float(step), name="loss", step=step)
    url = serve(repo).url
    page.goto(f"{url}/runs/{session.run_hash}")
    page.get_by_role("link", name="3 of earlier attempts").click()
    note = page.get_by_role("note").filter(has_text="attempts")
    expect(note).to_contain_text("All attempts are shown, with 3 points that a later one went back over.")
    note.get_by_role("button", name="Hide them").click()
    expect(note).to_contain_text("3 points of earlier attempts are hidden")
    expect(page).not_to_have_url(re.compile("attempts="))
    page.goto(f"{url}/metrics?q=loss")
    # In the line below the charts, which is always there: what comes in it moves no chart.
    status = page.locator("[data-status]")
    expect(status).to_contain_text("3 points of earlier attempts hidden")
    with page.expect_request(lambda r: "metrics/frame" in r.url and '"attempts":"all"' in (r.post_data or "")):
        status.get_by_role("button", name="Show all attempts").click()
    expect(page).to_have_url(re.compile("attempts=all"))
