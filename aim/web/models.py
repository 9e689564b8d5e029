"""The shapes of the API's requests and answers: they check what comes in and describe what goes out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from aim.schema.names import is_run_hash
from aim.web.smoothing import MAX_SPREAD, MAX_WIDTH, Smooth, smooth_ema, smooth_gaussian, smooth_mean

__all__ = [
    "Activity",
    "Bulk",
    "BulkAnswer",
    "Checked",
    "ColumnsAnswer",
    "ColumnsRequest",
    "DemoAnswer",
    "Edit",
    "ErrorAnswer",
    "ExperimentName",
    "ExperimentsAnswer",
    "FrameRequest",
    "HeadlineChoice",
    "HomeAnswer",
    "InfoAnswer",
    "MetricsAnswer",
    "MetricsSearch",
    "NamesAnswer",
    "NoRunAnswer",
    "NoteHistory",
    "QueryCheck",
    "RunAnswer",
    "RunsAnswer",
    "RunsExport",
    "RunsSearch",
    "SpreadAnswer",
    "SpreadRequest",
    "StoredView",
    "ValuesAnswer",
    "ViewAnswer",
    "ViewState",
    "is_run_hash",
]

MAX_QUERY_CHARS = 1_000_000
"""Longer ones are refused before they are read."""
MAX_LABEL_CHARS = 1_000
MAX_TEXT_CHARS = 5_000_000

Query = Annotated[str, StringConstraints(max_length=MAX_QUERY_CHARS)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL_CHARS)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
SequenceId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
MaybeNumber = float | dict[Literal["$float"], str] | None
"""A number; NaN and infinities as ``{"$float": "nan"}``; null for none."""


class _Request(BaseModel):
    # Unknown keys are refused: a misspelt one would be ignored in silence.
    model_config = ConfigDict(extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorDetail(_Answer):
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


class NearRun(_Answer):
    """A run that may be meant; `deleted`: it is in the trash."""

    hash: str
    name: str
    experiment: str
    deleted: bool


class NoRunAnswer(ErrorAnswer):
    """There is no such run."""

    near: list[NearRun] = []


# -- info ----------------------------------------------------------------------------------------------------------


class MetricChoice(BaseModel):
    """A metric in one context."""

    model_config = ConfigDict(extra="forbid")

    name: Label
    context: dict[str, Any] = {}


class ExperimentCount(_Answer):
    """An experiment and how many runs it has, archived ones left out."""

    name: str
    runs: int
    headline: MetricChoice | None
    """The metric that stands for its runs, where somebody set one."""


class Progress(_Answer):
    """How far the index has come."""

    done: int
    total: int


class InfoAnswer(_Answer):
    """The server and its repo."""

    version: str
    repo_path: str
    read_only: bool
    runs: int
    active_runs: int
    archived_runs: int
    points: int
    size_bytes: int
    """Of the whole ``.aim`` directory: runs, trash and index. Some seconds old."""
    experiments: list[ExperimentCount]
    experiment: str
    """The one that is checked out: new runs belong to it."""
    catching_up: Progress | None
    now: float


# -- runs ----------------------------------------------------------------------------------------------------------


class Sort(_Request):
    """One key: a field, ``params.<path>``, ``metrics.<name>|<context>.last`` or a column."""

    by: Column
    desc: bool = False


class RunsSearch(_Request):
    """Which runs, in which order, with which columns."""

    q: Query = ""
    sort: list[Sort] = Field(default=[], max_length=10)
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=100, ge=0, le=1000)
    columns: list[Column] | None = Field(default=[], max_length=1000)
    """Param paths (``hparams.lr``), and ``metric:<name>|<canonical context>|last``; or ``first``, ``min``, ``max``,
    ``count``; ``best`` (the one of min and max that the name asks for; ``best:min``, ``best:max`` whatever it says);
    ``at:1000``: the value at that step, or at the nearest before it. null: a few are picked, which the answer
    names."""
    known: bool = False
    """Answer also what ``/runs/columns`` says of these runs. Where columns are picked, the answer always does."""
    archived: bool | None = None
    """True: the archived ones only."""
    form: Literal["named", "listed"] = "named"
    """"named": each row has its values by name, in ``params`` and ``metrics``. "listed": it has ``cells``, in the order
    of `columns`, a third of the size for a table of many columns; null where the run has none, ``{"$none": true}`` for
    the value None."""


class RunsExport(_Request):
    """Which runs, in which order, with which columns, as which kind of file."""

    format: Literal["csv", "json", "parquet", "markdown"]
    q: Query = ""
    sort: list[Sort] = Field(default=[], max_length=10)
    columns: list[Column] = Field(default=[], max_length=1000)
    archived: bool | None = None


class SpreadRequest(_Request):
    """Of one column: a field, ``params.<path>`` or a metric column, as a sort key has it."""

    column: Column
    q: Query = ""
    archived: bool | None = None


class SpreadValue(_Answer):
    """A value, and how many runs have it."""

    value: MaybeNumber | str
    count: int


class Bin(_Answer):
    """Runs whose value is at least `from` and less than `to`; of the last bin, also `to` itself."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: float = Field(alias="from")
    to: float
    count: int


