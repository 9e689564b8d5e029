"""Expressions on metrics in the browser: drawn as they were computed, typed with help, kept in the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, findings, settle
from tests.e2e.test_truth_hover import Plot, tip

GAP = "loss.val - loss.train"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("expressions")
    with aim.Run(repo=path, experiment="digits", name="calm") as run:
        run["hparams"] = {"lr": 0.5}
        for step in range(0, 301, 10):
            run.track(np.exp(-step / 100), name="loss", step=step, context={"subset": "train"})
            run.track(step / 300, name="train/acc", step=step)
            if step % 50 == 0:
                run.track(np.exp(-step / 150) + 0.1, name="loss", step=step, context={"subset": "val"})
    return path


@pytest.fixture(scope="module")
def url(repo: Path, browser: Browser) -> Iterator[str]:
    server = Server(repo, "--read-only").start()
    yield server.url
    server.stop()


def test_what_is_drawn_is_what_python_computes(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(f"{url}/metrics?q=loss&e={quote(GAP)}")
    region = page.get_by_role("region", name=GAP, exact=True)
    expect(region).to_contain_text("7 of 7 and 31 steps are common")
    plot = Plot(chart(page, GAP))
    settle(page, watch)
    steps = np.arange(0, 301, 50)
    expected = np.exp(-steps / 150) + 0.1 - np.exp(-steps / 100)
    (metric,) = aim.Repo(repo).query_metrics("loss", expr=GAP)
    assert metric.steps.tolist() == steps.tolist() and np.allclose(metric.values, expected)
    for at in (1, 3, 6):
        plot.hover(steps[at], float(metric.values[at]))
        expect(tip(page)).to_contain_text(f"{metric.values[at]:.4g}"[:6])
        expect(tip(page)).to_contain_text(f"step {steps[at]}")
    rows = page.get_by_role("row").filter(has_text=GAP)
    expect(rows).to_contain_text(f"{metric.last:.4g}"[:6])


def test_an_expression_is_typed_with_help_and_kept_in_the_address(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?q=loss")
    chart(page, "loss · subset=train")
    page.get_by_role("button", name="Expression", exact=True).click()
    field = page.get_by_label("Expression", exact=True)
    form = page.get_by_role("dialog", name="Add expression")
    field.press_sequentially("loss.train + los")
    expect(form).to_contain_text("no run has a metric or param 'los', column 14")
    assert findings(page) == []
    field.press("Enter")  # what cannot be read is not drawn
    expect(form).to_be_visible()
    form.get_by_role("button", name="loss", exact=True).click()
    expect(field).to_have_value("loss.train + loss")
    expect(form).to_contain_text("2 curves")
    field.fill("")
    field.press_sequentially("1 - train/ac")
    form.get_by_role("option", name=re.compile("train.acc")).wait_for()
    field.press("Tab")
    expect(field).to_have_value('1 - "train/acc"')
    field.press("Enter")
    expect(form).to_be_hidden()
    text = '1 - "train/acc"'
    chart(page, text)
    assert page.url.endswith("?q=loss&e=1+-+%22train/acc%22")
    assert findings(page) == []
    page.get_by_role("button", name=f"Remove expression {text}").click()
    expect(page.get_by_role("region", name=text, exact=True)).to_be_hidden()
    page.keyboard.press("Control+z")
    chart(page, text)


def test_what_is_wrong_with_an_expression_is_said_on_the_page(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?q=loss&e={quote('loss.train + los')}&e={quote('last(loss.val)')}")
    chart(page, "loss · subset=train")
    fault = page.get_by_role("note", name="Expression loss.train + los", exact=True)
    expect(fault).to_contain_text("no run has a metric or param 'los', column 14")
    expect(page.get_by_role("note", name="Expression last(loss.val)", exact=True)).to_contain_text("not a curve")
    assert findings(page) == []
    fault.get_by_role("button", name="loss", exact=True).click()
    expect(fault).to_be_hidden()
    expect(page).to_have_url(re.compile(re.escape("e=loss.train+%2B+loss&") + "|" + re.escape("e=loss.train+%2B+loss")))
    chart(page, "loss.train + loss · subset=val")


def test_an_expression_is_a_column_of_runs(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/runs?col=lr")
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_role("button", name="Add expression").click()
    field = page.get_by_label("Expression", exact=True)
    columns = page.get_by_role("dialog", name="Columns")
    field.press_sequentially("last(loss)")
    expect(columns).to_contain_text("Some runs have several values")
    text = "last(loss.val) - last(loss.train)"
    field.fill(text)
    expect(columns).to_contain_text("1 run")
    assert findings(page) == []
    field.press("Enter")
    expect(columns.get_by_role("checkbox", name=text)).to_be_checked()
    page.keyboard.press("Escape")
    value = np.exp(-2.0) + 0.1 - np.exp(-3.0)
    expect(page.get_by_role("gridcell", name=f"{value:.4g}", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"col=expr:last\(loss\.val\)"))
