"""Sequences with the run, the name and the context that they belong to: the join that most answers start from."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, select

from aim.index.sql import tables as t

__all__ = ["CONTEXT", "NAME", "select_sequences"]

NAME: Final[Any] = t.metric_name.c.name
CONTEXT: Final[Any] = t.context.c.context
"""In its canonical form, a string."""

_NAMED: Final = (
    t.sequence.join(t.run, t.run.c.id == t.sequence.c.run_id)
    .join(t.metric_name, t.metric_name.c.id == t.sequence.c.name_id)
    .join(t.context, t.context.c.id == t.sequence.c.context_id)
)


def select_sequences(*columns: Any) -> Select[Any]:
    """A statement for columns of sequences, their runs, NAME and CONTEXT."""
    return select(*columns).select_from(_NAMED)
