"""A writer that ends while the run is being read."""

from __future__ import annotations

from pathlib import Path

import pytest

import aim
from aim.storage.reading import source
from aim.storage.reading.events import RunFiles
from aim.storage.reading.streams import list_streams
from aim.storage.repo.files import Base


def test_what_a_writer_wrote_between_the_listing_and_its_end_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = aim.Session(tmp_path)
    session.track(1.0, "loss")
    read_run = source.read_run

    def read_while_it_ends(run_dir: str, run_hash: str, base: Base) -> RunFiles:
        listed = [stream for stream in list_streams(run_dir) if stream.kind == "points"]
        if session.active:
            session.track(2.0, "loss")
            session.close()
        files = read_run(run_dir, run_hash, base)
        return RunFiles(files.state, listed, files.events, files.unreadable_lines)

    monkeypatch.setattr(source, "read_run", read_while_it_ends)
    with aim.Repo(tmp_path) as repo:
        (metric,) = repo.query_metrics("loss")
        assert metric.values.tolist() == [1.0, 2.0]
        (again,) = repo.query_metrics("loss")
        assert again.values.tolist() == [1.0, 2.0]
