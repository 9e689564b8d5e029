"""What training code calls (Session, Run) and what reads back (Repo).

``from aim.sdk import Run`` works as well: a path of Aim 3. The names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo as Repo
    from aim.sdk.recording.default_session import flush as flush
    from aim.sdk.recording.default_session import set_params as set_params
    from aim.sdk.recording.default_session import track as track
    from aim.sdk.recording.objects import Audio as Audio
    from aim.sdk.recording.objects import Distribution as Distribution
    from aim.sdk.recording.objects import Figure as Figure
    from aim.sdk.recording.objects import Image as Image
    from aim.sdk.recording.objects import Text as Text
    from aim.sdk.recording.run import Run as Run
    from aim.sdk.recording.session import Session as Session

_NAMES = frozenset(
    "Audio Distribution Figure Image Repo Run Session Text flush set_params track".split()  # of aim itself
)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'aim.sdk' has no attribute {name!r}")
    import aim

    return getattr(aim, name)
