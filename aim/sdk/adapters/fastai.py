"""``aim.sdk.adapters.fastai``: the path of Aim 3 for aim.fastai."""

from aim.fastai import AimCallback as AimCallback

__all__ = ["AimCallback"]
