"""One row a run: params and what is asked of metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import InvalidValueError


@pytest.fixture
def repo(repo_path: Path) -> Iterator[aim.Repo]:
    """Three runs: two with a loss for each of two subsets, one without any metric."""
    for name, lr, shift in (("a", 0.1, 0.0), ("b", 0.2, 1.0)):
        with aim.Session(str(repo_path), experiment="sweep", run=name) as session:
            session.set_params({"lr": lr, "optim": {"name": "adam"}}, name="hparams")
            for value in (3.0, 1.0, 2.0):
                session.track(value + shift, name="loss", subset="train")
                session.track(value + shift + 4, name="loss", subset="val")
            session.track(0.5, name="f1.macro")
            session.track(7.0, name="lr")
    with aim.Session(str(repo_path), experiment="sweep", run="empty") as session:
        session.set_params({"lr": 0.3}, name="hparams")
    with aim.Repo(repo_path) as opened:
        yield opened


def cells(frame: Any, name: str) -> list[Any]:
    return [None if value is None or value != value else value for value in frame[name]]


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_metrics_are_columns_beside_params(repo: aim.Repo, backend: Any) -> None:
    pytest.importorskip(backend)
    frame = repo.query_runs().dataframe(
        backend, metrics=["loss.val", "min loss.val", "max loss.train", "count loss.val", "f1.macro"], params=["lr"]
    )
    assert list(frame.columns)[-6:] == [
        "lr",
        "loss.val",
        "min loss.val",
        "max loss.train",
        "count loss.val",
        "f1.macro",
    ]
    assert cells(frame, "lr") == [0.1, 0.2, 0.3]
    assert cells(frame, "loss.val") == [6.0, 7.0, None]
    assert cells(frame, "min loss.val") == [5.0, 6.0, None]
    assert cells(frame, "max loss.train") == [3.0, 4.0, None]
    assert cells(frame, "count loss.val") == [3, 3, None]
    assert cells(frame, "f1.macro") == [0.5, 0.5, None]


def test_name_that_finds_several_metrics_has_a_column_for_each(repo: aim.Repo) -> None:
    frame = repo.query_runs().dataframe(metrics="min loss", params=False, include_props=False)
    assert list(frame.columns) == ["min loss.train", "min loss.val"]
    frame = repo.query_runs().dataframe(metrics=True, params=["lr"], include_props=False)
    assert list(frame.columns) == ["lr", "f1.macro", "loss.train", "loss.val", "metrics.lr"]
    assert cells(frame, "metrics.lr") == [7.0, 7.0, None]


def test_one_run_has_the_same_columns(repo: aim.Repo) -> None:
    frame = repo.get_run("a").dataframe(metrics="loss.val", params="optim.name")
    assert (list(frame["loss.val"]), list(frame["optim.name"])) == ([6.0], ["adam"])
    assert list(repo.get_run("a").dataframe(include_props=False).columns) == ["hparams.lr", "hparams.optim.name"]
    assert "hparams.lr" not in repo.get_run("a").dataframe(include_params=False).columns


def test_metric_that_no_run_has_is_said_with_the_nearest(repo: aim.Repo) -> None:
    with pytest.raises(InvalidValueError, match="no run has a metric 'los'; did you mean loss"):
        repo.query_runs().dataframe(metrics=["los"])
    with pytest.raises(InvalidValueError, match=r"'loss.test'"):
        repo.query_runs().dataframe(metrics=["loss.test"])
    with pytest.raises(InvalidValueError, match="takes names such as"):
        repo.query_runs().dataframe(metrics=[3])  # type: ignore[list-item]
    assert list(repo.query_runs("run.name == empty").dataframe(metrics=["loss"])["loss"]) == [None]
    assert len(repo.query_runs("run.name == nothing").dataframe(metrics=["loss"])) == 0


def test_points_can_name_their_metric_and_run(repo: aim.Repo) -> None:
    (metric,) = repo.query_metrics("loss if context.subset == val and run.name == a")
    frame = metric.dataframe(include_name=True, include_context=True, include_run=True)
    assert list(frame.columns) == ["run", "name", "experiment", "metric", "context", "step", "epoch", "time", "value"]
    assert frame["name"].tolist() == ["a"] * 3


def test_param_is_found_as_a_query_finds_it(repo: aim.Repo) -> None:
    run = repo.get_run("a")
    assert run["lr"] == run["hparams.lr"] == run["hparams", "lr"] == 0.1
    assert run["optim.name"] == run.get("optim")["name"] == "adam"
    assert "lr" in run and "momentum" not in run and run.get("momentum", 3) == 3
    with pytest.raises(KeyError):
        run["name"]


def test_param_in_several_places_is_named_by_its_keys(repo_path: Path) -> None:
    with aim.Run(repo=str(repo_path)) as run:
        run["optim"] = {"lr": 0.1}
        run["schedule"] = {"lr": 0.2}
        run["lr.min"] = 0.01
    with aim.Repo(repo_path) as repo:
        stored = repo.get_run(run.hash)
        with pytest.raises(
            KeyError, match=r"'lr' is at optim.lr, schedule.lr: name one by its keys, run\['optim', 'lr'\]"
        ):
            stored["lr"]
        with pytest.raises(KeyError):
            stored.get("lr")
        assert "lr" in stored and stored["lr.min"] == 0.01
        with pytest.raises(InvalidValueError, match=r"'lr' is at optim.lr, schedule.lr"):
            repo.query_runs().dataframe(params=["lr"])


def test_metric_of_one_context_is_found_by_its_name(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="r") as session:
        session.track(1.0, name="loss", subset="val")
    with aim.Repo(repo_path) as repo:
        metric = repo.get_run("r").get_metric("loss")
        assert metric is not None and metric.context == {"subset": "val"}
        assert repo.get_run("r").get_metric("loss", {}) is None


def test_epochs_and_times_know_their_steps(repo: aim.Repo) -> None:
    (metric,) = repo.query_metrics("loss if context.subset == val and run.name == a")
    assert metric.values.first() == (0, 7.0) and metric.values.last() == (2, 6.0)
    assert (metric.values.first_value(), metric.values.last_idx()) == (7.0, 2)
    assert metric.epochs.sparse_numpy()[0].tolist() == metric.timestamps.sparse_list()[0] == [0, 1, 2]
    assert len(metric.epochs.values_list()) == len(metric.timestamps.values_numpy()) == 3
    assert metric.times.indices_list() == metric.steps.tolist()
