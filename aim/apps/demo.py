"""Demo data: a small network learns to tell two spirals apart, some settings of it, each recorded as a run.

    python -m aim.apps.demo --repo FOLDER

Real trainings with numpy alone, a few seconds in all; the last one is slowed down, so that there is something to watch.
After each, a line of JSON tells the progress: ``{"done": 3, "total": 7, "run": "lr0.3-h8"}``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

import aim
from aim.sdk.recording.announce import quietly

__all__ = ["EXPERIMENT", "TOTAL", "record"]

EXPERIMENT: Final = "demo-spirals"
LEARNING_RATES: Final = (0.03, 0.3, 3.0)
HIDDEN: Final = (8, 32)
EPOCHS: Final = 40
WATCHED_EPOCHS: Final = 150
WATCHED_DELAY_S: Final = 0.2
"""After each epoch of the run that is to be watched: half a minute in all."""
BATCH: Final = 32
MOMENTUM: Final = 0.9
TOTAL: Final = len(LEARNING_RATES) * len(HIDDEN) + 1

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def spirals(seed: int, count: int = 400) -> tuple[Arrays, Arrays]:
    """(train, val), each points (n, 2) in the plane and classes (n,) of 0 or 1; a fifth is for validation."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    turn = np.sqrt(rng.uniform(0.02, 1, count))
    angle = 3 * np.pi * turn + np.pi * labels
    points = turn[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 0.03, (count, 2))
    split = int(0.8 * count)
    return (points[:split], labels[:split]), (points[split:], labels[split:])


class Network:
    """Two hidden layers with tanh, a sigmoid; gradient descent with momentum on the cross-entropy."""

    def __init__(self, hidden: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        sizes = (2, hidden, hidden, 1)
        self.weights = [rng.normal(0, 1.5 / np.sqrt(a), (a, b)) for a, b in itertools.pairwise(sizes)]
        self.biases = [np.zeros(b) for b in sizes[1:]]
        self.speeds = [np.zeros_like(array) for array in (*self.weights, *self.biases)]

    def forward(self, points: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """The activations of every layer; the last is the probability of class 1, shape (n,)."""
        layers = [points]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(np.tanh(layers[-1] @ weight + bias))
        logits = np.clip((layers[-1] @ self.weights[-1] + self.biases[-1])[:, 0], -40, 40)
        return [*layers, 1 / (1 + np.exp(-logits))]

    def evaluate(self, data: Arrays) -> tuple[float, float]:
        """Cross-entropy and accuracy."""
        points, labels = data
        p = self.forward(points)[-1]
        right = np.where(labels == 1, p, 1 - p)
        return float(-np.log(right + 1e-12).mean()), float(((p > 0.5) == labels).mean())

    def step(self, data: Arrays, lr: float) -> float:
        """One step down the gradient of a batch; returns the gradient's norm."""
        points, labels = data
        *layers, p = self.forward(points)
        above = ((p - labels) / len(labels))[:, None]
        by_weight: list[np.ndarray[Any, Any]] = []
        by_bias: list[np.ndarray[Any, Any]] = []
        for layer, weight in zip(reversed(layers), reversed(self.weights), strict=True):
            by_weight.insert(0, layer.T @ above)
            by_bias.insert(0, above.sum(axis=0))
            above = (above @ weight.T) * (1 - layer**2)
        gradients = [*by_weight, *by_bias]
        for array, speed, gradient in zip((*self.weights, *self.biases), self.speeds, gradients, strict=True):
            speed *= MOMENTUM
            speed -= lr * gradient
            array += speed
        return float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))


def _batches(data: Arrays, rng: np.random.Generator) -> Iterator[Arrays]:
    points, labels = data
    order = rng.permutation(len(points))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        yield points[chosen], labels[chosen]


def _train(run: aim.Run, *, lr: float, hidden: int, epochs: int, delay_s: float = 0.0, seed: int = 0) -> float:
    """Train once, recording into `run`; returns the accuracy on the validation data."""
    train_data, val_data = spirals(seed)
    run["params"] = {
        "lr": lr,
        "hidden": hidden,
        "epochs": epochs,
        "batch_size": BATCH,
        "seed": seed,
        "optimizer": {"name": "sgd", "momentum": MOMENTUM},
    }
    run["data"] = {"name": "two spirals", "train": len(train_data[0]), "val": len(val_data[0])}
    network, rng = Network(hidden, seed), np.random.default_rng(seed)
    per_epoch = -(-len(train_data[0]) // BATCH)
    step, accuracy = 0, 0.0
    for epoch in range(epochs):
        for batch in _batches(train_data, rng):
            norm = network.step(batch, lr)
            loss, _ = network.evaluate(batch)
            step += 1
            run.track({"gradient_norm": norm}, step=step, epoch=step / per_epoch)
            run.track(loss, name="loss", step=step, epoch=step / per_epoch, context={"subset": "train"})
        loss, accuracy = network.evaluate(val_data)
        run.track({"loss": loss, "accuracy": accuracy}, step=step, epoch=epoch + 1, context={"subset": "val"})
        time.sleep(delay_s)
    return accuracy


def _run(repo: str, name: str) -> aim.Run:
    with quietly():
        return aim.Run(repo=repo, experiment=EXPERIMENT, name=name)


def record(repo: str, *, is_watched: bool = True) -> Iterator[tuple[int, str]]:
    """Train all of them, one after the other; gives (how many are recorded, name of the last one) after each.

    Args:
        repo: Folder of the ``.aim``, or the ``.aim`` itself.
        is_watched: Slow the last one down, so that it can be watched.
    """
    best: tuple[float, str] = (-1.0, "")
    for done, (hidden, lr) in enumerate(itertools.product(HIDDEN, LEARNING_RATES), start=1):
        with _run(repo, f"lr{lr:g}-h{hidden}") as run:
            if lr == max(LEARNING_RATES):
                run.add_tag("too fast")
            accuracy = _train(run, lr=lr, hidden=hidden, epochs=EPOCHS)
            best = max(best, (accuracy, run.hash))
        yield done, f"lr{lr:g}-h{hidden}"
    _annotate(repo, *best)
    with _run(repo, "watch-me") as run:
        run.add_tag("live")
        run.description = "Slowed down to **half a minute**, so that you can watch its curves grow."
        _train(run, lr=0.1, hidden=24, epochs=WATCHED_EPOCHS, delay_s=WATCHED_DELAY_S if is_watched else 0.0)
    yield TOTAL, "watch-me"


def _annotate(repo: str, accuracy: float, run_hash: str) -> None:
    with aim.Repo(repo) as opened:
        run = opened.get_run(run_hash)
        if run is not None:
            run.add_tag("best")
            run.add_note(f"**Best so far**: {accuracy:.1%} of the validation points are told apart.")


def main() -> None:
    """Record into --repo."""
    parser = argparse.ArgumentParser(description="Demo data: small real trainings, recorded with Aim.")
    parser.add_argument("--repo", required=True, help="folder of the .aim directory")
    repo = parser.parse_args().repo
    for done, name in record(repo):
        print(json.dumps({"done": done, "total": TOTAL, "run": name}), flush=True)


if __name__ == "__main__":
    main()
