"""SQL and the evaluator give the same answers, on random repos of awkward values and random queries."""

from __future__ import annotations

import math
from typing import Any
from unittest import mock

import pytest
from hypothesis import given

from aim.query.answering.engine import QueryEngine
from tests.examples import examples
from tests.unit.query.language import PlainSequence, queries
from tests.unit.query.tables import (
    NOW,
    SUMMARY,
    Run,
    TablesOnly,
    as_context,
    plain_run,
    repos,
    scan_runs,
    scan_sequences,
)

VALUES: list[Any] = [
    0, 1, -1, 0.5, True, False, None, "", "a", "b", "1", "é", "\0", "a\0b", "\ud800", "\uffff", "\U0001f600",
    "x" * 1_001,
    float("nan"), float("inf"), -float("inf"), 2**53, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1e30, 1e-320, -0.0,
    {}, {"lr": 1}, {"lr": None}, {"k": {"lr": 0.5}}, [], [1], ["a", None], [[]],
]  # fmt: skip
"""What the param ``lr`` may be."""

CONSTANTS = [
    "0", "1", "0.5", "True", "False", '""', '"a"', '"1"', '"\\0"', '"a\\0b"', '"\\ud800"', '"\\uffff"', '"\U0001f600"',
    f'"{"x" * 1_001}"', "1e999", "(-1e999)",
    str(2**53), str(2**53 + 1), str(2**63), str(10**30), "1e30", "1e-320", "None",
]  # fmt: skip


def values_repo() -> list[Run]:
    """For each value a run with it at the root, one with it in a named set, and one with another beside it."""
    nested = [{"lr": value} for value in VALUES]
    nested += [{"h": {"lr": value}} for value in VALUES]
    nested += [{"h": {"lr": value}, "g": {"lr": 1}, "lr.x": 1, "h.lr": 2} for value in VALUES]
    nested += [
        {},
        {"lr.x": 1},
        {"h": {"lr.x": 1}},
        {"h.lr": 1},
        {"deep": {"h": {"lr": 1}}},
        {"h": {"lr": {"a": {"b": None}}}},
    ]
    return [plain_run(f"{number:024x}", params, []) for number, params in enumerate(nested)]


def summaries_repo() -> list[Run]:
    """A run for each value of a sequence's summaries."""
    numbers: list[Any] = [float("nan"), float("inf"), -float("inf"), 0.0, 1.0, -1.5, None]
    found = []
    for value in numbers:
        summary = dict.fromkeys(SUMMARY, value)
        for name in ("first", "last"):
            summary[name] = float("nan") if value is None else value
        for name in ("min", "max", "first_time", "last_time", "last_epoch"):
            summary[name] = None if value is None or math.isnan(value) else value
        for name in ("count", "first_step", "last_step", "nan_count", "inf_count", "hidden_points"):
            summary[name] = 0 if value is None or not math.isfinite(value) else int(value)
        found.append(PlainSequence("loss", {"subset": "train"}, **summary))
    return [plain_run(f"{number:024x}", {}, [sequence]) for number, sequence in enumerate(found)]


ORDERS = ("==", "!=", "<", "<=", ">", ">=")


@pytest.mark.parametrize("field", ["params.lr", "run.lr", "run.h.lr", "h.lr"])
def test_every_comparison_with_every_kind_of_param(field: str) -> None:
    texts = [f"{field} {op} {constant}" for op in ORDERS for constant in CONSTANTS]
    texts += [f"{constant} {op} {field}" for op in ("<", "==") for constant in CONSTANTS[:8]]
    texts += [
        f"{field} {op} ({one}, {other})" for op in ("in", "not in") for one in CONSTANTS for other in ("1", '"a"')
    ]
    texts += [f"0 {one} {field} {other} 1" for one in ORDERS for other in ORDERS]
    texts += [f"{field} is {what}" for what in ("None", "not None", "True", "not True", "False", "not False")]
    texts += [
        f"{field} * {c} {op} {d}" for op in ("==", "<", ">=") for c in ("1", "1e308", "2 ** 70") for d in ("1", "2")
    ]
    texts += [f"{field} {more}" for more in ("// 2 == 0", "** 200 > 1e300", "+ 'b' == 'ab'", "- 1 < 0", "% 2 == 1")]
    texts += [f"{call}({field})" for call in ("isnan", "isinf", "len", "max", "any", "abs", "-", "sum")]
    texts += [f"{field}{more}" for more in (".upper() == 'A'", ".contains(a)", "[0] == 1", ".endswith('x')", "[-1]")]
    texts += [f"{field} {more}" for more in ("* 2 is None", "* 2 in (2, 1)", "* 2 not in (2, 1)", "== (1, 2)")]
    texts += [f"'a' in {field}", f"1 in {field}", f"'a' not in {field}", f"{field} == {field}"]
    texts += [f"({field} > 0) == False", f"[{field}, 1] == [1, 1]", f"len([{field}]) == 2", f"sum([{field}, 1]) == 2"]
    texts += [f"{field} * {2**60 + 1} == {2**60 + 1}", f"{field} * {2**60 + 1} != {2**60 + 1}"]
    texts += [field, f"{field} in ()", f"{field} not in ()", f"{field}.startswith(a)"]
    check_all(values_repo(), [*texts, *(f"not ({text})" for text in texts)])


@pytest.mark.parametrize("field", ["metric.last", "metric.min", "metric.count", "run.loss.last", "run.loss.train.min"])
def test_every_comparison_with_every_kind_of_summary(field: str) -> None:
    constants = ["0", "1", "-1.5", "1e999", "(-1e999)", '"a"', "True", "None", str(2**64)]
    texts = [f"{field} {op} {constant}" for op in ORDERS for constant in constants]
    texts += [f"{field} {op} ({one}, 0)" for op in ("in", "not in") for one in constants]
    texts += [f"-2 {one} {field} {other} 1" for one in ORDERS for other in ORDERS]
    texts += [field, f"{field} is None", f"{field} is not None", f"{field} is True", f"{field} is not True"]
    check_all(summaries_repo(), [*texts, *(f"not ({text})" for text in texts)])


def check_all(repo: list[Run], texts: list[str]) -> None:
    index = TablesOnly(repo)
    engine = QueryEngine(index)  # type: ignore[arg-type]
    for text in texts:
        found = sorted(row.hash for row in engine.runs(text))
        assert found == sorted(set(scan_runs(text, repo))), text
    index.close()


@given(repos, queries)
@examples(quick=60, long=1_000)
def test_engine_answers_as_a_scan_does(repo: list[Run], text: str) -> None:
    index = TablesOnly(repo)
    engine = QueryEngine(index)  # type: ignore[arg-type]
    with mock.patch("aim.query.answering.engine.time.time", return_value=NOW):
        found = [(row.run.hash, row.name, as_context(row.context)) for row in engine.sequences(text)]
        run_hashes = [row.hash for row in engine.runs(text)]
    index.close()
    assert sorted(found) == sorted(scan_sequences(text, repo))
    assert len(run_hashes) == len(set(run_hashes))
    assert set(run_hashes) == set(scan_runs(text, repo))
