"""What the events of a run add up to. Pure: events in, :class:`RunState` out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aim.errors import InvalidValueError
from aim.schema import events as ev
from aim.schema.attempts import assign_attempts, writer_order
from aim.schema.limits import MAX_CAUSES, MAX_COUNT, clamped_count, usable_time
from aim.schema.names import (
    DEFAULT_EXPERIMENT,
    MAX_NAME_CHARS,
    METRIC,
    canonical_context,
    check_holds,
    check_metric_name,
)

__all__ = [
    "LossLedger",
    "Note",
    "RunState",
    "SequenceDeclaration",
    "SequenceIdentity",
    "WriterState",
    "merge_events",
    "merge_params",
]


SequenceIdentity = tuple[str, str, str]
"""(what it holds, name, canonical context): what makes sequences of several writers of a run one sequence."""


@dataclass(frozen=True, slots=True)
class SequenceDeclaration:
    """A sequence as one writer declared it."""

    id: int
    name: str
    context: str
    """Canonical JSON, see :func:`aim.schema.names.canonical_context`."""
    holds: str = METRIC
    """What its values are. Kinds that this version does not know are kept, and are not metrics."""

    @property
    def identity(self) -> SequenceIdentity:
        """Equal for all declarations of one sequence of a run."""
        return self.holds, self.name, self.context


@dataclass(frozen=True, slots=True)
class LossLedger:
    """What one writer, or all writers of a run together, could not keep. Counts, never estimates."""

    lost_points: int = 0
    lost_events: int = 0
    rejected: int = 0
    """Calls refused because of what they were given."""
    unsynced: int = 0
    """Points written whose sync to disk failed: there for readers, not known to survive a power cut."""
    causes: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lost_points or self.lost_events or self.rejected or self.unsynced)

    def plus(self, other: LossLedger) -> LossLedger:
        """The sum of two ledgers (of two writers), within the limits of :mod:`aim.schema.limits`."""
        causes = dict(self.causes)
        for cause, count in other.causes:
            if cause in causes or len(causes) < MAX_CAUSES:
                causes[cause] = min(causes.get(cause, 0) + count, MAX_COUNT)
        return LossLedger(
            min(self.lost_points + other.lost_points, MAX_COUNT),
            min(self.lost_events + other.lost_events, MAX_COUNT),
            min(self.rejected + other.rejected, MAX_COUNT),
            min(self.unsynced + other.unsynced, MAX_COUNT),
            tuple(sorted(causes.items())),
        )

    @classmethod
    def from_event(cls, event: ev.Event) -> LossLedger:
        """Read the ledger part of a ``loss`` or ``closed`` event; what is not a count counts as 0."""
        causes = event.get("causes")
        items = list(causes.items())[:MAX_CAUSES] if isinstance(causes, dict) else ()
        return cls(
            clamped_count(event.get("lost_points")),
            clamped_count(event.get("lost_events")),
            clamped_count(event.get("rejected")),
            clamped_count(event.get("unsynced")),
            tuple(sorted((str(cause)[:MAX_NAME_CHARS], clamped_count(number)) for cause, number in items)),
        )


@dataclass(slots=True)
class WriterState:
    """What the events of one writer say about that writer."""

    writer: str
    role: str = ev.ROLE_TRAIN
    attempt: int = 1
    beside: tuple[str, ...] | None = None
    """The writers that recorded when this one opened, and whose attempt it belongs to; None: written by an older
    version, which did not look."""
    is_guest: bool = False
    """Whether it joined an attempt of others and is not a rank of their job: an evaluation beside a training. How the
    run ended follows from the others."""
    is_succeeded: bool = False
    """Whether it was over when another one continued its attempt, in which guests still recorded: how the run ended
    follows from that one."""
    rank: int = 0
    job: str = ""
    """Which distributed job the writer is a rank of, by what its launcher sets; "" for none."""
    opened_at: float | None = None
    last_event_at: float | None = field(default=None, compare=False)
    """Of the last line of its events."""
    host: str = ""
    pid: int | None = None
    opened: ev.Event | None = field(default=None, compare=False)
    """The ``opened`` event."""
    closed: ev.Event | None = None
    """The ``closed`` event, None while the writer has not ended."""
    loss: LossLedger = LossLedger()
    sequences: dict[int, SequenceDeclaration] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a run, in Markdown."""

    id: str
    text: str
    created_at: float
    edited_at: float


