"""What the axes of a chart say, and what of a curve is drawn, against the arrays that were recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart

SPY = """
const { fillText, fillRect } = CanvasRenderingContext2D.prototype
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...more) {
  const at = this.getTransform().transformPoint({ x, y });
  (this.canvas.said ??= []).push([text, at.x / devicePixelRatio, at.y / devicePixelRatio, this.textAlign])
  return fillText.call(this, text, x, y, ...more)
}
CanvasRenderingContext2D.prototype.fillRect = function (...box) {
  if (box[2] >= this.canvas.width && box[3] >= this.canvas.height) this.canvas.said = []
  return fillRect.apply(this, box)
}
"""
"""Remembers what was written on each canvas since it was last filled."""

FAR_STEP = 1_234_560

SPIKE = 100

LAST = 3000
SAMPLED = {"train": 10, "val": 100, "test": 500}
"""Every how many steps each subset was measured."""


def accuracy(step: Any) -> Any:
    """The same curve for every subset, with little noise."""
    return 0.95 * (1 - np.exp(-step / 400)) + 0.002 * np.sin(step * 1.7)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo of one run whose metrics are hard to draw truly."""
    path = tmp_path_factory.mktemp("truth")
    record(path)
    return path


def record(path: Path) -> None:
    with aim.Run(repo=path, name="calm-heron") as run:
        steps = np.arange(FAR_STEP, FAR_STEP + 21)
        run.track_many("far", np.sin(steps / 3).tolist(), steps=steps.tolist())
        run.track_many("close", [1e6 + 0.03 * np.sin(i) for i in range(40)])
        run.track_many("huge", [-1.7e308, 1.7e308, 0.0])
        run.track_many("tiny", [1e-310, 3e-310, 2e-310])
        run.track_many("large", [50e3, 200e3, 990e3])
        spike = 0.05 + 0.01 * np.sin(np.arange(200))
        spike[SPIKE] = 25
        run.track_many("spike", spike.tolist())
        run.track_many("gappy", [1.0] * 200, steps=[*range(100), *range(300, 400)])
        run.track_many("uneven", [1.0] * 200, steps=np.cumsum(2 ** (np.arange(200) % 7)).tolist())
        for subset, every in SAMPLED.items():
            at = np.arange(every, LAST + 1, every)
            run.track_many("accuracy", accuracy(at).tolist(), steps=at.tolist(), context={"subset": subset})


@pytest.fixture(scope="module")
def url(truth: Path, browser: Browser) -> Iterator[str]:
    server = Server(truth, "--read-only").start()
    yield server.url
    server.stop()


def open_metrics(page: Page, url: str, **view: str) -> None:
    page.add_init_script(SPY)
    page.goto(f"{url}/metrics?{urlencode(view)}")


def texts(page: Page, title: str) -> list[tuple[str, float, float, str]]:
    """What is written on a chart: text, x, y, alignment."""
    said: list[Any] = chart(page, title).locator("canvas").first.evaluate("(c) => c.said")
    return [tuple(entry) for entry in said]


def ticks(page: Page, title: str, axis: str) -> list[tuple[float, float, str]]:
    """Where the labels of the x or y axis are, and their texts, in the order of the axis."""
    align = {"x": "center", "y": "right"}[axis]
    found = [(x, y, text) for text, x, y, how in texts(page, title) if how == align]
    if axis == "x":
        row = max(y for _, y, _ in found)
        return sorted(tick for tick in found if tick[1] == row)
    column = min(x for x, _, _ in found)  # what lines are called at their ends is at the right
    return sorted((tick for tick in found if tick[0] == column), key=lambda tick: -tick[1])


def labels(page: Page, title: str, axis: str) -> list[str]:
    """The labels of the x or y axis, in their order."""
    return [text for _, _, text in ticks(page, title, axis)]


def notes(page: Page, title: str) -> Locator:
    return chart(page, title).locator("[data-notes]")


