"""``from aim.sdk.adapters.pytorch import track_params_dists``: the path of Aim 3; it is aim.pytorch."""

from aim.pytorch import track_gradients_dists as track_gradients_dists
from aim.pytorch import track_params_dists as track_params_dists

__all__ = ["track_gradients_dists", "track_params_dists"]
