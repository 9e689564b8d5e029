"""tf.keras, also with TF_USE_LEGACY_KERAS=1: ``from aim.tensorflow import AimCallback``."""

from aim.integrations.tensorflow import AimCallback as AimCallback

__all__ = ["AimCallback"]
