"""Several runs in one script: a session for each, in a separate experiment, and one of them is resumed later.

Three cultivars of wine (scikit-learn, 178 bottles), a small network, one run for each learning rate. Takes seconds;
then look with ``aim up``, or query: aim query 'loss if run.experiment == wine and params.learning_rate > 0.001'

    python examples/sessions.py [--epochs 30]
"""

from __future__ import annotations

import argparse
import warnings

from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import aim

LEARNING_RATES = (0.001, 0.003, 0.03)


def train(network: MLPClassifier, session: aim.Session, epochs: int, begin: int = 0) -> float:
    """Train on, and return the accuracy on bottles it was not trained with."""
    x, y = load_wine(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    scaler = StandardScaler().fit(x_train)
    for epoch in range(begin, begin + epochs):
        network.partial_fit(scaler.transform(x_train), y_train, classes=[0, 1, 2])
        accuracy = network.score(scaler.transform(x_val), y_val)
        session.track(network.loss_, name="loss", epoch=epoch, subset="train")
        session.track(accuracy, name="accuracy", epoch=epoch, subset="val")
    return float(accuracy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)

    results = {}
    for rate in LEARNING_RATES:
        network = MLPClassifier(hidden_layer_sizes=(16,), learning_rate_init=rate, random_state=0)
        # the run ends with the block; had training failed in it, the run would say so
        with aim.Session(experiment="wine") as session:
            session.set_params({"learning_rate": rate, "hidden": [16]}, name="hparams")
            results[rate] = (train(network, session, options.epochs), network, session.run_hash)
            print(f"learning rate {rate}: accuracy {results[rate][0]:.3f} in run {session.run_hash}")

    worst = min(results, key=lambda rate: results[rate][0])
    _, network, run_hash = results[worst]
    with aim.Session(run_hash=run_hash) as session:  # the same run, gone on with
        accuracy = train(network, session, options.epochs, begin=options.epochs)
        print(f"learning rate {worst}, twice as long: accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
