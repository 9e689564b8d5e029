"""``from aim.sdk.objects.figure import Figure``: the path of Aim 3; see aim.sdk.recording.objects."""

from aim.sdk.recording.objects import Figure

__all__ = ["Figure"]
