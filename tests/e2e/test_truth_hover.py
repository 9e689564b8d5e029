"""What tooltips, labels and the table say under the pointer, compared with the values that were recorded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, draws, frames, settle

SPIKE = 120
NOT_A_NUMBER = 130
LONG = 20_000


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs whose values are easy to read wrongly."""
    path = tmp_path_factory.mktemp("truth")
    for name, offset in (("calm", 0.0), ("spiky", 0.5)):
        with aim.Run(repo=path, experiment="spikes", name=name) as run:
            values = [offset + 0.02 * math.sin(step) for step in range(200)]
            if name == "spiky":
                values[SPIKE], values[NOT_A_NUMBER] = 40.0, math.nan
            run.track_many("loss", values, steps=list(range(200)))
    with aim.Run(repo=path, experiment="sparse", name="sparse") as run:
        for step in range(0, 2001, 10):
            run.track(step / 1000, name="acc", step=step, context={"subset": "train"})
        for step, value in ((500, 1.464), (1000, 0.898), (1500, math.nan)):
            run.track(value, name="acc", step=step, context={"subset": "test"})
    with aim.Run(repo=path, experiment="long", name="long") as run:
        rng = np.random.default_rng(0)
        run.track_many(
            "wave", (np.sin(np.arange(LONG) / 3000) + rng.normal(0, 0.1, LONG)).tolist(), steps=list(range(LONG))
        )
    return path


@pytest.fixture(scope="module")
def url(repo: Path, browser: Browser) -> Iterator[str]:
    server = Server(repo, "--read-only").start()
    yield server.url
    server.stop()


@dataclass(frozen=True)
class Plot:
    """Where values are on the screen."""

    locator: Locator

    def _numbers(self) -> list[float]:
        return [float(n) for n in (self.locator.get_attribute("data-plot") or "").split()]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a place on two linear axes; what is beyond the plot is at its edge."""
        left, top, width, height, x0, x1, y0, y1 = self._numbers()
        box = self.locator.bounding_box()
        assert box is not None
        share = min(1.0, max(0.0, (y - y0) / (y1 - y0)))
        return box["x"] + left + (x - x0) / (x1 - x0) * width, box["y"] + top + (1 - share) * height

    def hover(self, x: float, y: float, dx: float = 0, dy: float = 0) -> None:
        px, py = self.at(x, y)
        self.locator.page.mouse.move(px + dx, py + dy)
        frames(self.locator.page)


def shown(page: Page, title: str) -> Plot:
    return Plot(chart(page, title))


def tip(page: Page) -> Locator:
    return page.locator(".chart-tip")


def metrics(url: str, query: str, **view: str) -> str:
    return f"{url}/metrics?" + "&".join(f"{key}={quote(value)}" for key, value in {"q": query, **view}.items())


def values_of(repo: Path, query: str) -> tuple[np.ndarray, np.ndarray]:
    (metric,) = aim.Repo(repo).query_metrics(query)
    return np.asarray(metric.steps), np.asarray(metric.values)


def test_spikes_marks_and_fading(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(metrics(url, 'loss if run.experiment == "spikes"'))
    plot = shown(page, "loss")
    settle(page, watch)
    before = draws(plot.locator)
    steps, values = values_of(repo, 'loss if run.name == "spiky"')
    assert values[list(steps).index(SPIKE)] == 40.0
    # Along the stroke of the spike, from above the line to the triangle at the edge.
    top = plot.at(SPIKE, 40)[1]
    base = plot.at(SPIKE, 0.6)[1]
    for share in (0.3, 0.5, 0.8, 0.95, 1.0):
        plot.hover(SPIKE, 40, dy=(base - top) * (1 - share) + (3 if share == 1 else 0))
        expect(tip(page)).to_contain_text("spiky")
        expect(tip(page)).to_contain_text("loss 40")
        expect(tip(page)).to_contain_text(f"step {SPIKE}")
    # A value that is not a number, at its tick below the axis.
    plot.hover(NOT_A_NUMBER, -1, dy=4)
    expect(tip(page)).to_contain_text("loss NaN")
    expect(tip(page)).to_contain_text(f"step {NOT_A_NUMBER}")
    # The line that is not hovered is faded: over it the overlay is a veil, and it is not drawn again.
    plot.hover(60, 0.5)
    expect(tip(page)).to_contain_text("spiky")
    calm = plot.at(60, 0.0)
    box = plot.locator.bounding_box()
    assert box is not None
    alpha = plot.locator.locator("canvas").last.evaluate(
        "(c, [x, y]) => c.getContext('2d').getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data[3]",
        [round(calm[0] - box["x"]) + 30, round(calm[1] - box["y"])],
    )
    assert alpha == pytest.approx(0.75 * 255, abs=2)
    assert draws(plot.locator) == before


def test_values_at_the_crosshair_were_logged(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(metrics(url, 'acc if run.name == "sparse"', c="subset", f="subset"))
    plot = shown(page, "subset=train")
    settle(page, watch)
    row = page.get_by_role("row").filter(has_text="subset=test")
    cell = row.locator("[data-cross]")
    steps, values = values_of(repo, 'acc if context.subset == "test"')
    for at, text in (
        (300, "–"),
        (500, "1.464"),
        (750, "1.464 @500"),
        (1000, "0.8980"),
        (1490, "0.8980 @1\u2009000"),
        (1500, "NaN"),
        (1800, "NaN @1\u2009500"),
    ):
        logged = [v for s, v in zip(steps, values, strict=True) if s <= at]
        assert (
            (text == "–")
            if not logged
            else text.startswith("NaN")
            if math.isnan(logged[-1])
            else text.startswith(str(logged[-1]))
        )
        plot.hover(at, at / 1000)
        expect(cell).to_have_text(text)
    # Side by side on one chart the tooltip says the same of the other line.
    page.goto(metrics(url, 'acc if run.name == "sparse"', c="subset", f="metric.name"))
    plot = shown(page, "acc")
    settle(page, watch)
    plot.hover(1010, 1.01)
    expect(tip(page)).to_contain_text("acc 1.01")
    expect(tip(page).locator(".chart-tip-other")).to_have_text(re.compile("^test0.898 @1\u2009000$"))


def test_a_bucket_says_its_range(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(metrics(url, "wave"))
    plot = shown(page, "wave")
    settle(page, watch)
    _, values = values_of(repo, "wave")
    middle = float(np.median(values[11_900:12_100]))
    plot.hover(12_000, middle)
    expect(tip(page)).to_contain_text(re.compile(r"step [\d\u2009]+–[\d\u2009]+$"))
    text = tip(page).inner_text().replace("\u2009", "").replace("−", "-")
    begin, end = (int(n) for n in re.search(r"step (\d+)–(\d+)", text).groups())  # type: ignore[union-attr]
    inside = values[begin : end + 1]
    number = r"(-?[\d.]+)"
    headline = re.search(rf"wave\s+{number} – {number}", text)
    first, last = re.search(rf"first {number} · last {number}", text).groups()  # type: ignore[union-attr]
    assert headline
    assert f"{len(inside)} points" in text
    for said, true in (
        (headline[1], inside.min()),
        (headline[2], inside.max()),
        (first, inside[0]),
        (last, inside[-1]),
    ):
        assert float(said) == pytest.approx(true, rel=1e-3)