class SpreadAnswer(_Answer):
    """How the values of a column spread. Few different numbers are `values`, many fall into `bins`."""

    runs: int
    missing: int
    infinite: int
    min: float | None
    max: float | None
    values: list[SpreadValue]
    more_values: int
    bins: list[Bin]


class RunRow(_Answer):
    """A run in a list."""

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
    params: dict[str, Any] = {}
    metrics: dict[str, MaybeNumber] = {}
    cells: list[Any] = []


class ParamColumn(_Answer):
    """A param that runs have: how many, how many different values (capped), and of which kinds."""

    path: str
    count: int
    distinct: int
    kinds: list[str]


class MetricColumn(_Answer):
    """A metric that runs have, and whether it is meant to be low or high, where its name says so."""

    name: str
    context: str
    count: int
    goal: Literal["min", "max"] | None


class ColumnsAnswer(_Answer):
    """What could be shown as a column."""

    params: list[ParamColumn]
    metrics: list[MetricColumn]


class RunsAnswer(_Answer):
    """A page of runs."""

    total: int
    matched: int
    offset: int
    rows: list[RunRow]
    columns: list[str] | None = None
    """The columns of the rows, where they were picked."""
    known: ColumnsAnswer | None = None
    hints: list[str]
    took_ms: float


class ColumnsRequest(_Request):
    """Of which runs."""

    q: Query = ""


class Note(_Answer):
    """A note in Markdown."""

    id: str
    text: str
    created_at: float
    edited_at: float


class NoteVersion(_Answer):
    """A text that a note had; null: deleted."""

    text: str | None
    at: float


class NoteHistory(_Answer):
    """All texts of a note, oldest first."""

    id: str
    history: list[NoteVersion]


class RunSequence(_Answer):
    """A metric of a run, summed up."""

    id: str
    name: str
    context: dict[str, Any]
    count: int
    last: MaybeNumber
    min: MaybeNumber
    max: MaybeNumber
    first_step: int
    last_step: int
    last_time: float | None


class Writer(_Answer):
    """A process that opened the run."""

    id: str
    role: str
    attempt: int
    rank: int
    opened_at: float | None
    host: str
    pid: int | None
    closed_at: float | None
    reason: str | None


class Cause(_Answer):
    """Why something was lost, and how often."""

    cause: str
    count: int


class Loss(_Answer):
    """The loss ledger."""

    lost_points: int
    lost_events: int
    rejected: int
    unsynced: int
    causes: list[Cause]


class RunError(_Answer):
    """The exception that ended the run."""

    type: str
    message: str


class NotShown(_Answer):
    """A kind of data, in the plural, and how many of it there are."""

    kind: str
    count: int


class InPlace(_Answer):
    """Logs of another tool that are read in place, and what of them is not shown."""

    places: list[str]
    """The folders; of a run, its own."""
    runs: int
    """How many were found there."""
    not_shown: list[NotShown]
    """What Aim has no place for yet."""
    problems: list[str]
    """What could not be read, a line each; the first ones of many."""
    problem_count: int


