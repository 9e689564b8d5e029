"""PyTorch Lightning, Fabric: ``from aim.pytorch_lightning import AimLogger``."""

from aim.integrations.pytorch_lightning import AimLogger as AimLogger

__all__ = ["AimLogger"]
