"""A run of a repo: read from the index, edited through an events file that the edit writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aim.errors import InvalidValueError
from aim.schema import run_edits
from aim.schema.contexts import Context
from aim.schema.events import Event
from aim.schema.names import canonical_context
from aim.schema.paths import find_param
from aim.schema.runstate import LossLedger, Note
from aim.schema.statuses import ACTIVE, UNCERTAIN
from aim.sdk.reading.arrays import ArrayLoader
from aim.sdk.reading.frames import Backend, make_frame
from aim.sdk.reading.results import Metric, RunMetrics
from aim.sdk.reading.run_tables import fields_of, leaves, table_of

if TYPE_CHECKING:
    from aim.query.answering.rows import RunDetails, RunRow
    from aim.sdk.reading.repo import Repo

__all__ = ["RunStatus", "StoredRun"]


class RunStatus(str):
    """The status of a run: ``running``, ``stalled``, ``finished``, ``failed``, ``interrupted`` or ``crashed``.

    Attributes:
        ended_at: Unix seconds; None while it runs.
        error_type, error_message: Of the exception that ended it, or empty.
    """

    __slots__ = ("ended_at", "error_message", "error_type")

    ended_at: float | None
    error_type: str
    error_message: str

    @classmethod
    def of(cls, details: RunDetails) -> RunStatus:
        """The status in the details of a run."""
        status = cls(details.status or UNCERTAIN)
        status.ended_at = details.ended_at
        status.error_type = details.error_type or ""
        status.error_message = details.error_message or ""
        return status

    @property
    def value(self) -> str:
        """The word itself."""
        return str.__str__(self)

    @property
    def is_active(self) -> bool:
        """Whether points may still come."""
        return self in ACTIVE


class StoredRun:
    """A run of a repo: its fields, params and metrics as of the query that found it; some fields can be set.

    ``run["hparams"]``, ``run["hparams", "lr"]``, ``run["lr"]`` and ``run.get(...)`` read params. Names are those of a
    run that is recorded. To record, use :class:`aim.Run`.
    """

    __slots__ = ("_repo", "_row")

    def __init__(self, repo: Repo, row: RunRow) -> None:
        self._repo = repo
        self._row = row

    def __repr__(self) -> str:
        return f"<StoredRun {self.hash} {self.name!r} of experiment {self.experiment!r}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StoredRun):
            return NotImplemented
        return self.hash == other.hash and self._repo.path == other._repo.path

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def _details(self) -> RunDetails:
        return self._row.details

    @property
    def hash(self) -> str:
        """24 hex digits."""
        return self._row.hash

    @property
    def run_hash(self) -> str:
        """The same as `hash`."""
        return self.hash

    @property
    def repo(self) -> Repo:
        """The repo that it is read from."""
        return self._repo

    @property
    def repo_path(self) -> str:
        """The ``.aim`` directory of that repo."""
        return self._repo.path

    @property
    def name(self) -> str:
        """The run's name."""
        return self._details.name

    @name.setter
    def name(self, value: str) -> None:
        self._edit(run_edits.set_name(value))

    @property
    def experiment(self) -> str:
        """The experiment it belongs to."""
        return self._details.experiment

    @experiment.setter
    def experiment(self, value: str) -> None:
        self._edit(run_edits.set_experiment(value))

    @property
    def description(self) -> str:
        """Its description; empty if there is none."""
        return self._details.description

    @description.setter
    def description(self, value: str) -> None:
        self._edit(run_edits.set_description(value))

    @property
    def archived(self) -> bool:
        """Whether queries leave it out unless they mention ``run.archived``."""
        return self._details.is_archived

    @archived.setter
    def archived(self, value: bool) -> None:
        self._edit(run_edits.set_archived(value))

    @property
    def tags(self) -> list[str]:
        """Its tags, in the order they were added."""
        return list(self._details.tags)

    def add_tag(self, tag: str) -> None:
        """Add a tag; nothing happens if the run has it."""
        self._edit(run_edits.add_tags(tag))

    def remove_tag(self, tag: str) -> None:
        """Remove a tag; nothing happens if the run does not have it."""
        self._edit(run_edits.remove_tags(str(tag)))

    @property
    def source(self) -> str:
        """The tool that wrote it: "aim", "tensorboard", ..."""
        return self._details.source

    @property
    def attempt(self) -> int:
        """1, and one more with every resume. Processes that record at the same time share one attempt."""
        return self._details.attempt

    @property
    def hidden_points(self) -> int:
        """Points of earlier attempts that metrics leave out, because a later attempt recorded their steps again.

        ``repo.query_metrics(query, attempts="all")`` has them.
        """
        return self._details.hidden_points

    @property
    def created_at(self) -> float | None:
        """When it started, Unix seconds."""
        return self._details.created_at

    @property
    def creation_time(self) -> float | None:
        """The same as `created_at`, under Aim 3's name."""
        return self.created_at

    @property
    def ended_at(self) -> float | None:
        """When it ended, Unix seconds; None while it runs."""
        return self._details.ended_at

    @property
    def finalized_at(self) -> float | None:
        """The same as `ended_at`, under Aim 3's name."""
        return self.ended_at

    @property
    def end_time(self) -> float | None:
        """The same as `ended_at`, under Aim 3's name."""
        return self.ended_at

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; for a running run, to the time of the query."""
        return self._details.duration

    @property
    def status(self) -> RunStatus:
        """Its status at the time of the query."""
        return RunStatus.of(self._details)

    @property
    def active(self) -> bool:
        """Whether points may still come."""
        return self._details.is_active

    @property
    def loss(self) -> LossLedger:
        """How many points and events could not be kept, with the causes."""
        details = self._details
        return LossLedger(details.lost_points, details.lost_events, details.rejected, details.unsynced, details.causes)

    @property
    def params(self) -> dict[str, Any]:
        """All params, nested; a copy."""
        copied: dict[str, Any] = _copied(self._row.params())
        return copied

    def __getitem__(self, key: str | tuple[str, ...]) -> Any:
        """The param at `key`.

        Args:
            key: A name; names from the outermost in; or what a query has behind ``params.`` (``run["lr"]`` is
                ``run["hparams", "lr"]``), as long as it finds one param alone.

        Raises:
            KeyError: there is none, or there are several.
        """
        is_there, value = self._find(key)
        if not is_there:
            raise KeyError(key)
        return _copied(value)

    def _find(self, key: Any) -> tuple[bool, Any]:
        if isinstance(key, str):
            return find_param(self._row.params(), key)
        here: Any = self._row.params()
        for part in _path(key):
            if not isinstance(here, Mapping) or part not in here:
                return False, None
            here = here[part]
        return True, here

    def __contains__(self, key: object) -> bool:
        try:
            return self._find(key)[0]
        except KeyError:  # it is in several places
            return True
        except TypeError:
            return False

    def get(self, key: str | tuple[str, ...], default: Any = None, strict: bool = True) -> Any:
        """The param at `key`, as by ``run[key]``, or `default` where there is none.

        Args:
            strict: Accepted for code written for Aim 3.

        Raises:
            KeyError: `key` finds several.
        """
        is_there, value = self._find(key)
        return _copied(value) if is_there else default

    def metrics(self) -> RunMetrics:
        """Its metrics, by name and context."""
        rows = self._row.sequences()
        loader = ArrayLoader(self._repo.engine, rows)
        return RunMetrics(self, rows, {self.hash: self}, loader, range(len(rows)))

    def get_metric(self, name: str, context: Mapping[str, Any] | None = None) -> Metric | None:
        """The metric of this name and exactly this context; None if there is none.

        Args:
            name: Its name.
            context: Key-values, ``{}`` for no context. None: the one without context, else the only one of that name.

        Raises:
            InvalidValueError: `context` is None, and the metrics of that name have several contexts; names them.
        """
        contexts = [(row.context_text, place) for place, row in enumerate(self._row.sequences()) if row.name == name]
        wanted = canonical_context(context)
        for text, place in contexts:
            if text == wanted:
                return self.metrics()[place]
        if context is not None or not contexts:
            return None
        if len(contexts) > 1:
            known = ", ".join(text for text, _ in contexts)
            raise InvalidValueError(
                f"run {self.name!r:.80} has {name!r:.80} in {len(contexts)} contexts: name one, context={known:.300}"
            )
        return self.metrics()[contexts[0][1]]

    def iter_metrics_info(self) -> Iterator[tuple[str, Context, StoredRun]]:
        """(name, context, this run) of each of its metrics."""
        for metric in self.metrics():
            yield metric.name, metric.context, self

    def collect_sequence_info(
        self, sequence_types: str | Iterable[str] = ("metric",), skip_last_value: bool = False
    ) -> dict[str, list[dict[str, Any]]]:
        """Its metrics as plain data, in the form of Aim 3: ``{"metric": [{"name", "context", "last_value"}, ...]}``.

        Args:
            sequence_types: "metric" is the only one that has something in it so far.
            skip_last_value: Leave out "last_value".
        """
        types = (sequence_types,) if isinstance(sequence_types, str) else tuple(sequence_types)
        found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in types}
        if "metric" in found:
            for metric in self.metrics():
                info: dict[str, Any] = {"name": metric.name, "context": metric.context.to_dict()}
                found["metric"].append(info if skip_last_value else {**info, "last_value": metric.last})
        return found

    @property
    def notes(self) -> list[Note]:
        """Its notes, read from the run's files."""
        return self._repo.read_state(self.hash).notes

    def add_note(self, text: str) -> str:
        """Add a note in Markdown; returns its id."""
        note_id = run_edits.new_note_id()
        self.set_note(note_id, text)
        return note_id

    def set_note(self, note_id: str, text: str | None) -> None:
        """Replace the text of a note; None deletes the note."""
        self._edit(run_edits.delete_note(note_id) if text is None else run_edits.set_note(note_id, text))

    @property
    def records(self) -> dict[str, list[Any]]:
        """Records by their kind ("checkpoint", ...), in the order they were added; read from the run's files."""
        return self._repo.read_state(self.hash).records

    def _edit(self, event: Event) -> None:
        self._row = self._repo.edit_run(self.hash, [event])

    def as_row(self) -> dict[str, Any]:
        """Fields and params as one flat dict: params by their dotted path, lists as they are."""
        row = fields_of(self)
        for path, value in leaves(self._row.params()):
            # a param whose dotted path is also the name of a field does not replace that field
            row[f"params.{path}" if path in row else path] = value
        return row

    def dataframe(
        self,
        backend: Backend | None = None,
        *,
        metrics: str | Iterable[str] = (),
        params: bool | str | Iterable[str] = True,
        include_props: bool = True,
        include_params: bool | None = None,
    ) -> Any:
        """One row: fields, params in columns named by their dotted path, and what is asked of metrics.

        Args:
            backend: "pandas" or "polars"; None: pandas if it is installed, else polars.
            metrics, params: As for :meth:`RunCollection.dataframe`.
            include_props: Whether the fields are columns.
            include_params: The same as `params`, under Aim 3's name.

        Raises:
            MissingDependencyError: the library is not installed.
        """
        params = params if include_params is None else include_params
        return make_frame(table_of([self], metrics=metrics, params=params, fields=include_props), backend)


def _path(key: Any) -> tuple[str, ...]:
    if isinstance(key, str):
        return (key,)
    if key is Ellipsis:
        return ()
    if isinstance(key, tuple) and all(isinstance(part, str) for part in key):
        return key
    raise TypeError(f"a param is named by a string or a tuple of strings, not {key!r:.80}")


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
