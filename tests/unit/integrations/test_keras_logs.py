"""Names and contexts of Keras's logs, and what is known without a Keras at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

import aim
from aim.errors import MissingDependencyError
from aim.integrations import _support
from aim.integrations._keras_logs import BATCH, TRAIN, VAL, learning_rate_in, named_epoch_logs, numbers_in


def test_logs_of_an_epoch_get_a_subset_and_lose_the_prefix() -> None:
    logs = {"accuracy": 0.5, "loss": 1.0, "val_accuracy": 0.25, "val_loss": 2.0}
    assert list(named_epoch_logs(logs)) == [
        ("accuracy", TRAIN, 0.5),
        ("loss", TRAIN, 1.0),
        ("accuracy", VAL, 0.25),
        ("loss", VAL, 2.0),
    ]


def test_training_metric_whose_name_begins_as_validation_does_stays_one() -> None:
    logs = {"val_x": 1.0, "val_val_x": 2.0, "val_": 3.0, "loss": 4.0}
    assert list(named_epoch_logs(logs)) == [
        ("val_x", TRAIN, 1.0),
        ("val_x", VAL, 2.0),
        ("val_", TRAIN, 3.0),
        ("loss", TRAIN, 4.0),
    ]


@pytest.mark.parametrize("key", ["learning_rate", "lr"])
def test_learning_rate_that_callbacks_put_there_is_no_metric(key: str) -> None:
    assert learning_rate_in({"loss": 1.0, key: 0.5}) == 0.5
    assert list(named_epoch_logs({key: 0.5})) == []


def test_metric_of_the_models_own_called_lr_is_a_metric() -> None:
    logs = {"lr": 0.5, "val_lr": 0.25}
    assert learning_rate_in(logs) is None
    assert list(named_epoch_logs(logs)) == [("lr", TRAIN, 0.5), ("lr", VAL, 0.25)]


def test_array_becomes_its_numbers_and_what_is_no_metric_stays() -> None:
    assert list(numbers_in("f1", BATCH, np.array([0.5, math.inf]))) == [
        ("f1", {"subset": "train", "interval": "step", "index": 0}, 0.5),
        ("f1", {"subset": "train", "interval": "step", "index": 1}, math.inf),
    ]
    for value in (0.5, np.float32(0.5), np.array([0.5]), np.zeros((2, 2)), np.zeros(2_000), "text", None):
        ((name, context, kept),) = numbers_in("x", TRAIN, value)
        assert (name, context) == ("x", TRAIN)
        assert kept is value


@pytest.mark.parametrize(
    ("module", "framework", "wanted"),
    [("keras", "keras", "keras>=3.4"), ("tensorflow", "tensorflow", "tensorflow>=2.16")],
)
def test_missing_or_old_framework_is_explained_when_the_callback_is_made(
    monkeypatch: pytest.MonkeyPatch, module: str, framework: str, wanted: str
) -> None:
    monkeypatch.setattr(_support, "installed", lambda framework: None)
    with pytest.raises(MissingDependencyError) as caught:
        getattr(aim, module).AimCallback()
    assert str(caught.value) == (
        f"aim.{module} needs {framework}, which is not installed. Install it with: pip install '{wanted}'"
    )
    monkeypatch.setattr(_support, "installed", lambda framework: "2.15.0")
    with pytest.raises(MissingDependencyError, match=r"2\.15\.0 is installed\. Upgrade it with"):
        getattr(aim, module).AimCallback()
