"""What each real writer of event files wrote comes back equal, value by value; who reads needs no TensorFlow.

The expected points are what was handed to the writer; TensorBoard's own reader is asked as well where the times of the
points were the writer's to choose.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.adapter,
    pytest.mark.requires("tensorflow"),
    pytest.mark.requires("torch"),
    pytest.mark.requires("tensorboardX"),
    pytest.mark.requires("pytorch_lightning"),
    pytest.mark.requires("flax"),
]

VALUES = [0.5, 1.0 / 3.0, math.inf, -math.inf, math.nan, 1e-30, 0.0, -0.0]
STEPS = [0, 1, 2, 127, 128, 16384, 2**31, 2**40]

Curve = list[tuple[int, str]]
"""(step, value); as text, in which NaN equals NaN, and 0.0 is not -0.0."""


@dataclass
class Written:
    """What was handed to a writer.

    Attributes:
        curves: By tag, with the subset before a colon.
        params: Hyper-parameters.
        not_shown: How many of what kind Aim has no place for.
    """

    curves: dict[str, Curve]
    params: dict[str, Any] = field(default_factory=dict)
    not_shown: dict[str, int] = field(default_factory=dict)


def curve(values: Iterable[float] = VALUES, steps: Iterable[int] = STEPS, *, is_double: bool = False) -> Curve:
    """As event files keep it: in single precision, unless a writer was asked for more."""
    import numpy as np

    return [
        (step, repr(float(value if is_double else np.float32(value))))
        for step, value in zip(steps, values, strict=False)
    ]


def unsigned_zero(values: Iterable[float]) -> list[float]:
    """TensorFlow 2 writes -0.0 as 0.0: it leaves out the contents of a tensor of zeros."""
    return [value + 0.0 for value in values]


def tf2(folder: Path) -> Written:
    import tensorflow as tf

    with tf.summary.create_file_writer(str(folder)).as_default():
        for step, value in zip(STEPS, VALUES, strict=True):
            tf.summary.scalar("train/loss", value, step=step)
            tf.summary.scalar("accuracy", -value, step=step, description="of the model")
        tf.summary.histogram("weights", [1.0, 2.0, 3.0], step=0)
        tf.summary.text("note", "**bold**", step=0)
        tf.summary.image("picture", tf.zeros([1, 4, 4, 3]), step=0)
        tf.summary.audio("sound", tf.zeros([1, 100, 1]), 8000, step=0)
        tf.summary.write("matrix", tf.zeros([2, 2]), step=0)
    curves = {"train/loss": curve(unsigned_zero(VALUES)), "accuracy": curve(unsigned_zero(-v for v in VALUES))}
    return Written(curves, not_shown={"histograms": 1, "texts": 1, "images": 1, "audio clips": 1, "tensors": 1})


def tf2_hparams(folder: Path) -> Written:
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hp

    params = {"lr": 0.001, "units": 32, "optimizer": "adam", "bn": True}
    with tf.summary.create_file_writer(str(folder)).as_default():
        hp.hparams(params, trial_id="trial-7")
        tf.summary.scalar("loss", 0.25, step=3)
    return Written({"loss": curve([0.25], [3])}, params)


def tf1(folder: Path) -> Written:
    import tensorflow as tf

    summary = tf.compat.v1.Summary
    with tf.Graph().as_default() as graph:
        tf.constant(1.0)
        writer = tf.compat.v1.summary.FileWriter(str(folder), graph)
        for step, value in zip(STEPS, VALUES, strict=True):
            both = [summary.Value(tag="loss", simple_value=value), summary.Value(tag="lr", simple_value=2 * value)]
            writer.add_summary(summary(value=both), step)
        writer.close()
    curves = {"loss": curve(), "lr": curve([2 * value for value in VALUES])}
    return Written(curves, not_shown={"graphs": 1, "graph metadata": 1})


def torch_writer(folder: Path) -> Written:
    import numpy as np
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step, value in zip(STEPS, VALUES, strict=True):
            writer.add_scalar("old", value, step, walltime=1.5e9 + 0.125)
            writer.add_scalar("new", value, step, new_style=True)
            writer.add_scalar("double", value, step, new_style=True, double_precision=True)
        writer.add_scalar("without step", 1.0)
        writer.add_text("note", "text", 0)
        writer.add_histogram("weights", np.arange(10.0), 0)
        writer.add_image("picture", np.zeros([3, 4, 4]), 0)
        writer.add_pr_curve("pr", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9]), 0)
        writer.add_custom_scalars({"both": {"losses": ["Multiline", ["old", "new"]]}})
        writer.add_mesh("mesh", __import__("torch").zeros([1, 4, 3]))
    curves = {
        "old": curve(), "new": curve(), "double": curve(is_double=True), "without step": curve([1.0], [0]),
    }  # fmt: skip
    not_shown = {"texts": 1, "histograms": 1, "images": 1, "PR curves": 1, "chart layouts": 1, "parts of meshes": 1}
    return Written(curves, not_shown=not_shown)


def torch_hparams(folder: Path) -> Written:
    from torch.utils.tensorboard import SummaryWriter

    params = {"lr": 0.1, "opt": "sgd", "bn": False}
    with SummaryWriter(str(folder)) as writer:
        writer.add_hparams(params, {"hparam/accuracy": 0.75}, run_name=".")
    return Written({"hparam/accuracy": curve([0.75], [0])}, params)


def tensorboard_x(folder: Path) -> Written:
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step, value in zip(STEPS, VALUES, strict=True):
            writer.add_scalar("loss", value, step)
        writer.add_text("note", "text", 0)
    return Written({"loss": curve()}, not_shown={"texts": 1})


def keras_callback(folder: Path) -> Written:
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    x = np.arange(30.0).reshape(10, 3) / 30
    board = keras.callbacks.TensorBoard(str(folder), histogram_freq=1)
    history = model.fit(x, x[:, :1], epochs=3, validation_data=(x, x[:, :1]), callbacks=[board], verbose=0).history
    curves = {
        "train:epoch_loss": curve(history["loss"], range(3)),
        "val:epoch_loss": curve(history["val_loss"], range(3)),
        "train:epoch_learning_rate": curve([0.01] * 3, range(3)),
    }
    steps_seen = {"val:evaluation_loss_vs_iterations": curve(history["val_loss"], range(1, 4))}
    return Written({**curves, **steps_seen}, not_shown={"histograms": 6, "graphs": 1})


def lightning_logger(folder: Path) -> Written:
    from pytorch_lightning.loggers import TensorBoardLogger

    params = {"lr": 0.1, "layers": 3, "opt": "adam"}
    logger = TensorBoardLogger(str(folder), name="", version="")
    logger.log_hyperparams(params, {"hp_metric": 0.5})
    for step in range(5):
        logger.log_metrics({"train_loss": 1.0 / (step + 1), "epoch": 0.0}, step)
    logger.finalize("success")
    curves = {
        "train_loss": curve([1.0 / (step + 1) for step in range(5)], range(5)),
        "epoch": curve([0.0] * 5, range(5)),
        "hp_metric": curve([0.5], [0]),
    }
    return Written(curves, params)


def flax_writer(folder: Path) -> Written:
    import jax.numpy as jnp
    from flax.metrics.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))
    writer.hparams({"lr": 0.5, "layers": {"units": 3}})
    for step, value in zip(STEPS, VALUES, strict=True):
        writer.scalar("train/loss", jnp.asarray(value), step)
    writer.text("note", "text", 0)
    writer.close()
    return Written({"train/loss": curve(unsigned_zero(VALUES))}, {"lr": 0.5, "layers.units": 3}, {"texts": 1})


def plain_jax(folder: Path) -> Written:
    """A training loop of JAX alone, which has no writer of its own and takes torch's or tensorboardX's."""
    import jax
    from tensorboardX import SummaryWriter

    update = jax.jit(lambda w: w - 0.1 * jax.grad(lambda w: ((w - 3.0) ** 2).sum())(w))
    weights = jax.numpy.zeros(2)
    losses = []
    with SummaryWriter(str(folder)) as writer:
        for step in range(5):
            weights = update(weights)
            losses.append(((weights - 3.0) ** 2).sum())
            writer.add_scalar("loss", losses[-1], step)
    return Written({"loss": curve([float(loss) for loss in losses], range(5))})


WRITERS: list[Callable[[Path], Written]] = [
    tf2, tf2_hparams, tf1, torch_writer, torch_hparams, tensorboard_x, keras_callback, lightning_logger, flax_writer,
    plain_jax,
]  # fmt: skip

_READ = """
import json, sys
import aim
logs, way, repo = sys.argv[1:]
found = {"tags": {}, "params": {}}
if way == "imported":
    from aim.importers.tensorboard import import_logdir
    report = import_logdir(logs, repo)
    found |= {"runs": report.runs, "not_shown": dict(report.skipped), "problems": report.problems}
    again = import_logdir(logs, repo)
    assert (again.runs, again.points) == (0, 0), again
