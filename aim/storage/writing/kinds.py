"""The kinds of streams that a writer appends to. A further kind is added here and in the repo's layout."""

from __future__ import annotations

from typing import Final

from aim.schema.records import POINT_RECORD_BYTES

__all__ = ["EVENTS", "POINTS", "STREAM_KINDS", "StreamKind"]


class StreamKind:
    """One kind of stream; each is equal to itself only.

    Attributes:
        name: As in :func:`aim.storage.repo.layout.stream_name`.
        record_bytes: Size of a record, each of which is one point and begins as
            :data:`aim.schema.records.RECORD_HEAD` says; 0 for lines of text.
    """

    __slots__ = ("name", "record_bytes")

    def __init__(self, name: str, record_bytes: int) -> None:
        self.name = name
        self.record_bytes = record_bytes


EVENTS: Final = StreamKind("events", 0)
POINTS: Final = StreamKind("points", POINT_RECORD_BYTES)

STREAM_KINDS: Final = (EVENTS, POINTS)
"""Of every writer, in the order of syncing: a record without its declaration is worth nothing, the other way round is
harmless."""
