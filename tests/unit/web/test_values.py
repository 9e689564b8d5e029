from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import aim
from tests.unit.web.support import Api, record


def values(api: Api, name: str, prefix: str = "") -> list[tuple[Any, int]]:
    found = api.get("query/values?" + urlencode({"name": name, "prefix": prefix}))["values"]
    return [(one["value"], one["count"]) for one in found]


@pytest.fixture(autouse=True)
def recorded(repo_path: Path, api: Api) -> None:
    record(repo_path, experiment="digits", lr=0.1, optimizer="adam", layers=2)
    record(repo_path, experiment="digits", lr=0.2, optimizer="adam", layers=2)
    tagged = record(repo_path, experiment="words", lr=0.1, optimizer="adagrad")
    aim.Repo(repo_path).get_run(tagged).add_tag("best")
    assert api.post("runs/search")["matched"] == 3  # the index is there


def test_a_name_has_the_values_that_runs_have(api: Api) -> None:
    assert values(api, "run.params.optimizer") == values(api, "params.optimizer") == [("adam", 2), ("adagrad", 1)]
    assert values(api, "optimizer", "adag") == [("adagrad", 1)]
    assert values(api, "run.optimizer") == []
    assert values(api, "run.params.lr") == [(0.1, 2), (0.2, 1)]
    assert values(api, "lr", "0.2") == [(0.2, 1)]
    assert values(api, "run.params.layers") == [(2, 2)]
    assert values(api, "experiment") == values(api, "run.experiment") == [("digits", 2), ("words", 1)]
    assert values(api, "run.tags") == [("best", 1)]
    assert values(api, "metric.name") == [("loss", 6)]
    assert values(api, "context.subset", "v") == [("val", 3)]
    assert ("failed", 0) in values(api, "run.status")


def test_what_is_typed_may_stand_anywhere_but_comes_later(api: Api) -> None:
    assert values(api, "optimizer", "a") == [("adam", 2), ("adagrad", 1)]
    assert values(api, "optimizer", "gr") == [("adagrad", 1)]


@pytest.mark.parametrize("name", ["", "run.", "nothing", "run.nothing.at.all", "context.", "\0", "a" * 900])
def test_a_name_that_nobody_has_has_no_values(api: Api, name: str) -> None:
    assert values(api, name) == []


def test_integers_that_no_float_holds_are_values_too(repo_path: Path, api: Api) -> None:
    for seed in (2**53, 2**53 + 1, 2**53 + 1, 10**30):
        record(repo_path, seed=seed)
    api.post("runs/search")
    assert values(api, "run.params.seed") == [
        ({"$int": str(2**53 + 1)}, 2),
        ({"$int": str(10**30)}, 1),
        (2**53, 1),
    ]
    assert values(api, "seed", "90071992547409") == [({"$int": str(2**53 + 1)}, 2), (2**53, 1)]
