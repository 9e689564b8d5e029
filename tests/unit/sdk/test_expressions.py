"""Expressions on metrics in a repo: which sequences belong together, what is said of those that do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import aim
from aim.errors import InvalidValueError, QueryError
from aim.sdk.reading.computed import ExpressionMetric


@pytest.fixture
def repo(repo_path: Path) -> aim.Repo:
    for number in range(2):
        with aim.Session(str(repo_path), experiment="digits", run=f"run {number}") as session:
            session.set_params({"lr": 0.5 + number, "size": 4, "name": "x"}, name="hparams")
            for step in range(30):
                session.track(1.0 / (step + 1), "loss", subset="train", step=step, epoch=step // 10)
                if step % 5 == 0:
                    session.track(2.0 + number, "loss", subset="val", step=step, epoch=step // 10)
                session.track(0.1, "train/loss", step=step)
            session.track(1.0, "only val", subset="val", step=10)
    return aim.Repo(str(repo_path))


def computed(repo: aim.Repo, expr: str, query: str = "") -> list[ExpressionMetric]:
    found = list(repo.query_metrics(query, expr=expr))
    metrics = [one for one in found if isinstance(one, ExpressionMetric)]
    assert len(metrics) == len(found)
    return metrics


def test_a_difference_at_common_steps(repo: aim.Repo) -> None:
    first, second = computed(repo, "loss.val - loss.train")
    assert (first.run.name, second.run.name) == ("run 0", "run 1")
    assert first.name == "loss.val - loss.train" and first.context == {}
    assert first.steps.tolist() == [0, 5, 10, 15, 20, 25]
    val, train = (
        repo.query_metrics('loss if run.name == "run 1"')[1],
        repo.query_metrics('loss if run.name == "run 1"')[0],
    )
    assert (val.context["subset"], train.context["subset"]) == ("val", "train")
    assert second.values.tolist() == (val.values - train.values[val.steps]).tolist()
    assert second.epochs.tolist() == val.epochs.tolist()
    assert (second.times >= val.times).all()
    assert str(first.common) == "6 of 6 and 30 steps are common" and first.common.of == (6, 30)
    assert first.operands == ("loss (subset=val)", "loss (subset=train)")
    assert (first.count, first.first, first.last_step, first.min) == (6, 1.0, 25, first.values.min())
    assert len(first.sample(2).values) >= 2


def test_contexts_that_are_not_named_must_not_differ(repo: aim.Repo) -> None:
    assert [m.context for m in computed(repo, "loss.train - loss", 'run.name == "run 0"')] == [
        {"subset": "train"},
        {"subset": "val"},
    ]
    (only,) = computed(repo, '"only val" / loss', 'run.name == "run 0"')
    assert only.context == {"subset": "val"} and only.steps.tolist() == [10] and only.last == 0.5
    assert [m.context for m in computed(repo, 'loss - "train/loss"', "params.lr < 1")] == [
        {"subset": "train"},
        {"subset": "val"},
    ]


def test_the_most_alike_context_is_taken(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="x") as session:
        for name, value in (("acc", 8.0), ("loss", 2.0)):
            session.track(value, name, step=0)
            session.track(value * 10, name, step=0, subset="val")
    found = computed(aim.Repo(str(repo_path)), "acc / loss + acc * 0")
    assert [(m.context, m.last) for m in found] == [({"subset": "val"}, 4.0), ({}, 4.0)]


def test_params_are_numbers_of_the_run(repo: aim.Repo) -> None:
    for text in ("loss.val / params.lr", "loss.val / lr", "loss.val / hparams.lr", "loss.val / run.hparams.lr"):
        assert [m.last for m in computed(repo, text)] == [4.0, 2.0]
    assert computed(repo, "loss.val * params.name") == []  # not a number


def test_a_metric_goes_before_a_param(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="x") as session:
        session.set_params({"lr": 1.0}, name="hparams")
        session.track(3.0, "lr", step=0)
    found = aim.Repo(str(repo_path))
    assert computed(found, "lr + 0")[0].last == 3.0
    assert computed(found, "lr + params.lr")[0].last == 4.0


def test_a_name_that_means_several_things_is_refused(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="x") as session:
        session.track(1.0, "loss", step=0, subset="val")
        session.track(1.0, "loss", step=0, split="val")
        session.track(1.0, "acc", step=0, subset="val")
        session.track(1.0, "acc.val", step=0)
    repo = aim.Repo(str(repo_path))
    with pytest.raises(QueryError) as caught:
        computed(repo, "1 + loss.val")
    assert caught.value.column == 5
    assert set(caught.value.suggestions) == {'metric("loss", split="val")', 'metric("loss", subset="val")'}
    with pytest.raises(QueryError) as caught:
        computed(repo, "acc.val")
    assert set(caught.value.suggestions) == {'metric("acc", subset="val")', 'metric("acc.val")'}
    for exact in (*caught.value.suggestions, 'metric("loss", split=val)', '"acc.val"'):
        assert len(computed(repo, exact)) == 1


@pytest.mark.parametrize(
    ("text", "column", "suggestions"),
    [
        ("1 - los", 5, ("loss",)),
        ("loss.val / params.lrr", 12, ("params.lr",)),
        ("train/loss", 1, ('"train/loss"',)),
        ("val - train/loss", 1, ()),
        ("last(loss)", 1, ()),
    ],
)
def test_a_name_that_no_run_has_is_refused(
    repo: aim.Repo, text: str, column: int, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(QueryError) as caught:
        repo.query_metrics(expr=text)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert caught.value.suggestions == suggestions


def test_an_empty_answer_says_why(repo: aim.Repo) -> None:
    assert repo.query_metrics(expr="loss.vla").hints == (
        "no run that is found has loss.vla; loss has val in its contexts",
    )
    assert repo.query_metrics("params.lr > 9", expr="loss").hints == repo.query_runs("params.lr > 9").hints


def test_no_common_step_is_a_result_that_says_so(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="x") as session:
        session.track(1.0, "a", step=0)
        session.track(1.0, "b", step=1)
    (found,) = computed(aim.Repo(str(repo_path)), "a - b")
    assert len(found) == 0 and np.isnan(found.last) and found.min is None
    assert str(found.common) == "none of 1 and 1 steps are common"


def test_it_is_a_collection_like_any(repo: aim.Repo) -> None:
    found = repo.query_metrics(expr="loss.val * 2")
    assert isinstance(found[0], ExpressionMetric) and isinstance(found[:1][0], ExpressionMetric)
    assert [isinstance(one, ExpressionMetric) for run in found.iter_runs() for one in run] == [True, True]


def test_it_is_of_the_latest_attempts(repo: aim.Repo) -> None:
    with pytest.raises(InvalidValueError):
        repo.query_metrics(expr="loss", attempts="all")
