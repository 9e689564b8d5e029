"""The index of a repo as one question sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from aim.index.index import Index
    from aim.query.answering.engine import QueryEngine
    from aim.schema.source import RunStanding

__all__ = ["View"]


class View:
    """The index as one question sees it; what every answer of this package is made from.

    Attributes:
        index: Caught up as far as the answer needs.
        engine: Answers queries from that index.
    """

    __slots__ = ("engine", "index")

    def __init__(self, index: Index, engine: QueryEngine) -> None:
        self.index = index
        self.engine = engine

    def connect(self) -> Connection:
        """A connection for reads."""
        return self.index.connect()

    def live(self) -> Mapping[str, RunStanding]:
        """The status of the runs that are not known to have ended, by hash."""
        return self.index.live
