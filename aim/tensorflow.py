"""tf.keras, also with TF_USE_LEGACY_KERAS=1: ``from aim.tensorflow import AimCallback``."""

from aim.integrations.tensorflow import AimCallback as AimCallback
from aim.integrations.tensorflow import AimTracker as AimTracker

__all__ = ["AimCallback", "AimTracker"]
