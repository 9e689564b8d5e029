"""Expressions on metrics as columns and sort keys of the runs table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from aim.errors import InvalidValueError
from aim.explore.tables.export import export_runs
from aim.explore.tables.expression_cells import expression_values
from aim.explore.tables.search import RunSearch, column_spread, runs_page, search_runs
from aim.explore.view import View

GAP = "expr:last(loss.val) - last(loss.train)"


@pytest.fixture
def view(repo_path: Path) -> View:
    for number in range(3):
        with aim.Session(str(repo_path), run=f"run {number}") as session:
            session.set_params({"size": 10 * number}, name="hparams")
            for step in range(10):
                session.track(math.exp(-step), "loss", subset="train", step=step)
                session.track(math.exp(-step) * (3 - number), "loss", subset="val", step=step)
            if number == 2:
                session.track(1.0, "acc", step=3)
                session.track(7.0, "acc", step=1)  # out of order: the last step is not what came last
    repo = aim.Repo(str(repo_path))
    repo.index.catch_up()
    return View(repo.index, repo.engine)


def cells(view: View, column: str) -> list[Any]:
    rows = runs_page(view, RunSearch(sort=(("name", False),)), columns=[column])["rows"]
    return [row["metrics"].get(column) for row in rows]


def test_a_column_is_computed_for_each_run(view: View) -> None:
    last = math.exp(-9)
    assert cells(view, GAP) == pytest.approx([3 * last - last, 2 * last - last, 0.0])
    assert cells(view, "expr:min(loss.val) * params.size") == pytest.approx([0.0, 20 * last, 20 * last])
    assert cells(view, "expr:loss.val / loss.train") == [3.0, 2.0, 1.0]  # of a curve: the last
    assert cells(view, "expr:mean(loss.val)")[0] == pytest.approx(np.mean(3 * np.exp(-np.arange(10.0))))
    assert cells(view, "expr:params.size / 2") == [0.0, 5.0, 10.0]


def test_a_run_without_one_value_has_none(view: View) -> None:
    assert cells(view, "expr:last(acc)") == [None, None, 1.0]
    assert cells(view, "expr:at(acc, 2)") == [None, None, 7.0]
    assert cells(view, "expr:last(loss)") == [None, None, None]  # of train, or of val?
    assert cells(view, "expr:last(los)") == [None, None, None]


def test_it_sorts_spreads_and_is_exported(view: View) -> None:
    names = [row["name"] for row in runs_page(view, RunSearch(sort=((GAP, True),)))["rows"]]
    assert names == ["run 0", "run 1", "run 2"]
    first, *_ = runs_page(view, RunSearch(sort=(("expr:last(acc)", False),)))["rows"]
    assert first["name"] == "run 2"
    assert column_spread(view, RunSearch(), "expr:last(acc)")["missing"] == 2
    ids = search_runs(view, RunSearch(sort=(("name", False),))).ids
    head, *lines = b"".join(export_runs(view, ids, "csv", columns=[GAP])).decode().splitlines()
    assert head.endswith(",last(loss.val) - last(loss.train)")
    assert float(lines[2].rpartition(",")[2]) == 0.0


def test_what_is_no_expression_is_refused(view: View) -> None:
    with pytest.raises(InvalidValueError, match="column 6"):
        runs_page(view, RunSearch(), columns=["expr:acc -"])
    with pytest.raises(InvalidValueError, match="cannot be computed"):
        runs_page(view, RunSearch(sort=(("expr:acc >", True),)))


def test_summaries_and_points_agree(view: View) -> None:
    with view.connect() as connection:
        ids = list(search_runs(view, RunSearch()).ids)
        for text in ("last(loss.val)", "first(loss.val)", "min(loss.val)", "max(loss.val)", "count(loss.val)"):
            quick = expression_values(view, connection, text, ids)
            slow = expression_values(view, connection, f"{text} + 0 * mean(loss.val)", ids)
            assert quick == slow and len(quick) == 3
