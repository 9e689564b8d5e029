"""The adapter for tf.keras: ``from aim.tensorflow import AimCallback``."""

from aim.integrations.tensorflow import AimCallback as AimCallback

__all__ = ["AimCallback"]
