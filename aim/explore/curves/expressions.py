"""Expressions on metrics as sequences of charts: their ids, their points, searching them.

The id of such a sequence holds the expression and the context, so that nothing has to be remembered:
``<run hash>/expr:<both as JSON, in base64url>``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.errors import QueryError
from aim.explore.view import View
from aim.index.points.merge import Attempts
from aim.index.sql import tables as t
from aim.index.sql.interrupt import checkpoint
from aim.query.answering.binding import Bound, Found, Resolved, bind, resolve
from aim.query.answering.compute import common_steps, compute_curve, summary
from aim.schema.names import parse_context

__all__ = [
    "MAX_EXPRESSIONS",
    "ComputedRow",
    "ExpressionAnswer",
    "expression_id",
    "read_points",
    "resolve_expression_ids",
    "search_expression",
]

MAX_EXPRESSIONS: Final = 20
"""Different ones in one request."""
MAX_SEARCH_POINTS: Final = 50_000_000
"""Read to sum up the results of one expression, newest runs first: some seconds. Of others, charts show nothing."""
BATCH_POINTS: Final = 1_000_000
_PREFIX: Final = "expr:"
_ID: Final = re.compile(r"(?P<run>[0-9a-f]{24})/expr:(?P<what>[A-Za-z0-9_=-]{1,16000})\Z")
_SUMMARIES: Final = ("count", "first_step", "last_step", "last", "min", "max", "nan_count", "hidden_points")


@dataclass(frozen=True, slots=True)
class ComputedRow:
    """One result of an expression, with what :func:`aim.explore.curves.ids.resolve_ids` says of a sequence."""

    id: int
    """Negative: unlike that of every stored sequence, and of the other rows of an answer."""
    hash: str
    resolved: Resolved
    bound: Bound

    @property
    def name(self) -> str:
        """The expression."""
        return self.resolved.expression.text

    @property
    def context(self) -> str:
        """In its canonical form."""
        return self.bound.context

    @property
    def count(self) -> int:
        """How many points are read for it."""
        return sum(one.count for one in self.bound.sequences)

    @property
    def min_step(self) -> int:
        """Its points are at no smaller step."""
        return max((one.min_step for one in self.bound.sequences), default=0)

    @property
    def max_step(self) -> int:
        """Its points are at no larger step."""
        return max(self.min_step, min((one.max_step for one in self.bound.sequences), default=0))


def expression_id(run_hash: str, text: str, context: str) -> str:
    """The id of a result of an expression; `context` is its canonical form."""
    what = json.dumps([text, context], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return f"{run_hash}/{_PREFIX}{base64.urlsafe_b64encode(what).decode()}"


def _read_id(text: str) -> tuple[str, str, str] | None:
    match = _ID.match(text)
    if match is None:
        return None
    try:
        what = json.loads(base64.urlsafe_b64decode(match["what"]).decode("utf-8", "surrogatepass"))
    except ValueError:
        return None
    if not (isinstance(what, list) and len(what) == 2 and all(isinstance(one, str) for one in what)):
        return None
    return match["run"], what[0], what[1]


def resolve_expression_ids(connection: Connection, ids: Sequence[str]) -> dict[str, ComputedRow]:
    """The rows behind ids of expressions; those that cannot be computed (any more) are left out."""
    wanted: dict[str, dict[tuple[str, str], str]] = {}
    for text in ids:
        parts = _read_id(text) if _PREFIX in text else None
        if parts is not None:
            run_hash, expression, context = parts
            wanted.setdefault(expression, {})[run_hash, context] = text
    if len(wanted) > MAX_EXPRESSIONS:
        raise QueryError(f"{len(wanted)} expressions in one request; at most {MAX_EXPRESSIONS} are computed")
    found: dict[str, ComputedRow] = {}
    for expression, by_key in wanted.items():
        hashes = _hashes(connection, {run_hash for run_hash, _ in by_key})
        try:
            resolved = resolve(connection, expression)
            results = bind(connection, resolved, list(hashes)).results if resolved.is_curve else []
        except QueryError:  # a metric of it is gone
            continue
        for bound in results:
            run_hash = hashes[bound.run_id]
            id_ = by_key.get((run_hash, bound.context))
            if id_ is not None:
                found[id_] = ComputedRow(-1 - len(found), run_hash, resolved, bound)
    return found


def _hashes(connection: Connection, wanted: set[str]) -> dict[int, str]:
    run = t.run.c
    found: dict[int, str] = {}
    texts = sorted(wanted)
    for start in range(0, len(texts), 500):
        rows = select(run.id, run.hash).where(run.hash.in_(texts[start : start + 500]))
        found.update((number, run_hash) for number, run_hash in connection.execute(rows).all())
    return found


def read_points(
    view: View,
    rows: Sequence[Any],
    *,
    steps: bool = True,
    epochs: bool = False,
    times: bool = False,
    attempts: Attempts = "latest",
) -> list[Any]:
    """The points of sequences, stored and computed ones, as columns in the order of `rows`.

    Sequences with equal steps may share one array, which is read-only. An expression is of the latest attempts always.
    """
    stored = [row.id for row in rows if row.id >= 0]
    columns = view.index.read_columns(
        stored, steps=steps, values=True, epochs=epochs, times=times, is_shared=True, attempts=attempts
    )
    by_id: dict[int, Any] = dict(zip(stored, columns, strict=True))
    computed = [row for row in rows if row.id < 0]
    if computed:
        operands = list({one.id: None for row in computed for one in row.bound.sequences})
        read = view.index.read_columns(operands, values=True, epochs=epochs, times=times, is_shared=True)
        points: dict[int, Any] = dict(zip(operands, read, strict=True))
        for row in computed:
            checkpoint()
            by_id[row.id] = compute_curve(row.resolved.expression, _operands(row.bound, points))
    return [by_id[row.id] for row in rows]


def _operands(bound: Bound, points: Mapping[int, Any]) -> list[Any]:
    return [points[one.id] if isinstance(one, Found) else one for one in bound.operands]


@dataclass(slots=True)
class ExpressionAnswer:
    """What a search found of one expression.

    Attributes:
        text: The expression.
        is_number: Whether it is one number a run, so that there is no curve and no row of it.
        matched: Results in all.
        runs: In how many runs; fewer than `matched` where some have several, in several contexts.
        rows: (run id, what is said of the sequence but its id and run), newest run first.
        hints: Why there are none.
        error: Why it could not be read; None if it could.
    """

    text: str
    is_number: bool = False
    matched: int = 0
    runs: int = 0
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    hints: tuple[str, ...] = ()
    error: QueryError | None = None

    def as_dict(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "text": self.text,
            "is_number": self.is_number,
            "matched": self.matched,
            "runs": self.runs,
            "shown": len(self.rows),
            "hints": list(self.hints),
            "error": None if self.error is None else {
                "code": "query",
                "message": self.error.message,
                "line": self.error.line,
                "column": self.error.column,
                "expected": self.error.expected,
                "suggestions": list(self.error.suggestions),
            },
        }  # fmt: skip


def search_expression(
    view: View,
    connection: Connection,
    text: str,
    run_ids: Sequence[int],
    limit: int,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ExpressionAnswer:
    """The results of an expression in some runs, newest first, each summed up.

    Args:
        view, connection: Where to look.
        text: The expression.
        run_ids: Newest run first.
        limit: At most this many.
        progress: Called now and then with (results computed, results); what it raises ends the search.
    """
    answer = ExpressionAnswer(text)
    try:
        resolved = resolve(connection, text)
        binding = bind(connection, resolved, run_ids)
    except QueryError as error:
        answer.error = error
        return answer
    answer.is_number, answer.hints = not resolved.is_curve, binding.hints
    answer.matched, answer.runs = len(binding.results), len({bound.run_id for bound in binding.results})
    chosen = binding.results[:limit] if resolved.is_curve else []
    done = points = 0
    for batch in _batches(chosen):
        points += sum(one.count for bound in batch for one in bound.sequences)
        if done and points > MAX_SEARCH_POINTS:
            break
        rows = [ComputedRow(-1 - number, "", resolved, bound) for number, bound in enumerate(batch)]
        for row, found in zip(rows, read_points(view, rows), strict=True):
            answer.rows.append((row.bound.run_id, {
                "name": text,
                "context": parse_context(row.context),
                **{name: summary(found, name) for name in _SUMMARIES},
                "common": common_steps(found.common, found.of),
                "operands": list(row.bound.labels),
            }))  # fmt: skip
        done += len(batch)
        if progress is not None:
            progress(done, len(chosen))
    return answer


def _batches(results: Sequence[Bound]) -> Iterator[list[Bound]]:
    batch: list[Bound] = []
    points = 0
    for bound in results:
        batch.append(bound)
        points += sum(one.count for one in bound.sequences)
        if points >= BATCH_POINTS:
            yield batch
            batch, points = [], 0
    if batch:
        yield batch
