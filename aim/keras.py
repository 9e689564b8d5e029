"""The adapter for Keras: ``from aim.keras import AimCallback``."""

from aim.integrations.keras import AimCallback as AimCallback

__all__ = ["AimCallback"]
