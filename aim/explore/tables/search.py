"""Searching runs: which match a query, a page of them as rows, which columns they have, how one column spreads."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from aim.explore.caches import SearchCache, SearchResult, StaleCache
from aim.explore.slots import with_slots
from aim.explore.tables.available_columns import list_metrics, list_params, pick_columns
from aim.explore.tables.ranking import Named
from aim.explore.tables.rows import open_statuses, run_rows, whole_floats
from aim.explore.tables.sorting import sort_keys, sorted_ids
from aim.explore.tables.spread import spread_of
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.query.language.parse import parse
from aim.query.language.tree import depends_on_time

__all__ = ["RunSearch", "column_spread", "run_columns", "runs_page", "search_runs"]

Progress = Callable[[int, int], None]
"""Called now and then with (rows decided, rows to decide); what it raises ends the search."""


@dataclass(frozen=True, slots=True)
class RunSearch:
    """Which runs, in which order.

    Attributes:
        q: AimQL; empty: all runs.
        sort: (key, descending), the most important first: fields of :mod:`aim.schema.run_fields`, params and metric
            columns. Newest first where nothing else decides.
        archived: True: the archived ones only; else they are left out unless the query mentions them.
    """

    q: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    archived: bool = False


def search_runs(
    view: View, search: RunSearch, *, cache: SearchCache | None = None, progress: Progress | None = None
) -> SearchResult:
    """The runs that a search finds, in its order.

    Args:
        view: The index.
        search: Which runs.
        cache: Answers the same search again as long as nothing changed; None: it is searched each time.
        progress: See :data:`Progress`.

    Raises:
        QueryError: the query cannot be parsed.
    """
    now = time.time()
    query = parse(search.q, now=now)  # here, so that places in the text are those of the user's text

    def work() -> SearchResult:
        found = view.engine.run_ids(query, progress=progress, archived="only" if search.archived else "auto")
        ids = found.ids
        ids.reverse()  # newest first, where nothing else decides
        with view.connect() as connection:
            counted = select(func.count()).select_from(t.run)
            if search.archived or not query.mentions_archived:
                counted = counted.where(t.run.c.is_archived.is_(search.archived))
            total = connection.execute(counted).scalar_one()
            if search.sort:
                ids = sorted_ids(view, connection, ids, search.sort, open_statuses(view), now)
        return SearchResult(array("q", ids), total, list(found.hints))

    if cache is None:
        return work()
    is_any_active = bool(view.live())
    depends = depends_on_time(query, is_any_active=is_any_active) or (
        is_any_active and any(by == "duration" for by, _ in search.sort)
    )
    return cache.get(view, (search.q, search.archived, search.sort), work, depends_on_time=depends)


def runs_page(
    view: View,
    search: RunSearch,
    *,
    offset: int = 0,
    limit: int = 100,
    columns: Sequence[str] | None = (),
    with_known: bool = False,
    is_listed: bool = False,
    headlines: Collection[Named] = (),
    cache: SearchCache | None = None,
    columns_cache: StaleCache | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """A page of the runs that a search finds, with the values of some columns: ``POST /runs/search`` of the API.

    Args:
        view, search, cache, progress: As for :func:`search_runs`.
        offset, limit: Which of the runs that match.
        columns: Param paths and metric columns; None: a few are picked, which the answer names.
        with_known: Answer also which columns these runs have.
        is_listed: Values as ``cells`` in the order of `columns`, not by name.
        headlines: Metrics that people chose: the first ones where columns are picked.
        columns_cache: Keeps which columns runs have.

    Raises:
        QueryError: the query cannot be parsed.
        InvalidValueError: a column or a sort key cannot be one.
    """
    started, now = time.perf_counter(), time.time()
    found = search_runs(view, search, cache=cache, progress=progress)
    page = found.ids[offset : offset + limit]
    more: dict[str, Any] = {}
    if with_known or columns is None:
        # of the runs that are found already: a search that takes long is done once
        more["known"] = _known_columns(view, (search.q, search.archived), lambda: found.ids, columns_cache)
    if columns is None:
        columns = more["columns"] = pick_columns(more["known"], len(found.ids), headlines)
    rows = run_rows(view, page, columns, now, is_listed=is_listed)
    if is_listed:
        more["exact"] = whole_floats(rows, columns)
    return {
        "total": found.total,
        "matched": len(found.ids),
        "offset": offset,
        "rows": with_slots(view, rows),
        **more,
        "hints": found.hints,
        "took_ms": round(1000 * (time.perf_counter() - started), 3),
    }


def column_spread(
    view: View,
    search: RunSearch,
    column: str,
    *,
    cache: SearchCache | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """How the values of one column spread over the runs that a search finds: ``POST /runs/spread`` of the API."""
    found = search_runs(view, search, cache=cache, progress=progress)
    with view.connect() as connection:
        keys = sort_keys(view, connection, column, set(found.ids), open_statuses(view), time.time())
    return spread_of(keys.values(), len(found.ids))


def run_columns(
    view: View, q: str = "", *, cache: StaleCache | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """The params and metrics of the runs that a query finds: ``POST /runs/columns`` of the API."""
    query = parse(q)  # first, so that what cannot be parsed is never answered from memory
    return _known_columns(view, (q, False), lambda: view.engine.run_ids(query, progress=progress).ids, cache)


def _known_columns(
    view: View, asked: tuple[str, bool], find: Callable[[], Collection[int]], cache: StaleCache | None
) -> dict[str, Any]:
    """The params and metrics of the runs of a search; `find` gives the ids of those runs, where they are needed."""

    def count() -> dict[str, Any]:
        ids = set(find())
        with view.connect() as connection:
            is_all = connection.execute(select(func.count()).select_from(t.run)).scalar_one() == len(ids)
            run_ids = None if is_all else ids
            return {"params": list_params(connection, run_ids), "metrics": list_metrics(connection, run_ids)}

    if cache is None:
        return count()
    known: dict[str, Any] = cache.get(view, asked, count)
    return known
