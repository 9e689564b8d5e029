"""What an empty answer says of the names in the query."""

from __future__ import annotations

import pytest

from aim.query.engine import QueryEngine
from tests.unit.query.language import PlainSequence
from tests.unit.query.tables import SUMMARY, TablesOnly, plain_run

INDEX = TablesOnly(
    [
        plain_run(
            "a" * 24,
            {"hparams": {"learning_rate": 0.1, "opt": {"name": "adam"}}, "seed": 1},
            [PlainSequence("train/loss", {"subset": "train"}, **dict.fromkeys(SUMMARY, 1))],
            experiment="digits",
        )
    ]
)
ENGINE = QueryEngine(INDEX)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("params.learning_rat > 5", ["no run has params.learning_rat; did you mean params.learning_rate?"]),
        ("learningrate > 5", ["no run has params.learningrate; did you mean params.learning_rate?"]),
        ("run.hparams.sed > 5", ["no run has run.hparams.sed"]),
        ("run.sed > 5", ["no run has run.sed; did you mean run.seed?"]),
        ("params.learning_rate > 5", []),
        ("params.opt is None", []),
        ("params.opt.nme == 1", ["no run has params.opt.nme; did you mean params.opt.name?"]),
        ("learning_rate > 5 and opt == sgd", ["no run has params.sgd; if sgd is meant as a text, write it in quotes"]),
        ("train/los", ["no metric 'train/los'; did you mean train/loss?"]),
        ("tf:los if params.seed > 0", ["no metric 'tf:los'; did you mean tf:train/loss?"]),
        ("tf:loss", []),
        ("metric.name == 'train/losss'", ["no metric 'train/losss'; did you mean train/loss?"]),
        ('run.metrics["loss"].last > 1', ["no metric 'loss'; did you mean train/loss?"]),
        ("run.lss.train.min > 5", ["no run has run.lss.train.min"]),
        ("context.subst == train", ["no context 'context.subst'; did you mean context.subset?"]),
        ("context.subset in (tran, val)", [
            "no value of context.subset 'tran'; did you mean train?", "no value of context.subset 'val'",
        ]),
        ("experiment == digit", ["no experiment 'digit'; did you mean digits?"]),
        ('params["\ud800"] > 1', []),
        ("params.seed == 1", []),
    ],
)  # fmt: skip
def test_names_that_no_run_has(text: str, hints: list[str]) -> None:
    assert list(ENGINE.sequences(text).hints) == hints


def test_hints_are_few_however_long_the_query() -> None:
    text = " or ".join(f"params.x{number} == 1" for number in range(2_000))
    assert len(ENGINE.runs(text).hints) == 10


def test_an_empty_repo_has_no_near_names() -> None:
    empty = TablesOnly([])
    assert QueryEngine(empty).sequences("loss if context.subset == train").hints == ()  # type: ignore[arg-type]
    empty.close()
