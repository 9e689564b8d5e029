"""The dictionaries of the index, metric names and contexts by id: what a query needs of them, read once.

Names are few. Contexts may be as many as sequences (``batch=1``, ``batch=2`` ... given as context), so they are
read and parsed when asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.index.sql import tables as t
from aim.schema.names import METRIC, parse_context

__all__ = ["Contexts", "Dictionaries"]

FEW: Final = 500
"""Up to this many contexts are read by their ids; for more, all are read."""


class Dictionaries:
    """Metric names and contexts of one index; ids are never reused while it lives, so nothing read goes stale."""

    __slots__ = ("_all_up_to", "_last_name", "_parsed", "context_texts", "names")

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.context_texts: dict[int, str] = {}
        """Those that were loaded."""
        self._parsed: dict[int, Mapping[str, Any]] = {}
        self._last_name = -1
        self._all_up_to = -1

    def refresh(self, connection: Connection) -> None:
        """Read the names that have been added since."""
        name = t.metric_name.c
        wanted = select(name.id, name.name).where(name.id > self._last_name, name.holds == METRIC)
        for key, text in connection.execute(wanted).all():
            self.names[key] = text
            self._last_name = max(self._last_name, key)

    def load_contexts(self, connection: Connection, ids: Collection[int]) -> None:
        """Read these contexts, as far as they were not yet."""
        missing = set(ids).difference(self.context_texts)
        if len(missing) > FEW:
            self.load_all_contexts(connection)
        elif missing:
            context = t.context.c
            rows = connection.execute(select(context.id, context.context).where(context.id.in_(sorted(missing)))).all()
            self.context_texts.update((key, text) for key, text in rows)

    def load_all_contexts(self, connection: Connection) -> None:
        """Read all contexts that there are."""
        context = t.context.c
        rows = connection.execute(select(context.id, context.context).where(context.id > self._all_up_to)).all()
        if rows:
            self.context_texts.update((key, text) for key, text in rows)
            self._all_up_to = max(key for key, _ in rows)

    def context(self, context_id: int) -> Mapping[str, Any]:
        """A context that was loaded."""
        found = self._parsed.get(context_id)
        if found is None:
            found = self._parsed[context_id] = parse_context(self.context_texts[context_id])
        return found


class Contexts(Mapping[int, Mapping[str, Any]]):
    """All contexts by id, read when first looked at.

    Args:
        dictionaries: Where to keep them.
        connection: In the snapshot for which they are wanted.
    """

    __slots__ = ("_connection", "_dictionaries", "_is_loaded")

    def __init__(self, dictionaries: Dictionaries, connection: Connection) -> None:
        self._dictionaries = dictionaries
        self._connection = connection
        self._is_loaded = False

    def _texts(self) -> dict[int, str]:
        if not self._is_loaded:
            self._dictionaries.load_all_contexts(self._connection)
            self._is_loaded = True
        return self._dictionaries.context_texts

    def __getitem__(self, context_id: int) -> Mapping[str, Any]:
        self._texts()
        return self._dictionaries.context(context_id)

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._texts()))

    def __len__(self) -> int:
        return len(self._texts())
