"""An answer is read long after the query: if the index is damaged or built anew meanwhile, it is read all the same."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from aim.cli.main import cli
from aim.errors import RunNotFoundError
from aim.index.index import Index
from aim.sdk.reading.repo import Repo
from aim.storage.repo.repo_files import create_repo
from tests.unit.index.rawrepo import RawRepo

PAGE_BYTES = 16_384


@pytest.fixture
def recorded(repo_path: Path) -> Path:
    """A repo whose index has some seventy pages."""
    create_repo(repo_path)
    repo = RawRepo(repo_path)
    rng = np.random.default_rng(1)
    for number in range(1, 13):
        repo.simple_run(number, rng.random(6_000).tolist(), lr=number / 7, layers=list(range(number)))
    return repo_path


def everything(metrics: Any) -> list[Any]:
    """All that a collection of metrics gives, read one after the other."""
    return [
        (m.run.name, m.run.params, m.name, dict(m.context), m.count, m.last, m.min, m.steps.tolist(), m.values.tolist())
        for m in metrics
    ]


def damage(path: str) -> None:
    """Garbage in place of every page but the first."""
    with open(path, "r+b") as file:
        size = file.seek(0, 2)
        file.seek(PAGE_BYTES)
        file.write(np.random.default_rng(2).bytes(size - PAGE_BYTES))


def test_what_is_read_late_of_a_damaged_index_is_read_from_one_built_anew(recorded: Path) -> None:
    with Repo(recorded) as repo:
        expected = everything(repo.query_metrics())
        found, runs = repo.query_metrics(), repo.query_runs("run.name == 'run 3'")
        damage(repo.index.path)
        assert everything(found) == expected
        damage(repo.index.path)
        assert everything(runs[0].metrics()) == [one for one in expected if one[0] == "run 3"]
        assert repo.get_run("run 3").params["hparams"]["lr"] == 3 / 7


def test_what_is_read_late_of_an_index_that_was_built_anew_is_read_from_that(recorded: Path) -> None:
    with Repo(recorded) as repo:
        expected = everything(repo.query_metrics())
        found = repo.query_metrics()
        layout = repo.layout
        with Index.open(layout) as other:
            other.catch_up()
            other.reindex()
        repo.query_runs()
        shutil.rmtree(layout.run_dir(found[0].run.hash))
        repo.query_runs()
        with pytest.raises(RunNotFoundError):
            _ = found[0].values
        assert everything(found[1:]) == expected[1:]


def settled_index(root: Path) -> Path:
    """The index of a repo as one file."""
    with Repo(root) as repo:
        repo.query_runs()
        return Path(repo.index.path)


@contextmanager
def damaged(path: Path, begin: int, garbage: bytes) -> Iterator[None]:
    """Other bytes in a part of an index; afterwards it is as it was."""
    pointer = path.parent / path.name.partition("-")[0]
    sound, published = path.read_bytes(), pointer.read_bytes()
    path.write_bytes(sound[:begin] + garbage + sound[begin + len(garbage) :])
    try:
        yield
    finally:
        for made in path.parent.glob("v*"):
            made.unlink()
        path.write_bytes(sound)
        pointer.write_bytes(published)


def pages(path: Path) -> range:
    count = path.stat().st_size // PAGE_BYTES
    assert count > 40
    return range(1, count)


def test_a_page_of_garbage_anywhere_in_the_index_changes_no_answer(recorded: Path) -> None:
    path = settled_index(recorded)
    with Repo(recorded) as repo:
        expected = everything(repo.query_metrics())
    for page in pages(path)[::12]:
        with damaged(path, page * PAGE_BYTES, np.random.default_rng(page).bytes(PAGE_BYTES)), Repo(recorded) as repo:
            assert everything(repo.query_metrics()) == expected, page


@pytest.mark.slow
def test_a_page_of_garbage_in_any_place_of_the_index_changes_no_answer(recorded: Path) -> None:
    commands = [["query", "--json"], ["runs", "ls", "--json"], ["export"], ["runs", "show", "run 3", "--json"]]

    def answers() -> list[str]:
        done = [CliRunner().invoke(cli, [*command, "--repo", str(recorded)]) for command in commands]
        assert [one.exit_code for one in done] == [0] * len(commands), [one.stderr for one in done]
        return [one.stdout for one in done]

    path = settled_index(recorded)
    expected = answers()
    for page in pages(path)[::2]:
        with damaged(path, page * PAGE_BYTES, np.random.default_rng(page).bytes(PAGE_BYTES)):
            assert answers() == expected, page


def test_a_byte_that_changed_among_the_points_shows_no_wrong_value(recorded: Path) -> None:
    path = settled_index(recorded)
    with Repo(recorded) as repo:
        expected = everything(repo.query_metrics())
        value = repo.query_metrics()[5].values[1_000]
    begin = path.read_bytes().index(struct.pack("<d", value))
    with damaged(path, begin, struct.pack("<d", value + 1)), Repo(recorded) as repo:
        assert everything(repo.query_metrics()) == expected
