"""Modules of Aim 3 whose adapters come with a later version: they can be imported, and say on use what to do.

``scripts/sync_adapters.py`` writes ``aim/<name>.py`` and ``aim/sdk/adapters/<name>.py`` from this table, so that type
checkers, PyInstaller and ``importlib.util.find_spec`` find modules as they expect them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aim.errors import MissingDependencyError

__all__ = ["TO_COME", "Later", "LaterModule"]


@dataclass(frozen=True, slots=True)
class LaterModule:
    """A module that is named but not there yet.

    Attributes:
        title: The framework's name for people.
        members: The classes that code imports from it.
        until: What records the same today, in a line.
    """

    title: str
    members: tuple[str, ...]
    until: str


_LOGS = "in a TrainerCallback's on_log: run.track(logs, step=state.global_step)"

TO_COME: Final[dict[str, LaterModule]] = {
    "acme": LaterModule("Acme", ("AimCallback", "AimWriter"), "in a logger's write(values): run.track(values)"),
    "catboost": LaterModule("CatBoost", ("AimLogger",), 'after fit: run.track_many("RMSE", values)'),
    "distributed_hugging_face": LaterModule("Hugging Face Transformers", ("AimCallback",), _LOGS),
    "fastai": LaterModule("fastai", ("AimCallback",), 'in a Callback\'s after_batch: run.track(self.loss, "loss")'),
    "hugging_face": LaterModule("Hugging Face Transformers", ("AimCallback",), _LOGS),
    "keras_tuner": LaterModule(
        "KerasTuner", ("AimCallback",), "tuner.search(..., callbacks=[aim.keras.AimCallback()]) records a run per trial"
    ),
    "lightgbm": LaterModule(
        "LightGBM", ("AimCallback",), "in a callback(env): run.track(value, name, step=env.iteration)"
    ),
    "mxnet": LaterModule("MXNet", ("AimLoggingHandler",), "in batch_end: run.track(value, name, step=batch)"),
    "optuna": LaterModule(
        "Optuna", ("AimCallback",), 'in a callback(study, trial): run.track(trial.value, "value", step=trial.number)'
    ),
    "paddle": LaterModule(
        "PaddlePaddle", ("AimCallback",), "in on_train_batch_end(step, logs): run.track(logs, step=step)"
    ),
    "prophet": LaterModule("Prophet", ("AimLogger",), 'after fit: run.set_params(settings); run.track(rmse, "rmse")'),
    "pytorch_ignite": LaterModule(
        "PyTorch Ignite", ("AimLogger",), "in a handler: run.track(engine.state.metrics, step=engine.state.iteration)"
    ),
    "sb3": LaterModule(
        "Stable-Baselines3", ("AimCallback",), "in a BaseCallback's _on_step: run.track(value, name, step=...)"
    ),
    "xgboost": LaterModule(
        "XGBoost", ("AimCallback",), "in a TrainingCallback's after_iteration: run.track(value, name, step=epoch)"
    ),
}


class Later:
    """Base of the classes that stand for an adapter to come: making one says what to do until then.

    Raises:
        MissingDependencyError: always.
    """

    _module: ClassVar[str] = ""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        later = TO_COME[self._module]
        raise MissingDependencyError(
            f"aim.{self._module}: this version of Aim has no adapter for {later.title} yet. Until it has one, "
            f"record with run = aim.Run(): {later.until}"
        )
