"""What is special to Keras and needs a process of its own; the rest is in modes/keras_clauses.py, in every mode."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.modes.base import recorded
from tests.unit.sdk.reading import read_back

pytestmark = [pytest.mark.adapter, pytest.mark.requires("keras", "torch")]

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import gc, os, signal, sys
from aim.keras import AimCallback

before = AimCallback(repo=".")
assert not {"keras", "tf_keras", "tensorflow", "torch"} & set(sys.modules)

import keras
import numpy as np

assert not isinstance(before, keras.callbacks.Callback) and isinstance(AimCallback(repo="."), keras.callbacks.Callback)
assert "tf_keras" not in sys.modules

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")

def fit(how):
    actions = {
        "raise": lambda: 1 / 0,
        "ctrl-c": lambda: os.kill(os.getpid(), signal.SIGINT),
        "none": lambda: None,
    }
    end = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: actions[how]() if epoch == 1 else None)
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, epochs=3, verbose=0, callbacks=[before, end])

def function_in_fit():
    wrapper = keras.Model.fit
    return dict(zip(wrapper.__code__.co_freevars, wrapper.__closure__))["fn"].cell_contents.__code__.co_name

assert function_in_fit() == "wrapper"
fit(sys.argv[1])
before = None
gc.collect()
assert function_in_fit() == "fit"
"""


def run_script(folder: Path, how: str, **variables: str) -> int:
    """The exit status of a script in which `how` is done in the second epoch."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": "torch",
        "CUDA_VISIBLE_DEVICES": "-1",
        "AIM_STRICT": "1",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert "AssertionError" not in done.stderr, done.stderr
    assert "AimWarning" not in done.stderr, done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("how", "status", "run_status", "error_type"),
    [
        ("none", 0, "finished", ""),
        ("raise", 1, "failed", "ZeroDivisionError"),
        ("ctrl-c", -signal.SIGINT, "interrupted", "KeyboardInterrupt"),
    ],
)
def test_run_says_how_the_script_ended_and_a_callback_made_before_keras_was_imported_works(
    tmp_path: Path, how: str, status: int, run_status: str, error_type: str
) -> None:
    assert run_script(tmp_path, how) == status
    run, points = recorded(tmp_path)
    assert (run.status, run.status.error_type) == (run_status, error_type)
    # two metrics an epoch, all that were recorded before it ended
    assert len(points) == 2 * (3 if how == "none" else 2)
    assert run["hparams"]["framework"]["backend"] == "torch"


def test_rank_1_records_nothing(tmp_path: Path) -> None:
    of_torchrun = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    assert run_script(tmp_path, "none", **of_torchrun) == 0
    assert os.listdir(tmp_path) == []


MIXED = """
import keras
import numpy as np
from aim.keras import AimCallback

keras.mixed_precision.set_global_policy("mixed_float16")
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, dtype="float32")])
model.compile(optimizer=keras.optimizers.Adam(0.25), loss="mse")
callback = AimCallback(".", "mixed", log_system_params=True)
callback.experiment["cfg"] = {"a": 1}
model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, epochs=1, verbose=0, callbacks=[callback])
"""


def test_learning_rate_is_known_with_mixed_precision_and_arguments_of_aim_3_are_taken(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, "-c", MIXED], cwd=tmp_path, env=environment, check=True)
    run = read_back(tmp_path)
    assert (run.state.experiment, run.params["cfg"], run.params["hparams"]["learning_rate"]) == (
        "mixed",
        {"a": 1},
        0.25,
    )
