"""``from aim.sdk.objects.text import Text``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Text

__all__ = ["Text"]
