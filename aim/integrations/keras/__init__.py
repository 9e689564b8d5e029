"""Keras: ``from aim.keras import AimCallback``, in one class for Keras 3 on any backend, ``tf.keras`` and Keras 2.

    import keras
    from aim.keras import AimCallback

    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    model.fit(x, y, validation_split=0.2, epochs=5, callbacks=[AimCallback(experiment="prices")])

Recorded: the logs of each epoch (``on_epoch_end``) with ``subset="train"`` and ``subset="val"``, the learning rate,
the results of ``evaluate`` (``on_test_end``) with ``subset="test"``, and as ``hparams`` what the model was compiled and
fitted with (``on_train_begin``). ``on_train_batch_end`` counts the steps. Versions: ``aim/integrations/_support.py``.
"""

from aim.integrations.keras.callback import AimCallback, AimTracker

__all__ = ["AimCallback", "AimTracker"]
