"""``from aim.sdk.objects.image import Image``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Image

__all__ = ["Image"]
