"""``aim.sdk.adapters.tensorflow``: the path of Aim 3 for aim.tensorflow."""

from aim.tensorflow import AimCallback as AimCallback
from aim.tensorflow import AimTracker as AimTracker

__all__ = ["AimCallback", "AimTracker"]
