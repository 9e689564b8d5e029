"""Whether a run whose logs are read in place still runs, and when it ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import aim
from aim.importers.tensorboard.source import LIVE_S, RUNNING_S, TensorBoardSource
from aim.index.index import Index
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from tests.unit.importers.event_bytes import event, record, scalar, write_records

NOW = 1.7e9


class Watched:
    """One growing event file, and who looks at it; `now` is the time of the host that looks."""

    def __init__(self, logs: Path, layout: RepoLayout) -> None:
        self.now = NOW
        self.path = logs / "run" / "events.out.tfevents.1.host"
        self.path.parent.mkdir(parents=True)
        self.path.touch()
        self._logs, self._layout = logs, layout
        self.index = self._open()

    def _open(self) -> Index:
        return Index.open(self._layout, [TensorBoardSource([self._logs], clock=lambda: self.now)])

    def look_again(self) -> None:
        """As another process does."""
        self.index.close()
        self.index = self._open()

    def log(self, *times: float, modified: float | None = None) -> None:
        """Add a point for each time, and one record without a point if there is none."""
        records = [scalar("loss", 1.0, int(time), time) for time in times] or [event().SerializeToString()]
        with self.path.open("ab") as file:
            file.write(b"".join(map(record, records)))
        self.rest(self.now if modified is None else modified)

    def rest(self, modified: float) -> None:
        os.utime(self.path, (modified, modified))

    def standing(self) -> tuple[str, float | None]:
        """Status and end of the run, as every reader gets them."""
        self.index.catch_up()
        with self.index.connect() as connection:
            ((run_hash, reason, ended_at),) = connection.exec_driver_sql("SELECT hash, end_reason, ended_at FROM run")
        live = self.index.live_status(run_hash)
        assert (live is None) == (reason is not None)
        return (live.value, live.ended_at) if live is not None else (reason, ended_at)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_LEAST_S", 0.0)
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_SHARE", 0)
    found = Watched(tmp_path / "logs", create_repo(tmp_path / "repo"))
    yield found
    found.index.close()


def test_a_run_is_running_as_long_as_its_file_grows_and_ends_with_its_last_point(watched: Watched) -> None:
    for _ in range(40):
        watched.now += 60
        watched.log(watched.now - 1)
        assert watched.standing() == ("running", None)
    last = watched.now - 1
    watched.now += RUNNING_S
    assert watched.standing() == ("finished", last)
    assert [watched.index.catch_up().changed for _ in range(5)][-1] == 0
    assert watched.standing() == ("finished", last)
    watched.log(watched.now)
    assert watched.standing() == ("running", None)


@pytest.mark.parametrize("behind_s", [-1e6, 3600.0, 1e6])
def test_clocks_that_disagree_do_not_matter_for_a_file_that_grows(watched: Watched, behind_s: float) -> None:
    watched.log(watched.now - behind_s)
    watched.standing()
    for _ in range(40):
        watched.now += 60
        watched.log(watched.now - behind_s)
        assert watched.standing() == ("running", None)
    watched.now += LIVE_S + 1
    assert watched.standing()[0] == "finished"


def test_a_file_that_grew_since_an_earlier_process_looked_is_alive_whatever_its_clock_says(watched: Watched) -> None:
    watched.log(1.5e9)
    assert watched.standing()[0] == "finished"  # it may have been copied here just now
    watched.now += 60
    watched.log(1.5e9 + 60)
    watched.look_again()
    assert watched.standing() == ("running", None)


@pytest.mark.parametrize("ahead_s", [-1e6, 1e6])
def test_a_file_of_a_file_server_whose_clock_is_off_is_alive_while_it_grows(watched: Watched, ahead_s: float) -> None:
    watched.log(watched.now, modified=watched.now + ahead_s)
    assert watched.standing()[0] == "finished"
    for _ in range(20):
        watched.now += 60
        watched.log(watched.now, modified=watched.now + ahead_s)
        assert watched.standing() == ("running", None)
    watched.now += LIVE_S + 1
    assert watched.standing()[0] == "finished"


def test_a_file_that_was_copied_here_just_now_has_ended(watched: Watched) -> None:
    watched.log(1.5e9, 1.5e9 + 7)
    assert watched.standing() == ("finished", 1.5e9 + 7)


def test_a_run_that_was_silent_for_long_before_is_waited_for(watched: Watched) -> None:
    for _ in range(20):
        watched.now += 100
        watched.log(watched.now)
    watched.now += 400
    watched.log(watched.now)
    assert watched.standing() == ("running", None)
    last = watched.now
    watched.now += 400
    assert watched.standing() == ("stalled", None)
    watched.now = last + LIVE_S + 1
    assert watched.standing() == ("finished", last)


def test_a_run_that_has_only_started_is_waited_for(watched: Watched) -> None:
    watched.log()
    assert watched.standing() == ("running", None)
    watched.log(watched.now, watched.now + 0.1)
    watched.now += RUNNING_S + 1
    assert watched.standing() == ("stalled", None)


@pytest.mark.parametrize("content", [b"", b"these are no events\n" * 100])
def test_a_file_without_any_event_is_not_active(watched: Watched, content: bytes) -> None:
    watched.path.write_bytes(content)
    watched.rest(NOW)
    assert watched.standing() == ("finished", NOW)
    if not content:
        watched.log(NOW)
        assert watched.standing() == ("running", None)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "run"
    folder.mkdir(parents=True)
    write_records(folder / "events.out.tfevents.1.host", [scalar("loss", 1.0, i, 1.5e9 + i) for i in range(3)])
    return tmp_path / "logs"


@pytest.mark.parametrize("is_copied", [True, False])
def test_an_edit_does_not_move_the_end_of_a_run_read_in_place(logs: Path, tmp_path: Path, is_copied: bool) -> None:
    if not is_copied:
        os.utime(next(logs.rglob("*tfevents*")), (1.5e9 + 2, 1.5e9 + 2))
    create_repo(tmp_path / "repo")
    for _ in range(2):
        with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as repo:
            (run,) = repo.query_runs()
            run.add_tag("seen")
            run.description = "read"
            run.add_note("a note")
            (run,) = repo.query_runs()
            assert (run.status, run.ended_at, run.duration) == ("finished", 1.5e9 + 2, 2.0)


def test_an_edit_does_not_move_the_end_of_an_own_run(tmp_path: Path) -> None:
    with aim.Run(repo=tmp_path / "repo", name="own") as recorded:
        recorded.track(1.0, name="loss")
    with aim.Repo(tmp_path / "repo") as repo:
        before = repo.get_run("own")
        repo.get_run("own").add_tag("seen")
        after = repo.get_run("own")
        assert (after.status, after.ended_at) == (before.status, before.ended_at)


def test_an_imported_run_has_ended_with_its_last_point(logs: Path, tmp_path: Path) -> None:
    from aim.importers.tensorboard import import_logdir

    import_logdir(logs, tmp_path / "repo")
    with aim.Repo(tmp_path / "repo") as repo:
        (run,) = repo.query_runs()
        assert (run.status, run.ended_at, run.duration) == ("finished", 1.5e9 + 2, 2.0)


def test_times_that_lie_ahead_make_no_negative_duration(logs: Path, tmp_path: Path) -> None:
    write_records(next(logs.rglob("*tfevents*")), [scalar("loss", 1.0, 0, 4e9)])
    create_repo(tmp_path / "repo")
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as repo:
        (run,) = repo.query_runs()
        assert (run.status, run.duration) == ("running", 0.0)
