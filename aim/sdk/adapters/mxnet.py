"""``aim.sdk.adapters.mxnet``: the path of Aim 3 for aim.mxnet."""

from aim.mxnet import AimLoggingHandler as AimLoggingHandler

__all__ = ["AimLoggingHandler"]
