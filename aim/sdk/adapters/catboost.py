"""``aim.sdk.adapters.catboost``: the path of Aim 3 for aim.catboost."""

from aim.catboost import AimLogger as AimLogger

__all__ = ["AimLogger"]
