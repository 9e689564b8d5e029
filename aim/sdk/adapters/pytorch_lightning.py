"""``aim.sdk.adapters.pytorch_lightning``: the path of Aim 3 for aim.pytorch_lightning."""

from aim.pytorch_lightning import AimLogger as AimLogger

__all__ = ["AimLogger"]
