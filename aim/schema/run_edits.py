"""Events that change what a run says of itself: checked and made here, for the SDK, the web server and the CLI alike.

Each function returns an event without its time, which whoever writes it fills in. All raise
:class:`~aim.errors.InvalidValueError` for a value that cannot be one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aim.errors import InvalidValueError
from aim.schema import events as ev
from aim.schema.events import Event
from aim.schema.names import check_label
from aim.schema.runstate import RunState

__all__ = [
    "NoteEdit",
    "RunEdit",
    "add_tags",
    "delete_note",
    "new_note_id",
    "remove_tags",
    "report_status",
    "set_archived",
    "set_description",
    "set_experiment",
    "set_name",
    "set_note",
    "set_source",
]

_STRING: Final = "{} must be a str, not {} ({!r:.80})"


def set_name(name: object) -> Event:
    """Rename the run."""
    return _set("name", check_label(name, "a run name"))


def set_experiment(name: object) -> Event:
    """Move the run to another experiment."""
    return _set("experiment", check_label(name, "an experiment"))


def set_description(text: object) -> Event:
    """Replace the description."""
    return _set("description", _check_string(text, "a description"))


def set_archived(value: object) -> Event:
    """Leave the run out of queries that do not ask for it, or bring it back."""
    return _set("archived", bool(value))


def set_source(tool: object) -> Event:
    """Name the tool that wrote the run: "aim", "tensorboard", ..."""
    return _set("source", check_label(tool, "a source"))


def _set(field: str, value: str | bool) -> Event:
    return {"type": ev.SET, "field": field, "value": value}


def add_tags(*tags: object) -> Event:
    """Add tags; those that are there already stay."""
    return {"type": ev.TAG, "add": [check_label(tag, "a tag") for tag in tags]}


def remove_tags(*tags: object) -> Event:
    """Remove tags; those that are not there stay away."""
    return {"type": ev.TAG, "remove": [_check_string(tag, "a tag") for tag in tags]}


def new_note_id() -> str:
    """An id for a note that does not exist yet: 32 hexadecimal digits."""
    return os.urandom(16).hex()


def set_note(note_id: str, text: object) -> Event:
    """Set the text of a note, which is made if it does not exist."""
    return {"type": ev.NOTE, "id": note_id, "text": _check_string(text, "a note")}


def delete_note(note_id: str) -> Event:
    """Delete a note."""
    return {"type": ev.NOTE, "id": note_id, "text": None}


def report_status(value: str) -> Event:
    """Say how the run ended, where its own process cannot: finished, failed or interrupted."""
    return {"type": ev.STATUS, "value": value}


def _check_string(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise InvalidValueError(_STRING.format(what, type(text).__name__, text))
    return str.__str__(text)


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """A new note (`id` None), a new text for one, or its end (`text` None)."""

    id: str | None
    text: str | None

    def events(self, state: RunState) -> list[Event]:
        """What brings it about; none where it is so already.

        Raises:
            InvalidValueError: a new note without a text.
        """
        if self.id is None:
            if self.text is None:
                raise InvalidValueError("note: text is missing")
            return [set_note(new_note_id(), self.text)]
        old = next((note.text for note in state.notes if note.id == self.id), None)
        if old == self.text:
            return []
        return [delete_note(self.id) if self.text is None else set_note(self.id, self.text)]


@dataclass(frozen=True, slots=True)
class RunEdit:
    """What a run is wanted to say of itself; None leaves a field as it is."""

    name: str | None = None
    description: str | None = None
    experiment: str | None = None
    archived: bool | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    note: NoteEdit | None = None

    def events(self, state: RunState) -> list[Event]:
        """What changes `state` so; nothing for what is so already.

        Raises:
            InvalidValueError: one of the values cannot be one.
        """
        events: list[Event] = []
        if self.name is not None and self.name != state.name:
            events.append(set_name(self.name))
        if self.description is not None and self.description != state.description:
            events.append(set_description(self.description))
        if self.experiment is not None and self.experiment != state.experiment:
            events.append(set_experiment(self.experiment))
        if self.archived is not None and self.archived != state.is_archived:
            events.append(set_archived(self.archived))
        added = [tag for tag in self.add_tags if tag not in state.tags]
        removed = [tag for tag in self.remove_tags if tag in state.tags]
        if added or removed:
            events.append({**add_tags(*added), **remove_tags(*removed)})
        if self.note is not None:
            events += self.note.events(state)
        return events
