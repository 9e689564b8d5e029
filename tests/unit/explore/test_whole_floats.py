"""Floats without a fraction are named beside an answer: JavaScript reads 1.0 as the integer 1."""

from __future__ import annotations

from aim.explore.tables.rows import whole_float_params, whole_floats


def test_cells_of_params() -> None:
    rows = [
        {"cells": [1.0, 1, None, 1.0]},
        {"cells": [0.5, [0.9, 1.0], {"a": {"b": -0.0}}, 2.0]},
        {"cells": [True, float("inf"), float("nan"), 1.0]},
    ]
    found = whole_floats(rows, ["a", "b", "c", "metric:loss|{}|last"])
    assert found == [(0, 0, "1.0"), (1, 1, "[0.9,1.0]"), (1, 2, '{"a":{"b":-0.0}}')]


def test_params_of_runs() -> None:
    runs = {"h": {"params": {"p": {"wd": 0.0, "lr": 0.1, "betas": [0.9, 1.0], "n": 3}, "big": 1e22}}}
    assert whole_float_params(runs) == [
        ("h", ["p", "wd"], "0.0"),
        ("h", ["p", "betas"], "[0.9,1.0]"),
        ("h", ["big"], "1e+22"),
    ]
