"""``aim.sdk.adapters.keras_tuner``: the path of Aim 3 for aim.keras_tuner."""

from aim.keras_tuner import AimCallback as AimCallback

__all__ = ["AimCallback"]
