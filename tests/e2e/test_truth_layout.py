"""How charts are laid out: x axes, order, sections, columns, grids; compared with what was recorded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

import aim
from tests.e2e.support import Server, Watch, chart, findings, settle, wait_until

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
    """The value at the right end of the x axis of a chart, to two digits; none of its labels is beyond it."""
    plot = chart(page, title)
    _, _, _, _, _, end, _, _ = map(float, (plot.get_attribute("data-plot") or "").split())
    texts = plot.locator("canvas").first.evaluate("(c) => c.texts ?? []")
    labels = [_number(text) for text, align, _, _ in texts if align == "center"]
    assert max(n for n in labels if n is not None) <= end
    return float(f"{end:.2g}")


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


def sequences(requests: list[Request]) -> set[str]:
    """The ids of all sequences whose points were asked for."""
    bodies = [r.post_data_json for r in requests if r.url.endswith("/metrics/frame")]
    return {sequence for body in bodies for sequence in body["sequences"]}


def test_charts_are_in_sections_which_fetch_nothing_while_they_are_closed(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?s.gpu=0")
    settle(page, watch)
    # Those that say most first: validation loss, then its training loss, then scores.
    assert titles(page)[:4] == ["loss subset=val", "loss subset=train", "accuracy subset=val", "auc"]
    heads = page.get_by_role("heading").get_by_role("button", expanded=True)
    expect(heads).to_have_text(["Charts", "layers"])
    closed = page.get_by_role("button", name="gpu", expanded=False)
    assert [t for t in titles(page) if t.startswith("gpu")] == []
    page.get_by_role("group", name="Charts").get_by_role("button", name="Charts").click()
    page.get_by_role("button", name="layers", expanded=True).click()
    assert titles(page) == []
    settle(page, watch)
    since = len(watch.requests)
    closed.click()
    settle(page, watch)
    assert titles(page) == [f"gpu/{i}" for i in range(5)]
    assert view(page) == {"s./": "0", "s.layers": "0"}
    assert findings(page) == []
    before, after = sequences(watch.requests[:since]), sequences(watch.requests[since:])
    assert len(after) == 5 * 6 and not after & before
    page.go_back()
    page.go_back()
    page.go_back()
    expect(closed).to_be_visible()
    expect(page.locator("[data-chart]")).to_have_count(9)


def test_metrics_are_picked_by_boxes(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics")
    settle(page, watch)
    page.get_by_role("button", name="Metrics all").click()
    box = page.get_by_role("dialog", name="Metrics")
    box.get_by_label("Find a metric").fill("oss")
    expect(page.locator("[data-chart]")).to_have_count(2)
    expect(box.locator("mark")).to_have_text(["oss"])
    box.get_by_role("checkbox", name="loss subset=val").check()
    box.get_by_label("Find a metric").fill("layers")
    box.get_by_role("checkbox", name="layers/", exact=True).check()
    expect(page.locator("[data-chart]")).to_have_count(6)
    assert findings(page) == []
    assert titles(page) == ["loss subset=val", *(f"layers/{i}" for i in range(5))]
    assert view(page) == {"ms": "loss subset=val,layers/"}
    box.get_by_role("checkbox", name="layers/3").uncheck()
    expect(page.locator("[data-chart]")).to_have_count(5)
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-chart]")).to_have_count(5)
    expect(page.get_by_role("button", name="Metrics 5 picked")).to_be_visible()
    page.get_by_role("button", name="Reset Metrics").click()
    expect(page.locator("[data-chart]")).to_have_count(14)


def boxes(page: Page) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of each chart."""
    return [
        tuple(box)
        for box in page.locator("section:has([data-chart])").evaluate_all(
            "(all) => all.map((e) => e.getBoundingClientRect()).map((b) => [b.x, b.y, b.width, b.height])"
        )
    ]


