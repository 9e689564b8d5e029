from __future__ import annotations

from pathlib import Path

import aim
from aim.index.index import Index
from aim.storage.repo.repo_files import open_repo


def test_points_of_an_ended_run_are_not_kept_in_memory(repo_path: Path) -> None:
    ending, going_on = aim.Run(repo=repo_path), aim.Run(repo=repo_path)
    for run in (ending, going_on):
        run.track_many("loss", range(1_000))
    with Index.open(open_repo(repo_path)) as index:
        index.catch_up()
        assert [len(columns.values) for columns in index.read_columns([1, 2])] == [1_000, 1_000]  # type: ignore[arg-type]
        of_both = index._tails.size_bytes
        ending.close()
        index.catch_up()
        assert [len(columns.values) for columns in index.read_columns([1, 2])] == [1_000, 1_000]  # type: ignore[arg-type]
        assert 0 < index._tails.size_bytes <= of_both / 2
    going_on.close()
