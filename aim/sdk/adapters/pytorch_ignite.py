"""``aim.sdk.adapters.pytorch_ignite``: the path of Aim 3 for aim.pytorch_ignite."""

from aim.pytorch_ignite import AimLogger as AimLogger

__all__ = ["AimLogger"]