with aim.Repo(repo) if way == "imported" else aim.Repo(tf_logs=[logs]) as opened:
    if way == "in place":
        report = opened.report()
        found |= {"runs": report.runs, "not_shown": report.not_shown, "problems": report.problems}
    for metric in opened.query_metrics("run.source == tensorboard"):
        subset = metric.context.get("subset")
        tag = f"{subset}:{metric.name}" if subset else metric.name
        rows = zip(metric.steps.tolist(), metric.times.tolist(), metric.values.tolist())
        found["tags"][tag] = [[step, repr(time), repr(value)] for step, time, value in rows]
    for run in opened.query_runs():
        found["params"].update(run.params.get("hparams", {}))
found["loaded"] = sorted({"tensorflow", "torch", "tensorboard", "tensorboardX", "jax"} & set(sys.modules))
print(json.dumps(found))
"""
WAYS = ("in place", "imported")


def read(folder: Path, way: str) -> dict[str, Any]:
    """What a process of its own finds in the logs below `folder`."""
    command = [sys.executable, "-c", _READ, str(folder / "logs"), way, str(folder / "repo")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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
            metadata = events.summary_metadata.get(tag)  # a tensor may come without any
            if metadata is not None and metadata.plugin_data.plugin_name == "scalars":
                found[subset + tag] = [
                    [e.step, repr(e.wall_time), repr(float(tensor_util.make_ndarray(e.tensor_proto)))]
                    for e in events.Tensors(tag)
                ]
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Path], Written]], tuple[Path, Written]]:
    """Lets a writer write once, for all tests of it; the logs lie in ``logs/run`` of the folder returned."""
    done: dict[str, tuple[Path, Written]] = {}

    def write_once(write: Callable[[Path], Written]) -> tuple[Path, Written]:
        if write.__name__ not in done:
            folder = tmp_path_factory.mktemp(write.__name__)
            (folder / "logs" / "run").mkdir(parents=True)
            done[write.__name__] = (folder, write(folder / "logs" / "run"))
        return done[write.__name__]

    return write_once


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_what_a_real_writer_wrote_comes_back_equal(
    write: Callable[[Path], Written],
    way: str,
    written: Callable[[Callable[[Path], Written]], tuple[Path, Written]],
) -> None:
    folder, expected = written(write)
    found = read(folder, way)
    assert found["loaded"] == []
    assert (found["runs"], found["problems"]) == (1, [])
    curves = {tag: [(step, value) for step, _, value in rows] for tag, rows in found["tags"].items()}
    assert curves == expected.curves
    assert found["tags"] == by_tensorboard(folder / "logs" / "run")
    assert found["params"] == expected.params
    assert found["not_shown"] == expected.not_shown


def named_in_order(folder: Path, number: int) -> None:
    """Name the latest file so that it comes last: torch's names hold a counter, of which 10 comes before 9."""
    (latest,) = (path for path in folder.iterdir() if not path.name.startswith("tfevents."))
    latest.rename(folder / f"tfevents.{number}")


