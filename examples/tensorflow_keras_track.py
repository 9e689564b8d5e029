"""Record tf.keras into your own session: two fits, one run.

Handwritten digits (scikit-learn, 1797 images of 8x8) in a tf.data pipeline, a learning rate schedule, and the values
of each batch. Takes seconds on a CPU; then look with ``aim up``, or query: aim query 'learning_rate, loss'

    python examples/tensorflow_keras_track.py [--epochs 5]            (TF_USE_LEGACY_KERAS=1 for Keras 2)
"""

from __future__ import annotations

import argparse

import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import aim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    tf.keras.utils.set_random_seed(0)

    images, labels = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(images / 16, labels, test_size=0.2, random_state=0)
    train_data = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(2_000, seed=0).batch(64)
    val_data = tf.data.Dataset.from_tensor_slices((x_val, y_val)).batch(64)

    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(64, activation="relu"), tf.keras.layers.Dense(10, activation="softmax")]
    )
    schedule = tf.keras.optimizers.schedules.CosineDecay(0.01, decay_steps=len(train_data) * options.epochs * 2)
    model.compile(tf.keras.optimizers.Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    with aim.Session(experiment="digits_tensorflow") as session:
        session.set_params({"name": "digits", "train": len(x_train), "val": len(x_val)}, name="data")
        callback = aim.tensorflow.AimCallback(session, log_batches=True)
        for round_number in range(2):  # the second fit continues the run, at the step where the first ended
            first = round_number * options.epochs
            model.fit(
                train_data,
                validation_data=val_data,
                initial_epoch=first,
                epochs=first + options.epochs,
                verbose=2,
                callbacks=[callback],
            )


if __name__ == "__main__":
    main()
