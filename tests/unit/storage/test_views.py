from __future__ import annotations

import os

import pytest

from aim.errors import InvalidValueError
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.repo.saved_views import MAX_STATE_CHARS, View, read_view, view_hash, write_view

VIEW = View("/metrics", "q=loss&sm=0.6&y.loss%20%C3%A9=log")


@pytest.fixture
def layout(repo_path: str) -> RepoLayout:
    return create_repo(repo_path)


def test_a_view_comes_back_as_it_was_under_the_same_name_always(layout: RepoLayout) -> None:
    name = write_view(layout, VIEW)
    assert name == view_hash(VIEW) and len(name) == 32
    assert read_view(layout, name) == VIEW
    before = os.stat(layout.view_path(name))
    assert write_view(layout, VIEW) == name
    assert os.stat(layout.view_path(name)).st_ino == before.st_ino  # not written again
    assert os.listdir(layout.views) == [f"{name}.json"]


@pytest.mark.parametrize("name", ["", "x" * 32, "../../config", "0" * 32, "0" * 31 + "\n", "A" * 32])
def test_what_is_not_there_is_not_there(layout: RepoLayout, name: str) -> None:
    assert read_view(layout, name) is None


def test_a_damaged_file_is_not_shown_and_is_mended_by_storing_again(layout: RepoLayout) -> None:
    name = write_view(layout, VIEW)
    with open(layout.view_path(name), "a") as file:
        file.write(" ")
    assert read_view(layout, name) is None
    assert write_view(layout, VIEW) == name
    assert read_view(layout, name) == VIEW


@pytest.mark.parametrize(
    ("page", "state"),
    [
        ("metrics", "q=1"),
        ("//host.example", "q=1\n"),
        ("/a?b", "q=1"),
        ("/<script>", "q=1"),
        ("/metrics", ""),
        ("/metrics", "q=\0"),
        ("/metrics", "q=\ud800"),
        ("/metrics", "q" * (MAX_STATE_CHARS + 1)),
    ],
)
def test_what_is_no_view_is_refused(page: str, state: str) -> None:
    with pytest.raises(InvalidValueError):
        View(page, state)