def test_wide_screens_have_more_columns_and_a_chart_can_have_the_pane(page: Page, watch: Watch, url: str) -> None:
    page.set_viewport_size({"width": 2560, "height": 1000})
    page.goto(f"{url}/metrics?s.gpu=0")
    settle(page, watch)
    found = boxes(page)
    assert len({left for left, *_ in found}) == 5  # the section of five has one row
    assert all(width >= 360 and height / width >= 0.44 for _, _, width, height in found)
    assert all(left == int(left) for left, *_ in found)
    table = page.get_by_role("grid", name="Sequences")
    last = table.get_by_role("columnheader").last.bounding_box()
    assert last is not None and last["x"] + last["width"] > 2500
    page.set_viewport_size({"width": 1280, "height": 800})
    wait_until(page, lambda: len({left for left, *_ in boxes(page)}) == 3, "three columns")
    page.get_by_role("button", name="Size medium").click()
    page.get_by_role("menuitemradio", name="large").or_(page.get_by_role("button", name="large")).click()
    wait_until(page, lambda: len({left for left, *_ in boxes(page)}) == 2, "two columns")
    page.keyboard.press("Escape")
    page.reload()
    settle(page, watch)
    assert len({left for left, *_ in boxes(page)}) == 2
    page.get_by_role("button", name="Menu of auc").click()
    page.get_by_role("menuitem", name="Use the whole pane").click()
    expect(page.get_by_role("button", name="Show all charts")).to_be_visible()
    visible = [box for box in boxes(page) if box[2] > 0]
    pane = page.locator("[data-body] > div").first.bounding_box()
    assert pane is not None and len(visible) == 1 and abs(visible[0][3] - pane["height"]) < 2
    assert view(page) == {"s.gpu": "0", "full": "auc"}
    page.keyboard.press("f")
    expect(page.get_by_role("region", name="loss · subset=val")).to_be_visible()


PLOTS = "(all) => all.map((e) => e.dataset.plot)"


def test_two_fields_make_a_grid_of_rows_and_columns(page: Page, watch: Watch, url: str, wide: Path) -> None:
    page.goto(f"{url}/metrics?q=accuracy&f=params.optimizer,params.lr")
    settle(page, watch)
    assert titles(page) == [f"{opt} · {lr}" for opt in ("adam", "sgd") for lr in (0.001, 0.01, 0.1)]
    lefts, tops = ([round(box[i]) for box in boxes(page)] for i in (0, 1))
    assert lefts[:3] == lefts[3:] and len(set(lefts)) == 3
    assert len(set(tops[:3])) == len(set(tops[3:])) == 1
    for head in ("lr=0.001", "lr=0.01", "lr=0.1", "optimizer=adam", "optimizer=sgd"):
        expect(page.get_by_title(head, exact=True)).to_have_text(head)
    chart(page, "accuracy · optimizer=sgd lr=0.01")
    # One scale for all charts of the metric: of losses that differ by six times, too.
    page.goto(f"{url}/metrics?q=loss+if+context.subset+==+train&f=params.optimizer,params.lr")
    settle(page, watch)
    scales = {" ".join(plot.split()[4:]) for plot in page.locator("[data-plot]").evaluate_all(PLOTS)}
    assert len(scales) == 1
    x0, x1, y0, y1 = map(float, scales.pop().split())
    with aim.Repo(wide) as repo:
        most = max(max(m.values) for m in repo.query_metrics("loss if context.subset == train"))
    assert x0 == 0 and LAST <= x1 < 1.04 * LAST and y0 <= 0.1 and most <= y1 < 1.2 * most
    # The one run that goes on says so in its own chart.
    expect(page.get_by_role("button", name=re.compile("^1 to 70k"))).to_have_count(1)


def test_a_range_can_be_typed(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?q=accuracy")
    chart(page, "accuracy · subset=val")
    plot = page.locator("[data-chart]")
    page.get_by_role("button", name="Menu of accuracy").click()
    page.get_by_role("menuitem", name="Set range…").click()
    dialog = page.get_by_role("dialog", name="Range of accuracy · subset=val")
    dialog.get_by_label("x, step, from").fill("500")
    dialog.get_by_label("x, step, to").fill("400")
    expect(dialog.get_by_role("button", name="Set range")).to_be_disabled()
    dialog.get_by_label("x, step, to").fill("1500")
    dialog.get_by_label("y, from").fill("0.25")
    dialog.get_by_label("y, to").fill("0.5")
    assert findings(page) == []
    dialog.get_by_label("y, to").press("Enter")
    expect(plot).to_have_attribute("data-plot", re.compile(r" 500 1500 0\.25 0\.5$"))
    assert view(page) == {"q": "accuracy", "r": "500:1500", "ry.accuracy subset=val": "0.25:0.5"}
    page.keyboard.press("Control+z")
    expect(plot).to_have_attribute("data-plot", re.compile(r" 0 3000 "))
