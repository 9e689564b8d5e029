"""``from aim.sdk.objects.distribution import Distribution``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Distribution

__all__ = ["Distribution"]
