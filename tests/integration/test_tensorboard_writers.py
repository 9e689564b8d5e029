"""What each real writer of event files wrote comes back equal, value by value; who reads needs no TensorFlow.

The expected points are what was handed to the writer; TensorBoard's own reader is asked as well where the times of the
points were the writer's to choose.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.adapter,
    pytest.mark.requires("tensorflow"),
    pytest.mark.requires("torch"),
    pytest.mark.requires("tensorboardX"),
    pytest.mark.requires("pytorch_lightning"),
]

VALUES = [0.5, 1.0 / 3.0, math.inf, -math.inf, math.nan, 1e-30, 0.0, -0.0]
STEPS = [0, 1, 2, 127, 128, 16384, 2**31, 2**40]

Rows = dict[str, list[tuple[int, float, float]]]
Params = dict[str, Any]


def tf2(folder: Path) -> tuple[set[str], Params]:
    import tensorflow as tf

    with tf.summary.create_file_writer(str(folder)).as_default():
        for step, value in zip(STEPS, VALUES, strict=True):
            tf.summary.scalar("train/loss", value, step=step)
            tf.summary.scalar("accuracy", -value, step=step, description="of the model")
        tf.summary.histogram("weights", [1.0, 2.0, 3.0], step=0)
        tf.summary.text("note", "**bold**", step=0)
        tf.summary.image("picture", tf.zeros([1, 4, 4, 3]), step=0)
    return {"train/loss", "accuracy"}, {}


def tf2_hparams(folder: Path) -> tuple[set[str], Params]:
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hp

    with tf.summary.create_file_writer(str(folder)).as_default():
        hp.hparams({"lr": 0.001, "units": 32, "optimizer": "adam", "bn": True}, trial_id="trial-7")
        tf.summary.scalar("loss", 0.25, step=3)
    return {"loss"}, {"lr": 0.001, "units": 32, "optimizer": "adam", "bn": True}


def tf1(folder: Path) -> tuple[set[str], Params]:
    import tensorflow as tf

    summary = tf.compat.v1.Summary
    with tf.Graph().as_default():
        writer = tf.compat.v1.summary.FileWriter(str(folder))
        for step, value in zip(STEPS, VALUES, strict=True):
            both = [summary.Value(tag="loss", simple_value=value), summary.Value(tag="lr", simple_value=2 * value)]
            writer.add_summary(summary(value=both), step)
        writer.close()
    return {"loss", "lr"}, {}


def torch_writer(folder: Path) -> tuple[set[str], Params]:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step, value in zip(STEPS, VALUES, strict=True):
            writer.add_scalar("old", value, step, walltime=1.5e9 + 0.125)
            writer.add_scalar("new", value, step, new_style=True)
            writer.add_scalar("double", value, step, new_style=True, double_precision=True)
        writer.add_scalar("without step", 1.0)
        writer.add_text("note", "text", 0)
        writer.add_histogram("weights", __import__("numpy").arange(10.0), 0)
    return {"old", "new", "double", "without step"}, {}


def torch_hparams(folder: Path) -> tuple[set[str], Params]:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        writer.add_hparams({"lr": 0.1, "opt": "sgd", "bn": False}, {"hparam/accuracy": 0.75}, run_name=".")
    return {"hparam/accuracy"}, {"lr": 0.1, "opt": "sgd", "bn": False}


def tensorboard_x(folder: Path) -> tuple[set[str], Params]:
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step, value in zip(STEPS, VALUES, strict=True):
            writer.add_scalar("loss", value, step)
    return {"loss"}, {}


def keras_callback(folder: Path) -> tuple[set[str], Params]:
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.arange(30.0).reshape(10, 3) / 30
    board = keras.callbacks.TensorBoard(str(folder), histogram_freq=1)
    model.fit(x, x[:, :1], epochs=3, validation_data=(x, x[:, :1]), callbacks=[board], verbose=0)
    return {"train:epoch_loss", "train:epoch_learning_rate", "val:epoch_loss"}, {}


def lightning_logger(folder: Path) -> tuple[set[str], Params]:
    from pytorch_lightning.loggers import TensorBoardLogger

    logger = TensorBoardLogger(str(folder), name="", version="")
    logger.log_hyperparams({"lr": 0.1, "layers": 3, "opt": "adam"}, {"hp_metric": 0.5})
    for step in range(5):
        logger.log_metrics({"train_loss": 1.0 / (step + 1), "epoch": 0.0}, step)
    logger.finalize("success")
    return {"train_loss", "epoch", "hp_metric"}, {"lr": 0.1, "layers": 3, "opt": "adam"}


WRITERS: list[Callable[[Path], tuple[set[str], Params]]] = [
    tf2, tf2_hparams, tf1, torch_writer, torch_hparams, tensorboard_x, keras_callback, lightning_logger,
]  # fmt: skip

_READ = """
import json, sys
import aim
found = {"tags": {}, "params": {}}
with aim.Repo(tf_logs=[sys.argv[1]]) as repo:
    for metric in repo.query_metrics():
        subset = metric.context.get("subset")
        tag = f"{subset}:{metric.name}" if subset else metric.name
        rows = zip(metric.steps.tolist(), metric.times.tolist(), metric.values.tolist())
        found["tags"][tag] = [[step, repr(time), repr(value)] for step, time, value in rows]
    for run in repo.query_runs():
        found["params"].update(run.params.get("hparams", {}))
    found["reports"] = list(repo.report().problems)
found["loaded"] = sorted({"tensorflow", "torch", "tensorboard"} & set(sys.modules))
print(json.dumps(found))
"""


def by_tensorboard(folder: Path) -> dict[str, list[list[Any]]]:
    """tag to [step, time, value], by TensorBoard's own reader."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    found: dict[str, list[list[Any]]] = {}
    for directory in sorted({path.parent for path in folder.rglob("*tfevents*")}):
        events = EventAccumulator(str(directory), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        subset = {"train": "train:", "validation": "val:"}.get(directory.name, "")
        for tag in events.Tags()["scalars"]:
            found[subset + tag] = [[e.step, repr(e.wall_time), repr(e.value)] for e in events.Scalars(tag)]
        for tag in events.Tags()["tensors"]:
            if events.SummaryMetadata(tag).plugin_data.plugin_name == "scalars":
                found[subset + tag] = [
                    [e.step, repr(e.wall_time), repr(float(tensor_util.make_ndarray(e.tensor_proto)))]
                    for e in events.Tensors(tag)
                ]
    return found


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_what_a_real_writer_wrote_comes_back_equal(
    write: Callable[[Path], tuple[set[str], Params]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs" / "run"
    folder.mkdir(parents=True)
    tags, params = write(folder)
    monkeypatch.chdir(tmp_path)
    done = subprocess.run([sys.executable, "-c", _READ, str(tmp_path / "logs")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["loaded"] == []
    assert found["reports"] == []
    assert set(found["tags"]) >= tags
    assert found["tags"] == by_tensorboard(folder)
    assert found["params"] == params


def test_a_writer_that_began_again_with_a_purge_step_replaces_its_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path / "logs" / "run"
    with SummaryWriter(str(folder), filename_suffix=".1") as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
    with SummaryWriter(str(folder), purge_step=5, filename_suffix=".2") as writer:
        for step in range(5, 12):
            writer.add_scalar("loss", 100 + step, step)
    monkeypatch.chdir(tmp_path)
    done = subprocess.run([sys.executable, "-c", _READ, str(tmp_path / "logs")], capture_output=True, text=True)
    assert json.loads(done.stdout)["tags"] == by_tensorboard(folder)
