"""How charts are laid out: x axes, order, sections, columns, grids; compared with what was recorded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, settle, wait_until

LAST, LONG_LAST, AUC_LAST = 3000, 70_000, 200
"""Last steps: of most runs, of one whose `loss` goes on, of a metric that was logged at the start only."""

# Each canvas keeps the texts of its present picture, with their alignment and place.
RECORD_TEXTS = """
for (const name of ['fillText', 'fillRect']) {
  const draw = CanvasRenderingContext2D.prototype[name]
  CanvasRenderingContext2D.prototype[name] = function (...args) {
    const { canvas } = this
    if (name === 'fillText') (canvas.texts ??= []).push([args[0], this.textAlign, args[1], args[2]])
    else if (args[0] === 0 && args[1] === 0 && args[2] === canvas.width) canvas.texts = []
    return draw.apply(this, args)
  }
}
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six runs of three learning rates and two optimizers; metrics with prefixes, contexts and different lengths."""
    path = tmp_path_factory.mktemp("wide")
    for i in range(6):
        lr, optimizer = (0.1, 0.01, 0.001)[i % 3], ("adam", "sgd")[i // 3]
        with aim.Run(repo=path, experiment="wide", name=f"run-{i}") as run:
            run["hparams"] = {"lr": lr, "optimizer": optimizer}
            steps = list(range(0, LONG_LAST + 1 if i == 5 else LAST + 1, 100))
            run.track_many(
                "loss", [(i + 1) * math.exp(-s / 1000) for s in steps], steps=steps, context={"subset": "train"}
            )
            short = list(range(0, LAST + 1, 100))
            run.track_many("loss", [2 * math.exp(-s / 1000) for s in short], steps=short, context={"subset": "val"})
            run.track_many("accuracy", [s / LAST for s in short], steps=short, context={"subset": "val"})
            run.track_many("auc", [0.5] * 3, steps=[0, 100, AUC_LAST])
            for layer in range(5):
                run.track_many(f"layers/{layer}", [1.0, 2.0, float(layer)], steps=[0, 1500, LAST])
            for gpu in range(5):
                run.track_many(f"gpu/{gpu}", [50.0, 60.0 + gpu], steps=[0, LAST])
    return path


@pytest.fixture(scope="module")
def url(wide: Path, browser: Browser) -> Iterator[str]:
    server = Server(wide, "--read-only").start()
    yield server.url
    server.stop()


def x_end(page: Page, title: str) -> float:
    """The value at the right end of the x axis of a chart, from two of its labels; to two digits."""
    texts, width = chart(page, title).locator("canvas").first.evaluate("(c) => [c.texts ?? [], c.clientWidth]")
    labels = [(_number(text), x) for text, align, x, _ in texts if align == "center"]
    # The first label, and one at the right end, lean inwards by a few pixels.
    inner = [(n, x) for n, x in labels if n is not None and x < width - 40]
    (a, xa), (b, xb) = inner[-2:]
    return float(f"{a + (width - 16 - xa) * (b - a) / (xb - xa):.2g}")


def _number(text: str) -> float | None:
    found = re.fullmatch(r"([\d.]+)([kM]?)", text.replace("\u2009", ""))
    return float(found[1]) * {"": 1, "k": 1e3, "M": 1e6}[found[2]] if found else None


def titles(page: Page) -> list[str]:
    """The charts in the page, in their order."""
    return page.locator("[data-chart]").evaluate_all("(all) => all.map((e) => e.dataset.chart)")


def view(page: Page) -> dict[str, str]:
    """The query string of the address."""
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def chip(page: Page, title: str, text: str) -> Locator:
    """A button in the title row of a chart."""
    return page.get_by_role("region", name=title, exact=True).get_by_role("button", name=re.compile(text))


def test_each_chart_spans_its_own_lines_and_a_long_line_is_shown_by_a_click(
    page: Page, watch: Watch, url: str, wide: Path
) -> None:
    with aim.Repo(wide) as repo:
        ends = sorted(float(m.steps[-1]) for m in repo.query_metrics("loss if context.subset == train"))
    assert ends == [LAST] * 5 + [LONG_LAST]
    page.add_init_script(RECORD_TEXTS)
    page.goto(f"{url}/metrics?q=loss,+auc")
    settle(page, watch)
    assert x_end(page, "auc") == AUC_LAST
    assert x_end(page, "loss · subset=val") == LAST
    # Five runs end at 3,000; the sixth is cut off there, and the chart says how far it goes.
    assert x_end(page, "loss · subset=train") == LAST
    chip(page, "loss · subset=train", "^1 to 70k").click()
    expect(chip(page, "loss · subset=train", "^fit to 3")).to_be_visible()
    wait_until(page, lambda: x_end(page, "loss · subset=train") >= 60_000, "x shows all")
    assert x_end(page, "loss · subset=val") == LAST
    assert view(page)["xe"] == "all"
    page.keyboard.press("Control+z")
    wait_until(page, lambda: x_end(page, "loss · subset=train") == LAST, "x fits again")
    # A zoom is one for all.
    page.goto(f"{url}/metrics?q=loss,+auc&r=0:1000")
    settle(page, watch)
    assert {x_end(page, t) for t in ("auc", "loss · subset=val", "loss · subset=train")} == {1000}


def test_another_axis_leaves_the_old_picture_until_its_points_are_here(page: Page, watch: Watch, url: str) -> None:
    page.add_init_script(RECORD_TEXTS)
    page.goto(f"{url}/metrics?q=auc")
    plot = chart(page, "auc")
    settle(page, watch)
    held = []
    page.route("**/metrics/frame", lambda route: held.append(route))
    page.get_by_role("button", name="x step").click()
    page.get_by_role("menuitemradio", name="epoch").or_(page.get_by_role("menuitemcheckbox", name="epoch")).click()
    wait_until(page, lambda: len(held) == 1, "the points of the other axis are asked for")
    expect(page.locator("[data-notes]")).to_contain_text("loading")
    assert x_end(page, "auc") == AUC_LAST
    assert float(plot.locator("canvas").first.evaluate("(c) => getComputedStyle(c).opacity")) < 1
    held[0].continue_()
    expect(page.locator("[data-notes]")).not_to_contain_text("loading")
    assert plot.locator("canvas").first.evaluate("(c) => getComputedStyle(c).opacity") == "1"
