from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import aim
from aim.importers.tensorboard import follow
from tests.unit.importers.event_bytes import record, scalar
from tests.unit.importers.test_source import FILE, append, curve, found, put


def test_what_is_written_from_now_on_goes_into_the_session(tmp_path: Path) -> None:
    logs, place = tmp_path / "logs", tmp_path / "repo"
    earlier = put(logs, curve("old", [1.0]), is_old=False)
    session = aim.Session(place, run="training")
    with follow(logs, session) as follower:
        append(earlier, curve("loss", [3.0, 2.0], first=5, time=1.5e9))
        put(logs / "validation", curve("loss", [4.0]), is_old=False)
        put(logs / "other", curve("loss", [9.0]), is_old=False)
        follower.record_new()
        with (logs / "other" / FILE).open("ab") as file:
            file.write(record(scalar("loss", 8.0, 1))[:-3])
    session.close()
    with aim.Repo(place) as repo:
        assert found(repo, "not context.run == other") == {
            ("training", "loss", ""): [(5, 3.0), (6, 2.0)],
            ("training", "loss", "val"): [(0, 4.0)],
        }
        (metric,) = repo.query_metrics("loss if context.run == other")
        assert metric.values.tolist() == [9.0]
        (main,) = repo.query_metrics("loss if metric.last == 2.0")
        assert main.times.tolist() == [1.5e9 + 5, 1.5e9 + 6]


def test_it_follows_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.following.Follower.__init__.__kwdefaults__", {"interval_s": 0.02})
    logs = tmp_path / "logs"
    with aim.Session(tmp_path / "repo") as session:
        follower = follow(logs, session)
        put(logs, curve("loss", [3.0]), is_old=False)
        with aim.Repo(tmp_path / "repo") as repo:
            deadline = time.monotonic() + 30
            while not found(repo) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert [list(rows) for rows in found(repo).values()] == [[(0, 3.0)]]
        follower.stop()


def test_at_the_end_of_the_process_all_is_taken_in(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from aim.importers.tensorboard import follow
from tests.unit.importers.test_source import curve, put
follow("logs")
put(Path("logs"), curve("loss", [3.0, 2.0]), is_old=False)
"""
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=True)
    with aim.Repo(tmp_path) as repo:
        assert [list(rows) for rows in found(repo).values()] == [[(0, 3.0), (1, 2.0)]]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(aim.errors.InvalidValueError, match="is not a directory"):
        follow(tmp_path / "logs", aim.Session(tmp_path / "repo"))
