"""Record your own training loop: two calls, no framework.

A linear classifier for malignant tumours (scikit-learn's breast cancer data, 569 cases), one pass over the data at a
time. Takes seconds; then look with ``aim up``, or query: aim query 'accuracy if context.subset == val'

    python examples/plain_loop_track.py [--epochs 20] [--alpha 0.0001]
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import aim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--alpha", type=float, default=0.0001, help="how much large weights cost")
    options = parser.parse_args()

    aim.set_params(vars(options), name="hparams")

    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
    scaler = StandardScaler().fit(x_train)
    parts = {"train": (scaler.transform(x_train), y_train), "val": (scaler.transform(x_val), y_val)}

    classifier = SGDClassifier(loss="log_loss", alpha=options.alpha, random_state=0)
    for epoch in range(options.epochs):
        classifier.partial_fit(*parts["train"], classes=np.unique(y))
        for subset, (features, targets) in parts.items():
            loss = log_loss(targets, classifier.predict_proba(features))
            aim.track(loss, name="loss", epoch=epoch, subset=subset)
            aim.track(classifier.score(features, targets), name="accuracy", epoch=epoch, subset=subset)


if __name__ == "__main__":
    main()
