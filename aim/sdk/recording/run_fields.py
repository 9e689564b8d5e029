"""What a run that is recorded says of itself: its name, tags, notes, times; most can be set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from aim.errors import AimError
from aim.schema.events import Event
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout

if TYPE_CHECKING:
    from aim import Repo
    from aim.schema.runstate import LossLedger, Note, RunState

__all__ = ["RunFields"]


class RunFields:
    """The part of a handle that is about the run's own fields. They are read from the run's files when asked for."""

    _recorder: Recorder
    _layout: RepoLayout | None
    """None: nothing is recorded."""

    @property
    def hash(self) -> str:
        """24 hex digits that identify the run."""
        return self._recorder.run_hash

    @property
    def run_hash(self) -> str:
        """The same as `hash`."""
        return self._recorder.run_hash

    @property
    def repo(self) -> Repo:
        """The repo that the run is kept in, for reading and searching."""
        if self._layout is None:
            from aim.sdk.recording.inert import NoRepo

            return NoRepo()  # type: ignore[return-value]
        import aim  # whose Repo, and with it all that reading needs, loads on first use

        return aim.Repo(self._layout.root)

    @property
    def repo_path(self) -> str:
        """The ``.aim`` directory; empty if nothing is recorded."""
        return "" if self._layout is None else self._layout.root

    @property
    def props(self) -> Self:
        """The run itself: Aim 3 kept `name`, `tags`, `archived` and the like in an object of their own."""
        return self

    def _state(self) -> RunState:
        return self._recorder.read_state()

    def _edit(self, make: Callable[[], Event]) -> bool:
        return self._recorder.event(make)

    @property
    def name(self) -> str:
        """The run's name; can be set."""
        return self._state().name

    @name.setter
    def name(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_name(value))

    @property
    def description(self) -> str:
        """What people wrote about the run; can be set."""
        return self._state().description

    @description.setter
    def description(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_description(value))

    @property
    def experiment(self) -> str:
        """The experiment that the run belongs to; can be set."""
        return self._state().experiment

    @experiment.setter
    def experiment(self, value: str) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_experiment(value))

    @property
    def archived(self) -> bool:
        """Whether queries leave the run out unless asked for it; can be set."""
        return self._state().is_archived

    @archived.setter
    def archived(self, value: bool) -> None:
        from aim.schema import run_edits

        self._edit(lambda: run_edits.set_archived(value))

    @property
    def tags(self) -> list[str]:
        """The run's tags, in the order they were added."""
        return list(self._state().tags)

    def add_tag(self, value: str) -> None:
        """Add a tag; one that is there already is kept."""
        from aim.schema import run_edits

        self._edit(lambda: run_edits.add_tags(value))

    def remove_tag(self, value: str) -> None:
        """Remove a tag; one that is not there is ignored."""
        from aim.schema import run_edits

        self._edit(lambda: run_edits.remove_tags(value))

    @property
    def notes(self) -> list[Note]:
        """The run's notes: each has `id`, `text`, `created_at` and `edited_at`."""
        return list(self._state().notes)

    def add_note(self, text: str) -> str:
        """Add a note in Markdown; returns its id."""
        from aim.schema import run_edits

        note_id = run_edits.new_note_id()
        self.set_note(note_id, text)
        return note_id

    def set_note(self, note_id: str, text: str | None) -> None:
        """Replace the text of a note; None deletes the note."""
        from aim.schema import run_edits

        self._edit(lambda: run_edits.delete_note(note_id) if text is None else run_edits.set_note(note_id, text))

    @property
    def records(self) -> dict[str, list[Any]]:
        """Records by their kind ("checkpoint", ...), in the order they were added."""
        return self._state().records

    @property
    def active(self) -> bool:
        """Whether this handle still records."""
        return self._recorder.is_open

    @property
    def status(self) -> str:
        """``running`` while this handle records; then as for a run of a repo: ``finished``, ``failed`` ..."""
        return self._standing()[0]

    def _standing(self) -> tuple[str, float | None]:
        """How the run stands, and when it ended if it did."""
        if self.active:
            return "running", None
        if self._layout is not None:
            from aim.storage.reading.runs import run_status

            try:
                status = run_status(self._layout, self._recorder.run_hash)[1]
            except (AimError, OSError):  # the disk never had it, or refuses: what we have must do
                pass
            else:
                return status.value, status.ended_at
        closed = [w.closed for w in self._state().writers.values() if w.closed is not None]
        last = max(closed, key=lambda event: float(event["time"]), default=None)
        return ("finished", None) if last is None else (str(last["reason"]), float(last["time"]))

    @property
    def created_at(self) -> float:
        """When the run began, Unix seconds."""
        return self._state().created_at or self._recorder.opened_at

    @property
    def creation_time(self) -> float:
        """The same as `created_at`, by its name in Aim 3."""
        return self.created_at

    @property
    def ended_at(self) -> float | None:
        """When the run ended, Unix seconds; None while it is active."""
        return self._standing()[1]

    @property
    def finalized_at(self) -> float | None:
        """The same as `ended_at`, by its name in Aim 3."""
        return self.ended_at

    @property
    def end_time(self) -> float | None:
        """The same as `ended_at`, by its name in Aim 3."""
        return self.ended_at

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the end, or to now."""
        return (self.ended_at or self._recorder.now()) - self.created_at

    @property
    def loss(self) -> LossLedger:
        """What could not be kept so far: points lost to the disk, calls rejected."""
        return self._recorder.losses()
