"""Keras 3 on TensorFlow, torch and JAX; Keras 2: ``from aim.keras import AimCallback``."""

from aim.integrations.keras import AimCallback as AimCallback
from aim.integrations.keras import AimTracker as AimTracker

__all__ = ["AimCallback", "AimTracker"]
