"""``aim.sdk.adapters.lightgbm``: the path of Aim 3 for aim.lightgbm."""

from aim.lightgbm import AimCallback as AimCallback

__all__ = ["AimCallback"]
