"""``aim.sdk.adapters.keras``: the path of Aim 3 for aim.keras."""

from aim.keras import AimCallback as AimCallback
from aim.keras import AimTracker as AimTracker

__all__ = ["AimCallback", "AimTracker"]
