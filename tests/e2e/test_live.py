"""Training processes are followed while they run, and what becomes of them is seen."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, draws, end, settle, start_program, tell, wait_until

Start = Callable[[], subprocess.Popen[str]]

TRAINING = """
    import sys
    import aim

    run = aim.Run(repo=sys.argv[1], experiment="live", name="in training")
    run["hparams"] = {"lr": 0.1}
    step = 0
    for line in sys.stdin:
        if line.strip() == "end":
            break
        for _ in range(int(line)):
            run.track(1 / (step + 1), name="loss", step=step, context={"subset": "train"})
            step += 1
        print(run.hash, flush=True)
    run.close()
"""


@pytest.fixture
def training(repo: Path) -> Iterator[Start]:
    """Starts a training that tracks as many points as it is told to, line by line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        program = start_program(TRAINING, str(repo), cwd=repo)
        started.append(program)
        return program

    yield start
    for program in started:
        end(program)


def test_an_empty_repo_fills_by_itself(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    url = serve(repo, "--yes").url
    page.goto(url + "/")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_text("import aim")).to_be_visible()
    others = [page.context.new_page() for _ in range(2)]
    for other, path in zip(others, ("/runs", "/metrics"), strict=True):
        other.goto(url + path)
        expect(other.get_by_text("No runs yet")).to_be_visible()
    tell(training(), "5")
    expect(page.get_by_role("link", name=re.compile("in training")).first).to_be_visible()
    expect(others[0].get_by_role("rowheader").filter(has_text="in training")).to_be_visible()
    chart(others[1], "loss · subset=train")


def test_points_appear_while_training_goes_on(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    program = training()
    tell(program, "10")
    page.goto(serve(repo).url + "/metrics")
    plot = chart(page, "loss · subset=train")
    expect(page.get_by_role("row").filter(has_text="in training")).to_contain_text("running")
    settle(page, watch)
    for total in (20, 30):
        asked, before = len(watch.requests), draws(plot)
        tell(program, "10")
        expect(plot).to_have_attribute("aria-label", re.compile(rf"to (step )?{total - 1}\b"))
        wait_until(page, lambda before=before: draws(plot) > before, "the line is drawn again")
        # Only the points, and perhaps the list of sequences; the page is not loaded anew.
        assert set(watch.calls(asked)) <= {"POST metrics/frame", "POST metrics/search", "GET info"}
    tell(program, "end")
    expect(page.get_by_role("row").filter(has_text="in training")).to_contain_text("finished")


def test_answers_that_take_longer_than_changes_come_all_the_same(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    program = training()
    tell(program, "1")
    page.goto(serve(repo, latency_ms=4000).url + "/")
    card = page.get_by_role("link", name=re.compile("in training")).first
    expect(card).to_contain_text("step 0")

    def has_moved_on() -> bool:
        tell(program, "1")
        return "step 0 " not in card.inner_text().replace("\n", " ") + " "

    wait_until(page, has_moved_on, "Home shows a later step although there is a new one every moment")


def test_a_paused_page_stands_still_and_catches_up(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    program = training()
    run = tell(program, "3")
    page.goto(f"{serve(repo).url}/runs/{run}")
    points = page.get_by_role("row").filter(has_text="subset=train").get_by_role("cell").last
    expect(points).to_have_text("3")
    page.get_by_role("navigation").get_by_role("button", name=re.compile("Pause live updates")).click()
    expect(page.get_by_text("Paused").first).to_be_visible()
    asked = len(watch.requests)
    tell(program, "4")
    other = page.context.new_page()  # another page hears of it, so this one would have as well
    other.goto(page.url)
    expect(other.get_by_role("row").filter(has_text="subset=train").get_by_role("cell").last).to_have_text("7")
    assert watch.calls(asked) == []
    expect(points).to_have_text("3")
    page.locator("body").press(".")
    expect(points).to_have_text("7")


def test_a_killed_run_reads_crashed(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    program = training()
    run = tell(program, "3")
    url = serve(repo).url
    page.goto(url + "/runs")
    row = page.get_by_role("row").filter(has_text="in training")
    expect(row).to_contain_text("running")
    end(program)
    expect(row).to_contain_text("crashed")
    page.goto(f"{url}/runs/{run}")
    expect(page.locator("header")).to_contain_text("crashed")
    expect(page.get_by_role("row").filter(has_text="subset=train").get_by_role("cell").last).to_have_text("3")


def test_new_runs_wait_to_be_shown_while_the_table_is_sorted_otherwise(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server], training: Start
) -> None:
    with aim.Run(repo=repo, experiment="live", name="older") as older:
        older.track(1.0, name="loss", step=0)
    page.goto(serve(repo).url + "/runs?s=name&q=run.experiment+==+'live'")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_role("navigation").get_by_role("button", name=re.compile("^Live"))).to_be_visible()
    with aim.Run(repo=repo, experiment="elsewhere") as other:  # is not among those that are asked for
        other.track(1.0, name="loss", step=0)
    wait_until(page, lambda: any("run.hash in" in (r.post_data or "") for r in watch.requests), "it is asked if it is")
    settle(page, watch)
    expect(page.get_by_text("new run")).to_have_count(0)
    tell(training(), "1")
    expect(page.get_by_text("1 new run")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text(["in training", "older"])


def test_a_deleted_run_says_so_and_comes_back(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    with aim.Run(repo=repo, experiment="old", name="to be deleted") as run:
        run.track(1.0, name="loss", step=0)
    watch.expect_status(404)
    page.goto(f"{serve(repo).url}/runs/{run.hash}")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This run was deleted")).to_be_visible()
    assert not (repo / ".aim" / "runs" / run.hash).exists()
    page.get_by_role("button", name="Undo").or_(page.get_by_role("button", name="Restore from the trash")).first.click()
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()
    assert (repo / ".aim" / "runs" / run.hash).is_dir()