@dataclass(slots=True)
class RunState:
    """A run as all its events together describe it."""

    hash: str
    name: str = ""
    experiment: str = DEFAULT_EXPERIMENT
    description: str = ""
    is_archived: bool = False
    source: str = "aim"
    created_at: float | None = None
    last_event_at: float | None = None
    """Of all events: what is written next must come later."""
    last_recorded_at: float | None = None
    """Of the events of those that record the run: edits, which may come years later, are not part of its life."""
    tags: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    records: dict[str, list[Any]] = field(default_factory=dict)
    writers: dict[str, WriterState] = field(default_factory=dict)
    reported_status: tuple[float, str] | None = None
    """(time, status) of the last ``status`` event."""
    unknown_events: int = 0

    @property
    def loss(self) -> LossLedger:
        """The ledgers of all writers together."""
        total = LossLedger()
        for writer in self.writers.values():
            total = total.plus(writer.loss)
        return total

    @property
    def attempt(self) -> int:
        """The highest attempt; 1 for a run that was never resumed."""
        return max((w.attempt for w in self.writers.values() if w.role == ev.ROLE_TRAIN), default=1)


def merge_params(into: dict[str, Any], value: dict[str, Any]) -> None:
    """Merge `value` into `into` in place: dicts merge deeply, anything else replaces what was there."""
    for key, item in value.items():
        old = into.get(key)
        if isinstance(item, dict) and isinstance(old, dict):
            merge_params(old, item)
        else:
            into[key] = _copied(item)


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def _keys_of(path: object) -> list[str] | None:
    """The keys in a ``path``; None if it is not one."""
    if not isinstance(path, list) or len(path) > ev.MAX_PATH_KEYS:
        return None
    return [key if isinstance(key, str) else str(key) for key in path]


def _parent_of(params: dict[str, Any], path: Sequence[str], *, make: bool) -> dict[str, Any] | None:
    here = params
    for key in path[:-1]:
        below = here.get(key)
        if not isinstance(below, dict):
            if not make:
                return None
            below = here[key] = {}
        here = below
    return here


def _apply_params(state: RunState, event: ev.Event) -> None:
    keys, value = _keys_of(event.get("path")), event.get("value")
    if keys is None:
        return
    if not keys:
        if isinstance(value, dict):
            if event.get("replace"):
                state.params.clear()
            merge_params(state.params, value)
        return
    parent = _parent_of(state.params, keys, make=True)
    assert parent is not None
    if isinstance(value, dict) and not event.get("replace"):
        merge_params(parent, {keys[-1]: value})
    else:
        parent[keys[-1]] = _copied(value)


def _apply_deleted(state: RunState, event: ev.Event) -> None:
    keys = _keys_of(event.get("path"))
    if keys:
        parent = _parent_of(state.params, keys, make=False)
        if parent is not None:
            parent.pop(keys[-1], None)


def _apply_set(state: RunState, event: ev.Event) -> None:
    field_name, value = event.get("field"), event.get("value")
    if field_name == "archived":
        state.is_archived = bool(value)
    elif field_name == "description" and isinstance(value, str):
        state.description = value
    elif field_name in ("name", "experiment", "source") and isinstance(value, str):
        setattr(state, field_name, value[:MAX_NAME_CHARS])


@dataclass(slots=True)
class _Labels:
    """Tags and notes while they are added up, as dicts: a run may have tens of thousands."""

    tags: dict[str, None] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)


def _apply_tag(labels: _Labels, event: ev.Event) -> None:
    added, removed = event.get("add"), event.get("remove")
    for tag in added if isinstance(added, list) else ():
        if isinstance(tag, str) and len(tag) <= MAX_NAME_CHARS:
            labels.tags.setdefault(tag)
    for tag in removed if isinstance(removed, list) else ():
        if isinstance(tag, str):
            labels.tags.pop(tag, None)


def _apply_note(labels: _Labels, event: ev.Event) -> None:
    note_id, text = event.get("id"), event.get("text")
    if not isinstance(note_id, str):
        return
    old = labels.notes.pop(note_id, None)
    if isinstance(text, str):
        time = float(event["time"])
        labels.notes[note_id] = Note(note_id, text, old.created_at if old else time, time)