@pytest.mark.parametrize("way", WAYS)
def test_a_writer_that_began_again_with_a_purge_step_replaces_its_points(tmp_path: Path, way: str) -> None:
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path / "logs" / "run"
    with SummaryWriter(str(folder)) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
    named_in_order(folder, 1)
    with SummaryWriter(str(folder), purge_step=5) as writer:
        for step in range(5, 12):
            writer.add_scalar("loss", 100 + step, step)
    named_in_order(folder, 2)
    assert read(tmp_path, way)["tags"] == by_tensorboard(folder)


def torch_purges(folder: Path) -> None:
    """The second writer has come less far than the first, and no longer writes one of its tags."""
    from torch.utils.tensorboard import SummaryWriter

    for number, (purge_step, last) in enumerate(((None, 20), (12, 15), (5, 8))):
        with SummaryWriter(str(folder), purge_step=purge_step) as writer:
            for step in range(purge_step or 0, last):
                writer.add_scalar("loss", 100 * number + step, step)
                writer.add_scalar("double", step / 3, step, new_style=True, double_precision=True)
                if number == 0:
                    writer.add_scalar("only at first", step, step)
        named_in_order(folder, number)


def tf1_sessions(folder: Path) -> None:
    """Several sessions of one process share one file, each of which says that it starts."""
    import tensorflow as tf

    summary, log = tf.compat.v1.Summary, tf.compat.v1.SessionLog
    with tf.Graph().as_default():
        writer = tf.compat.v1.summary.FileWriter(str(folder))
        for number, (begin, end) in enumerate(((0, 10), (6, 9), (3, 5))):
            writer.add_session_log(log(status=log.START), begin)
            for step in range(begin, end):
                for tag in ("loss", "first") if number == 0 else ("loss",):
                    writer.add_summary(summary(value=[summary.Value(tag=tag, simple_value=number + step)]), step)
        writer.close()


