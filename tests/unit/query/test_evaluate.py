"""What conditions mean, by the evaluator, which defines the language."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from aim.index.sql.interrupt import built_bytes, interruptible
from aim.query.language.evaluate import compile_condition
from aim.query.language.parse import parse
from tests.unit.query.language import PlainRun, PlainSequence, conditions, holds, nested_params

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params.x > 1", False),
        ("not (params.x > 1)", True),
        ("params.x != 1", False),
        ("params.x is None", True),
        ("params.x == None", True),
        ("params.x is not None", False),
        ("params.x not in (1, 2)", False),
        ("params.x + 1 > 0", False),
        ("params.x", False),
        ("not params.x", True),
        ("1 < params.x < 3 or True", True),
        ("len(params.x) > 0", False),
        ("params.x is not True", True),
        ("params.x is False", False),
    ],
)
def test_a_missing_value_satisfies_no_comparison(text: str, expected: bool) -> None:
    assert holds(text) is expected
    assert holds(text, params={"x": None}) is expected


@pytest.mark.parametrize(
    "missing", ["1 / 0", "(1 / 0)", "-(1 / 0)", "1 / 0 + 1", "2 ** 99999", "1e999 - 1e999", "-None", "1 + None", "-'a'"]
)
def test_constants_that_give_nothing_satisfy_no_comparison(missing: str) -> None:
    for op in ("==", "!=", "<", ">=", "in", "not in"):
        for text in (f"params.x {op} {missing}", f"{missing} {op} params.x", f"1 {op} {missing}", f"{missing} {op} 1"):
            if op == "not in" and text.startswith("params"):
                continue  # a list of nothing holds nothing
            assert not holds(text, params={"x": 1}), text
            assert not holds(text), text
    assert not holds(missing)
    assert holds(f"({missing}) is None")
    assert holds(f"({missing}) == None")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("params.x == 1", True, True),
        ("params.x == True", 1, True),
        ("params.x is True", 1, False),
        ("params.x is True", True, True),
        ('params.x == "1"', 1, False),
        ('params.x != "1"', 1, True),
        ('params.x < "2"', 1, False),
        ("params.x == params.x", NAN, False),
        ("params.x != params.x", NAN, True),
        ("params.x < 1", NAN, False),
        ("isnan(params.x)", NAN, True),
        ("params.x + 1 is None", NAN, True),
        ("params.x > 1e300", math.inf, True),
        ("isinf(params.x)", -math.inf, True),
        ("params.x - params.x is None", math.inf, True),
        ("0 < params.x <= 5", 5, True),
        ("0 < params.x < 5 == 5", 3, True),
        ("0.1 < params.x < 0.5", 0.7, False),
        ("params.x == 9007199254740993", 2**53 + 1, True),
        ("params.x == 9007199254740992.0", 2**53 + 1, False),
        ("params.x in (1, 2)", 2, True),
        ("params.x in (a)", "a", True),
        ('params.x in ("abc")', "b", False),
        ('"b" in params.x', "abc", True),
        ('"b" in params.x', ["a", "b"], True),
        ('"b" not in params.x', ["a"], True),
        ('"b" in params.x', {"b": 1}, True),
        ("1 in params.x", [True], True),
        ("1 in params.x", 5, False),
        ("params.x == [1, 2]", [1.0, 2], True),
        ("params.x == (1,)", [1, 2], False),
        ("params.x[0] == 1 and params.x[-1] == 2", [1, 2], True),
        ("params.x[5] is None", [1], True),
        ("params.x[0].a == 3", [{"a": 3}], True),
        ("len(params.x) == 3", "abc", True),
        ("len(params.x) == 2", {"a": 1, "b": 2}, True),
        ("max(params.x) - min(params.x) == 4", [1, 5, 3], True),
        ("max(params.x, 7) == 7", 3, True),
        ("max(params.x) is None", [1, "a"], True),
        ("sum(params.x) == 6", [1, 2, 3], True),
        ("sorted(params.x) == [1, 2]", [2, 1], True),
        ("any(params.x) and not all(params.x)", [0, 1], True),
        ("round(params.x, 1) == 0.3", 0.28, True),
        ("abs(params.x) == 2", -2, True),
        ("params.x / 0 is None", 1, True),
        ("params.x % 3 == 1", 7, True),
        ("params.x // 2 == 3", 7, True),
        ("params.x ** 2 == 9", 3, True),
        ("params.x ** 0.5 is None", -4, True),
        ("-params.x == 3", -3, True),
        ('params.x + "b" == "ab"', "a", True),
        ("params.x + 1 is None", "a", True),
        ("params.x.startswith(re) and params.x.endswith('50')", "resnet50", True),
        ("params.x.contains(sne)", "resnet50", True),
        ("params.x.upper() == 'RESNET50'", "resnet50", True),
        ("params.x.contains(a)", ["a"], True),
        ('params.x < "\U0001f600"', "\uffff", True),
        ('params.x == "a\\0b"', "a\0b", True),
        ("params.x", "", False),
        ("params.x", [], False),
        ("params.x", {"a": 0}, True),
        ("(params.x > 1) == True", 2, True),
    ],
)
def test_values(text: str, value: object, expected: bool) -> None:
    assert holds(text, params={"x": value}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params.lr == 0.1", True),
        ("params.lr == 0.2", True),
        ("hparams.lr == 0.2", False),
        ("params.hparams.lr == 0.1", True),
        ("run.hparams.lr == 0.1", True),
        ("run.lr == 0.1", False),
        ("lr == 0.2", True),
        ("params.lr != 0.1", True),
        ("not (params.lr == 0.1)", False),
        ("0.15 < params.lr < 0.18", False),
        ("params.lr > 0.15 and params.lr < 0.15", True),
        ("params.lr * 10 == 2", True),
        ("params.opt.name == adam", True),
        ('params["opt"]["name"] == "adam"', True),
        ("params.opt is not None", True),
        ("len(params.opt) == 1", True),
        ('params["a.b"] == 1 and params.a.b == 1', True),
        ("params.a is None", True),
        ("len(params) == 3", True),
    ],
)
def test_a_param_is_found_in_any_named_set(text: str, expected: bool) -> None:
    params = {"hparams": {"lr": 0.1, "opt": {"name": "adam"}, "a.b": 1}, "other": {"lr": 0.2}, "top": 1}
    assert holds(text, params=params) is expected


def test_run_hash_also_matches_a_name() -> None:
    fields = {"hash": "0" * 24, "name": "brave-fox"}
    assert holds('run.hash == "brave-fox"', **fields)
    assert holds('run.hash == "000000000000000000000000"', **fields)
    assert holds('run.hash in ("x", "brave-fox")', **fields)
    assert not holds('run.hash != "brave-fox"', **fields)
    assert holds('run.hash != "x"', **fields)
    assert not holds('run.hash not in ("brave-fox")', **fields)


def test_fields_of_the_sequence_and_its_context() -> None:
    metric = PlainSequence("train/loss", {"subset": "train", "k": [1, 2]}, last=0.5, min=0.1, count=10)
    assert holds('metric.name == "train/loss" and metric.last < 1 and metric.count == 10', metric=metric)
    assert holds("context.subset == train and context.k == (1, 2)", metric=metric)
    assert holds('context == {"subset": "train", "k": [1, 2]}', metric=metric)
    assert holds("context.missing is None", metric=metric)
    assert not holds("context.subset != train", metric=metric)
    assert holds("metric.max is None", metric=metric)


def test_metrics_of_the_run() -> None:
    metric = PlainSequence("loss", {"subset": "train", "fold": 1}, last=0.5, min=0.1, count=10)
    assert holds('run.metrics["loss"].last == 0.5', metric=metric)
    assert holds('run.metrics["loss"] < 1', metric=metric)
    assert holds('run.metrics["loss", {"subset": "train"}].min == 0.1', metric=metric)
    assert not holds('run.metrics["loss", {"subset": "val"}].min == 0.1', metric=metric)
    assert holds('run.metrics["other"] is None', metric=metric)
    assert holds("run.loss.train.min == 0.1 and run.loss.min == 0.1", metric=metric)
    assert not holds("run.loss.val.min < 1", metric=metric)
    assert holds("run.loss.train.min == 7", metric=metric, params={"loss": {"train": {"min": 7}}})


def test_tensorboard_names_match_tags_of_tensorboard_runs() -> None:
    for name in ("accuracy", "epoch/accuracy"):
        assert holds("tf:accuracy", metric=PlainSequence(name), source="tensorboard")
        assert not holds("tf:accuracy", metric=PlainSequence(name), source="aim")
    assert not holds("tf:accuracy", metric=PlainSequence("val_accuracy"), source="tensorboard")
    assert holds("accuracy, tf:loss", metric=PlainSequence("accuracy"), source="aim")


@given(conditions, nested_params)
def test_any_condition_of_any_params_is_true_or_false(text: str, params: dict[str, object]) -> None:
    node = parse(text, now=0.0).condition
    run = PlainRun({"name": "a", "tags": ["a"]}, params, [PlainSequence("loss", {"subset": "train"}, last=NAN)])
    if node is not None:
        test = compile_condition(node)
        for metric in (None, *run.sequences()):
            assert test(run, metric) in (True, False)


LONG = {"big": list(range(3_000)), "text": "x" * 400_000, **{f"set{n}": {"lr": n} for n in range(3_000)}}


class EnoughError(Exception):
    """Whoever asked has gone."""


@pytest.mark.parametrize(
    "text",
    [
        "len([{}]) < 0".format(", ".join(["sorted(params.big)"] * 8)),
        " + ".join(["sum(params.big)"] * 8) + " < 0",
        "len([{}]) < 0".format(", ".join(["any(params.big)"] * 8)),
        "max({}) < 0".format(", ".join(["max(params.big)"] * 8)),
        "len([{}]) < 0".format(", ".join(["-1 in params.big"] * 8)),
        "len([{}]) < 0".format(", ".join(["params.big == params.big"] * 8)),
        "len([{}]) < 0".format(", ".join(["params.text.contains(y)"] * 8)),
        "len([{}]) < 0".format(", ".join(["params.text.upper()"] * 8)),
        "len([{}]) < 0".format(", ".join(["params.lr"] * 8)),
        "params.lr == params.lr - 5000",
        "0 < params.lr < params.lr - 5000",
    ],
)
def test_a_condition_on_long_values_is_left_in_the_middle_of_one_row(text: str) -> None:
    condition = parse(text, now=0).condition
    assert condition is not None
    holds_of = compile_condition(condition)
    run = PlainRun({}, LONG, [])

    def gone() -> None:
        raise EnoughError

    with interruptible(gone), pytest.raises(EnoughError):
        holds_of(run, None)


def test_what_a_condition_builds_is_counted_until_it_is_decided() -> None:
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, built_bytes())

    def built(text: str) -> int:
        nonlocal most
        most = 0
        with interruptible(look):
            holds(text, params=LONG)
            assert built_bytes() == 0
        return most

    lists = ", ".join(["sorted(params.big)"] * 20)
    assert built(f"len([{lists}]) < 0") > 300_000
    assert built(f"len([[[{lists}]]]) < 0") > 300_000
    assert built(f"max({lists}) < 0") > 300_000
    assert built("len([{}]) < 0".format(", ".join(["params.text.upper()"] * 20))) > 6_000_000
    assert built("len([{}]) < 0".format(", ".join(["params.lr"] * 20))) > 300_000
    assert 0 < built(" or ".join(["len(sorted(params.big)) < 0"] * 20)) < 50_000, "each is gone when it is decided"
