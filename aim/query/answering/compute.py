"""What an expression on metrics gives for one run: curves are joined at the steps that they share. Pure numpy.

Functions see all points of their argument (``ema(loss, 45)`` is of the whole curve), an operator has a result at the
steps that both of its sides have. NaN and infinities follow IEEE 754: 1 / 0 is infinite, 0 / 0 is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from aim.index.points.smoothing import median_distance, smooth_ema
from aim.index.sql.interrupt import checkpoint
from aim.query.language import tree
from aim.query.language.expression import Expression, OperandNode
from aim.query.language.tree import Node

__all__ = ["Computed", "Points", "common_steps", "compute_curve", "compute_number", "summary"]

Steps: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Curve:
    """Values at ascending steps, each step once."""

    steps: Steps
    values: Floats
    common: int
    """The steps that all of `leaves` have."""
    leaves: tuple[int, ...]
    """The operands that it was computed from point by point."""


Value: TypeAlias = "Curve | np.float64"


class Points(Protocol):
    """The columns of a metric; epochs and times may be left out."""

    @property
    def steps(self) -> Steps | None: ...

    @property
    def values(self) -> Floats | None: ...

    @property
    def epochs(self) -> Floats | None: ...

    @property
    def times(self) -> Floats | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """The points of an expression, by step; each step once."""

    steps: Steps
    values: Floats
    epochs: Floats | None
    """The epoch at a step, where the metrics agree on it; None if it was not read."""
    times: Floats | None
    """When the last of the metrics was tracked at a step; None if it was not read."""
    common: int
    """Steps that all metrics have."""
    of: tuple[int, ...]
    """Steps of each metric."""

    def __len__(self) -> int:
        return len(self.steps)


def compute_curve(expression: Expression, operands: Sequence[Points | float]) -> Computed:
    """The points of an expression that is a curve.

    Args:
        expression: As :func:`aim.query.language.expression.check_kinds` found it right.
        operands: By place: the points of a metric, or the number that a param is.
    """
    values, orders = _values_of(operands)
    with np.errstate(all="ignore"):
        curve = _value(expression.root, values)
    assert isinstance(curve, Curve)
    of = tuple(len(one.steps) for place in curve.leaves if isinstance(one := values[place], Curve))
    columns: dict[str, list[Floats]] = {"epochs": [], "times": []}
    for place in curve.leaves:
        points, leaf = operands[place], values[place]
        assert isinstance(leaf, Curve) and not isinstance(points, float)
        at = None if leaf.steps is curve.steps else np.searchsorted(leaf.steps, curve.steps)
        for name, column in (("epochs", points.epochs), ("times", points.times)):
            if column is not None:
                ordered = column if orders[place] is None else column[orders[place]]
                columns[name].append(ordered if at is None else ordered[at])
    epochs = times = None
    if columns["epochs"]:
        epochs = reduce(np.fmax, columns["epochs"])
        if len(columns["epochs"]) > 1:
            epochs = np.where(reduce(np.fmin, columns["epochs"]) == epochs, epochs, np.nan)
    if columns["times"]:
        times = reduce(np.fmax, columns["times"])
    return Computed(curve.steps, curve.values, epochs, times, curve.common, of)


def compute_number(expression: Expression, operands: Sequence[Points | float]) -> float:
    """The value of an expression that is one number; of one that is a curve its last. NaN if there is none."""
    values, _ = _values_of(operands)
    with np.errstate(all="ignore"):
        found = _value(expression.root, values)
        return float(_aggregate("last", found, []) if isinstance(found, Curve) else found)


def _values_of(operands: Sequence[Points | float]) -> tuple[list[Value], list[npt.NDArray[np.intp] | None]]:
    """The operands as they are computed with, and the order in which the points of each were put."""
    values: list[Value] = []
    orders: list[npt.NDArray[np.intp] | None] = []
    for place, operand in enumerate(operands):
        order = None
        if isinstance(operand, int | float):
            values.append(_number(operand))
        else:
            assert operand.steps is not None and operand.values is not None
            steps, y = operand.steps, operand.values
            order = _order(steps)
            if order is not None:
                steps, y = steps[order], y[order]
            values.append(Curve(steps, y, len(steps), (place,)))
        orders.append(order)
    return values, orders


def _order(steps: Steps) -> npt.NDArray[np.intp] | None:
    """Which points to take so that steps ascend; of several at one step the last. None: all as they are."""
    if len(steps) < 2 or (steps[1:] > steps[:-1]).all():
        return None
    order = np.argsort(steps, kind="stable")
    ordered = steps[order]
    kept: npt.NDArray[np.intp] = order[np.append(ordered[1:] != ordered[:-1], True)]
    return kept


def common_steps(common: int, of: Sequence[int]) -> str:
    """How many steps all metrics of an expression have, in words.

    Args:
        common: That number.
        of: How many steps each metric has.
    """
    if len(of) < 2:
        return f"{common:,} step{'' if common == 1 else 's'}"
    if all(count == common for count in of):
        return f"all {common:,} steps are common"
    text = ", ".join(f"{count:,}" for count in of[:-1]) + f" and {of[-1]:,}"
    return f"{common:,} of {text} steps are common" if common else f"none of {text} steps are common"


def summary(computed: Computed, name: str) -> Any:
    """What the index knows of a metric (``NUMERIC_METRIC_FIELDS``), of computed points; NaN and 0 if there are none."""
    y, steps = computed.values, computed.steps
    if name in ("min", "max"):  # as metric.min: NaN does not count
        known = y[~np.isnan(y)]
        return float(known.min() if name == "min" else known.max()) if len(known) else None
    if name == "nan_count":
        return int(np.count_nonzero(np.isnan(y)))
    if name in ("first", "last"):
        return float(y[0 if name == "first" else -1]) if len(y) else float("nan")
    if name in ("first_step", "last_step"):
        return int(steps[0 if name == "first_step" else -1]) if len(y) else 0
    if name == "count":
        return len(y)
    assert name == "hidden_points"
    return 0


_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide,
    "//": np.floor_divide, "%": np.remainder, "**": np.power,
}  # fmt: skip
_OF_EACH: Final[dict[str, Callable[[Any], Any]]] = {
    "abs": np.abs, "exp": np.exp, "log": np.log, "log10": np.log10, "sqrt": np.sqrt,
}  # fmt: skip


def _value(node: Node, operands: Sequence[Value]) -> Value:
    checkpoint()
    if isinstance(node, OperandNode):
        return operands[node.place]
    if isinstance(node, tree.Constant):
        return _number(node.value)
    if isinstance(node, tree.Negate):
        return _of_each(np.negative, _value(node.value, operands))
    if isinstance(node, tree.Arithmetic):
        return _joined(_OPERATORS[node.op], _value(node.left, operands), _value(node.right, operands))
    assert isinstance(node, tree.Call)
    return _called(node.function, [_value(argument, operands) for argument in node.arguments])


def _number(value: float) -> np.float64:
    try:
        return np.float64(value)
    except OverflowError:  # an integer of many digits
        return np.float64(np.inf if value > 0 else -np.inf)


def _of_each(function: Callable[[Any], Any], value: Value) -> Value:
    if isinstance(value, Curve):
        return Curve(value.steps, function(value.values), value.common, value.leaves)
    return np.float64(function(value))


def _joined(function: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    if not isinstance(left, Curve):
        return _of_each(lambda values: function(left, values), right)
    if not isinstance(right, Curve):
        return _of_each(lambda values: function(values, right), left)
    leaves = left.leaves if left.leaves == right.leaves else tuple(dict.fromkeys((*left.leaves, *right.leaves)))
    if left.steps is right.steps or np.array_equal(left.steps, right.steps):
        return Curve(left.steps, function(left.values, right.values), min(left.common, right.common), leaves)
    if len(left.steps) <= len(right.steps):
        few, many = left.steps, right.steps
    else:
        few, many = right.steps, left.steps
    if len(few) == 0:
        return Curve(few, np.empty(0), 0, leaves)
    place = np.searchsorted(many, few)
    place[place == len(many)] = 0
    is_there = many[place] == few
    in_few, in_many = np.flatnonzero(is_there), place[is_there]
    at_left, at_right = (in_few, in_many) if few is left.steps else (in_many, in_few)
    steps = few[in_few]
    return Curve(steps, function(left.values[at_left], right.values[at_right]), len(steps), leaves)


def _called(name: str, values: list[Value]) -> Value:
    if name in _OF_EACH:
        return _of_each(_OF_EACH[name], values[0])
    if name == "clip":
        return _joined(np.minimum, _joined(np.maximum, values[0], values[1]), values[2])
    if name in ("min", "max") and (len(values) > 1 or not isinstance(values[0], Curve)):
        return reduce(lambda a, b: _joined(np.minimum if name == "min" else np.maximum, a, b), values)
    curve = values[0]
    assert isinstance(curve, Curve)
    if name == "ema":
        return _over_finite(curve, lambda x, y: _ema(x, y, float(_plain(values[1]))))
    if name == "mean" and len(values) > 1:
        return _over_finite(curve, lambda x, y: _running_mean(x, y, float(_plain(values[1]))))
    if name == "diff":
        return Curve(curve.steps[1:], np.diff(curve.values), curve.common, curve.leaves)
    if name == "cumsum":
        return Curve(curve.steps, np.cumsum(curve.values), curve.common, curve.leaves)
    return _aggregate(name, curve, values)


def _plain(value: Value) -> np.float64:
    assert not isinstance(value, Curve)
    return value


def _aggregate(name: str, curve: Curve, values: list[Value]) -> np.float64:
    y = curve.values
    if name == "count":
        return np.float64(len(y))
    if name == "at":
        step = float(_plain(values[1]))
        place = int(np.searchsorted(curve.steps, step, side="right")) - 1 if step == step else -1
        return np.float64(y[place] if place >= 0 else np.nan)
    if len(y) == 0:
        return np.float64(np.nan)
    if name in ("min", "max"):  # as metric.min: NaN does not count
        known = y[~np.isnan(y)]
        return np.float64((known.min() if name == "min" else known.max()) if len(known) else np.nan)
    if name in ("first", "last"):
        return np.float64(y[0 if name == "first" else -1])
    return np.float64(np.mean(y) if name == "mean" else np.median(y))


def _over_finite(curve: Curve, smooth: Callable[[Steps, Floats], Floats]) -> Curve:
    """Smooth what is finite; the other values stay where and as they are, as in charts."""
    is_finite = np.isfinite(curve.values)
    if is_finite.all():
        values = smooth(curve.steps, curve.values)
    else:
        values = curve.values.copy()
        values[is_finite] = smooth(curve.steps[is_finite], curve.values[is_finite])
    return Curve(curve.steps, values, curve.common, curve.leaves)


def _ema(steps: Steps, values: Floats, span: float) -> Floats:
    """The exponential average of charts over `span` steps, counted as :meth:`Smoothing.span` counts them."""
    distance = median_distance(steps)
    if not distance < span < np.inf:
        return values
    return smooth_ema(steps, values, (span - distance) / (span + distance), distance)


def _running_mean(steps: Steps, values: Floats, width: float) -> Floats:
    """The mean of the points that are at most half a `width` away, on both sides."""
    if not width > 0.0 or len(values) < 2:
        return values
    x = steps.astype(np.float64)
    reach = 0.5 * width * (1.0 + 1e-9)
    begin, end = np.searchsorted(x, x - reach, "left"), np.searchsorted(x, x + reach, "right")
    scale = float(np.abs(values).max()) or 1.0
    sums = np.concatenate(([0.0], np.cumsum(values / scale)))
    smoothed: Floats = (sums[end] - sums[begin]) / (end - begin) * scale
    return smoothed
