"""One run in full: what people wrote and which processes recorded it comes from its files, metrics from the index."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from aim.errors import RunNotFoundError
from aim.explore.curves.ids import sequence_id
from aim.explore.named_sequences import CONTEXT, NAME, select_sequences
from aim.explore.pages.in_place import in_place_answer
from aim.explore.pages.progress import find_progress
from aim.explore.service import Service
from aim.explore.slots import slots_of
from aim.explore.tables.ranking import key_params, rank_metrics
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema import events as ev
from aim.schema.jsonvalues import to_json
from aim.schema.limits import MAX_ERROR_CHARS, usable_time
from aim.schema.names import parse_context
from aim.schema.runstate import LossLedger, RunState, WriterState
from aim.schema.source import RunStanding
from aim.schema.statuses import ACTIVE
from aim.storage.reading.events import read_events, read_run
from aim.storage.reading.source import RunDirectorySource
from aim.storage.reading.standing import read_standing
from aim.storage.reading.streams import list_streams
from aim.storage.repo.layout import RepoLayout

__all__ = ["RunMetrics", "metadata_version", "note_history", "read_run_metrics", "run_answer"]

_ENVIRONMENT = ("host", "pid", "python", "platform", "argv", "aim")


def metadata_version(state: RunState) -> str:
    """Stands for what people write of a run, one part for each thing that is compared when two edit it at once."""
    notes = [(note.id, note.text) for note in sorted(state.notes, key=lambda note: note.id)]
    return ".".join(_digest(part) for part in (state.name, state.description, notes))


def _digest(value: Any) -> str:
    return hashlib.sha256(to_json(value).encode("ascii")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """What the index says of a run: its metrics, summed up, and the source that it comes from (None: not indexed)."""

    sequences: list[dict[str, Any]]
    origin: str | None


def read_run_metrics(service: Service, run_hash: str) -> RunMetrics:
    """The metrics of a run, caught up; none if there is no such run.

    Raises:
        RunNotFoundError: `run_hash` is not a run hash.
    """
    service.layout.run_dir(run_hash)  # refuses what is not a hash before anything is asked
    return service.read(lambda view: _run_metrics(view, run_hash))


def run_answer(service: Service, run_hash: str, metrics: RunMetrics | None = None) -> dict[str, Any]:
    """As :func:`_run_answer`, with the slot of the run's colour."""
    answer = _run_answer(service, run_hash, metrics)
    return {**answer, "slot": service.read(slots_of, fresh=False).get(run_hash)}


def _run_answer(service: Service, run_hash: str, metrics: RunMetrics | None = None) -> dict[str, Any]:
    """Everything about one run, as the API answers it; read from its files, so it holds the latest edits.

    Args:
        service: The index of the repo.
        run_hash: Which run.
        metrics: What :func:`read_run_metrics` has just returned; None: it is called.

    Raises:
        RunNotFoundError: there is no such run.
    """
    layout = service.layout
    if metrics is None:
        metrics = read_run_metrics(service, run_hash)
    sequences, origin = metrics.sequences, metrics.origin
    state = service.read_state(run_hash)
    if origin not in (None, RunDirectorySource.name):
        standing, loss = service.read(
            lambda view: (view.index.read_standing(state), view.index.read_ledger(run_hash)), fresh=False
        )
        report = service.read(lambda view: view.index.report(run_hash), fresh=False)
        answer = _answer(layout, state, sequences, loss=loss, standing=standing)
        return {**answer, "in_place": in_place_answer(report), "progress": _progress(service, answer)}
    if not state.writers and origin is None:
        trashed = read_run(layout.trash_dir(run_hash), run_hash).state
        if trashed.writers:
            return _answer(layout, trashed, [], is_deleted=True)
        raise RunNotFoundError.missing(run_hash, layout.root)
    answer = _answer(layout, state, sequences)
    return {**answer, "progress": _progress(service, answer)}


def _progress(service: Service, answer: dict[str, Any]) -> dict[str, Any] | None:
    """How far a run at work is; None where its params name no total."""
    if answer["status"] not in ACTIVE:
        return None

    def find(view: View) -> dict[str, Any] | None:
        with view.connect() as connection:
            run_id = connection.execute(select(t.run.c.id).where(t.run.c.hash == answer["hash"])).scalar()
        return None if run_id is None else find_progress(view, {run_id: answer["params"]}).get(run_id)

    return service.read(find, fresh=False)


