"""Conditions on many ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.types import UserDefinedType

__all__ = ["in_list"]


class _IdList(UserDefinedType[Any]):
    """Ids written into the statement: the number of bound parameters is limited."""

    cache_ok = True

    def literal_processor(self, dialect: Any) -> Callable[[Iterable[int]], str]:
        return lambda ids: f"({','.join(map(str, map(int, ids))) or 'NULL'})"


def in_list(column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """That a column holds one of these ids.

    They are put in when the statement is sent: as a part of it they would stay in SQLAlchemy's cache of statements.
    """
    found: ColumnElement[bool] = column.op("IN", is_comparison=True)(
        bindparam(None, ids, type_=_IdList(), literal_execute=True)
    )
    return found
