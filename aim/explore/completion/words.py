"""Words that people look runs up by, as a query: where they occur, and the text that finds the runs.

A search field that takes any words becomes a query that everybody can read, change and share; only places that hold the
words are in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from aim.explore.tables.ranking import short_param_names
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.query.answering.conditions import is_plain_text
from aim.schema.jsonvalues import from_json
from aim.schema.paths import read_path, spell_path

__all__ = ["SEARCHED", "find_words"]

SEARCHED: Final = ("names", "ids", "experiments", "descriptions", "tags", "params", "notes")
_MOST_TAGS: Final = 20
_MOST_PARAMS: Final = 8
_MOST_NOTES: Final = 500
"""Runs whose notes are read: they are in the runs' files, not in the index."""
_LEAST_HASH: Final = 4
_MOST_CHARS: Final = 500

Found = dict[str, Any]
NotesOf = Callable[[str], Sequence[str]]


def find_words(view: View, text: str, notes_of: NotesOf) -> Found:
    """Where words occur, and the query that finds these runs: ``GET /query/words`` of the API.

    Args:
        view: The index.
        text: What was typed; found as it is, in either case.
        notes_of: The notes of a run by its hash.
    """
    words = text.strip()[:_MOST_CHARS]
    found: list[Found] = []
    if words and is_plain_text(words):
        with view.connect() as connection:
            found += _texts(connection, words)
            found += _tags(connection, words)
            found += _params(connection, words)
            found += _notes(connection, words, notes_of)
    return {"q": " or ".join(one["q"] for one in found), "found": found, "searched": list(SEARCHED)}


def _texts(connection: Connection, words: str) -> list[Found]:
    run = t.run.c
    found = []
    places = (("name", run.name), ("experiment", run.experiment), ("description", run.description))
    for what, column in places:
        counted = select(func.count(), func.sum(func.instr(column, words) > 0)).where(
            column.contains(words, autoescape=True), run.is_archived.is_(False)
        )
        runs, as_typed = connection.execute(counted).one()
        if runs:
            found.append(
                {"what": what, "text": words, "runs": runs, "q": _contains(f"run.{what}", words, runs == as_typed)}
            )
    if re.fullmatch(r"[0-9a-f]+", words) and len(words) >= _LEAST_HASH:
        begun = select(func.count()).where(run.hash.startswith(words), run.is_archived.is_(False))
        runs = connection.execute(begun).scalar_one()
        if runs:
            found.append({"what": "id", "text": words, "runs": runs, "q": f"run.hash.startswith({_quoted(words)})"})
    return found


def _tags(connection: Connection, words: str) -> list[Found]:
    tag = t.run_tag.c.tag
    counted = (
        select(tag, func.count())
        .join(t.run, t.run.c.id == t.run_tag.c.run_id)
        .where(tag.contains(words, autoescape=True), t.run.c.is_archived.is_(False))
        .group_by(tag)
        .order_by(func.count().desc(), tag)
        .limit(_MOST_TAGS)
    )
    return [
        {"what": "tag", "text": one, "runs": runs, "q": f"{_quoted(one)} in run.tags"}
        for one, runs in connection.execute(counted).all()
    ]


def _params(connection: Connection, words: str) -> list[Found]:
    """Strings that hold the words, and numbers that equal them."""
    c = t.param.c
    conditions: list[tuple[Any, Any, bool]] = [
        (c.txt.contains(words, autoescape=True), func.sum(func.instr(c.txt, words) > 0), False)
    ]
    number = _number(words)
    if number is not None:
        conditions.append((c.num == number, func.count(), True))
    keys = {row.id: from_json(row.path) for row in connection.execute(select(t.path.c.id, t.path.c.path))}
    names = short_param_names(keys.values())
    found = []
    for condition, as_typed, is_number in conditions:
        counted = (
            select(c.path_id, func.count(c.run_id.distinct()), func.count(), as_typed)
            .join(t.run, t.run.c.id == c.run_id)
            .where(condition, t.run.c.is_archived.is_(False))
            .group_by(c.path_id)
            .order_by(func.count().desc(), c.path_id)
            .limit(_MOST_PARAMS)
        )
        for path_id, runs, values, same in connection.execute(counted).all():
            name = _as_query(spell_path(keys[path_id]), names[spell_path(keys[path_id])])
            q = f"{name} == {words}" if is_number else _contains(name, words, values == same)
            found.append({"what": "param", "text": names[spell_path(keys[path_id])], "runs": runs, "q": q})
    return found


def _notes(connection: Connection, words: str, notes_of: NotesOf) -> list[Found]:
    run = t.run.c
    with_notes = (
        select(run.hash)
        .where(run.notes > 0, run.is_archived.is_(False))
        .order_by(run.created_at.desc())
        .limit(_MOST_NOTES)
    )
    low = words.lower()
    hashes = [
        run_hash
        for run_hash in connection.execute(with_notes).scalars()
        if any(low in note.lower() for note in notes_of(run_hash))
    ]
    if not hashes:
        return []
    q = f"run.hash in [{', '.join(map(_quoted, hashes))}]"
    return [{"what": "note", "text": words, "runs": len(hashes), "q": q}]


def _contains(name: str, words: str, is_as_typed: bool) -> str:
    if is_as_typed:
        return f"{name}.contains({_quoted(words)})"
    return f"{name}.lower().contains({_quoted(words.lower())})"


def _number(words: str) -> float | None:
    if not re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", words):
        return None
    number = float(words)
    return number if number - number == 0 else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _as_query(path: str, name: str) -> str:
    """A param as a query names it: behind `params` by its short name, behind `run` by its whole path."""
    root, keys = ("run", read_path(path).keys) if name == path else ("params", read_path(name).keys)
    return root + "".join(f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{_quoted(key)}]" for key in keys)
