"""Names and contexts of what Lightning logs. No framework is needed for that."""

from __future__ import annotations

import logging

import pytest

from aim.integrations.pytorch_lightning._names import Affixes, translate
from aim.sdk.recording import guard

SUBSETS: Affixes = (("subset", (("train", "train_"), ("val", "val_"))),)
PLACES: Affixes = (*SUBSETS, ("device", (("0", "gpu0_"), ("1", "gpu1_"))))
ENDS: Affixes = (("window", (("long", "_ema"),)), ("unit", (("ms", "_ms"),)))


@pytest.mark.parametrize(
    ("name", "expected", "context"),
    [
        ("val_loss", "loss", {"subset": "val"}),
        ("val_", "val_", {}),
        ("train_gpu1_loss", "loss", {"subset": "train", "device": "1"}),
        ("gpu0_train_loss", "train_loss", {"device": "0"}),
        ("train_val_loss", "val_loss", {"subset": "train"}),
        ("train_loss_ema", "loss", {"subset": "train", "window": "long"}),
        ("time_ms", "time", {"unit": "ms"}),
        ("time_ms_ema", "time", {"window": "long", "unit": "ms"}),
        ("_ema", "_ema", {}),
    ],
)
def test_prefixes_and_postfixes_become_context(name: str, expected: str, context: dict[str, str]) -> None:
    assert translate(name, PLACES, ENDS) == (expected, context)


def test_stage_is_the_subset_of_what_names_none() -> None:
    assert translate("loss", SUBSETS, stage="test") == ("loss", {"subset": "test"})
    assert translate("val_loss", SUBSETS, stage="test") == ("loss", {"subset": "val"})


def test_arguments_without_effect_are_named_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_accepted", set())
    with caplog.at_level(logging.WARNING, logger="aim"):
        guard.accept("aim.keras", log_system_params=False, system_tracking_interval=None)
        assert caplog.messages == []
        for _ in range(2):
            guard.accept("aim.keras", log_system_params=True, system_tracking_interval=10)
    assert len(caplog.messages) == 1
    assert "log_system_params=" in caplog.messages[0]
