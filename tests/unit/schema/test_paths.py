"""Paths of params: each has one text, and each text one meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.schema.paths import ParamPath, read_path, spell_path

keys = st.lists(st.text(max_size=6) | st.text('.["]\\\\a', max_size=4), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (["lr"], "lr"),
        (["opt", "lr"], "opt.lr"),
        (["e", "x.y"], 'e["x.y"]'),
        (["x.y", "z"], '["x.y"].z'),
        (["a", ""], 'a[""]'),
        (["learning rate", "0", "my-key"], "learning rate.0.my-key"),
        (['say "hi"'], r'["say \"hi\""]'),
        (["a\n"], r'["a\n"]'),
    ],
)
def test_a_path_is_written_as_a_query_names_it(path: list[str], text: str) -> None:
    assert spell_path(path) == text


@given(keys)
def test_every_path_has_a_text_of_its_own_that_is_read_back(path: list[str]) -> None:
    assert read_path(spell_path(path)).keys == tuple(path)


@given(keys, keys)
def test_two_paths_never_have_one_text(one: list[str], other: list[str]) -> None:
    assert (spell_path(one) == spell_path(other)) == (one == other)


@given(st.text(max_size=20) | st.text('a.["]\\\\', max_size=12))
def test_any_text_can_be_read_as_a_path(text: str) -> None:
    assert read_path(text).dotted.count(".") <= text.count(".") + text.count("[")


@pytest.mark.parametrize(
    ("text", "path", "is_so"),
    [
        ("e.x.y", ["e", "x", "y"], True),
        ("e.x.y", ["e", "x.y"], True),
        ("e.x.y", ["e.x.y"], True),
        ("e.x.y", ["e", "x"], False),
        ('e["x.y"]', ["e", "x.y"], True),
        ('e["x.y"]', ["e", "x", "y"], False),
        ('e["x.y"]', ["e.x.y"], False),
        ('e["x"].y', ["e", "x", "y"], True),
        ('e["x"].y', ["e", "x.y"], False),
        ('a.b["c"].d.e', ["a.b", "c", "d.e"], True),
    ],
)
def test_a_key_in_brackets_is_one_key_and_dotted_names_may_be_joined(text: str, path: list[str], is_so: bool) -> None:
    assert read_path(text).stands_for(path) is is_so


def test_the_rest_of_a_path_keeps_which_keys_are_exact() -> None:
    assert read_path('run.e["x.y"].z').below(2) == ParamPath(("x.y", "z"), frozenset({0}))
