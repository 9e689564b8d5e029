"""What tooltips, labels and the table say under the pointer, compared with the values that were recorded."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, center, chart, draws, frames, settle

SPIKE = 120
NOT_A_NUMBER = 130
LONG = 20_000
SEEDS = 8


def seed_value(seed: int, step: int) -> float:
    """What a seed has at a step; the two that fail later are far from the others."""
    return 1 / (1 + step / 500) + 0.02 * math.sin(seed * 7 + step / 90) + (0.5 if seed < 2 else 0)


def t_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean; quantiles of Student's t as scipy has them."""
    quantile = {6: 2.5705818366147395, 8: 2.3646242510102993}[len(values)]
    half = quantile * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


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
    for seed in range(SEEDS):
        run = aim.Run(repo=path, experiment="seeds", name=f"seed-{seed}")
        run["hparams"] = {"seed": seed}
        with contextlib.suppress(FloatingPointError), run:
            for step in range(0, 5001, 10):
                if seed < 2 and step > 1500:
                    raise FloatingPointError("loss is not finite")
                run.track(seed_value(seed, step), name="score", step=step)
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
    plot = shown(page, "acc · subset=train")
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


def test_a_click_pins_run_and_crosshair(page: Page, watch: Watch, url: str) -> None:
    page.goto(metrics(url, "acc", c="subset", f="subset"))
    plot, other = shown(page, "acc · subset=train"), shown(page, "acc · subset=test")
    settle(page, watch)
    cell = page.get_by_role("row").filter(has_text="subset=test").locator("[data-cross]")
    plot.hover(750, 0.75)
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}&at=750"))
    # The pointer goes to the table: the values stay, and so does the mark on the other chart.
    page.mouse.move(*center(page.locator("header")))
    frames(page)
    expect(cell).to_have_text("1.464 @500")
    assert overlay_has_mark(other, 500, 1.464)
    page.reload()
    expect(cell).to_have_text("1.464 @500")
    # Esc lets go of one after the other, and undo brings them back.
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}$"))
    expect(cell).to_have_text("")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("pin="))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}&at=750"))
    # By keyboard, as with the pointer.
    chart(page, "acc · subset=test").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}&at=1000"))


def overlay_has_mark(plot: Plot, x: float, y: float) -> bool:
    """Whether a dot is on the upper canvas at a place."""
    px, py = plot.at(x, y)
    box = plot.locator.bounding_box()
    assert box is not None
    return bool(
        plot.locator.locator("canvas").last.evaluate(
            "(c, [x, y]) => c.getContext('2d').getImageData(x, y, 1, 1).data[3] === 255",
            [round(px - box["x"]), round(py - box["y"])],
        )
    )


def test_a_tap_shows_and_pins(new_context: Callable[..., BrowserContext], url: str) -> None:
    page = new_context(has_touch=True, viewport={"width": 400, "height": 860}).new_page()
    watch = Watch(page)
    page.goto(metrics(url, 'acc if context.subset == "train"'))
    plot = shown(page, "acc · subset=train")
    settle(page, watch)
    page.touchscreen.tap(*plot.at(1000, 1.0))
    expect(tip(page)).to_be_visible()
    text = tip(page).inner_text().replace("\u2009", "")
    found = re.search(r"acc\s+([\d.]+)\s+step (\d+)", text)
    assert found and float(found[1]) == pytest.approx(int(found[2]) / 1000), text
    expect(page).to_have_url(re.compile(rf"pin=[0-9a-f]{{24}}&at={found[2]}"))
    expect(tip(page)).to_be_visible()
    page.touchscreen.tap(*center(page.locator("header")))
    expect(tip(page)).to_be_hidden()
    assert watch.problems == []


def test_a_group_says_how_many_it_is_of(page: Page, watch: Watch, url: str, repo: Path) -> None:
    query = 'score if run.experiment == "seeds"'
    page.goto(metrics(url, query, c="experiment", a="mean:t95"))
    plot = shown(page, "score")
    region = page.get_by_role("region", name="score")
    settle(page, watch)
    expect(region).to_contain_text("mean ± 95 % t interval, n 6–8")
    runs = [np.asarray(m.values) for m in aim.Repo(repo).query_metrics(query)]
    for step, n in ((900, 8), (4000, 6)):
        there = np.asarray([values[step // 10] for values in runs if len(values) > step // 10])
        assert len(there) == n
        plot.hover(step, there.mean())
        said = tip(page).inner_text().replace("\u2009", "")
        at = int(re.search(r"step (\d+)", said)[1])  # type: ignore[index]
        # A step that was logged, in the same pixel; and the values of that step.
        assert at % 10 == 0 and abs(at - step) <= 10
        there = np.asarray([values[at // 10] for values in runs if len(values) > at // 10])
        found = re.search(r"mean\s+([\d.]+)\s+n (\d)( of 8)?", said)
        assert found and int(found[2]) == n and bool(found[3]) == (n < 8)
        assert float(found[1]) == pytest.approx(there.mean(), rel=1e-3)
        interval = re.search(r"95 % t interval ([\d.]+) – ([\d.]+)", said)
        assert interval
        assert [float(v) for v in interval.groups()] == pytest.approx(t_interval(there), rel=1e-3)
        assert f"logged by {'all 8' if n == 8 else '6'}" in said
        assert ("2 ended before" in said) == (n == 6)
        assert "2 of the 8 crashed or failed" in said
    # Only where all are present: nothing of the mean is left where two are missing.
    page.goto(metrics(url, query, c="experiment", a="mean:t95", na="all"))
    expect(region).to_contain_text("n 8")
    plot.hover(4000, 0.11)
    assert not tip(page).is_visible() or "mean" not in tip(page).inner_text()
    # Runs that failed are named; one click leaves them out, and undo takes them in again.
    region.get_by_role("button", name="2 of 8 runs failed · leave out").click()
    expect(page).to_have_url(re.compile("crashed=out"))
    expect(region).to_contain_text("n 6")
    expect(region.get_by_role("button", name="2 failed left out · include")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page).not_to_have_url(re.compile("crashed=out"))


def test_clipped_points_are_listed(page: Page, watch: Watch, url: str) -> None:
    page.goto(metrics(url, 'loss if run.experiment == "spikes"'))
    chart(page, "loss")
    region = page.get_by_role("region", name="loss")
    region.get_by_role("button", name="1 clipped").click()
    listed = page.get_by_role("dialog", name="Clipped points")
    entry = listed.get_by_role("menuitem", name=f"spiky · step {SPIKE}")
    expect(entry).to_contain_text("40")
    page.keyboard.press("ArrowDown")
    entry.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"pin=[0-9a-f]{{24}}&at={SPIKE}"))
