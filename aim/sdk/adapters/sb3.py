"""``aim.sdk.adapters.sb3``: the path of Aim 3 for aim.sb3."""

from aim.sb3 import AimCallback as AimCallback

__all__ = ["AimCallback"]
