"""The small dictionaries of the index, metric names and contexts by id, read once and then only their news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from aim.index import tables as t
from aim.schema.names import parse_context

__all__ = ["Dictionaries"]


class Dictionaries:
    """Metric names and contexts of one index; ids are never reused while it lives, so nothing read goes stale."""

    __slots__ = ("context_texts", "contexts", "names")

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.contexts: dict[int, Mapping[str, Any]] = {}
        self.context_texts: dict[int, str] = {}

    def refresh(self, connection: Connection) -> None:
        """Read what has been added since."""
        name, context = t.metric_name.c, t.context.c
        known = max(self.names, default=-1)
        for key, text in connection.execute(select(name.id, name.name).where(name.id > known)).all():
            self.names[key] = text
        known = max(self.contexts, default=-1)
        for key, text in connection.execute(select(context.id, context.context).where(context.id > known)).all():
            self.contexts[key] = parse_context(text)
            self.context_texts[key] = text
