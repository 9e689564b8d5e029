"""``aim.sdk.adapters.acme``: the path of Aim 3 for aim.acme."""

from aim.acme import AimCallback as AimCallback
from aim.acme import AimWriter as AimWriter

__all__ = ["AimCallback", "AimWriter"]
