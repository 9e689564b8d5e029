"""How far a run is, and how long the rest takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from aim.explore.pages import progress
from aim.explore.pages.progress import seconds_left, total_of


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"max_steps": 40_000}, ("max_steps", 40_000.0)),
        ({"hparams": {"Max_Steps": 100.0}}, ("hparams.Max_Steps", 100.0)),
        # the outermost one, whatever is below
        ({"trainer": {"max_steps": 100}, "eval": {"loop": {"max_steps": 7}}}, ("trainer.max_steps", 100.0)),
        # two that disagree name nothing; two that agree do
        ({"trainer": {"max_steps": 100}, "eval": {"max_steps": 7}}, None),
        ({"max_steps": 100, "total_steps": 100}, ("max_steps", 100.0)),
        # "no limit", in the words of more than one framework
        ({"max_steps": -1}, None),
        ({"max_steps": 0}, None),
        ({"max_steps": math.inf}, None),
        ({"max_steps": True}, None),
        ({"max_steps": "100"}, None),
        ({"warmup_steps": 100, "log_steps": 5}, None),
        ({}, None),
    ],
)
def test_a_total_is_what_a_param_names(params: dict[str, Any], found: tuple[str, float] | None) -> None:
    assert total_of(params, progress._STEPS) == found


def test_what_is_left_takes_the_median_of_the_last_hundred_steps() -> None:
    steps = np.arange(0.0, 1000.0, 10.0)
    times = steps * 0.5
    assert seconds_left(steps, times, 100) == pytest.approx(50.0)
    # an hour in which nothing happened does not count, nor does what was long ago
    times[60:] += 3600
    assert seconds_left(steps, times, 100) == pytest.approx(50.0)
    longer = np.concatenate([np.arange(0.0, 500.0) * 100, 500 * 100 + np.arange(0.0, 200.0)])
    assert seconds_left(np.arange(0.0, 700.0), longer, 10) == pytest.approx(10.0)


def test_points_of_one_step_or_epoch_count_once() -> None:
    epochs = np.repeat(np.arange(0.0, 10.0), 50)  # a whole number for every point, as many frameworks have it
    times = np.arange(0.0, 500.0)
    assert seconds_left(epochs, times, 3) == pytest.approx(150.0)


def test_too_little_to_say() -> None:
    few = np.arange(0.0, 3.0)
    assert seconds_left(few, few, 5) is None
    assert seconds_left(np.zeros(50), np.arange(0.0, 50.0), 5) is None
    assert seconds_left(np.arange(0.0, 50.0), np.zeros(50), 5) is None  # a clock that did not move
    assert seconds_left(np.full(50, math.nan), np.arange(0.0, 50.0), 5) is None
    assert seconds_left(np.arange(0.0, 50.0), None, 5) is None
