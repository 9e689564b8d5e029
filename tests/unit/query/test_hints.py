"""What an empty answer says of the names in the query."""

from __future__ import annotations

import pytest

from aim.query.answering.engine import QueryEngine
from tests.unit.query.language import PlainSequence
from tests.unit.query.tables import SUMMARY, TablesOnly, plain_run

INDEX = TablesOnly(
    [
        plain_run(
            "a" * 24,
            {"hparams": {"learning_rate": 0.1, "opt": {"name": "adam"}}, "seed": 1},
            [PlainSequence("train/loss", {"subset": "train"}, **dict.fromkeys(SUMMARY, 1))],
            experiment="digits",
            name="brave-fox",
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
        ("brave-fox", ["no metric 'brave-fox', but a run is named so: run.name == 'brave-fox'"]),
        ("digit", ["no metric 'digit'"]),
        ("digits", ["no metric 'digits', but an experiment is named so: experiment == 'digits'"]),
        ("experiment == llama-sft", ['llama-sft is read as a subtraction: write experiment == "llama-sft"']),
        ("run.name != a-b-3", ['a-b-3 is read as a subtraction: write run.name != "a-b-3"']),
        ("status == failed", ["no run has params.status; did you mean run.status?"]),
        ('"x" in tags', ["no run has params.tags; did you mean run.tags?"]),
        ("duration > 60", ["no run has params.duration; did you mean run.duration?"]),
        ("params.zzz > 5", ["no run has params.zzz"]),
        ("zzz > 5", ["no run has params.zzz; if zzz is meant as a text, write it in quotes"]),
        ("run.experimnt == default", ["no run has run.experimnt; did you mean run.experiment?"]),
        ("run.learning_rate > 5", ["no run has run.learning_rate; did you mean params.learning_rate?"]),
        ("run.status == finishd", ["no status 'finishd'; did you mean finished?"]),
        ("run.status == running", []),
        ('run.created_at > "2020-01-01"', [
            'run.created_at is a time: compare it with datetime("2020-01-01")',
        ]),
        ("yesterday < run.end_time", ["run.ended_at is a time: compare it with datetime(2024, 1, 31)"]),
        ("params.learning_rate > '0'", [
            "params.learning_rate holds numbers, and '0' is a string: write 0 without quotes",
        ]),
        ("run.hparams.learning_rate == low", ["run.hparams.learning_rate holds numbers, and 'low' is a string"]),
        ("params.opt.name == 5", ['params.opt.name holds strings: write "5" in quotes']),
        ("metric.last > '0.5'", ["metric.last is a number, and '0.5' is a string: write 0.5 without quotes"]),
        ("'9' < run.duration", ["run.duration is a number, and '9' is a string: write 9 without quotes"]),
        ("train/loss if step > 5", [
            "no run has params.step; a query finds whole metrics and does not choose among their points: "
            "did you mean metric.last_step?",
        ]),
        ("train/loss if params.step > 5", ["no run has params.step"]),
    ],
)  # fmt: skip
def test_names_that_no_run_has(text: str, hints: list[str]) -> None:
    assert list(ENGINE.sequences(text).hints) == hints


def test_hints_are_few_however_long_the_query() -> None:
    text = " or ".join(f"params.x{number} == 1" for number in range(2_000))
    assert len(ENGINE.runs(text).hints) == 10


@pytest.mark.parametrize(("word", "field"), [("epoch", "last_epoch"), ("value", "last"), ("time", "last_time")])
def test_points_are_not_chosen_by_queries(word: str, field: str) -> None:
    (hint,) = ENGINE.sequences(f"train/loss if {word} == 7").hints
    assert hint.endswith(f"did you mean metric.{field}?")


def test_an_empty_repo_has_no_near_names() -> None:
    empty = TablesOnly([])
    assert QueryEngine(empty).sequences("loss if context.subset == train").hints == ()  # type: ignore[arg-type]
    empty.close()
