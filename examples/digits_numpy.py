"""Train a small network on scikit-learn's handwritten digits, with numpy alone, and record it with Aim.

    python examples/digits_numpy.py                           # six runs: learning rates x hidden sizes
    python examples/digits_numpy.py --lr 0.05 --hidden 64     # one run
    aim query 'loss if context.subset == val and params.lr > 0.01'

Needs scikit-learn for the data (`pip install scikit-learn`). A run takes about a second on a CPU.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator

import numpy as np
from sklearn.datasets import load_digits

import aim

Arrays = tuple[np.ndarray, np.ndarray]


def load_data(seed: int) -> tuple[Arrays, Arrays]:
    """(train, val), each images (n, 64) scaled to 0-1 and labels (n,)."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    images, labels = images[order] / 16.0, labels[order]
    split = int(0.8 * len(images))
    return (images[:split], labels[:split]), (images[split:], labels[split:])


class Network:
    """One hidden layer, ReLU, softmax; plain gradient descent with momentum."""

    def __init__(self, hidden: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights = [
            rng.normal(0, (2 / 64) ** 0.5, (64, hidden)),
            np.zeros(hidden),
            rng.normal(0, (2 / hidden) ** 0.5, (hidden, 10)),
            np.zeros(10),
        ]
        self.momenta = [np.zeros_like(w) for w in self.weights]

    def forward(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hidden activations and class probabilities."""
        w1, b1, w2, b2 = self.weights
        hidden = np.maximum(images @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        exp = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden, exp / exp.sum(axis=1, keepdims=True)

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Cross-entropy and accuracy."""
        _, probabilities = self.forward(images)
        loss = -np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean()
        return float(loss), float((probabilities.argmax(axis=1) == labels).mean())

    def step(self, images: np.ndarray, labels: np.ndarray, lr: float, momentum: float) -> float:
        """One step down the gradient of a batch; returns the gradient's norm."""
        hidden, probabilities = self.forward(images)
        probabilities[np.arange(len(labels)), labels] -= 1
        above = probabilities / len(labels)
        below = (above @ self.weights[2].T) * (hidden > 0)
        gradients = [images.T @ below, below.sum(axis=0), hidden.T @ above, above.sum(axis=0)]
        for weight, speed, gradient in zip(self.weights, self.momenta, gradients, strict=True):
            speed *= momentum
            speed -= lr * gradient
            weight += speed
        return float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))


def batches(data: Arrays, size: int, rng: np.random.Generator) -> Iterator[Arrays]:
    """The data once, shuffled, in batches."""
    images, labels = data
    order = rng.permutation(len(images))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield images[chosen], labels[chosen]


def train(session: aim.Session, *, lr: float, hidden: int, seed: int, epochs: int, delay_s: float = 0.0) -> float:
    """Train once, recording into `session`; returns the accuracy on the validation data."""
    batch_size, momentum = 64, 0.9
    train_data, val_data = load_data(seed)
    session.set_params(
        {
            "lr": lr,
            "hidden": hidden,
            "seed": seed,
            "epochs": epochs,
            "batch_size": batch_size,
            "optimizer": {"name": "sgd", "momentum": momentum},
        }
    )
    session.set_params({"name": "digits", "train": len(train_data[0]), "val": len(val_data[0])}, name="data")
    network = Network(hidden, seed)
    rng = np.random.default_rng(seed)
    steps_per_epoch = -(-len(train_data[0]) // batch_size)
    step, accuracy = 0, 0.0
    for epoch in range(epochs):
        for images, labels in batches(train_data, batch_size, rng):
            gradient_norm = network.step(images, labels, lr, momentum)
            loss, accuracy = network.evaluate(images, labels)
            # an epoch may be a fraction: how much of the data has been seen
            session.track(loss, name="loss", step=step, epoch=step / steps_per_epoch, subset="train")
            session.track(accuracy, name="accuracy", step=step, epoch=step / steps_per_epoch, subset="train")
            session.track(gradient_norm, name="gradient_norm", step=step, epoch=step / steps_per_epoch)
            step += 1
            time.sleep(delay_s)
        loss, accuracy = network.evaluate(*val_data)
        session.track(loss, name="loss", step=step, epoch=epoch + 1, subset="val")
        session.track(accuracy, name="accuracy", step=step, epoch=epoch + 1, subset="val")
    return accuracy


def main() -> None:
    """Train for every combination of the given values."""
    parser = argparse.ArgumentParser(description="Digits with numpy, recorded with Aim.")
    parser.add_argument("--repo", help="folder of the .aim directory (default: the nearest one, or this folder)")
    parser.add_argument("--experiment", default="digits")
    parser.add_argument("--lr", type=float, nargs="+", default=[0.001, 0.01, 0.1])
    parser.add_argument("--hidden", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="wait after each step, to watch it")
    args = parser.parse_args()

    for lr, hidden, seed in itertools.product(args.lr, args.hidden, args.seed):
        with aim.Session(repo=args.repo, experiment=args.experiment) as session:
            accuracy = train(session, lr=lr, hidden=hidden, seed=seed, epochs=args.epochs, delay_s=args.delay)
            print(f"{session.run_hash}  lr={lr:<6g} hidden={hidden:<4d} seed={seed}  val accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