def number(text: str) -> float:
    """The number that a label says."""
    plain = text.replace("\N{THIN SPACE}", "").replace("\N{MINUS SIGN}", "-")
    found = re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)([kMGT]?)", plain)
    assert found is not None, text
    return float(found[1]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[found[2]]


def place(page: Page, title: str, x: float, y: float) -> tuple[float, float]:
    """Where a point is on a chart with linear axes, in CSS pixels, as its labels have it."""
    (_, row_a, a), *_, (_, row_b, b) = [(at, row, number(text)) for at, row, text in ticks(page, title, "y")]
    # the first and the last lean inwards
    (at_c, c), *_, (at_d, d) = [(at, number(text)) for at, _, text in ticks(page, title, "x")][1:-1]
    return at_c + (x - c) / (d - c) * (at_d - at_c), row_a + (y - a) / (b - a) * (row_b - row_a)


def coloured(page: Page, title: str, x: float) -> list[float]:
    """The rows of a column of pixels that a line in full colour crosses, in CSS pixels."""
    rows: list[float] = (
        chart(page, title)
        .locator("canvas")
        .first.evaluate(
            """(c, x) => {
          const { data } = c.getContext('2d').getImageData(Math.round(x * devicePixelRatio), 0, 1, c.height)
          const rows = []
          for (let i = 0; i < c.height; i++) {
            const rgb = data.slice(4 * i, 4 * i + 3)
            // Every colour that a run can have, also in part of a pixel; not grey text, not the raw line behind.
            const least = Math.min(...rgb)
            if (least < 170 && Math.max(...rgb) - least > 30) rows.push((i + 0.5) / devicePixelRatio)
          }
          return rows
        }""",
            x,
        )
    )
    return rows


def test_labels_tell_ticks_apart(page: Page, watch: Watch, url: str) -> None:
    open_metrics(page, url, q="far, close, huge, tiny, large")
    for name in ("far", "close", "huge", "tiny", "large"):
        for axis in "xy":
            found = labels(page, name, axis)
            assert len(found) > 1, (name, axis)
            assert all(a < b for a, b in pairwise(map(number, found))), (name, axis, found)
    assert labels(page, "close", "y") == ["\N{MINUS SIGN}0.02", "0", "0.02"]
    said = [text for text, *_ in texts(page, "close")]
    assert "close 1\N{THIN SPACE}000\N{THIN SPACE}000 +" in said
    assert "step" in said
    assert "1M" in labels(page, "large", "y") and "0.2M" not in labels(page, "large", "y")


def test_smoothing_keeps_equal_curves_together(page: Page, watch: Watch, url: str) -> None:
    open_metrics(page, url, q="accuracy", f="metric.name", c="subset", sm="0.8")
    plot = chart(page, "accuracy")
    expect(page.get_by_role("button", name=re.compile("^Smoothing"))).to_have_text("Smoothing0.8 ema over 90 steps")
    expect(plot.locator("[data-notes]")).to_contain_text("smoothed over 90 steps, 2 lines raw: too few points")
    _, y = place(page, "accuracy", 2500, 0.948)
    _, apart = place(page, "accuracy", 2500, 0.948 - 0.02)
    rows = coloured(page, "accuracy", place(page, "accuracy", 2500, 0)[0])
    assert rows and all(abs(row - y) <= apart - y for row in rows), (y, rows)


def test_a_smoothed_line_stays_in_its_plot(page: Page, watch: Watch, url: str) -> None:
    open_metrics(page, url, q="spike", sm="0.9", r="90:200")
    region = page.get_by_role("region", name="spike")
    expect(notes(page, "spike")).to_contain_text("1 raw point outside")
    expect(region.get_by_role("button", name=re.compile("clipped"))).to_have_count(0)
    for step in (SPIKE + 2, SPIKE + 10, SPIKE + 30, SPIKE + 80):
        x, y = place(page, "spike", step, 0.05 + 2.5 * 0.9 ** (step - SPIKE))
        assert any(abs(row - y) < 4 for row in coloured(page, "spike", x)), (step, y)
    page.get_by_role("button", name=re.compile("^Smoothing")).click()
    page.get_by_role("checkbox", name="Without outliers").check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"sm=0\.9(,|%2C)trim"))
    expect(page.get_by_role("button", name=re.compile("^Smoothing"))).to_contain_text("without outliers")
    top = max(map(number, labels(page, "spike", "y")))
    assert top < 0.1, "the spike does not pull the average"


def test_missing_steps_are_gaps(page: Page, watch: Watch, url: str) -> None:
    open_metrics(page, url, q="gappy, uneven")
    expect(notes(page, "gappy")).to_have_text(re.compile("1 gap"))
    expect(notes(page, "uneven")).not_to_contain_text("gap")

    def middle() -> list[bool]:
        at, row = place(page, "gappy", 200, 1.0)
        columns = [coloured(page, "gappy", at + dx) for dx in range(12)]
        return [any(abs(y - row) < 2 for y in rows) for rows in columns]

    assert not any(middle())
    page.get_by_role("button", name=re.compile("^Gaps")).click()
    page.get_by_role("menuitemradio", name=re.compile("^off")).click()
    expect(page).to_have_url(re.compile("gaps=0"))
    expect(notes(page, "gappy")).to_contain_text("1 gap joined by dashes")
    assert {True, False} == set(middle())
    page.go_back()
    expect(notes(page, "gappy")).not_to_contain_text("dashes")


def test_pixels_of_charts_are_those_of_the_screen(new_context: Callable[..., BrowserContext], url: str) -> None:
    page = new_context(device_scale_factor=1.25, viewport={"width": 1283, "height": 807}).new_page()
    watch = Watch(page)
    page.goto(f"{url}/metrics?{urlencode({'q': 'far, close, large'})}")
    for name in ("far", "close", "large"):
        for off in chart(page, name).evaluate(
            """(plot) => [...plot.querySelectorAll('canvas')].flatMap((c) => {
              const r = c.getBoundingClientRect()
              const [left, top] = [r.left * devicePixelRatio, r.top * devicePixelRatio]
              return [left - Math.round(left), top - Math.round(top),
                r.width * devicePixelRatio - c.width, r.height * devicePixelRatio - c.height]
            })"""
        ):
            assert abs(off) < 0.02, name
    assert watch.problems == []
