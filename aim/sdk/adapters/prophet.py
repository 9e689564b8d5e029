"""``aim.sdk.adapters.prophet``: the path of Aim 3 for aim.prophet."""

from aim.prophet import AimLogger as AimLogger

__all__ = ["AimLogger"]
