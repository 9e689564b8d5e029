"""A view is the reader's own: what is hidden, sorted and chosen is in its address, comes back, and can be undone."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, findings, run_query, settle

SEEDS = 4


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[SimpleNamespace]:
    """Two learning rates and two optimizers, four seeds each, one of which failed; and the server of their repo."""
    path = tmp_path_factory.mktemp("seeds")
    random = np.random.default_rng(7)
    hashes: dict[str, str] = {}
    for lr in (0.1, 0.01):
        for optimizer in ("adam", "sgd"):
            for seed in range(SEEDS):
                name = f"{optimizer}-{lr}-{seed}"
                noise = float(random.normal(0, 0.05))
                run = aim.Run(repo=path, experiment="seeds", name=name)
                hashes[name] = run.hash
                run["hparams"] = {"lr": lr, "optimizer": optimizer, "seed": seed, "layers": 4}
                fails = name == "sgd-0.1-3"
                try:
                    with run:
                        for step in range(0, 50 if fails else 100, 10):
                            loss = math.exp(-lr * step / 10) + noise + (9.0 if fails else 0.0)
                            for subset, by in (("train", 1.0), ("val", 1.1)):
                                run.track(loss * by, name="loss", step=step, context={"subset": subset})
                        if fails:
                            raise FloatingPointError("loss is not finite")
                except FloatingPointError:
                    pass
    server = Server(path).start()
    yield SimpleNamespace(path=path, url=server.url, hashes=hashes)
    server.stop()


def rows(page: Page) -> Locator:
    return page.get_by_role("grid", name="Sequences").get_by_role("rowheader")


def test_what_is_hidden_and_sorted_is_in_the_address_and_can_be_undone(
    page: Page, watch: Watch, seeds: SimpleNamespace
) -> None:
    page.goto(f"{seeds.url}/metrics?" + urlencode({"q": 'loss if run.name.startswith("adam-0.1-")'}))
    plot = chart(page, "loss · subset=val")
    settle(page, watch)
    before = plot.bounding_box()
    status = page.locator("[data-status]")
    expect(status).to_have_text(f"{2 * SEEDS} lines in 2 charts")

    # An eye, the button of a pinned run, and a group in the legend: each is a step of the history.
    page.get_by_role("button", name="Hide the line").first.click()
    expect(page).to_have_url(re.compile(r"[?&]hide=[0-9a-f]{24}:loss\+subset=val$"))
    expect(status).to_contain_text("1 line hidden")
    assert plot.bounding_box() == before, "the charts have moved"
    page.get_by_role("columnheader", name="last", exact=True).click()
    expect(page).to_have_url(re.compile(r"&ts=-last$"))
    names = rows(page).all_inner_texts()

    page.reload()
    chart(page, "loss · subset=val")
    expect(status).to_contain_text("1 line hidden")
    expect(page.get_by_role("columnheader", name="last", exact=True)).to_have_attribute("aria-sort", "descending")
    assert rows(page).all_inner_texts() == names
    expect(page.get_by_role("button", name="Show the line")).to_have_count(1)
    found = aim.Repo(seeds.path).query_metrics('loss if run.name.startswith("adam-0.1-")')
    lasts = sorted(((m.values[-1], m.run.name) for m in found), reverse=True)
    assert [name.strip() for name in names] == [name for _, name in lasts]

    page.keyboard.press("Control+z")
    expect(page.get_by_role("columnheader", name="last", exact=True)).not_to_have_attribute("aria-sort", "descending")
    page.keyboard.press("Control+z")
    expect(status).to_have_text(f"{2 * SEEDS} lines in 2 charts")
    expect(page.get_by_role("button", name="Show the line")).to_have_count(0)
    page.keyboard.press("Control+Shift+Z")
    expect(status).to_contain_text("1 line hidden")
    assert findings(page) == []


def test_the_mean_over_seeds_is_that_of_the_data(page: Page, watch: Watch, seeds: SimpleNamespace) -> None:
    page.goto(f"{seeds.url}/metrics?" + urlencode({"q": "loss if context.subset == val"}))
    chart(page, "loss · subset=val")
    page.get_by_role("button").filter(has=page.get_by_text("Aggregate", exact=True)).first.click()
    dialog = page.get_by_role("dialog", name="Aggregate")
    expect(dialog).to_contain_text("left out of the groups: seed")
    dialog.get_by_role("menuitemradio", name="Mean over seeds").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"&c=but:seed&a=mean:"))

    grid = page.get_by_role("grid", name="Groups")
    expect(grid.get_by_role("rowheader")).to_have_count(4)
    expected = _groups(seeds)
    texts = _cells(grid)
    assert {t[0] for t in texts} == set(expected)
    for text in texts:
        lr_optimizer, _, n, last, low, high, *_, apart = text
        values, lows, highs, failed = expected[lr_optimizer]
        half = float(T_975[len(values) - 1] * np.std(values, ddof=1) / math.sqrt(len(values)))
        mean_shown, half_shown = (float(v.replace("\u2212", "-")) for v in last.split(" ± "))
        assert int(n) == len(values) == SEEDS - failed
        assert mean_shown == pytest.approx(np.mean(values), abs=half / 50)
        assert half_shown == pytest.approx(half, rel=0.06)
        assert float(low.replace("\u2212", "-")) == pytest.approx(min(lows), rel=1e-3)
        assert float(high.replace("\u2212", "-")) == pytest.approx(max(highs), rel=1e-3)
        assert apart == ("1 failed" if failed else "")

    # Sorted by mean, in the address; open, it has the runs, and says which one failed.
    grid.locator("[role=columnheader][data-column=last]").click()
    expect(page).to_have_url(re.compile(r"&ts=-last$"))
    names = [cell.strip() for cell in grid.get_by_role("rowheader").all_inner_texts()]
    assert names == sorted(expected, key=lambda g: -float(np.mean(expected[g][0])))
    grid.get_by_role("button", name="Open lr 0.1 · optimizer sgd").click()
    expect(grid.get_by_role("link", name=re.compile("^sgd-0.1-"))).to_have_count(SEEDS)
    expect(grid.locator("[role=row]").filter(has_text="sgd-0.1-3")).to_contain_text("failed")
    assert findings(page) == []


def _cells(grid: Locator) -> list[list[str]]:
    """The texts of each row below the head."""
    script = """(rows) => rows.map((row) => [...row.querySelectorAll('[aria-colindex]')]
        .sort((a, b) => a.ariaColIndex - b.ariaColIndex).map((cell) => cell.textContent.trim()))"""
    return list(grid.locator("[role=row]:has([role=rowheader])").evaluate_all(script))


T_975 = {2: 4.302652729749462, 3: 3.182446305283708}
"""scipy: t.ppf(0.975, df)."""


def _groups(seeds: SimpleNamespace) -> dict[str, tuple[list[float], list[float], list[float], int]]:
    """By group: last values, lowest and highest values of the runs that did not fail; and how many did."""
    found: dict[str, tuple[list[float], list[float], list[float], int]] = {}
    for metric in aim.Repo(seeds.path).query_metrics("loss if context.subset == val"):
        hparams = metric.run.params["hparams"]
        key = f"lr {hparams['lr']} · optimizer {hparams['optimizer']}"
        lasts, lows, highs, failed = found.setdefault(key, ([], [], [], 0))
        if metric.run.status == "failed":
            found[key] = lasts, lows, highs, failed + 1
        else:
            lasts.append(float(metric.values[-1]))
            lows.append(float(np.min(metric.values)))
            highs.append(float(np.max(metric.values)))
    return found


def test_chosen_runs_are_a_chip_that_the_query_searches_in(page: Page, watch: Watch, seeds: SimpleNamespace) -> None:
    chosen = ("adam-0.1-0", "adam-0.1-1", "sgd-0.01-0")
    page.goto(f"{seeds.url}/runs")
    for name in chosen:
        page.get_by_role("row").filter(has_text=name).locator("[data-check]").click()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Show metrics").click()
    chart(page, "loss · subset=val")
    expect(page).to_have_url(re.compile(r"/metrics\?runs=[0-9a-f]{24},[0-9a-f]{24},[0-9a-f]{24}$"))
    status = page.locator("[data-status]")
    expect(status).to_contain_text("6 lines in 2 charts")
    expect(page.get_by_label("Query", exact=True)).to_have_value("")

    # The query searches among them, a mistake is marked where it is, and Python asks the same.
    watch.expect_status(400)
    run_query(page, "loss if params.optimizer = adam")
    expect(page.locator("#query-error")).to_contain_text("'=' is not an operator")
    expect(page.locator("pre [class*=mark]")).to_have_text(re.compile("^="))
    run_query(page, "loss if params.optimizer == adam and context.subset == val")
    expect(status).to_contain_text("2 lines in 1 chart")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_text("Python copied")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()")
    query = re.search(r'query_metrics\((".*")\)', code)
    assert query is not None
    found = aim.Repo(seeds.path).query_metrics(json.loads(query[1]))
    assert {m.run.name for m in found} == {"adam-0.1-0", "adam-0.1-1"}

    # One is removed; the chip goes with its ×; all of it comes back.
    page.get_by_role("button").filter(has=page.get_by_text("3 runs", exact=True)).click()
    page.get_by_role("dialog", name="Among").get_by_role("button", name="Remove adam-0.1-1").click()
    expect(status).to_contain_text("1 line in 1 chart")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset Among").click()
    expect(status).to_contain_text(f"{2 * SEEDS} lines in 1 chart")
    page.keyboard.press("Control+z")
    expect(status).to_contain_text("1 line in 1 chart")


def test_a_view_that_hides_hundreds_of_lines_survives_as_a_short_address(
    page: Page, watch: Watch, seeds: SimpleNamespace
) -> None:
    hidden = [f"{number:024x}:loss subset=val" for number in range(300)]
    hidden.append(f"{seeds.hashes['adam-0.1-0']}:loss subset=val")
    only = [seeds.hashes[name] for name in ("adam-0.1-0", "adam-0.1-1")]
    page.goto(f"{seeds.url}/metrics?" + urlencode({"q": "loss", "hide": ",".join(hidden), "only": ",".join(only)}))
    expect(page).to_have_url(re.compile(r"\?view=[0-9a-f]{32}$"))
    status = page.locator("[data-status]")
    said = f"{4 * SEEDS * 2 - 3} lines hidden"
    expect(status).to_contain_text(said)
    other = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(page.url)
    expect(other.locator("[data-status]")).to_contain_text(said)
    expect(other.get_by_role("button", name="Only selected")).to_have_attribute("aria-pressed", "true")
    expect(other.get_by_role("region", name="Selection")).to_contain_text("2 selected")
    other.context.close()
    page.get_by_role("button", name="Show all").click()
    expect(status).to_have_text(f"{4 * SEEDS * 2} lines in 2 charts")


def test_pinned_charts_and_their_order_are_shared(page: Page, watch: Watch, seeds: SimpleNamespace) -> None:
    page.goto(f"{seeds.url}/metrics")
    regions = page.locator("main section:has([data-chart])")
    expect(regions.first).to_have_attribute("aria-label", "loss · subset=val")
    page.get_by_role("button", name="Menu of loss · subset=train").click()
    page.get_by_role("menuitemradio", name="Pin to top").click()
    expect(page).to_have_url(re.compile(r"\?pins=loss\+subset=train$"))
    expect(regions.first).to_have_attribute("aria-label", "loss · subset=train")

    # Elsewhere the link shows the same; here a visit from another page does, and Ctrl+Z takes it back.
    other = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(page.url)
    expect(other.locator("main section:has([data-chart])").first).to_have_attribute("aria-label", "loss · subset=train")
    other.context.close()
    page.keyboard.press("Control+z")
    expect(regions.first).to_have_attribute("aria-label", "loss · subset=val")
    page.get_by_role("link", name="Runs", exact=True).first.click()
    page.get_by_role("link", name="Metrics", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/metrics\?pins=loss\+subset=train$"))
    expect(regions.first).to_have_attribute("aria-label", "loss · subset=train")
