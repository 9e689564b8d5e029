"""What the adapters' hooks cost a training: real frameworks, in the environment of ``make test-adapters``."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import aim
from benchmarks.corpus import Corpora
from benchmarks.figures import Figure
from benchmarks.isolated import child_environment, median_of, timed

__all__ = ["hooks"]

_PYTHON = Path(__file__).resolve().parents[1] / ".venvs" / "newest" / "bin" / "python"
_CALLS, _ROUNDS = 5_000, 7
_STEPS, _STEP_S = 200, 0.010


def hooks(corpora: Corpora) -> list[Figure]:
    """A hook with 4 metrics, called as the framework calls it; then its share of a real training."""
    if not _PYTHON.exists():
        print("left out: the adapters, whose frameworks `make test-adapters` installs in .venvs/newest")
        return []
    lightning = _with_frameworks("_lightning", corpora.new_folder("lightning"))
    keras = _with_frameworks("_keras", corpora.new_folder("keras"), KERAS_BACKEND="torch")
    return [
        Figure("`AimLogger.log_metrics` with 4 metrics", lightning["hook_us"], "us", 60, lightning["versions"]),
        Figure(
            "its share of a 10 ms step in a `Trainer.fit` that logs 4 metrics at every step, with `save`",
            lightning["share_percent"],
            "%",
            1,
            f"{lightning['step_us']:.0f} us of a step",
        ),
        Figure(
            "`AimCallback.on_train_batch_end` with 4 logs, `log_batches=True`",
            keras["hook_us"],
            "us",
            60,
            keras["versions"],
        ),
        Figure("the same by default, without `log_batches`", keras["default_us"], "us", 60),
    ]


def _with_frameworks(function: str, folder: str, **variables: str) -> Any:
    """As ``isolated``, by the interpreter that has the frameworks."""
    command = [str(_PYTHON), "-m", "benchmarks.isolated", __name__, function, json.dumps([folder])]
    environment = {**child_environment(), "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore", **variables}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _us_a_call(call: Any) -> float:
    def once() -> float:
        with timed() as timing:
            for step in range(_CALLS):
                call(step)
        return timing.seconds / _CALLS * 1e6

    once()
    return median_of(_ROUNDS, once)


def _lightning(folder: str) -> dict[str, Any]:
    import lightning.pytorch as pl
    import torch

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    os.chdir(folder)
    logger = aim.pytorch_lightning.AimLogger(repo=folder)
    values = {"train_loss": 0.5, "train_acc": 0.25, "grad_norm": 1.5, "lr": 0.1, "epoch": 0}
    hook_us = _us_a_call(lambda step: logger.log_metrics(values, step))
    logger.finalize("success")

    class Timed(aim.pytorch_lightning.AimLogger):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.spent: list[float] = []

        def log_metrics(self, metrics: Any, step: int | None = None) -> None:
            begin = time.perf_counter()
            super().log_metrics(metrics, step)
            self.spent.append(time.perf_counter() - begin)

        def save(self) -> None:
            begin = time.perf_counter()
            super().save()
            self.spent[-1:] = [sum(self.spent[-1:]) + time.perf_counter() - begin]

    class Module(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Linear(3, 1)

        def training_step(self, batch: Any, index: int) -> Any:
            end = time.perf_counter() + _STEP_S
            loss = self.net(batch[0]).mean()
            self.log_dict({f"train_{name}": loss for name in ("loss", "acc", "norm", "lr")})
            while time.perf_counter() < end:  # a step that takes 10 ms, and does not sleep: sleeping would cool caches
                pass
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def spent_a_step() -> float:
        timed_logger = Timed(repo=folder)
        trainer = pl.Trainer(
            logger=timed_logger,
            max_steps=_STEPS,
            log_every_n_steps=1,
            accelerator="cpu",
            devices=1,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        data = torch.utils.data.TensorDataset(torch.randn(_STEPS, 3))
        trainer.fit(Module(), torch.utils.data.DataLoader(data, batch_size=1))
        # of half the steps not more: what else runs on the machine now and then is not what a hook takes
        return median(timed_logger.spent)

    step_s = median(spent_a_step() for _ in range(3))
    return {
        "hook_us": hook_us,
        "step_us": step_s * 1e6,
        "share_percent": step_s / _STEP_S * 100,
        "versions": f"lightning {pl.__version__}",
    }


def _keras(folder: str) -> dict[str, Any]:
    import keras
    import numpy as np

    os.chdir(folder)
    logs = {"loss": 0.5, "accuracy": 0.25, "auc": 0.75, "mae": 1.5}
    found: dict[str, float] = {}

    class Measure(keras.callbacks.Callback):  # type: ignore[misc]
        """Calls the hook in the middle of a fit, as Keras does."""

        def __init__(self, name: str, callback: Any) -> None:
            super().__init__()
            self.name, self.callback = name, callback

        def on_epoch_begin(self, epoch: int, logs_of_epoch: Any = None) -> None:
            found[self.name] = _us_a_call(lambda step: self.callback.on_train_batch_end(step, logs))

    for name, log_batches in (("hook_us", True), ("default_us", False)):
        model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        with aim.Session(repo=folder) as session:
            callback = aim.keras.AimCallback(session, log_batches=log_batches)
            model.fit(np.ones((4, 3)), np.ones(4), callbacks=[callback, Measure(name, callback)], verbose=0)
    return {**found, "versions": f"keras {keras.__version__}, {keras.backend.backend()} backend"}
