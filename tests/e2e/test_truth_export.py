"""What leaves the page: figures that say what they show, and files in which nothing is lost."""

from __future__ import annotations

import csv
import io
import re
import struct
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Watch, chart, findings

SVG = "{http://www.w3.org/2000/svg}"
QUERY = "loss if run.experiment == 'digits' and run.status == 'finished'"
TITLE = "loss · subset=val"


def _saved(page: Page, title: str, entry: str) -> Path:
    """What an entry of the menu of a chart hands to the browser's downloads."""
    page.get_by_role("button", name=f"Menu of {title}").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=entry, exact=True).click()
    return Path(download.value.path())


def _texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def _start(path: ElementTree.Element) -> float:
    found = re.match(r"M([\d.]+)", path.get("d", ""))
    assert found
    return float(found[1])


@pytest.fixture
def metrics(page: Page, watch: Watch, demo_url: str) -> Page:
    page.goto(f"{demo_url}/metrics?q={quote(QUERY)}&c=params.optimizer.name&sm=0.6")
    chart(page, TITLE)
    return page


def test_a_figure_names_everything_that_it_shows(metrics: Page, demo: SimpleNamespace) -> None:
    svg = ElementTree.fromstring(_saved(metrics, TITLE, "Save SVG").read_text("utf-8"))
    texts = _texts(svg)
    assert TITLE in texts, "a title"
    assert {"step", "loss"} <= set(texts), "axis titles"
    assert {"optimizer.name adam (4)", "optimizer.name sgd (4)"} <= set(texts), "a legend with how many lines"
    assert any("0.6" in text and "ema" in text for text in texts), "the smoothing"
    assert any(QUERY in text for text in texts), "the query"
    legend = {path.get("stroke") for path in svg.iter(f"{SVG}path") if path.get("stroke-width") == "2"}
    lines = [path.get("stroke") for path in svg.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
    assert len(lines) == 8 and set(lines) == legend, "the legend has the colours of the lines"
    # The plot ends where its legend begins: names at the ends of lines are not drawn, and need no room.
    starts = [_start(path) for path in svg.iter(f"{SVG}path") if path.get("stroke-width") == "2"]
    frame = svg.find(f".//{SVG}clipPath/{SVG}rect")
    place = svg.find(f".//{SVG}clipPath/..")
    assert frame is not None and place is not None
    left = float(place.get("transform", "").removeprefix("translate(").split()[0])
    end = left + float(frame.get("x", "")) + float(frame.get("width", ""))
    assert 0 < min(starts) - end < 40


def test_a_png_has_the_size_that_was_chosen(metrics: Page) -> None:
    metrics.get_by_role("button", name=f"Menu of {TITLE}").click()
    metrics.get_by_role("menuitem", name="Export a figure…").click()
    dialog = metrics.get_by_role("dialog", name="Export a figure")
    expect(dialog.get_by_role("img")).to_be_visible()
    assert findings(metrics) == []
    dialog.get_by_role("button", name="Paper, one column").click()
    expect(dialog.get_by_label("Width, cm")).to_have_value("8.5")
    dialog.get_by_label("Width, cm").fill("10")
    dialog.get_by_label("Width, cm").press("Enter")
    dialog.get_by_label("Title").fill("Validation <loss> & more")
    with metrics.expect_download() as download:
        dialog.get_by_role("button", name="Save PNG").click()
    png = Path(download.value.path()).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (round(300 * 10 / 2.54), round(300 * 6 / 2.54)), "300 pixels an inch"
    with metrics.expect_download() as download:
        dialog.get_by_role("button", name="Save SVG").click()
    svg = ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))
    assert "Validation <loss> & more" in _texts(svg)
    dialog.get_by_role("button", name="dark").click()
    with metrics.expect_download() as download:
        dialog.get_by_role("button", name="Save SVG").click()
    dark = ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))
    (background,) = [rect.get("fill") for rect in dark.iter(f"{SVG}rect") if rect.get("width") == "100%"]
    assert background == "#12161c", "dark, on a page that is light"
    expect(metrics.locator("html")).to_have_attribute("data-theme", "light")
    metrics.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(metrics.get_by_role("button", name=f"Menu of {TITLE}")).to_be_focused()


def test_the_file_has_every_point_of_every_line(metrics: Page, demo: SimpleNamespace) -> None:
    rows = list(csv.DictReader(io.StringIO(_saved(metrics, TITLE, "CSV of every point").read_text("utf-8"))))
    wanted = aim.Repo(demo.path).query_metrics(f"{QUERY} and context.subset == 'val'")
    found = {metric.run.hash: metric for metric in wanted}
    assert len(found) == 8 and {row["run"] for row in rows} == set(found)
    for run_hash, metric in found.items():
        own = [row for row in rows if row["run"] == run_hash]
        assert {(row["run_name"], row["metric"], row["subset"]) for row in own} == {(metric.run.name, "loss", "val")}
        assert {row["optimizer.name"] for row in own} == {metric.run["hparams"]["optimizer"]["name"]}
        assert [int(row["step"]) for row in own] == metric.steps.tolist()
        np.testing.assert_array_equal([float(row["value"]) for row in own], metric.values)
        np.testing.assert_array_equal([float(row["epoch"]) for row in own], metric.epochs)
    assert all(row["smoothed"] for row in rows if row["value"] != "nan")


def test_groups_as_a_file(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(f"{demo_url}/metrics?q={quote(QUERY)}&c=params.optimizer.name&a=mean:std")
    chart(page, TITLE)
    text = _saved(page, TITLE, "CSV of the groups").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["group"] for row in rows} == {"optimizer.name adam", "optimizer.name sgd"}
    repo = aim.Repo(demo.path)
    members = [
        metric
        for metric in repo.query_metrics("loss if context.subset == 'val' and run.hparams.optimizer.name == 'adam'")
        if metric.run.status == "finished"
    ]
    at: dict[int, list[float]] = {}
    for metric in members:
        for step, value in zip(metric.steps.tolist(), metric.values.tolist(), strict=True):
            if value == value:
                at.setdefault(step, []).append(value)
    adam = [row for row in rows if row["group"] == "optimizer.name adam"]
    assert len(adam) > 50
    for row in adam:
        own = at[int(row["step"])]
        assert int(row["n"]) == len(own)
        assert float(row["mean"]) == pytest.approx(np.mean(own), rel=1e-6)
        assert float(row["standard deviation to"]) - float(row["mean"]) == pytest.approx(
            np.std(own, ddof=1), rel=1e-5, abs=1e-9
        )


def test_a_figure_has_a_bar_where_colours_are_numbers(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(f"{demo_url}/metrics?q={quote(QUERY)}&c=params.lr")
    chart(page, TITLE)
    svg = ElementTree.fromstring(_saved(page, TITLE, "Save SVG").read_text("utf-8"))
    stops = [stop.get("stop-color") for stop in svg.iter(f"{SVG}stop")]
    lines = [path.get("stroke") for path in svg.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
    assert len(lines) == 8 and {stops[0], stops[-1]} <= set(lines), (
        "the lowest and the highest have the ends of the bar"
    )
    assert {"0.001", "0.128"} <= set(_texts(svg)), "the ends of the bar are labelled"
