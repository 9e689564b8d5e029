"""tf.keras: ``from aim.tensorflow import AimCallback``, the callback of :mod:`aim.integrations.keras` by the name that
users of TensorFlow look for. It says so if TensorFlow is missing."""

from __future__ import annotations

from typing import ClassVar

from aim.integrations import keras

__all__ = ["AimCallback", "AimTracker"]


class AimCallback(keras.AimCallback):
    __doc__ = keras.AimCallback.__doc__

    _adapter: ClassVar[str] = "aim.tensorflow"


AimTracker = AimCallback
"""Its name in early Aim 2."""
