"""``aim.sdk.adapters.optuna``: the path of Aim 3 for aim.optuna."""

from aim.optuna import AimCallback as AimCallback

__all__ = ["AimCallback"]
