"""Everything in the golden repo of format 1 reads back as it was written."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import aim
from aim.sdk.reading.stored_run import StoredRun

GOLDEN = Path(__file__).resolve().parent / "format-1"
BEGIN_S = 1_700_000_000.0
NAN = float("nan")

Points = dict[tuple[str, str], tuple[list[int], list[float], list[float], list[float]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of the golden repo; its last writer was seen long ago."""
    shutil.copytree(GOLDEN, tmp_path / ".aim")
    for marker in (tmp_path / ".aim").glob("active/*"):
        os.utime(marker, (BEGIN_S + 402, BEGIN_S + 402))
    return tmp_path


@pytest.fixture
def repo(folder: Path) -> aim.Repo:
    return aim.Repo(folder)


def only(repo: aim.Repo, name: str) -> StoredRun:
    (run,) = repo.query_runs(f"run.name == {name!r}")
    return run


def points_of(run: StoredRun) -> Points:
    return {
        (metric.name, repr(dict(metric.context))): (
            metric.steps.tolist(),
            metric.values.tolist(),
            metric.epochs.tolist(),
            (metric.times - BEGIN_S).tolist(),
        )
        for metric in run.metrics()
    }


def assert_equal(found: Points, expected: Points) -> None:
    assert list(found) == list(expected)
    for key in expected:
        assert found[key][0] == expected[key][0], key
        for column in (1, 2, 3):
            np.testing.assert_array_equal(found[key][column], expected[key][column], err_msg=str(key))


def single(value: float) -> tuple[list[int], list[float], list[float], list[float]]:
    return [0], [value], [NAN], [30.0]


def test_run_that_ended(repo: aim.Repo) -> None:
    run = only(repo, "baseline")
    assert (run.experiment, run.status.value, run.source, run.archived) == ("digits", "finished", "aim", False)
    assert run.description == "The first run.\nIt has two lines."
    assert (run.tags, run.notes, run.attempt, run.hidden_points) == (["first"], [], 1, 0)
    assert run.records == {"checkpoint": [{"path": "model.pt", "step": 19}]}
    assert (run.created_at, run.ended_at) == (BEGIN_S, BEGIN_S + 40)
    assert (run.loss.rejected, dict(run.loss.causes)) == (1, {"rejected": 1})
    params = run.params
    assert math.isnan(params["hparams"].pop("nan"))
    assert params == {
        "hparams": {
            "lr": 0.02,
            "layers": [64, 32],
            "dropout": None,
            "nested": {"a": {"b": True}},
            "näme": "größe ☃",
        }
    }
    steps = list(range(20))
    every_fifth = [4, 9, 14, 19]
    odd = [NAN, math.inf, -math.inf, -0.0, 5e-324, 2.0**53]
    found = points_of(run)
    assert_equal(
        found,
        {
            ("accuracy", "{}"): single(0.5),
            ("folds", "{'fold': '1'}"): single(3.0),
            ("folds", "{'fold': 1.0}"): single(1.0),
            ("folds", "{'fold': 1}"): single(0.0),
            ("folds", "{'fold': [1, None]}"): single(4.0),
            ("folds", "{'fold': True}"): single(2.0),
            ("größe ☃/x", "{}"): single(-1.5),
            ("loss", "{'subset': 'train'}"): (
                steps,
                [1.0 / (step + 1) for step in steps],
                [float(step // 10) for step in steps],
                [1.0 + step for step in steps],
            ),
            ("loss", "{'subset': 'val'}"): (
                every_fifth,
                [2.0 / (step + 1) for step in every_fifth],
                [0.5, 1.0, 1.5, 2.0],
                [1.0 + step for step in every_fifth],
            ),
            ("odd", "{}"): ([-(2**63), -1, 0, 7, 7, 2**63 - 1], odd, [NAN] * 6, [30.0] * 6),
        },
    )
    assert math.copysign(1, found["odd", "{}"][1][3]) == -1


def test_run_that_was_killed_resumed_and_killed_again(repo: aim.Repo) -> None:
    run = only(repo, "resumed")
    assert (run.experiment, run.status.value, run.archived) == ("digits", "crashed", False)
    assert (run.tags, run.attempt, run.hidden_points) == (["review"], 3, 4)
    assert [(note.text, round(note.created_at), round(note.edited_at)) for note in run.notes] == [
        ("Diverges after step 9.", BEGIN_S + 300, BEGIN_S + 300),
        ("Edited.", BEGIN_S + 300, BEGIN_S + 301),
    ]
    assert run.params == {"hparams": {"lr": 0.05, "layers": [8]}}
    assert (run.created_at, run.ended_at) == (BEGIN_S + 100, BEGIN_S + 402)
    assert not run.loss
    shown = [float(value) for value in (*range(100, 106), *range(206, 212), 312, 313)]
    times = [float(time) for time in (*range(101, 107), *range(207, 213), 401, 402)]
    assert_equal(
        points_of(run),
        {
            ("loss", "{'subset': 'train'}"): (list(range(14)), shown, [NAN] * 14, times),
            ("lr", "{}"): (list(range(9)), [float(n) for n in range(9)], [NAN] * 9, [101.0 + n for n in range(9)]),
        },
    )


QUERIES: dict[str, list[tuple[str, str, str]]] = {
    "loss": [
        ("baseline", "loss", "{'subset': 'train'}"),
        ("baseline", "loss", "{'subset': 'val'}"),
        ("resumed", "loss", "{'subset': 'train'}"),
    ],
    "loss if context.subset == 'val'": [("baseline", "loss", "{'subset': 'val'}")],
    "loss if run.hparams.lr > 0.03 and metric.last > 200": [("resumed", "loss", "{'subset': 'train'}")],
    "folds if context.fold == True": [
        ("baseline", "folds", "{'fold': 1.0}"),
        ("baseline", "folds", "{'fold': 1}"),
        ("baseline", "folds", "{'fold': True}"),
    ],
}


@pytest.mark.parametrize("text", QUERIES)
def test_query_over_metrics_gives_these_rows(text: str, repo: aim.Repo) -> None:
    found = [(metric.run.name, metric.name, repr(dict(metric.context))) for metric in repo.query_metrics(text)]
    assert found == QUERIES[text]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["baseline", "resumed"]),
        ("'review' in run.tags", ["resumed"]),
        ("run.status == 'crashed' and run.hidden_points == 4", ["resumed"]),
        ("run.hparams.nested.a.b", ["baseline"]),
        ("run.hparams['näme'] == 'größe ☃'", ["baseline"]),
        ("run.metrics['loss', {'subset': 'val'}].last < 0.2", ["baseline"]),
    ],
)
def test_query_over_runs_gives_these(text: str, names: list[str], repo: aim.Repo) -> None:
    assert [run.name for run in repo.query_runs(text)] == names


def test_run_can_be_resumed(folder: Path) -> None:
    with aim.Run(repo=folder, experiment="digits", name="resumed", resume=True) as run:
        run.track(400.0, "loss", step=4, context={"subset": "train"})
        run.track(405.0, "loss", step=5, context={"subset": "train"})
        run.track(1.0, "lr")
    stored = only(aim.Repo(folder), "resumed")
    assert (stored.status.value, stored.attempt, stored.hidden_points) == ("finished", 4, 14)
    found = points_of(stored)
    assert found["loss", "{'subset': 'train'}"][:2] == ([*range(6)], [100.0, 101.0, 102.0, 103.0, 400.0, 405.0])
    assert found["lr", "{}"][0] == [*range(10)]
