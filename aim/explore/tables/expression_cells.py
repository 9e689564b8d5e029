"""Columns of the runs table that are expressions on metrics: ``expr:last(loss.val) - last(loss.train)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.errors import InvalidValueError, QueryNameError, QuerySyntaxError
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.index.sql.interrupt import checkpoint
from aim.query.answering.binding import Bound, Found, Resolved, bind, resolve
from aim.query.answering.compute import compute_number
from aim.query.language import tree
from aim.query.language.expression import Expression, OperandNode

__all__ = ["EXPRESSION_PREFIX", "expression_of", "expression_values"]

EXPRESSION_PREFIX: Final = "expr:"

_SUMMARIES: Final = ("first", "last", "min", "max", "count")
_BATCH_POINTS: Final = 1_000_000
_NAN: Final = float("nan")


def expression_of(column: str) -> str | None:
    """The expression of a column; None if it is another kind of column."""
    return column[len(EXPRESSION_PREFIX) :] if column.startswith(EXPRESSION_PREFIX) else None


def expression_values(view: View, connection: Connection, text: str, run_ids: Sequence[int]) -> dict[int, float]:
    """The value of an expression by run id: a number, or the last value of a curve.

    A run that lacks a metric or param of it has none, nor has one in which it has several values, in several contexts.

    Args:
        view, connection: Where to look.
        text: The expression. Names that no run has are no error: they give no values.
        run_ids: Of which runs.

    Raises:
        InvalidValueError: it cannot be read.
    """
    try:
        resolved = resolve(connection, text)
        results = bind(connection, resolved, run_ids).results
    except QueryNameError:
        return {}
    except QuerySyntaxError as error:
        raise InvalidValueError(f"the column {text!r:.200} cannot be computed: {error}") from None
    chosen = _one_each(results)
    from_summaries = _with_summaries(resolved)
    if from_summaries is not None:
        found = _of_summaries(connection, *from_summaries, chosen)
        if found is not None:
            return found
    values: dict[int, float] = {}
    for batch in _batches(chosen):
        ids = list({one.id: None for bound in batch for one in bound.sequences})
        columns = dict(zip(ids, view.index.read_columns(ids, is_shared=True), strict=True))
        for bound in batch:
            checkpoint()
            operands = [columns[one.id] if isinstance(one, Found) else one for one in bound.operands]
            values[bound.run_id] = compute_number(resolved.expression, operands)
    return values


def _one_each(results: Sequence[Bound]) -> list[Bound]:
    """The result of each run; of several the one without a context, else none of them."""
    by_run: dict[int, list[Bound]] = {}
    for bound in results:
        by_run.setdefault(bound.run_id, []).append(bound)
    chosen = []
    for several in by_run.values():
        plain = several if len(several) == 1 else [bound for bound in several if bound.context == "{}"]
        chosen += plain[:1]
    return chosen


def _batches(results: Sequence[Bound]) -> Iterator[list[Bound]]:
    batch: list[Bound] = []
    points = 0
    for bound in results:
        batch.append(bound)
        points += sum(one.count for one in bound.sequences)
        if points >= _BATCH_POINTS:
            yield batch
            batch, points = [], 0
    if batch:
        yield batch


# -- from what the index knows without reading points


def _with_summaries(resolved: Resolved) -> tuple[Expression, list[tuple[int, str]]] | None:
    """The expression in which ``last(loss)`` and the like are numbers, and which; None if it needs points."""
    expression = resolved.expression
    numbers: dict[tuple[int, str], int] = {}
    replaced: dict[int, tree.Node | None] = {}
    within: set[int] = set()
    is_metric = [bool(readings) for readings in resolved.readings]
    for node in tree.walk(expression.root):
        if not isinstance(node, tree.Call) or node.function not in _SUMMARIES or len(node.arguments) != 1:
            continue
        operand = node.arguments[0]
        if isinstance(operand, OperandNode) and is_metric[operand.place]:
            key = (operand.place, node.function)
            place = numbers.setdefault(key, len(expression.operands) + len(numbers))
            replaced[id(node)] = OperandNode(place, at=node.at)
            within.add(id(operand))
    for node in tree.walk(expression.root):
        if isinstance(node, OperandNode) and is_metric[node.place] and id(node) not in within:
            return None
    root = tree.replace(expression.root, replaced)
    assert root is not None
    return Expression(expression.text, root, expression.operands), list(numbers)


def _of_summaries(
    connection: Connection, expression: Expression, wanted: Sequence[tuple[int, str]], chosen: Sequence[Bound]
) -> dict[int, float] | None:
    """The values; None if points of a sequence were recorded out of order, so that its last is not at its last step."""
    ids = list({one.id: None for bound in chosen for one in bound.sequences})
    summaries = _read_summaries(connection, ids)
    if summaries is None:
        return None
    values: dict[int, float] = {}
    for bound in chosen:
        operands: list[Any] = [0.0 if isinstance(one, Found) else one for one in bound.operands]
        for place, name in wanted:
            sequence = bound.operands[place]
            assert isinstance(sequence, Found)
            value = summaries.get(sequence.id, {}).get(name)
            operands.append(_NAN if value is None else value)
        values[bound.run_id] = compute_number(expression, operands)
    return values


def _read_summaries(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]] | None:
    c = t.sequence.c
    found: dict[int, dict[str, Any]] = {}
    columns = (c.id, c.first_step, c.min_step, c.last_step, c.max_step, *(c[name] for name in _SUMMARIES))
    for start in range(0, len(ids), 1_000):
        cursor = connection.execute(select(*columns).where(in_list(c.id, ids[start : start + 1_000]))).cursor
        assert cursor is not None
        for number, first_step, min_step, last_step, max_step, *values in cursor.fetchall():
            if first_step != min_step or last_step != max_step:
                return None
            found[number] = dict(zip(_SUMMARIES, values, strict=True))
    return found