class RunAnswer(_Answer):
    """Everything about one run."""

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
    params: dict[str, Any]
    notes: list[Note]
    records: dict[str, list[Any]]
    sequences: list[RunSequence]
    attempt: int
    writers: list[Writer]
    loss: Loss
    error: RunError | None
    environment: dict[str, Any]
    version: str
    deleted: bool = False
    """It is in the trash, from which `restore` brings it back."""
    in_place: InPlace | None = None
    """Null for a run that Aim recorded."""


class NoteEdit(_Request):
    """A new note (no id), a new text for one, or its end (text null)."""

    id: Label | None = None
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)] | None = None


class Edit(_Request):
    """What to change of a run."""

    base_version: str | None = None
    """The `version` that the edit is based on; without one nothing is compared."""
    name: Label | None = None
    description: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)] | None = None
    experiment: Label | None = None
    archived: bool | None = None
    add_tags: list[Label] = Field(default=[], max_length=1000)
    remove_tags: list[Label] = Field(default=[], max_length=1000)
    note: NoteEdit | None = None


class Bulk(_Request):
    """One action on many runs."""

    hashes: list[Hash] = Field(max_length=100_000)
    action: Literal["archive", "unarchive", "delete", "restore", "add_tag", "remove_tag"]
    tag: Label | None = None


class Failure(_Answer):
    """A run with which it did not work."""

    hash: str
    message: str


class BulkAnswer(_Answer):
    """What became of it."""

    done: list[str]
    failed: list[Failure]


# -- metrics -------------------------------------------------------------------------------------------------------


class MetricsSearch(_Request):
    """Which sequences."""

    q: Query = ""
    limit: int = Field(default=2000, ge=0, le=20_000)


class MetricRun(_Answer):
    """A run of which sequences were found."""

    name: str
    experiment: str
    status: str
    created_at: float | None
    tags: list[str]
    params: dict[str, Any]


class FoundSequence(_Answer):
    """A sequence that was found; `id` is what to ask for its points with."""

    id: str
    run: str
    name: str
    context: dict[str, Any]
    count: int
    first_step: int
    last_step: int
    last: MaybeNumber
    min: MaybeNumber
    max: MaybeNumber
    nan_count: int


class MetricsAnswer(_Answer):
    """What was found, newest run first."""

    matched_runs: int
    matched_sequences: int
    truncated: bool
    runs: dict[str, MetricRun]
    sequences: list[FoundSequence]
    hints: list[str]
    took_ms: float


class ExponentialAverage(_Request):
    """Exponential average, see ``aim.web.smoothing``."""

    kind: Literal["ema"] = "ema"
    weight: float = Field(ge=0.0, lt=1.0)

    def function(self) -> Smooth:
        """Smooths values at ascending x."""
        return lambda x, y: smooth_ema(x, y, self.weight)


class RunningMean(_Request):
    """Mean of a window around each point, see ``aim.web.smoothing``."""

    kind: Literal["mean"]
    width: float = Field(gt=0.0, le=MAX_WIDTH)
    """Of the window, in median distances between points."""

    def function(self) -> Smooth:
        """Smooths values at ascending x."""
        return lambda x, y: smooth_mean(x, y, self.width)


class GaussianAverage(_Request):
    """Gaussian average, see ``aim.web.smoothing``."""

    kind: Literal["gaussian"]
    width: float = Field(gt=0.0, le=MAX_SPREAD)
    """Standard deviation, in median distances between points."""

    def function(self) -> Smooth:
        """Smooths values at ascending x."""
        return lambda x, y: smooth_gaussian(x, y, self.width)


Axis = (
    Literal["step", "epoch", "time", "relative_time"]
    | Annotated[str, StringConstraints(pattern="^metric:.", max_length=1_100)]
)
"""Of a chart; ``metric:<name>``: another metric of the same run, at the same step."""


