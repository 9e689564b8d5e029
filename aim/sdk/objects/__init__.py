"""``from aim.sdk.objects import Image``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Audio, Distribution, Figure, Image, Text

__all__ = ["Audio", "Distribution", "Figure", "Image", "Text"]
