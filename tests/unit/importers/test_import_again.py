"""Imports of the same logs again and again: what is there already is not taken in a second time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import aim
from aim.cli.main import cli
from aim.errors import InvalidValueError, RepoError
from aim.importers.tensorboard.convert import import_logdir
from aim.sdk.recording.imported import StreamWriter, find_target, import_lock
from tests.unit.importers.event_bytes import record
from tests.unit.importers.test_source import FILE, append, curve, found, put


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "repo"


def again(logs: Path, place: Path, times: int = 3) -> list[int]:
    return [import_logdir(logs, place).points for _ in range(times)]


def steps(place: Path) -> dict[tuple[str, str, str], list[int]]:
    with aim.Repo(place) as repo:
        return {key: [step for step, _ in points] for key, points in found(repo).items()}


def test_wall_times_that_go_back(logs: Path, place: Path) -> None:
    path = put(logs / "run", curve("loss", [1.0] * 10, time=1.7e9))
    assert again(logs, place) == [10, 0, 0]
    append(path, curve("loss", [2.0] * 10, first=10, time=1.69999e9))
    assert again(logs, place) == [10, 0, 0]
    assert {key: sorted(found) for key, found in steps(place).items()} == {("run", "loss", ""): [*range(20)]}


def test_a_torn_end_that_two_imports_in_a_row_see(logs: Path, place: Path) -> None:
    records = b"".join(map(record, curve("loss", [float(i) for i in range(200)], time=1.5e9)))
    path = put(logs / "run", [])
    path.write_bytes(records[: len(records) // 2 + 3])  # its file is younger than its events
    first, *others = again(logs, place)
    files = sorted(place.rglob("*.jsonl"))
    assert (others, sorted(place.rglob("*.jsonl"))) == ([0, 0], files)
    path.write_bytes(records)
    assert again(logs, place) == [200 - first, 0, 0]
    assert steps(place) == {("run", "loss", ""): [*range(200)]}


def test_a_file_of_which_nothing_whole_is_there_yet(logs: Path, place: Path) -> None:
    (data,) = map(record, curve("loss", [1.0]))
    path = put(logs / "run", [])
    for length in (1, 11, 12, len(data) - 1):
        path.write_bytes(data[:length])
        report = import_logdir(logs, place)
        assert (report.runs, report.points, len(report.problems)) == (0, 0, 1)
    path.write_bytes(data)
    assert again(logs, place) == [1, 0, 0]


def test_a_file_that_begins_with_garbage_and_grows(logs: Path, place: Path) -> None:
    path = put(logs / "run", [])
    path.write_bytes(b"garbage " * 20)
    append(path, curve("loss", [1.0] * 3))
    assert again(logs, place) == [3, 0, 0]
    append(path, curve("loss", [2.0] * 3, first=3))
    assert again(logs, place) == [3, 0, 0]


def test_files_that_take_turns_under_one_name(logs: Path, place: Path) -> None:
    path = put(logs / "run", curve("loss", [1.0] * 3))
    assert again(logs, place) == [3, 0, 0]
    path.rename(logs / "kept")
    put(logs / "run", curve("other", [1.0] * 2))
    assert again(logs, place) == [2, 0, 0]
    (logs / "kept").replace(path)
    assert again(logs, place) == [0, 0, 0]


def test_a_second_import_at_the_same_time_is_refused(logs: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(logs / "run", curve("loss", [1.0] * 3))
    write = StreamWriter.write
    said: list[str] = []

    def write_while_another_begins(self: StreamWriter, records: bytes, sequences: list[Any]) -> None:
        with pytest.raises(RepoError) as caught:
            import_logdir(logs, place)
        said.append(str(caught.value))
        result = CliRunner().invoke(cli, ["convert", "tensorboard", "--logdir", str(logs), "--repo", str(place)])
        # who was refused does not hide who is at it
        assert (result.exit_code, f"is running (process {os.getpid()})" in result.stderr) == (1, True)
        assert import_logdir(logs, place, dry_run=True).points == 3  # who only counts is in nobody's way
        write(self, records, sequences)

    monkeypatch.setattr(StreamWriter, "write", write_while_another_begins)
    assert import_logdir(logs, place).points == 3
    root = place / ".aim"
    assert said == [
        f"another import into this repo is running (process {os.getpid()}): {root}. Wait until it has ended"
    ]
    monkeypatch.undo()
    assert again(logs, place) == [0, 0, 0]


def test_imports_of_several_processes_at_once_take_each_point_once(logs: Path, place: Path) -> None:
    for run in range(20):
        put(logs / f"run-{run}", curve("loss", [1.0] * 20))
    program = f"from aim.importers.tensorboard import import_logdir; import_logdir({str(logs)!r}, {str(place)!r})"
    importers = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for importer in importers:
        _, errors = importer.communicate()
        assert importer.returncode == 0 or "another import into this repo is running" in errors, errors
    assert any(importer.returncode == 0 for importer in importers)
    assert steps(place) == {(f"run-{run}", "loss", ""): [*range(20)] for run in range(20)}


def test_an_importer_that_was_killed_blocks_nobody(logs: Path, place: Path) -> None:
    put(logs / "run", curve("loss", [1.0]))
    pid = os.fork()
    if pid == 0:
        with import_lock(find_target(place)):
            os._exit(9)
    os.waitpid(pid, 0)
    assert again(logs, place) == [1, 0, 0]


def test_the_other_form_is_refused_where_one_is_there(logs: Path, place: Path, tmp_path: Path) -> None:
    put(logs / "fit" / "train", curve("loss", [1.0] * 3))
    put(logs / "alone", curve("loss", [1.0]))
    assert import_logdir(logs, place).points == 4
    for dry_run in (False, True):
        with pytest.raises(InvalidValueError, match="was imported without --flat before"):
            import_logdir(logs, place, is_flat=True, dry_run=dry_run)
    assert import_logdir(logs, tmp_path / "other", is_flat=True).points == 4
    with pytest.raises(InvalidValueError, match="was imported with --flat before"):
        import_logdir(logs, tmp_path / "other")
    assert import_logdir(logs, tmp_path / "other", is_flat=True).points == 0


def test_a_sibling_that_came_later_takes_no_point_in_again(logs: Path, place: Path) -> None:
    put(logs / "fit" / "eval", curve("loss", [1.0] * 3))
    assert again(logs, place) == [3, 0, 0]
    put(logs / "fit" / "val", curve("loss", [2.0]), name=FILE + ".1")
    assert again(logs, place) == [1, 0, 0]
    with aim.Repo(place) as repo:  # what came first is called as it was then
        shown = {(metric.run.name, metric.context.get("subset")) for metric in repo.query_metrics("loss")}
    assert shown == {("fit/eval", None), ("fit/eval", "val")}
