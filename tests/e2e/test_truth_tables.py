"""What tables say is what was recorded: cells, params, the best run, and what a search finds, beside `aim.Repo`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import aim
from tests.e2e.support import Server, Watch, findings, wait_until

RUNS = 104
"""More than one page of the table."""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[SimpleNamespace]:
    path: Path = tmp_path_factory.mktemp("sweep")
    for i in range(RUNS):
        with aim.Run(repo=path, experiment="sweep", name=f"run-{i}") as run:
            run["params"] = {
                "alpha_unused": 1,
                "lr": (1e-5, 1e-4, 0.003, 0.1)[i % 4],
                "optimizer": {"name": ("adam", "sgd", "lion")[i % 3], "betas": [0.9, 1.0]},
                "out_dir": f"/scratch/run-{i}",
                "seed": (2**53 + 1 if i == 7 else i),
                "weight_decay": (0.0, 1.0, 0.5)[i % 3],
            }
            if i % 2:
                run["data"] = {"augment": i % 4 == 1}
            if i % 5 == 0:
                run.add_tag("baseline")
            for subset, by in (("train", 1.0), ("val", 1.1)):
                loss = 25.0 if i == 3 else by * (0.2 + (i * 37 % RUNS) / RUNS)
                for step in (0, 10):
                    run.track(loss, name="loss", step=step, context={"subset": subset})
                run.track(0.99999 if i == 5 else 0.5 + i / 1000, name="accuracy", step=10, context={"subset": subset})
            run.track(0.5, name="auc", step=10, context={"subset": "test"})
    repo = aim.Repo(path)
    newest = max(repo.query_runs(""), key=lambda run: run.created_at)
    newest.add_note("diverged after the warm-up")
    server = Server(path).start()
    yield SimpleNamespace(url=server.url, runs={run.name: run for run in repo.query_runs("")}, path=path)
    server.stop()


def cells(page: Page) -> dict[str, dict[str, str]]:
    """The texts of the rows in sight by name of the run and column."""
    found: dict[str, dict[str, str]] = page.evaluate(
        """() => {
          const heads = {}
          for (const h of document.querySelectorAll('[role=columnheader]')) heads[h.ariaColIndex] = h.dataset.column
          const rows = {}
          for (const row of document.querySelectorAll('[role=row]')) {
            const name = row.querySelector('[role=rowheader] a')
            if (!name) continue
            const of = (rows[name.innerText] = {})
            for (const c of row.querySelectorAll('[role=gridcell]')) of[heads[c.ariaColIndex]] = c.innerText
          }
          return rows
        }"""
    )
    return found


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def dig(params: dict[str, Any], path: str) -> Any:
    value: Any = params
    for key in path.split("."):
        value = value[key]
    return value


def shown(page: Page, text: str) -> None:
    expect(page.locator("header")).to_contain_text(re.compile(text))


def test_first_columns_and_their_values(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.set_viewport_size({"width": 2200, "height": 900})  # all columns in sight
    page.goto(sweep.url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    heads = page.evaluate(
        "[...document.querySelectorAll('[role=columnheader]')].sort((a, b) => a.ariaColIndex - b.ariaColIndex)"
        ".map((e) => [e.dataset.column, e.innerText.trim().replace(/\\s*[↑↓]\\d?$/, '')])"
    )
    params = [head for head in heads if re.match(r"(params|data)\.", head[0])]
    metrics = [head[1] for head in heads if head[0].startswith("metric:")]
    # names without their set; those that tell runs apart first, and what half of the runs lack last
    assert params[:2] == [["params.lr", "lr"], ["params.optimizer.name", "optimizer.name"]]
    assert [name for _, name in params][2:4] == ["seed", "weight_decay"]
    assert metrics == ["loss val", "accuracy val", "loss train", "accuracy train"]

    page.goto(
        sweep.url + "/runs?s=created_at&col=params.lr&col=params.weight_decay&col=params.seed"
        "&col=params.optimizer.betas&col=params.out_dir"
        "&col=metric:loss|%7B%22subset%22:%22val%22%7D|last&col=metric:accuracy|%7B%22subset%22:%22val%22%7D|last"
    )
    wait_until(page, lambda: "run-7" in cells(page), "the rows are there")
    table = cells(page)
    for name in ("run-0", "run-1", "run-2", "run-3", "run-5", "run-7"):
        run, row = sweep.runs[name], table[name]
        assert number(row["params.lr"]) == dig(run.params, "params.lr")
        assert row["params.weight_decay"] == repr(dig(run.params, "params.weight_decay"))
        assert row["params.seed"] == str(dig(run.params, "params.seed"))
        assert row["params.optimizer.betas"].replace(" ", "") == "[0.9,1.0]"
        last = {metric.name: metric.last for metric in run.metrics() if metric.context == {"subset": "val"}}
        for metric in ("loss", "accuracy"):
            text = row[f'metric:{metric}|{{"subset":"val"}}|last']
            assert number(text) == pytest.approx(last[metric], rel=1e-3)
    # one notation in a column, and an accuracy that is not 1
    assert [table[f"run-{i}"]["params.lr"] for i in range(4)] == ["0.00001", "0.0001", "0.003", "0.1"]
    assert table["run-5"]['metric:accuracy|{"subset":"val"}|last'] == "0.99999"


def test_the_best_run_in_two_clicks_and_quiet_colours(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.set_viewport_size({"width": 2200, "height": 900})  # all columns in sight
    column = 'metric:loss|{"subset":"val"}|best:min'
    page.goto(sweep.url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Sort")).first.click()
    menu = page.get_by_role("dialog", name="Sort")
    assert findings(page) == []
    menu.get_by_role("group", name="Best run by").get_by_role("menuitemradio", name=re.compile("^✓?loss val")).click()
    by_best = sorted(
        sweep.runs.values(),
        key=lambda run: next(m.min for m in run.metrics() if m.name == "loss" and m.context == {"subset": "val"}),
    )
    expect(page.get_by_role("rowheader").first).to_contain_text(by_best[0].name)
    wait_until(page, lambda: column in cells(page).get(by_best[0].name, {}), "the column that is sorted by is shown")
    best = cells(page)[by_best[0].name][column]
    assert number(best) == pytest.approx(
        next(m.min for m in by_best[0].metrics() if m.name == "loss" and m.context == {"subset": "val"}), rel=1e-3
    )
    # any column by a search, one that is not shown
    page.get_by_role("button", name=re.compile("^Sort")).first.click()
    expect(page.get_by_label("Find a column to sort by")).to_be_focused()
    page.keyboard.type("out_dir")
    menu.get_by_role("menuitemradio", name="out_dir").click()
    expect(page).to_have_url(re.compile(r"s=params\.params\.out_dir"))
    page.go_back()
    # the one run that diverged does not take the colours of all others
    page.goto(
        sweep.url
        + "/runs?s=-metric:loss|%7B%22subset%22:%22val%22%7D|last&heat=metric:loss|%7B%22subset%22:%22val%22%7D|last"
    )
    tints = "[...document.querySelectorAll('[role=gridcell]')].map((e) => e.style.background).filter(Boolean)"
    wait_until(page, lambda: len(page.evaluate(tints)) > 10, "cells are coloured")
    shares = [int(re.search(r"(\d+)%", tint)[1]) for tint in page.evaluate(tints)]  # type: ignore[index]
    assert shares[0] == shares[1] == 100 and len(set(shares)) > 5
    assert findings(page) == []


def test_filter_words_and_select_all(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.goto(sweep.url + '/runs?q=run.experiment == "sweep"')
    shown(page, f"Runs\\s*{RUNS} of {RUNS} runs")
    # the field of a new term has the focus, although there are terms to remove
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("combobox", name="Name")).to_be_focused()
    page.keyboard.type("optim")
    expect(page.get_by_role("option", name=re.compile(r"^params\.optimizer\.name"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert findings(page) == []
    page.get_by_role("option", name=re.compile(r"^params\.optimizer\.name")).click()
    expect(page.get_by_role("combobox", name="Value")).to_be_focused()
    page.get_by_role("option", name=re.compile("^adam")).click()
    page.get_by_role("button", name="Add", exact=True).click()
    adam = sum(dig(run.params, "params.optimizer.name") == "adam" for run in sweep.runs.values())
    shown(page, f"Runs\\s*{adam} of {RUNS} runs")
    expect(page.get_by_label("Query", exact=True)).to_have_value(
        'run.experiment == "sweep" and params.optimizer.name == "adam"'
    )
    # words that are no query: where they occur
    field = page.get_by_label("Query", exact=True)
    field.fill("baseline")
    field.press("Enter")
    tagged = sum("baseline" in run.tags for run in sweep.runs.values())
    page.get_by_role("button", name=f"{tagged} runs: tag baseline").click()
    shown(page, f"Runs\\s*{tagged} of {RUNS} runs")
    # a name that does not exist: a button puts it right
    field.fill("params.optimiser.name == adam")
    field.press("Enter")
    page.get_by_role("button", name="Search with params.optimizer.name").click()
    shown(page, f"Runs\\s*{adam} of {RUNS} runs")
    page.goto(sweep.url + "/")
    page.get_by_label("Search", exact=True).fill("Diverged")
    page.keyboard.press("Enter")
    shown(page, f"Runs\\s*1 of {RUNS} runs")
    page.goto(sweep.url + "/")
    page.get_by_label("Search", exact=True).fill("zebra crossing")
    page.keyboard.press("Enter")
    expect(page.get_by_text("tags, params and notes for “zebra crossing”")).to_be_visible()
    page.goto(sweep.url + "/runs")
    page.get_by_role("button", name="Select all").click()
    expect(page.get_by_role("region", name="Selection")).to_contain_text(f"{RUNS} selected")


def test_params_as_they_were_recorded(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    run = sweep.runs["run-7"]
    page.goto(sweep.url + f"/runs/{run.hash}?tab=params&as=json")
    code = page.get_by_role("tabpanel").locator("pre, code").first
    expect(code).to_contain_text("weight_decay")
    copied = json.loads(code.inner_text())
    assert copied == run.params
    assert repr(dig(copied, "params.weight_decay")) == repr(dig(run.params, "params.weight_decay")) == "1.0"
    assert dig(copied, "params.optimizer.betas") == [0.9, 1.0] and "1.0" in code.inner_text()
    page.goto(sweep.url + f"/runs/{run.hash}?tab=params")
    row = page.get_by_role("treeitem").filter(has_text="weight_decay")
    expect(row).to_contain_text(re.compile(r"weight_decay\s*1\.0\s*float"))
    expect(page.get_by_role("treeitem").filter(has_text="seed")).to_contain_text(f"{2**53 + 1}")
    expect(row.get_by_role("button")).to_have_attribute("title", "Copy params.weight_decay")


def test_a_run_knows_its_place_in_the_whole_list(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.goto(sweep.url + "/runs?s=created_at")
    page.get_by_role("link", name="run-1", exact=True).click()
    group = page.get_by_role("group", name="The list this run was opened from")
    expect(group).to_contain_text(re.compile(rf"2\s*of\s*{RUNS}"))
    # well-known names first, each by its short name
    keys = page.locator("dl dt").all_inner_texts()
    assert [key for key in keys if key in ("lr", "optimizer.name", "alpha_unused")] == [
        *("lr", "optimizer.name", "alpha_unused")
    ]


def test_groups_of_lines_by_a_float_without_a_fraction(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.goto(sweep.url + "/metrics?q=auc&c=params.weight_decay")
    expect(page.get_by_text("0.0", exact=True).first).to_be_visible()
    expect(page.get_by_text("1.0", exact=True).first).to_be_visible()


def copied(page: Page, button: str, item: str) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("menuitem", name=item).click()
    expect(page.get_by_role("status").filter(has_text="copied").last).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_groups_are_copied_as_they_are_shown(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.goto(sweep.url + "/runs?g=params.lr&col=metric:auc|%7B%22subset%22:%22test%22%7D|last&s=params.lr")
    expect(page.get_by_role("rowheader").first).to_contain_text("× 26")
    assert copied(page, "Export", "Copy the groups as Markdown").splitlines() == [
        "| lr | n | auc test |",
        "| ---: | ---: | ---: |",
        *(f"| {lr} | 26 | 0.5000 ± 0 |" for lr in ("0.00001", "0.0001", "0.003", "0.1")),
    ]


def test_runs_copied_as_python_have_the_columns_of_the_page(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    pytest.importorskip("pandas")
    page.goto(
        sweep.url + "/runs?q=params.lr+>+0.01&s=metric:loss|%7B%22subset%22:%22val%22%7D|last&col=params.lr"
        "&col=metric:loss|%7B%22subset%22:%22val%22%7D|last"
    )
    shown(page, "26 of 104 runs")
    code = copied(page, "Export", "Copy as Python")
    names: dict[str, Any] = {}
    exec(code, names)
    frame = names["frame"]
    assert list(frame.columns[-2:]) == ["lr", "loss.val"]
    assert list(frame["loss.val"]) == sorted(frame["loss.val"]) and len(frame) == 26


def test_the_table_of_lines_is_copied(page: Page, watch: Watch, sweep: SimpleNamespace) -> None:
    page.goto(sweep.url + "/metrics?q=auc+if+run.name+==+%22run-3%22")
    expect(page.get_by_role("grid", name="Sequences").get_by_role("rowheader").first).to_be_visible()
    text = copied(page, "Export the table", "Copy as LaTeX")
    assert "  run-3 & auc subset=test & 0.5000 & 0.5000 & 0.5000 & 1 \\\\\n" in text