def tf2_goes_back(folder: Path) -> None:
    """TensorFlow 2 does not report a restart: repeated steps are there twice."""
    import tensorflow as tf

    for number, (begin, end) in enumerate(((0, 10), (6, 12))):
        with tf.summary.create_file_writer(str(folder), filename_suffix=f".{number}").as_default():
            for step in range(begin, end):
                tf.summary.scalar("loss", 100.0 * number + step, step=step)


@pytest.mark.parametrize("write", [torch_purges, tf1_sessions, tf2_goes_back], ids=lambda write: write.__name__)
def test_restarts_in_place_are_those_of_tensorboard(write: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "run"
    folder.mkdir(parents=True)
    write(folder)
    expected = by_tensorboard(folder)
    assert any(rows for rows in expected.values())
    # a tensor is never dropped by EventAccumulator, only by what shows the pages; a point is a point to us
    plain = {tag: rows for tag, rows in expected.items() if tag != "double"}
    found = read(tmp_path, "in place")["tags"]
    assert {tag: rows for tag, rows in found.items() if tag != "double"} == {
        t: rows for t, rows in plain.items() if rows
    }
    if "double" in found:
        assert [step for step, _, _ in found["double"]] == [step for step, _, _ in found["loss"]]


def test_a_step_that_goes_back_is_no_restart_whatever_the_version_of_the_file(tmp_path: Path) -> None:
    from tests.unit.importers.event_bytes import scalar, write_records

    folder = tmp_path / "logs" / "run"
    folder.mkdir(parents=True)
    steps = [0, 1, 2, 3, 1, 2]
    write_records(folder / "events.out.tfevents.1.old", [scalar("loss", float(i), s) for i, s in enumerate(steps)])
    # the file states no version, and TensorBoard guesses: docs/tensorboard.md says why we do not
    assert [step for step, _, _ in by_tensorboard(folder)["loss"]] == [0, 1, 2]
    assert [step for step, _, _ in read(tmp_path, "in place")["tags"]["loss"]] == steps
