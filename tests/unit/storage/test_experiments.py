"""Which experiments a repo has, by its config.json and its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aim.errors import InvalidValueError
from aim.storage.repo.config import change_config, read_config
from aim.storage.repo.experiments import (
    active_experiment,
    add_experiment,
    check_out_experiment,
    configured_experiments,
    forget_experiment,
)
from aim.storage.repo.repo_files import create_repo


@pytest.mark.parametrize(
    ("config", "experiment"),
    [
        ({}, "default"),
        ({"experiment": "digits"}, "digits"),
        ({"experiment": ""}, "default"),
        ({"experiment": 5}, "default"),
    ],
)
def test_experiment_checked_out_is_that_of_the_config(config: dict[str, Any], experiment: str, tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    assert active_experiment(layout) == "default"
    change_config(layout, lambda _: config)
    assert active_experiment(layout) == experiment


def test_the_experiments_are_those_of_runs_the_added_the_active_and_the_default_one(tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    assert configured_experiments(layout).names([]) == ["default"]
    change_config(layout, lambda _: {"experiments": ["b", 5, "a"], "experiment": "active"})
    assert configured_experiments(layout).names(["of a run", "b"]) == ["default", "a", "active", "b", "of a run"]
    change_config(layout, lambda _: {"experiments": "b"})
    assert configured_experiments(layout).added == ()


def test_an_experiment_is_added_once_and_can_be_checked_out_and_forgotten(tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    assert add_experiment(layout, "new", []) and not add_experiment(layout, "new", [])
    assert not add_experiment(layout, "of a run", ["of a run"]) and not add_experiment(layout, "default", [])
    with pytest.raises(InvalidValueError):
        add_experiment(layout, " ", [])
    assert not check_out_experiment(layout, "unknown", []) and check_out_experiment(layout, "of a run", ["of a run"])
    assert check_out_experiment(layout, "new", [])
    assert read_config(layout) == {"experiment": "new", "experiments": ["new"]}
    forget_experiment(layout, "new")
    assert read_config(layout) == {"experiment": "default", "experiments": []}
