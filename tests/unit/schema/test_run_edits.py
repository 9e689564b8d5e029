"""The events that change a run are made in one place: checked, and only where something is to be changed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import aim
from aim.errors import InvalidValueError
from aim.schema import run_edits
from aim.schema.run_edits import NoteEdit, RunEdit
from aim.schema.runstate import Note, RunState

AIM = Path(aim.__file__).parent
STATE = RunState("0" * 24, name="one", experiment="exp", tags=["a"], notes=[Note("n", "text", 1.0, 1.0)])


def test_what_is_so_already_needs_no_event() -> None:
    same = RunEdit("one", "", "exp", False, ["a"], ["b"], NoteEdit("n", "text"))
    assert same.events(STATE) == [] and RunEdit().events(STATE) == []
    assert NoteEdit("other", None).events(STATE) == []


def test_each_difference_is_one_event() -> None:
    edit = RunEdit("two", "words", "other", True, ["b", "a"], ["a", "c"], NoteEdit("n", None))
    assert edit.events(STATE) == [
        {"type": "set", "field": "name", "value": "two"},
        {"type": "set", "field": "description", "value": "words"},
        {"type": "set", "field": "experiment", "value": "other"},
        {"type": "set", "field": "archived", "value": True},
        {"type": "tag", "add": ["b"], "remove": ["a"]},
        {"type": "note", "id": "n", "text": None},
    ]
    (event,) = NoteEdit(None, "new").events(STATE)
    assert event["text"] == "new" and len(event["id"]) == 32


@pytest.mark.parametrize(
    "edit", [RunEdit(name=" "), RunEdit(experiment=""), RunEdit(add_tags=["\n"]), RunEdit(note=NoteEdit(None, None))]
)
def test_a_value_that_cannot_be_one_is_refused(edit: RunEdit) -> None:
    with pytest.raises(InvalidValueError):
        edit.events(STATE)


def test_a_value_of_another_type_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidValueError, match=r"a description must be a str, not int \(5\)"):
        run_edits.set_description(5)
    with pytest.raises(InvalidValueError, match="a tag must be a str, not int"):
        run_edits.remove_tags(5)


def test_no_other_module_makes_such_events() -> None:
    edits = {"NOTE", "SET", "STATUS", "TAG"}
    makers = set()
    for path in AIM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if "node_modules" not in path.parts else ():
            if not isinstance(node, ast.Dict):
                continue
            for key, value in zip(node.keys, node.values, strict=True):
                is_type = isinstance(key, ast.Constant) and key.value == "type"
                if is_type and isinstance(value, ast.Attribute) and value.attr in edits:
                    makers.add(path.relative_to(AIM).as_posix())
    assert makers == {"schema/run_edits.py"}
