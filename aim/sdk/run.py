"""``from aim.sdk.run import Run``: the path that code written for Aim 3 uses; the class lies in aim.sdk.recording."""

from aim.sdk.recording.run import Run

__all__ = ["Run"]
