"""Expressions on metrics: what can be read, what is refused and where, what the arithmetic gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from aim.errors import QueryError
from aim.index.points.smoothing import Smoothing, smooth_mean
from aim.query.answering.compute import common_steps, compute_curve, compute_number
from aim.query.language.expression import InContext, Named, Param, check_kinds, parse_expression


@dataclass
class Columns:
    steps: Any
    values: Any
    epochs: Any = None
    times: Any = None


def curve(steps: list[int], values: list[float], **more: Any) -> Columns:
    return Columns(np.array(steps, np.int64), np.array(values, np.float64), **{k: np.array(v) for k, v in more.items()})


def points(text: str, *operands: Any) -> dict[int, float]:
    found = compute_curve(parse_expression(text), operands)
    return dict(zip(found.steps.tolist(), found.values.tolist(), strict=True))


def test_names_are_kept_once_and_in_order() -> None:
    found = parse_expression(
        'loss.val - "train/loss" * loss.val / params.lr + metric("f1", fold=1, subset=val) + loss[0]'
    )
    kinds = [(type(one), one.text) for one in found.operands]
    assert kinds == [
        (Named, "loss.val"), (Named, '"train/loss"'), (Param, "params.lr"),
        (InContext, 'metric("f1", fold=1, subset=val)'), (Named, "loss[0]"),
    ]  # fmt: skip
    assert isinstance(found.operands[0], Named) and found.operands[0].path.keys == ("loss", "val")
    assert isinstance(found.operands[3], InContext) and found.operands[3].context == {"fold": 1, "subset": "val"}
    assert isinstance(found.operands[4], Named) and found.operands[4].path.keys == ("loss", "0")


def test_operators_bind_as_in_queries() -> None:
    a = curve([0, 1], [2.0, 3.0])
    assert points("1 + a * 2 ** 2 - -a", a) == {0: 11.0, 1: 16.0}
    assert points("(1 + a) * 2", a) == {0: 6.0, 1: 8.0}
    assert points("a // 2 + a % 2", a) == {0: 1.0, 1: 2.0}
    assert points("-a ** 2", a) == {0: -4.0, 1: -9.0}


def test_an_operator_has_a_result_at_the_steps_that_both_sides_have() -> None:
    many, few = curve(list(range(300)), [float(i) for i in range(300)]), curve([5, 10, 999], [1.0, 2.0, 3.0])
    assert points("a - b", many, few) == {5: 4.0, 10: 8.0}
    assert points("b - a", few, many) == {5: -4.0, 10: -8.0}
    found = compute_curve(parse_expression("a - b"), [many, few])
    assert (found.common, found.of) == (2, (300, 3))
    assert common_steps(found.common, found.of) == "2 of 300 and 3 steps are common"
    none = compute_curve(parse_expression("a + b"), [curve([0, 2], [1, 1]), curve([1, 3], [1, 1])])
    assert len(none) == 0 and common_steps(none.common, none.of) == "none of 2 and 2 steps are common"


def test_of_several_values_at_one_step_the_last_counts() -> None:
    assert points("a * 1", curve([3, 1, 3, 2, 1], [1.0, 2.0, 3.0, 4.0, 5.0])) == {1: 5.0, 2: 4.0, 3: 3.0}


def test_numbers_follow_ieee() -> None:
    a = curve([0, 1, 2], [1.0, 0.0, float("nan")])
    found = points("1 / a", a)
    assert found[0] == 1.0 and found[1] == float("inf") and np.isnan(found[2])
    assert np.isnan(points("log(0 - a)", a)[0]) and points("a / 0", a)[0] == float("inf")
    assert points("a * 0 + 10 ** 400", a)[0] == float("inf")
    assert points("a * 0 + " + "9" * 390, a)[0] == float("inf")


def test_functions_see_every_point_of_their_argument() -> None:
    steps, y = np.arange(0, 1000, 10), np.random.default_rng(1).normal(size=100)
    every, some = Columns(steps, y), curve([500], [0.0])
    chart = Smoothing("ema", 0.8, distance=10.0)
    assert chart.span(10.0) == pytest.approx(90.0)
    assert points("ema(a, 90) + b", every, some)[500] == pytest.approx(chart(steps, y)[50], rel=1e-12)
    assert points("ema(a, 10) + b", every, some)[500] == y[50]  # one point is no average
    assert list(points("mean(a, 50)", every).values()) == pytest.approx(smooth_mean(steps, y, 5.0).tolist())
    assert list(points("diff(a)", every).values()) == np.diff(y).tolist()
    assert list(points("cumsum(a)", every).values()) == np.cumsum(y).tolist()
    assert list(points("clip(a, -1, 0.5)", every).values()) == np.clip(y, -1, 0.5).tolist()
    assert list(points("max(a, 0, a * 2)", every).values()) == np.maximum(np.maximum(y, 0), y * 2).tolist()
    assert list(points("sqrt(abs(a)) + exp(a)", every).values()) == (np.sqrt(np.abs(y)) + np.exp(y)).tolist()


def test_smoothing_leaves_what_is_not_finite_where_it_is() -> None:
    found = points("ema(a, 8)", curve([0, 1, 2], [1.0, float("nan"), 3.0]))
    assert found[0] == 1.0 and np.isnan(found[1]) and 1.0 < found[2] < 3.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("first(a)", 4.0), ("last(a)", 5.0), ("min(a)", 1.0), ("max(a)", 5.0), ("mean(a)", 10 / 3), ("median(a)", 4.0),
        ("count(a)", 3.0), ("at(a, 15)", 1.0), ("last(a) - first(a)", 1.0), ("a * 2", 10.0), ("min(last(a), 2)", 2.0),
    ],
)  # fmt: skip
def test_one_number_of_a_curve(text: str, value: float) -> None:
    assert compute_number(parse_expression(text), [curve([0, 10, 20], [4.0, 1.0, 5.0])]) == pytest.approx(value)


def test_a_number_that_there_is_not_is_nan() -> None:
    a = curve([5, 6], [1.0, float("nan")])
    assert np.isnan(compute_number(parse_expression("at(a, 4)"), [a]))
    assert compute_number(parse_expression("max(a)"), [a]) == 1.0
    apart = [curve([1], [1.0]), curve([2], [1.0])]
    assert np.isnan(compute_number(parse_expression("last(a + b)"), apart))


def test_epochs_where_all_agree_and_the_latest_time() -> None:
    a = curve([0, 1], [1.0, 1.0], epochs=[0.0, 1.0], times=[10.0, 20.0])
    b = curve([1, 0, 1], [1.0, 1.0, 2.0], epochs=[0.0, 0.0, 2.0], times=[1.0, 30.0, 2.0])
    found = compute_curve(parse_expression("a + b"), [a, b])
    assert found.times is not None and found.times.tolist() == [30.0, 20.0]
    assert found.epochs is not None and found.epochs[0] == 0.0 and np.isnan(found.epochs[1])


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "the expression is empty"),
        ("loss -", 7, "the expression ends too early"),
        ("(loss", 6, "the expression ends too early"),
        ("loss > 3", 6, "'>' gives true or false"),
        ("a and b", 3, "'and' gives true or false"),
        ("not a", 1, "unexpected 'not'"),
        ("emma(loss, 3)", 1, "did you mean ema?"),
        ("ema(loss)", 1, "ema() got 1 arguments"),
        ("loss.max()", 6, "did you mean max(...)?"),
        ("metric.last", 1, "did you mean last(...)?"),
        ("run.duration", 1, "run.duration is a field"),
        ("loss, acc", 5, "unexpected ','"),
        ("[loss]", 1, "unexpected '['"),
        ("loss\n  - - )", 7, "unexpected ')'"),
        ("a" * 2_001, 2_001, "an expression of 2001 characters"),
        (f"min({', '.join(['a'] * 300)})", 1, "the expression is too long"),
        ("(" * 70 + "a" + ")" * 70, 62, "nested too deeply"),
        ('metric("loss", 3)', 16, "a key of the context"),
        ("loss ** ", 9, "ends too early"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_expression(text)
    assert says in str(caught.value)
    if "too long" not in says:
        assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "kinds", "column"),
    [
        ("ema(a, -1)", (True,), 8),
        ("mean(a, 0)", (True,), 9),
        ("ema(lr, 3)", (False,), 5),
        ("ema(a, b)", (True, True), 8),
        ("last(last(a))", (True,), 6),
    ],
)
def test_a_function_refuses_what_it_cannot_use(text: str, kinds: tuple[bool, ...], column: int) -> None:
    with pytest.raises(QueryError) as caught:
        check_kinds(parse_expression(text), kinds)
    assert caught.value.column == column


def test_what_is_a_curve() -> None:
    for text, is_curve in (
        ("a", True),
        ("last(a)", False),
        ("a / last(a)", True),
        ("max(a, 1)", True),
        ("min(a)", False),
    ):
        assert check_kinds(parse_expression(text), (True,)) is is_curve