def _apply_opened(state: RunState, writer: WriterState, event: ev.Event) -> None:
    writer.opened = event
    writer.role = str(event.get("role", ev.ROLE_TRAIN))
    _apply_attempt(writer, event)
    writer.rank = _whole(event.get("rank"), 0)
    writer.job = str(event.get("job") or "")
    writer.opened_at = float(event["time"])
    writer.host = str(event.get("host", ""))
    pid = event.get("pid")
    writer.pid = pid if isinstance(pid, int) else None
    if state.created_at is None:
        state.created_at = writer.opened_at
    for key in ("name", "experiment", "source"):
        value = event.get(key)
        if isinstance(value, str) and value:
            setattr(state, key, value[:MAX_NAME_CHARS])


def _apply_attempt(writer: WriterState, event: ev.Event) -> None:
    writer.attempt = _whole(event.get("attempt"), 1)
    beside = event.get("beside")
    if isinstance(beside, list):
        writer.beside = tuple(other for other in beside[: ev.MAX_BESIDE] if isinstance(other, str))


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else default


def declared_sequence(event: ev.Event) -> SequenceDeclaration | None:
    """The declaration in a ``sequence`` event; None if it is malformed."""
    number, name, context = event.get("id"), event.get("name"), event.get("context")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 0xFFFFFFFF:
        return None
    if not isinstance(context, dict):
        return None
    try:
        holds = check_holds(event.get("holds", METRIC))
        return SequenceDeclaration(number, check_metric_name(name), canonical_context(context), holds)
    except InvalidValueError:
        return None


def merge_events(run_hash: str, streams: Iterable[tuple[str, Sequence[ev.Event]]]) -> RunState:
    """Fold the events of all writers of a run.

    Args:
        run_hash: 24 hex digits.
        streams: (writer id, events in file order). Events without a usable ``time`` are counted as unknown.

    Events merge by (time, writer by ordinal, line): the later one wins for single values, params merge deeply, tags are
    added and removed. A clock that went backwards inside one writer does not reorder that writer's own events.
    """
    state = RunState(run_hash)
    ordered: list[tuple[float, str, int, ev.Event]] = []
    for writer_id, events in streams:
        writer = state.writers.setdefault(writer_id, WriterState(writer_id))
        latest, time = float("-inf"), None
        for line, event in enumerate(events):
            time = usable_time(event.get("time"))
            if time is None:
                state.unknown_events += 1
                continue
            kind = event.get("type")
            if kind == ev.SEQUENCE:  # the bulk of most files; order among writers does not matter
                declared = declared_sequence(event)
                if declared is not None:
                    writer.sequences[declared.id] = declared
                continue
            if kind == ev.LOSS:
                writer.loss = LossLedger.from_event(event)
                continue
            latest = max(latest, time)
            ordered.append((latest, writer_id, line, event))
        writer.last_event_at = time
    place = {name: number for number, name in enumerate(sorted(state.writers, key=writer_order))}
    ordered.sort(key=lambda item: (item[0], place[item[1]], item[2]))
    labels = _Labels()
    for effective_time, writer_id, _, event in ordered:
        _apply(state, labels, state.writers[writer_id], event)
        state.last_event_at = max(state.last_event_at or effective_time, effective_time)
        if state.writers[writer_id].role == ev.ROLE_TRAIN:
            state.last_recorded_at = max(state.last_recorded_at or effective_time, effective_time)
    state.tags, state.notes = list(labels.tags), list(labels.notes.values())
    assign_attempts(state.writers.values(), by_times=state.source == "aim")
    return state


def _apply(state: RunState, labels: _Labels, writer: WriterState, event: ev.Event) -> None:
    kind = event.get("type")
    if kind == ev.OPENED:
        _apply_opened(state, writer, event)
    elif kind == ev.ATTEMPT:
        _apply_attempt(writer, event)
    elif kind == ev.PARAMS:
        _apply_params(state, event)
    elif kind == ev.DELETED:
        _apply_deleted(state, event)
    elif kind == ev.SET:
        _apply_set(state, event)
    elif kind == ev.TAG:
        _apply_tag(labels, event)
    elif kind == ev.NOTE:
        _apply_note(labels, event)
    elif kind == ev.RECORD:
        state.records.setdefault(str(event.get("kind", "")), []).append(event.get("value"))
    elif kind == ev.STATUS:
        state.reported_status = (float(event["time"]), str(event.get("value", "")))
    elif kind == ev.CLOSED:
        writer.closed = event
        loss = event.get("loss")
        if isinstance(loss, dict):
            writer.loss = LossLedger.from_event(loss)
    else:
        state.unknown_events += 1
