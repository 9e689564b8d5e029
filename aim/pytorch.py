"""``from aim.pytorch import track_params_dists, track_gradients_dists``: of Aim 3, without effect so far.

They track distributions of a model's weights and gradients, which this version of Aim does not record. Called in a
training they warn once for the caller's line and count one refusal on the run; the training goes on.
"""

from __future__ import annotations

from typing import Any

from aim.sdk.recording.objects import Distribution

__all__ = ["track_gradients_dists", "track_params_dists"]


def track_params_dists(model: Any, run: Any) -> None:
    """Would track the distribution of each weight; refused with a warning, as any distribution."""
    run.track(Distribution(), name="params")


def track_gradients_dists(model: Any, run: Any) -> None:
    """Would track the distribution of each gradient; refused with a warning, as any distribution."""
    run.track(Distribution(), name="gradients")
