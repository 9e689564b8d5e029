"""TensorBoard logs are looked at where they lie, while somebody writes them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support import Server, Watch, chart, findings
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
    plot = chart(page, "loss · subset=train")
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
        expect(page.get_by_text(f"{path}: no record begins here")).to_be_visible()
        assert findings(page) == []

    is_said()
    page.get_by_role("link", name=re.compile("img src")).first.click()
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()
    # What is not ours is not ours to delete.
    expect(page.get_by_role("button", name="Archive")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    is_said()
