"""``aim.sdk.adapters.paddle``: the path of Aim 3 for aim.paddle."""

from aim.paddle import AimCallback as AimCallback

__all__ = ["AimCallback"]
