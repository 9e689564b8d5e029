"""``aim.sdk.adapters.xgboost``: the path of Aim 3 for aim.xgboost."""

from aim.xgboost import AimCallback as AimCallback

__all__ = ["AimCallback"]
