"""TensorBoard logs are looked at where they lie, while somebody writes them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support import Server, Watch, chart, findings, run_query
from tests.unit.importers.event_bytes import event, record, scalar

FILE = "events.out.tfevents.1.host"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(folder: Path, tag: str, first: int, stop: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    with path.open("ab") as file:
        for step in range(first, stop):
            file.write(record(scalar(tag, 1.0 / (step + 1), step, time.time())))
    return path


def test_logs_fill_the_page_and_are_followed(
    page: Page, watch: Watch, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    url = serve(tmp_path, "--yes", "--tf_logs", str(logs)).url
    page.goto(url + "/")
    expect(page.get_by_text("No logs yet")).to_be_visible()
    path = write(logs / "one" / "train", "loss", 0, 10)
    expect(page.get_by_role("link", name=re.compile("one")).first).to_be_visible()
    page.goto(url + "/metrics?q=tf%3Aloss")
    plot = chart(page, "loss")
    write(logs / "one" / "train", "loss", 10, 20)
    expect(plot).to_have_attribute("aria-label", re.compile(r"to (step )?19\b"))
    write(logs / "two", "train/loss", 0, 5)
    expect(page.get_by_text("1 new run")).to_be_visible()
    page.get_by_role("button", name="Show").last.click()
    chart(page, "train/loss")
    path.write_bytes(b"".join(record(scalar("loss", 1.0, step)) for step in range(3)))  # a shorter one in its place
    row = page.get_by_role("row").filter(has_text="one")
    expect(row.get_by_text("3", exact=True)).to_be_visible()
    path.unlink()
    expect(row).to_have_count(0)


def test_what_is_not_shown_is_said_as_text(
    page: Page, watch: Watch, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    path = write(tmp_path / "logs" / "<img src=x>", "loss", 0, 3)
    odd = event(step=1)
    odd.summary.value.add(tag="o").metadata.plugin_data.plugin_name = "<b>odd</b>"
    path.write_bytes(path.read_bytes() + record(odd.SerializeToString()) + b"garbage " * 4)
    page.goto(serve(tmp_path, "--yes", "--tf_logs", str(tmp_path / "logs")).url + "/")

    def is_said() -> None:
        expect(page.get_by_text("values for <b>odd</b> (1)")).to_be_visible()
        page.get_by_text("1 place could not be read").click()
        expect(page.get_by_text(f"{path}: no record starts here")).to_be_visible()
        assert findings(page) == []

    is_said()
    page.get_by_role("link", name=re.compile("img src")).first.click()
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()
    # What is not ours is not ours to delete.
    expect(page.get_by_role("button", name="Archive")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    is_said()


def test_of_many_charts_a_part_is_in_the_page_and_more_when_asked_for(
    page: Page, watch: Watch, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    folder = tmp_path / "logs" / "one"
    folder.mkdir(parents=True)
    tags = [f"t{number}/loss" for number in range(450)]
    (folder / FILE).write_bytes(b"".join(record(scalar(tag, 1.0, step)) for step in (0, 1) for tag in tags))
    page.goto(serve(tmp_path, "--yes", "--tf_logs", str(tmp_path / "logs")).url + "/metrics?q=tf%3Aloss")
    plots = page.locator("[data-chart]")
    expect(page.get_by_text("The first 200 of 450 charts")).to_be_visible()
    expect(page.get_by_text("450 charts, the first 200 of which are below.")).to_be_in_viewport()
    expect(plots).to_have_count(200)
    page.get_by_role("button", name="Show 200 more").click()
    expect(plots).to_have_count(400)
    page.get_by_role("button", name="Show 50 more").click()
    expect(plots).to_have_count(450)
    expect(page.get_by_text(re.compile("450 charts, the first|of 450 charts"))).to_have_count(0)
    # The pattern finds among all; another search begins with a part again.
    run_query(page, "tf:loss if metric.last >= 0")
    expect(page.get_by_text("The first 200 of 450 charts")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Metrics")).first.click()
    page.get_by_label("Find a metric").fill("t449")
    expect(plots).to_have_count(1)
    chart(page, "t449/loss")


def test_names_of_logs_are_completed(page: Page, watch: Watch, tmp_path: Path, serve: Callable[..., Server]) -> None:
    for tag in ("train/loss", "F1 (macro)", "accuracy"):
        write(tmp_path / "logs" / tag[:2], tag, 0, 3)
    page.goto(serve(tmp_path, "--yes", "--tf_logs", str(tmp_path / "logs")).url + "/metrics?q=tf%3Aaccuracy")
    chart(page, "accuracy")  # the logs were read: until then there are no names
    field = page.get_by_label("Query", exact=True)
    options = page.get_by_role("option")
    field.fill("")
    field.press_sequentially("tf:")
    expect(options).to_have_text(
        [re.compile(f"^{name}") for name in ("tf:accuracy", r'tf:"F1 \(macro\)"', "tf:train/loss")]
    )
    field.press_sequentially("train/l")
    expect(options).to_have_count(1)
    field.press("Tab")
    expect(field).to_have_value("tf:train/loss")
    field.press("Enter")
    chart(page, "train/loss")
