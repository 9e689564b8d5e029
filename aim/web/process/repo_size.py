"""How large the repo is: every file of the ``.aim`` directory, counted in the background."""

from __future__ import annotations

import threading
import time
from typing import Final

from aim.storage.repo import trees
from aim.storage.repo.layout import RepoLayout

__all__ = ["RepoSize"]

MAX_AGE_S: Final = 10.0
_SHARE: Final = 20
"""At most every 20th part of the time is spent on counting, however large the repo."""
_FIRST_WAIT_S: Final = 0.2
"""How long the first answer waits; a repo that takes longer reads 0 until it has been counted."""


class RepoSize:
    """Counts when asked, at most every MAX_AGE_S, in a separate thread. Thread-safe.

    Args:
        layout: The repo.
        max_age_s: See MAX_AGE_S.
    """

    def __init__(self, layout: RepoLayout, *, max_age_s: float = MAX_AGE_S) -> None:
        self._layout = layout
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._size_bytes = 0
        self._counted = threading.Event()
        self._again_at = 0.0
        self._is_counting = False

    def bytes(self) -> int:
        """The size when it was last counted."""
        with self._lock:
            if not self._is_counting and time.monotonic() >= self._again_at:
                self._is_counting = True
                threading.Thread(target=self._count, name="aim-web-size", daemon=True).start()
        self._counted.wait(_FIRST_WAIT_S)
        return self._size_bytes

    def _count(self) -> None:
        began = time.monotonic()
        size = trees.tree_size(self._layout.root, self._layout.root)
        took = time.monotonic() - began
        with self._lock:
            self._size_bytes = size
            self._again_at = time.monotonic() + max(self._max_age_s, _SHARE * took)
            self._is_counting = False
        self._counted.set()
