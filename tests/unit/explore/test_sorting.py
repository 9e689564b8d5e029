"""The order of runs that nobody closed: by what their status says, as their rows show it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aim.explore.tables.rows import open_statuses, run_rows
from aim.explore.tables.sorting import sorted_ids
from aim.explore.view import View
from aim.index.index import Index
from aim.query.answering.engine import QueryEngine
from tests.unit.index.rawrepo import T0, RawRepo

NOW = T0 + 10_000


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("ended_at", ["early", "crashed", "late"]),
        ("duration", ["early", "crashed", "late"]),
        ("status", ["crashed", "late", "early"]),
    ],
)
def test_a_run_that_crashed_is_sorted_by_what_its_row_shows(tmp_path: Path, by: str, expected: list[str]) -> None:
    repo = RawRepo(tmp_path)
    for number, (name, seconds) in enumerate({"early": 10, "crashed": 50, "late": 100}.items(), start=1):
        writer = repo.writer(number, name=name)
        if name == "crashed":  # on another machine: the last heartbeat of its marker is its end
            writer.open_marker()
            os.utime(writer.marker_path, (T0 + seconds, T0 + seconds))
        else:
            writer.close(time=T0 + seconds)
    with Index.open(repo.layout) as index:
        index.catch_up()
        view = View(index, QueryEngine(index))
        with view.connect() as connection:
            ids = sorted_ids(view, connection, [3, 2, 1], [(by, False)], open_statuses(view), NOW)
            reverse = sorted_ids(view, connection, [3, 2, 1], [(by, True)], open_statuses(view), NOW)
        names = [row["name"] for row in run_rows(view, ids, [], NOW)]
    assert names == expected
    if by != "status":
        assert reverse == ids[::-1]
