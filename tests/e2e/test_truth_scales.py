"""What the axes of a chart say, and what of a curve is drawn, against the arrays that were recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

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


def labels(page: Page, title: str, axis: str) -> list[str]:
    """The labels of the x or y axis, in their order."""
    align = {"x": "center", "y": "right"}[axis]
    ticks = [(x, y, text) for text, x, y, how in texts(page, title) if how == align]
    if axis == "x":
        row = max(y for _, y, _ in ticks)
        return [text for _, _, text in sorted(t for t in ticks if t[1] == row)]
    return [text for _, _, text in sorted(ticks, key=lambda t: -t[1])]


def number(text: str) -> float:
    """The number that a label says."""
    plain = text.replace("\N{THIN SPACE}", "").replace("\N{MINUS SIGN}", "-")
    found = re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)([kMGT]?)", plain)
    assert found is not None, text
    return float(found[1]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[found[2]]


def test_labels_tell_ticks_apart(page: Page, watch: Watch, url: str) -> None:
    open_metrics(page, url)
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
