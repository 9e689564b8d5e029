"""``from aim.sdk.session import Session``: the path that code written for Aim 2 uses."""

from aim.sdk.recording.session import Session

__all__ = ["Session"]
