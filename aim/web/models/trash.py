"""The shapes of the trash."""

from __future__ import annotations

from aim.web.models.base import Answer

__all__ = ["Trash", "TrashedRun"]


class TrashedRun(Answer):
    """A deleted run; without a name and `created_at` if its files cannot be read."""

    hash: str
    name: str
    experiment: str
    created_at: float | None
    deleted_at: float | None


class Trash(Answer):
    """The latest deleted runs."""

    total: int
    runs: list[TrashedRun]
