"""Params as rows that SQL cannot misread."""

from __future__ import annotations

import math
from typing import Any

import pytest

from aim.index.sql.params import classify, flatten_params, path_row, storable_text
from aim.index.sql.tables import INDEXED_TEXT_CHARS, Kind


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (1, (Kind.FINITE, 1.0, None)),
        (0.5, (Kind.FINITE, 0.5, None)),
        (2**53, (Kind.FINITE, float(2**53), None)),
        (2**53 + 1, (Kind.BIG_INT, None, None)),
        (-(2**70), (Kind.BIG_INT, None, None)),
        (True, (Kind.BOOL, 1.0, None)),
        (math.inf, (Kind.POS_INF, math.inf, None)),
        (-math.inf, (Kind.NEG_INF, -math.inf, None)),
        (math.nan, (Kind.NAN, None, None)),
        (None, (Kind.NONE, None, None)),
        ("adam", (Kind.TEXT, None, "adam")),
        ("", (Kind.TEXT, None, "")),
        ("Größe", (Kind.TEXT, None, "Größe")),
        ("a\0b", (Kind.AWKWARD_TEXT, None, None)),
        ("\ud800", (Kind.AWKWARD_TEXT, None, None)),
        ("x" * (INDEXED_TEXT_CHARS + 1), (Kind.AWKWARD_TEXT, None, None)),
        ([1, 2], (Kind.LIST, None, None)),
        ([], (Kind.LIST, None, None)),
        ({}, (Kind.EMPTY_DICT, None, None)),
    ],
)
def test_each_kind_of_leaf_has_its_row(value: Any, row: tuple[Any, ...]) -> None:
    assert classify(value) == row


def test_params_flatten_to_their_leaves() -> None:
    params = {"lr": 0.1, "model": {"depth": 3, "head": {}, "layers": [1, {"a": 2}]}, "a.b": 1}
    assert dict(flatten_params(params)) == {
        ("lr",): 0.1,
        ("model", "depth"): 3,
        ("model", "head"): {},
        ("model", "layers"): [1, {"a": 2}],
        ("a.b",): 1,
    }
    assert list(flatten_params({})) == []


def test_params_may_be_nested_deeper_than_python_recurses() -> None:
    params: dict[str, Any] = {"x": 1}
    for _ in range(5_000):
        params = {"x": params}
    ((path, value),) = flatten_params(params)
    assert len(path) == 5_001 and value == 1


def test_paths_have_a_full_and_a_tail_form() -> None:
    assert path_row(("hparams", "optim", "lr")) == ('["hparams","optim","lr"]', "hparams.optim.lr", "optim.lr")
    assert path_row(("lr",)) == ('["lr"]', "lr", None)


def test_text_that_a_database_refuses_is_escaped() -> None:
    assert storable_text("a\0\ud800é") == "a\\x00\\ud800é"
    assert storable_text("plain") == "plain"
