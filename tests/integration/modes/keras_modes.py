"""The six ways to use Keras, for the contract of all adapters."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.integration.modes.base import Harness, Mode, Point

__all__ = ["MODES"]

_HERE = "tests.integration.modes.keras_modes"
_SPECIAL = "tests.integration.modes.keras_clauses:CLAUSES"


def _backend(name: str, *environments: str) -> Mode:
    return Mode(
        f"keras-{name}",
        "aim.keras",
        ("keras", name),
        f"{_HERE}:keras_3",
        {"KERAS_BACKEND": name},
        environments or ("newest", "oldest"),
        _SPECIAL,
    )


# tf.keras is one of the others by another name: what is special to Keras is not asked of it again
MODES = [
    _backend("tensorflow"),
    _backend("torch"),
    _backend("jax", "newest"),
    Mode("tf_keras", "aim.keras", ("tf_keras",), f"{_HERE}:tf_keras", special=_SPECIAL),
    Mode("tf.keras", "aim.tensorflow", ("tensorflow",), f"{_HERE}:tf_dot_keras"),
    Mode(
        "tf.keras-legacy",
        "aim.tensorflow",
        ("tensorflow", "tf_keras"),
        f"{_HERE}:tf_dot_keras",
        {"TF_USE_LEGACY_KERAS": "1"},
    ),
]


def keras_3() -> KerasHarness:
    """Keras itself; KERAS_BACKEND chooses."""
    return KerasHarness(importlib.import_module("keras"), "aim.keras", "keras")


def tf_keras() -> KerasHarness:
    """Keras 2 by its own name."""
    _spare_keras_2_from_autograph()
    return KerasHarness(importlib.import_module("tf_keras"), "aim.keras", "tf_keras")


def tf_dot_keras() -> KerasHarness:
    """Keras as an attribute of TensorFlow: 3, or 2 with TF_USE_LEGACY_KERAS=1."""
    _spare_keras_2_from_autograph()
    keras = importlib.import_module("tensorflow").keras
    package = "tf_keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "keras"
    assert keras.Model.__module__.startswith(f"{package}.")
    return KerasHarness(keras, "aim.tensorflow", package)


def _spare_keras_2_from_autograph() -> None:
    """TensorFlow 2.16 rewrites the source of all of tf_keras, at 20 s of CPU; later ones spare it as they do keras."""
    config: Any = importlib.import_module("tensorflow.python.autograph.core.config")
    config.CONVERSION_RULES = (config.DoNotConvert("tf_keras"), *config.CONVERSION_RULES)


class KerasHarness(Harness):
    """Two layers and Adam on 48 random rows: three batches an epoch, and validation."""

    def __init__(self, keras: Any, adapter: str, package: str) -> None:
        import numpy as np

        self.keras = keras
        self.package = package
        self.module = importlib.import_module(adapter)
        self.seen: list[Point] = []
        self.hparams: Mapping[str, Any] = {
            "model": "Sequential",
            "optimizer": "Adam",
            "learning_rate": 0.01,
            "optimizer_config": {"beta_1": 0.9},
            "loss": "mse",
            "compile": {"loss": "mse", "metrics": ["mae"]},
            "epochs": 2,
            "batch_size": 16,
            "steps_per_epoch": 3,
            "parameters": 19,
            "trainable_parameters": 19,
            "framework": {"name": package, "version": importlib.import_module(package).__version__},
        }
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(48, 4)).astype("float32")
        self.y = self.x.sum(axis=1, keepdims=True)
        self.model: Any = None

    def adapter(self, session: Any = None, **arguments: Any) -> Any:
        self.model = self.make_model()
        callback = self.module.AimCallback(session=session, **arguments)
        assert isinstance(callback, self.keras.callbacks.Callback)
        return callback

    def make_model(self) -> Any:
        """Not built before it sees data, so that its parameters can be counted late only."""
        layers = [self.keras.layers.Dense(3, activation="relu"), self.keras.layers.Dense(1)]
        model = self.keras.Sequential(layers)
        self.compile(model, optimizer=self.keras.optimizers.Adam(0.01), metrics=["mae"])
        return model

    def compile(self, model: Any, **arguments: Any) -> None:
        """As Keras would, but for XLA, which takes seconds to compile what here runs for milliseconds."""
        if self.backend == "tensorflow":
            arguments["jit_compile"] = False
        model.compile(loss="mse", **arguments)

    def train(self, adapter: Any, folder: Path, meanwhile: Callable[[], object] | None = None) -> None:
        self.seen = []
        callbacks = [adapter, listener(self.keras, self.seen)]
        if meanwhile is not None:
            callbacks.append(self.calling(meanwhile))
        data = {"x": self.x, "y": self.y, "validation_data": (self.x[:16], self.y[:16])}
        self.model.fit(**data, batch_size=16, epochs=2, verbose=0, callbacks=callbacks)

    def calling(self, meanwhile: Callable[[], object]) -> Any:
        """A user's callback: the second batch of the second epoch."""
        return self.calling_at((1, 1), meanwhile)

    def calling_at(self, place: tuple[int, int], meanwhile: Callable[[], object]) -> Any:
        """The same, at an epoch and batch."""

        class Calling(self.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            epoch = 0

            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                self.epoch = epoch

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                if (self.epoch, batch) == place:
                    meanwhile()

        return Calling()

    # -- what the clauses of keras_clauses.py ask

    @property
    def backend(self) -> str:
        """Of Keras 3; Keras 2 has TensorFlow."""
        return "tensorflow" if self.package == "tf_keras" else str(self.keras.config.backend())

    @staticmethod
    def number(value: Any) -> int:
        """Of a variable."""
        import numpy as np

        return int(np.asarray(value))

    def tensor(self, values: list[float]) -> Any:
        """Of the backend."""
        if self.package == "tf_keras":
            return importlib.import_module("tensorflow").constant(values)
        return self.keras.ops.convert_to_tensor(values)


def listener(keras: Any, seen: list[Point]) -> Any:
    """A callback of Keras's own that notes every epoch: its logs, the optimizer's iterations and learning rate."""

    class Listener(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            import numpy as np

            optimizer = self.model.optimizer
            step = int(np.asarray(optimizer.iterations))
            values = {
                ("loss", "train"): logs["loss"],
                ("mae", "train"): logs["mae"],
                ("loss", "val"): logs["val_loss"],
                ("mae", "val"): logs["val_mae"],
            }
            assert len(logs) == len(values), logs
            for (name, subset), value in values.items():
                seen.append(Point.of(name, {"subset": subset}, step, epoch, value))
            rate = float(np.asarray(optimizer.learning_rate))
            seen.append(Point.of("learning_rate", {}, step, epoch, rate))

    return Listener()
