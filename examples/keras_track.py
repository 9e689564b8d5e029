"""Record a Keras training with one callback.

Handwritten digits (scikit-learn, 1797 images of 8x8), a small network, on any backend of Keras. Takes seconds on a CPU;
then look with ``aim up``, or query: aim query 'accuracy if context.subset == val and params.learning_rate > 0.001'

    python examples/keras_track.py [--epochs 10] [--lr 0.003]         (KERAS_BACKEND=torch, jax or tensorflow)
"""

from __future__ import annotations

import argparse

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from aim.keras import AimCallback


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=0.003)
    options = parser.parse_args()
    keras.utils.set_random_seed(0)

    images, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(images / 16, labels, test_size=0.2, random_state=0)

    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(options.lr), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    aim_callback = AimCallback(experiment="digits_keras")
    model.fit(
        x_train,
        y_train,
        validation_split=0.2,
        batch_size=64,
        epochs=options.epochs,
        verbose=2,
        callbacks=[aim_callback, keras.callbacks.ReduceLROnPlateau(patience=2)],
    )
    model.evaluate(x_test, y_test, verbose=2, callbacks=[aim_callback])  # subset="test", in the same run


if __name__ == "__main__":
    main()
