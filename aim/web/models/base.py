"""The shapes that requests and answers of the API share, and errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from aim.query.language.expression import MAX_EXPRESSION_CHARS

__all__ = [
    "MAX_LABEL_CHARS",
    "MAX_QUERY_CHARS",
    "MAX_TEXT_CHARS",
    "Answer",
    "Column",
    "ErrorAnswer",
    "ErrorDetail",
    "ExpressionText",
    "Hash",
    "HeadlineMetric",
    "Label",
    "MaybeNumber",
    "MetricChoice",
    "Query",
    "Request",
    "RunFields",
    "RunProgress",
    "SequenceId",
    "WholeNumber",
]

MAX_QUERY_CHARS = 1_000_000
"""Longer ones are refused before they are read."""
MAX_LABEL_CHARS = 1_000
MAX_TEXT_CHARS = 5_000_000
Query = Annotated[str, StringConstraints(max_length=MAX_QUERY_CHARS)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_CHARS)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
SequenceId = Annotated[str, StringConstraints(min_length=1, max_length=16_000)]
"""Some 60 characters; that of an expression on metrics holds its text."""
ExpressionText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION_CHARS)]
MaybeNumber = float | dict[Literal["$float"], str] | None
"""A number; NaN and infinities as ``{"$float": "nan"}``; null for none."""
WholeNumber = int | dict[Literal["$int"], str]
"""An integer; beyond 2**53, which a browser would round, as ``{"$int": "9007199254740993"}``."""


class Request(BaseModel):
    # Unknown keys are refused: a misspelt one would be ignored in silence.
    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Answer):
    """What went wrong."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    expected: str | None = None
    suggestions: list[str] = []


class ErrorAnswer(BaseModel):
    """The body of every answer that is not 2xx."""

    error: ErrorDetail


class MetricChoice(BaseModel):
    """A metric in one context."""

    model_config = ConfigDict(extra="forbid")

    name: Label
    context: dict[str, Any] = {}


class HeadlineMetric(MetricChoice):
    """The headline metric of an experiment."""

    goal: Literal["min", "max"] | None = None
    """Whether lower or higher is better, where people said so: only then is a value called the best."""


class RunProgress(Answer):
    """How far a run at work is: the step or epoch that it is at, and the total that one of its params names."""

    unit: Literal["step", "epoch"]
    at: float | WholeNumber
    total: float
    param: str
    seconds_left: float | None
    """By the median of the last hundred steps; null: too few of them."""


class RunFields(Answer):
    """The fields of a run; see :mod:`aim.schema.run_fields`."""

    hash: str
    name: str
    experiment: str
    status: str
    created_at: float | None
    ended_at: float | None
    duration: float | None
    tags: list[str]
    archived: bool
    source: str
    description: str
    lost_points: int
