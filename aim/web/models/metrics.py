"""Requests and answers of searches among metrics, and of charts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from aim.explore.curves.charts import Attempts
from aim.explore.curves.expressions import MAX_EXPRESSIONS
from aim.index.points.smoothing import MAX_SPREAD, MAX_WIDTH, Smoothing
from aim.web.models.base import (
    Answer,
    ErrorDetail,
    ExpressionText,
    MaybeNumber,
    Query,
    Request,
    SequenceId,
    WholeNumber,
)

__all__ = [
    "Axis",
    "ExponentialAverage",
    "ExpressionFound",
    "FoundSequence",
    "FrameRequest",
    "GaussianAverage",
    "MetricRun",
    "MetricsAnswer",
    "MetricsSearch",
    "PointAnswer",
    "PointRequest",
    "PointsExport",
    "RunningMean",
]


class MetricsSearch(Request):
    """Which sequences."""

    q: Query = ""
    limit: int = Field(default=2000, ge=0, le=20_000)
    exprs: list[ExpressionText] = Field(default=[], max_length=MAX_EXPRESSIONS)
    """Expressions on metrics (docs/aimql.md), computed in the runs that the query finds: sequences like others."""


class MetricRun(Answer):
    """A run of which sequences were found."""

    slot: int | None = None
    """Of its colour, 0 to 7: the same in every answer; null: it is not indexed yet."""
    name: str
    experiment: str
    status: str
    created_at: float | None
    tags: list[str]
    params: dict[str, Any]


class FoundSequence(Answer):
    """A sequence that was found; `id` is what to ask for its points with."""

    id: str
    run: str
    name: str
    context: dict[str, Any]
    count: int
    first_step: WholeNumber
    last_step: WholeNumber
    last: MaybeNumber
    min: MaybeNumber
    max: MaybeNumber
    nan_count: int
    hidden_points: int
    """Points of earlier attempts that a later one recorded again; the other numbers leave them out."""
    common: str = ""
    """Of an expression: which steps it has values at, in words: ``12 of 300 and 30 steps are common``."""
    operands: list[str] = Field(default=[])
    """Of an expression: what it is computed from: ``loss (subset=val)``."""


class ExpressionFound(Answer):
    """What was found of one expression."""

    text: str
    is_number: bool
    """It is one number a run, such as ``last(loss)``: it can be a column of Runs, and has no curve."""
    matched: int
    """Results in all."""
    runs: int
    """In how many runs; fewer than `matched` where some have several, in several contexts."""
    shown: int
    """Those among the sequences of this answer."""
    hints: list[str]
    """Why there are none."""
    error: ErrorDetail | None
    """Why it could not be read or computed."""


class MetricsAnswer(Answer):
    """What was found, newest run first."""

    matched_runs: int
    matched_sequences: int
    truncated: bool
    runs: dict[str, MetricRun]
    sequences: list[FoundSequence]
    """Those that the query finds, then those of the expressions."""
    expressions: list[ExpressionFound] | None = None
    """In the order of the request; left out where none was asked for."""
    exact: list[tuple[str, list[str], str]]
    """(run, keys, JSON) of params that hold a float without a fraction, which JavaScript takes for an integer."""
    names: list[str]
    """Of these sequences, the most telling first: headlines, validation losses and scores, then the others."""
    hints: list[str]
    took_ms: float
    behind: int | None
    """While the index catches up for the first time: how many runs are not in it yet (0: not known); null: none."""


class Smoothed(Request):
    """What each kind of smoothing has."""

    distance: float | None = Field(default=None, gt=0.0, allow_inf_nan=False)
    """In units of x; null: the smallest median distance between points among the sequences of this request, which the
    answer has as `smoothing_distance`."""
    trim: bool = False
    """Whether rare far values do not count: those far outside of the first and the last percent of their sequence."""


class ExponentialAverage(Smoothed):
    """Exponential average, see ``aim.index.points.smoothing``."""

    kind: Literal["ema"] = "ema"
    weight: float = Field(ge=0.0, lt=1.0)
    """Of the past, over one distance between points."""

    def function(self) -> Smoothing:
        """The same for the curves."""
        return Smoothing(self.kind, self.weight, self.distance, self.trim)


class RunningMean(Smoothed):
    """Mean of a window around each point, see ``aim.index.points.smoothing``."""

    kind: Literal["mean"]
    width: float = Field(gt=0.0, le=MAX_WIDTH)
    """Of the window, in distances between points."""

    def function(self) -> Smoothing:
        """The same for the curves."""
        return Smoothing(self.kind, self.width, self.distance, self.trim)


class GaussianAverage(Smoothed):
    """Gaussian average, see ``aim.index.points.smoothing``."""

    kind: Literal["gaussian"]
    width: float = Field(gt=0.0, le=MAX_SPREAD)
    """Standard deviation, in distances between points."""

    def function(self) -> Smoothing:
        """The same for the curves."""
        return Smoothing(self.kind, self.width, self.distance, self.trim)


Axis = (
    Literal["step", "epoch", "time", "relative_time"]
    | Annotated[str, StringConstraints(pattern="^metric:.", max_length=1_100)]
)
"""Of a chart; ``metric:<name>``: another metric of the same run, at the same step."""


class FrameRequest(Request):
    """Which sequences, along which axis, how fine."""

    sequences: list[SequenceId] = Field(max_length=20_000)
    x: Axis = "step"
    attempts: Attempts = "latest"
    buckets: int = Field(default=1024, ge=1, le=16_384)
    range: tuple[float, float] | None = None
    smoothing: ExponentialAverage | RunningMean | GaussianAverage | None = None
    exact_below: int = Field(default=0, ge=0, le=10_000_000)
    """Up to this many points of a sequence are sent as they are, even if they are more than `buckets`."""
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    """log: buckets with values that are not above 0 have `positive`, the lowest value that is, and `hidden`, how many
    are not."""
    precision: Literal["auto", "f8"] = "auto"
    since: list[float] | None = Field(default=None, max_length=20_000)
    """For each sequence where to begin, instead of `range`: for a client that has what is before. Each entry then has
    in `before` how many points are before, so that the client can check whether what it has is still true."""


Text = Annotated[str, StringConstraints(max_length=2_000)]


class PointsExport(Request):
    """Which sequences, and what is written beside their points."""

    sequences: list[SequenceId] = Field(max_length=20_000)
    x: Axis = "step"
    attempts: Attempts = "latest"
    range: tuple[float, float] | None = None
    smoothing: ExponentialAverage | RunningMean | GaussianAverage | None = None
    titles: list[Text] = Field(default=[], max_length=50)
    """Of further columns."""
    labels: list[list[Text]] = Field(default=[], max_length=20_000)
    """For each of `sequences` the text of each of `titles`."""
    exact: bool = False
    """Texts as they are: no quote before those that a spreadsheet would run as a formula."""
    name: Text = "points"
    """Of the file, without ``.csv``."""


class PointRequest(Request):
    """Which point, by its place on an axis."""

    sequence: SequenceId
    x: Axis = "step"
    attempts: Attempts = "latest"
    at: float = Field(allow_inf_nan=False)
    until: float | None = Field(default=None, allow_inf_nan=False)
    """Where the next bucket of a chart begins, to learn where this one ends."""


class PointAnswer(Answer):
    """A point in full."""

    step: WholeNumber
    epoch: float | None
    time: float
    relative_time: float
    """Seconds since the run began: it was created, or had its first point if that is earlier."""
    value: MaybeNumber
    end: float | None
    """The place of the last finite value from this point on and before `until`; null without `until`."""