class FrameRequest(_Request):
    """Which sequences, along which axis, how fine."""

    sequences: list[SequenceId] = Field(max_length=20_000)
    x: Axis = "step"
    buckets: int = Field(default=1024, ge=1, le=16_384)
    range: tuple[float, float] | None = None
    smoothing: ExponentialAverage | RunningMean | GaussianAverage | None = None
    exact_below: int = Field(default=0, ge=0, le=10_000_000)
    """Up to so many points of a sequence are sent as they are, even if they are more than `buckets`."""
    x_scale: Literal["linear", "log"] = "linear"
    precision: Literal["auto", "f8"] = "auto"
    since: list[float] | None = Field(default=None, max_length=20_000)
    """For each sequence where to begin, instead of `range`: for a client that has what is before. Each entry then says
    in `before` how many points lie before, so that the client can tell whether what it has is still true."""


class PointRequest(_Request):
    """Which point, by its place on an axis."""

    sequence: SequenceId
    x: Axis = "step"
    at: float = Field(allow_inf_nan=False)


class PointAnswer(_Answer):
    """A point in full."""

    step: int
    epoch: float | None
    time: float
    relative_time: float
    """Seconds since the run was created."""
    value: MaybeNumber


# -- query, home, experiments ------------------------------------------------------------------------------------------


class ViewState(_Request):
    """A view to store."""

    page: Annotated[str, StringConstraints(min_length=1, max_length=201)]
    """Its path below where the UI lies, e.g. ``/metrics``."""
    state: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    """The query string, without its question mark."""


class StoredView(_Answer):
    """Where a view was stored."""

    hash: str


class ViewAnswer(_Answer):
    """A stored view."""

    hash: str
    page: str
    state: str


class QueryCheck(_Request):
    """A query to look at."""

    q: Query
    kind: Literal["runs", "metrics"] = "metrics"


class Checked(_Answer):
    """It can be answered."""

    ok: Literal[True]


class NameCount(_Answer):
    """A name and how often it occurs."""

    name: str
    count: int


class PathCount(_Answer):
    """A param and how many runs have it."""

    path: str
    count: int


class ValueCount(_Answer):
    """A value and how often it occurs."""

    value: Any
    count: int


class ContextValues(_Answer):
    """A context key and its values."""

    key: str
    values: list[ValueCount]


class NamesAnswer(_Answer):
    """Names to complete."""

    fields: list[str]
    metrics: list[NameCount]
    params: list[PathCount]
    contexts: list[ContextValues]
    experiments: list[str]
    tags: list[str]


class ValuesAnswer(_Answer):
    """Values to complete a comparison with."""

    values: list[ValueCount]


class Headline(_Answer):
    """The metric that stands for a run."""

    name: str
    context: dict[str, Any]
    last: MaybeNumber
    last_step: int
    last_time: float | None
    spark: list[float]


class HomeRow(RunRow):
    """A run on the first page."""

    headline: Headline | None


class Activity(_Answer):
    """How many runs began on a day."""

    day: str
    runs: int


class Totals(_Answer):
    """The repo in figures."""

    runs: int
    active_runs: int
    archived_runs: int
    points: int
    size_bytes: int


class HomeAnswer(_Answer):
    """The first page."""

    active: list[HomeRow]
    recent: list[HomeRow]
    activity: list[Activity]
    totals: Totals
    experiments: list[ExperimentCount]
    in_place: InPlace | None
    """Null if the server shows nothing but the repo's own runs."""


class DemoAnswer(_Answer):
    """Demo data: how many of how many runs are recorded; `message` says why it failed."""

    state: Literal["none", "running", "done", "failed"]
    done: int
    total: int
    message: str


class ExperimentName(_Request):
    """An experiment."""

    name: Label


class HeadlineChoice(_Request):
    """Which metric stands for the runs of an experiment; null: a validation loss, else the first one logged."""

    name: Label
    headline: MetricChoice | None


class ExperimentsAnswer(_Answer):
    """The experiments, and the one that new runs belong to."""

    experiments: list[ExperimentCount]
    experiment: str