def _answer(
    layout: RepoLayout,
    state: RunState,
    sequences: list[dict[str, Any]],
    *,
    is_deleted: bool = False,
    loss: LossLedger | None = None,
    standing: RunStanding | None = None,
) -> dict[str, Any]:
    """`standing` and `loss`: of a run read in place, whose source alone knows them."""
    if standing is not None and loss is not None:
        status = standing
    else:
        status, loss = read_standing(layout, state)
    end = time.time() if status.is_active else status.ended_at
    duration = None if end is None or state.created_at is None else max(0.0, end - state.created_at - status.pauses_s)
    error = {"type": status.error_type, "message": status.error_message} if status.error_type else None
    return {
        "hash": state.hash,
        "name": state.name,
        "experiment": state.experiment,
        "status": status.value,
        "created_at": state.created_at,
        "ended_at": status.ended_at,
        "duration": duration,
        "tags": state.tags,
        "archived": state.is_archived,
        "source": state.source,
        "description": state.description,
        "lost_points": loss.lost_points,
        "params": state.params,
        "key_params": key_params(state.params),
        "notes": [
            {"id": note.id, "text": note.text, "created_at": note.created_at, "edited_at": note.edited_at}
            for note in sorted(state.notes, key=lambda note: note.created_at)
        ],
        "records": state.records,
        "sequences": sequences,
        "attempt": state.attempt,
        "hidden_points": sum(sequence["hidden_points"] for sequence in sequences),
        "writers": [_writer(writer) for writer in state.writers.values()],
        "loss": {
            "lost_points": loss.lost_points,
            "lost_events": loss.lost_events,
            "rejected": loss.rejected,
            "unsynced": loss.unsynced,
            "causes": [{"cause": cause, "count": count} for cause, count in loss.causes],
        },
        "error": error,
        "environment": _environment(state),
        "version": metadata_version(state),
        "deleted": is_deleted,
    }


def _writer(writer: WriterState) -> dict[str, Any]:
    closed = writer.closed
    reason = closed.get("reason") if closed is not None else None
    return {
        "id": writer.writer,
        "role": writer.role,
        "attempt": writer.attempt,
        "rank": writer.rank,
        "opened_at": writer.opened_at,
        "host": writer.host,
        "pid": writer.pid,
        "closed_at": float(closed["time"]) if closed is not None else None,
        "reason": reason if isinstance(reason, str) else None,
        "error": _error(closed.get("error") if closed is not None else None),
    }


def _error(error: object) -> dict[str, str] | None:
    """What ended a writer, as its `closed` event has it."""
    if not isinstance(error, dict) or not error.get("type"):
        return None
    return {key: str(error.get(key, ""))[:MAX_ERROR_CHARS] for key in ("type", "message")}


def _environment(state: RunState) -> dict[str, Any]:
    """Where the latest process that trained ran, an evaluation beside it left out."""
    latest: tuple[float, dict[str, Any]] = (float("-inf"), {})
    for writer in state.writers.values():
        if writer.role != ev.ROLE_TRAIN or writer.is_guest or writer.opened is None or writer.opened_at is None:
            continue
        if writer.opened_at > latest[0]:
            latest = (writer.opened_at, writer.opened)
    return {key: latest[1][key] for key in _ENVIRONMENT if key in latest[1]}


def _run_metrics(view: View, run_hash: str) -> RunMetrics:
    c = t.sequence.c
    statement = (
        select_sequences(
            c.id, NAME, CONTEXT, c.count.label("points"), c.last, c.min, c.max, c.first_step, c.last_step, c.last_time,
            c.hidden_points,
        )
        .where(t.run.c.hash == run_hash)
        .order_by(NAME, CONTEXT)
    )  # fmt: skip
    with view.connect() as connection:
        origin = connection.execute(select(t.run.c.origin).where(t.run.c.hash == run_hash)).scalar()
        rows = connection.execute(statement).all()
    ranked = rank_metrics({(row.name, row.context): 1 for row in rows})
    ranks = {one: rank for rank, one in enumerate(ranked)}
    sequences = [
        {
            "id": sequence_id(run_hash, row.id, row.name, row.context),
            "name": row.name,
            "context": parse_context(row.context),
            "count": row.points,
            "last": float("nan") if row.last is None else row.last,
            "min": row.min,
            "max": row.max,
            "first_step": row.first_step,
            "last_step": row.last_step,
            "last_time": row.last_time,
            "hidden_points": row.hidden_points,
            "rank": ranks[row.name, row.context],
        }
        for row in rows
    ]
    return RunMetrics(sequences, origin)


def note_history(layout: RepoLayout, run_hash: str, note_id: str) -> list[dict[str, Any]]:
    """All texts of a note, oldest first; [] if there is no such note.

    Raises:
        RunNotFoundError: `run_hash` is not a hash.
    """
    history: list[dict[str, Any]] = []
    for stream in list_streams(layout.run_dir(run_hash)):
        if stream.kind != "events":
            continue
        try:
            events, _, _ = read_events(stream.path)
        except OSError:
            continue
        for event in events:
            if event.get("type") == ev.NOTE and event.get("id") == note_id:
                text = event.get("text")
                at = usable_time(event.get("time")) or 0.0
                history.append({"text": text if isinstance(text, str) else None, "at": at})
    history.sort(key=lambda item: float(item["at"]))
    return history
