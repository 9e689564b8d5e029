"""A sweep: a run for each learning rate, batch size and seed, and a table of means at the end.

A small ridge regression by gradient descent on made-up data. Takes seconds; then look with ``aim up``, or query:
aim query 'loss if run.experiment == sweep_example and context.subset == val'

    python examples/sweep.py [--seeds 3] [--workers 2]
"""

from __future__ import annotations

import argparse
import itertools
from concurrent.futures import ProcessPoolExecutor
from statistics import mean, stdev

import numpy as np

import aim

EXPERIMENT = "sweep_example"
LRS = (0.2, 0.05, 0.01)
BATCH_SIZES = (8, 32)


def train(lr: float, batch_size: int, seed: int, steps: int = 100) -> str:
    """One run; its hash."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=5)
    x = rng.normal(size=(240, 5))
    y = x @ truth + rng.normal(scale=0.3, size=240)
    weights = np.zeros(5)
    with aim.Session(experiment=EXPERIMENT) as session:
        session.set_params({"lr": lr, "batch_size": batch_size, "seed": seed})
        for step in range(steps):
            batch = rng.integers(0, 200, batch_size)
            error = x[batch] @ weights - y[batch]
            weights -= lr * x[batch].T @ error / batch_size
            session.track(np.mean(error**2), "loss", step=step, subset="train")
            if step % 10 == 9:
                session.track(np.mean((x[200:] @ weights - y[200:]) ** 2), "loss", step=step, subset="val")
        return session.hash


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()

    settings = list(itertools.product(LRS, BATCH_SIZES, range(options.seeds)))
    with ProcessPoolExecutor(options.workers) as pool:
        hashes = set(pool.map(train, *zip(*settings, strict=True)))

    losses: dict[tuple[float, int], list[float]] = {}
    with aim.Repo() as repo:
        for metric in repo.query_metrics(f"loss if run.experiment == {EXPERIMENT} and context.subset == val"):
            if metric.run.hash in hashes:
                key = metric.run["params", "lr"], metric.run["params", "batch_size"]
                losses.setdefault(key, []).append(metric.last)
    print("lr     batch  loss on validation data")
    for (lr, batch_size), values in sorted(losses.items(), key=lambda item: mean(item[1])):
        spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
        print(f"{lr:<6} {batch_size:<6} {mean(values):.4f}{spread}  ({len(values)} runs)")


if __name__ == "__main__":
    main()
