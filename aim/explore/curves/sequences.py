"""Searching sequences: those that a query finds, summed up, with their runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from aim.explore.curves.expressions import ExpressionAnswer, expression_id, search_expression
from aim.explore.curves.ids import sequence_id
from aim.explore.slots import slots_of
from aim.explore.tables.columns import params_of
from aim.explore.tables.ranking import Named, rank_metrics, ranked_names
from aim.explore.tables.rows import load_details, whole_float_params
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema.names import canonical_context
from aim.schema.statuses import UNCERTAIN

__all__ = ["find_sequences"]


def find_sequences(
    view: View,
    q: str = "",
    limit: int = 2000,
    *,
    exprs: Sequence[str] = (),
    headlines: Collection[Named] = (),
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The sequences that a query finds, newest run first: ``POST /metrics/search`` of the API.

    Args:
        view: The index.
        q: AimQL; empty: all sequences.
        limit: At most this many; of each expression as many.
        exprs: Expressions on metrics, computed in the runs that the query finds. One that cannot be read is no error
            of the search; ``expressions`` says what is wrong with it.
        headlines: Metrics that people chose: the first ones of `names`.
        progress: Called now and then with (rows decided, rows to decide); what it raises ends the search.

    Raises:
        QueryError: the query cannot be parsed.
    """
    started, now = time.perf_counter(), time.time()
    found = view.engine.newest_sequences(q, limit, progress=progress)
    chosen = found.rows
    run_ids = list(dict.fromkeys(row.run.id for row in chosen))
    computed = _search_expressions(view, q, list(dict.fromkeys(exprs)), limit, progress) if exprs else []
    run_ids = list(dict.fromkeys([*run_ids, *(run_id for one in computed for run_id, _ in one.rows)]))
    details = load_details(view, run_ids, now)
    with view.connect() as connection:
        params = dict(params_of(connection, run_ids))
        summaries = _summaries(connection, [row.id for row in chosen])
    run_answers: dict[str, Any] = {}
    slots = slots_of(view) if run_ids else {}
    for run_id in run_ids:
        if run_id in details:
            run_hash, fields = details[run_id]
            run_answers[run_hash] = {
                "slot": slots.get(run_hash),
                "name": fields.name,
                "experiment": fields.experiment,
                "status": fields.status or UNCERTAIN,
                "created_at": fields.created_at,
                "tags": fields.tags,
                "params": params.get(run_id, {}),
            }
    return {
        "matched_runs": found.matched_runs,
        "matched_sequences": found.matched,
        "truncated": len(chosen) < found.matched,
        "runs": run_answers,
        "sequences": [
            {
                "id": sequence_id(row.run.hash, row.id, row.name, row.context_text),
                "run": row.run.hash,
                "name": row.name,
                "context": row.context,
                **summaries[row.id],
            }
            for row in chosen
            if row.run.hash in run_answers and row.id in summaries
        ]
        + [
            {"id": expression_id(run_hash, one.text, canonical_context(fields["context"])), "run": run_hash, **fields}
            for one in computed
            for run_id, fields in one.rows
            if run_id in details and (run_hash := details[run_id][0])
        ],
        **({"expressions": [one.as_dict() for one in computed]} if exprs else {}),
        "exact": whole_float_params(run_answers),
        "names": [one.text for one in computed]
        + ranked_names(rank_metrics(Counter((row.name, row.context_text) for row in chosen), headlines)),
        "hints": list(found.hints),
        "took_ms": round(1000 * (time.perf_counter() - started), 3),
    }


def _search_expressions(
    view: View, q: str, texts: Sequence[str], limit: int, progress: Callable[[int, int], None] | None
) -> list[ExpressionAnswer]:
    run_ids = view.engine.run_ids(q, progress=progress).ids
    run_ids.reverse()  # newest first
    with view.connect() as connection:
        return [search_expression(view, connection, text, run_ids, limit, progress=progress) for text in texts]


def _summaries(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    c = t.sequence.c
    columns = [
        c[name]
        for name in ("id", "count", "first_step", "last_step", "last", "min", "max", "nan_count", "hidden_points")
    ]
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), 1_000):
        statement = select(*columns).where(c.id.in_(ids[start : start + 1_000]))
        for number, count, first_step, last_step, last, low, high, nan_count, hidden in connection.execute(
            statement
        ).all():
            found[number] = {
                "count": count,
                "first_step": first_step,
                "last_step": last_step,
                "last": float("nan") if last is None else last,
                "min": low,
                "max": high,
                "nan_count": nan_count,
                "hidden_points": hidden,
            }
    return found
