"""``from aim.sdk.objects.audio import Audio``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Audio

__all__ = ["Audio"]
