from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import aim
from aim.cli.main import cli
from aim.importers.tensorboard.convert import import_logdir
from tests.unit.importers.event_bytes import event, record, scalar
from tests.unit.importers.test_source import FILE, append, curve, found, put


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    put(folder / "a" / "train", curve("loss", [3.0, 2.0]) + curve("acc", [0.5]))
    put(folder / "a" / "val", curve("loss", [4.0]))
    put(folder / "b", curve("train/loss", [7.0], first=5, time=1.5e9))
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "repo"


def test_points_names_and_times_are_those_of_the_logs(logs: Path, place: Path) -> None:
    report = import_logdir(logs, place)
    assert (report.runs, report.runs_seen, report.points, report.problems) == (2, 2, 5, [])
    with aim.Repo(place) as repo:
        assert found(repo) == {
            ("a", "loss", "train"): [(0, 3.0), (1, 2.0)],
            ("a", "acc", "train"): [(0, 0.5)],
            ("a", "loss", "val"): [(0, 4.0)],
            ("b", "train/loss", ""): [(5, 7.0)],
        }
        (metric,) = repo.query_metrics("tf:loss if run.name == b")
        assert metric.times.tolist() == [1.5e9 + 5]
        run = metric.run
        assert (run.source, run.experiment, run.status) == ("tensorboard", "logs", "finished")
        assert (run.created_at, run.end_time) == (1.5e9 + 5, 1.5e9 + 5)


def test_the_repo_is_sound_after_an_import(logs: Path, place: Path) -> None:
    import_logdir(logs, place)
    result = CliRunner().invoke(cli, ["doctor", "--repo", str(place)])
    assert result.exit_code == 0, result.output


def test_a_second_import_adds_nothing(logs: Path, place: Path) -> None:
    import_logdir(logs, place)
    with aim.Repo(place) as repo:
        before = found(repo)
    files = sorted(place.rglob("*.points")) + sorted(place.rglob("*.events.jsonl"))
    report = import_logdir(logs, place)
    assert (report.runs, report.runs_seen, report.points) == (0, 2, 0)
    assert sorted(place.rglob("*.points")) + sorted(place.rglob("*.events.jsonl")) == files
    with aim.Repo(place) as repo:
        assert found(repo) == before


def test_a_later_import_adds_what_is_new(logs: Path, place: Path) -> None:
    import_logdir(logs, place)
    append(logs / "b" / FILE, curve("train/loss", [6.0], first=6) + curve("new", [1.0]))
    put(logs / "c", curve("loss", [9.0]))
    report = import_logdir(logs, place)
    assert (report.runs, report.runs_seen, report.points) == (2, 3, 3)
    with aim.Repo(place) as repo:
        all_found = found(repo)
    assert all_found["b", "train/loss", ""] == [(5, 7.0), (6, 6.0)]
    assert all_found["b", "new", ""] == [(0, 1.0)]
    assert all_found["c", "loss", ""] == [(0, 9.0)]
    assert import_logdir(logs, place).points == 0


@pytest.mark.parametrize("kills", [1, 2])
def test_an_import_that_was_killed_is_gone_on_with(
    logs: Path, place: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    put(logs / "long", curve("loss", [float(i) for i in range(200)]))
    monkeypatch.setattr("aim.importers.tensorboard.convert.read_event_file", _in_small_pieces)
    for kill in range(kills):
        pid = os.fork()
        if pid == 0:
            _import_and_die(logs, place, writes=5 + kill)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    import_logdir(logs, place)
    with aim.Repo(place) as repo:
        all_found = found(repo)
    assert all_found["long", "loss", ""] == [(i, float(i)) for i in range(200)]
    assert all_found["a", "loss", "train"] == [(0, 3.0), (1, 2.0)]
    with aim.Repo(place) as repo:
        for metric in repo.query_metrics(attempts="all"):
            assert len(metric.steps) == len(set(metric.steps.tolist()))


def _import_and_die(logs: Path, place: Path, writes: int) -> None:
    """End the process silently after this many writes of points, in the middle of a file."""
    from aim.sdk.recording.imported import StreamWriter

    write = StreamWriter.write
    done = 0

    def write_and_die(self: StreamWriter, records: bytes, sequences: list[Any]) -> None:
        nonlocal done
        write(self, records, sequences)
        done += 1
        if done == writes:
            os._exit(9)

    StreamWriter.write = write_and_die  # type: ignore[method-assign]
    import_logdir(logs, place)
    os._exit(0)


def _in_small_pieces(path: str, offset: int = 0, **_: object) -> object:
    from aim.importers.tensorboard.format.event_file import read_event_file

    return read_event_file(path, offset, piece_bytes=600)


def test_a_dry_run_writes_nothing(logs: Path, place: Path) -> None:
    report = import_logdir(logs, place, dry_run=True)
    assert (report.runs, report.points) == (2, 5)
    assert not place.exists()


def test_restarts_hyper_parameters_and_what_is_left_out(tmp_path: Path, place: Path) -> None:
    from aim.importers.tensorboard.format.proto import hparams_class

    data = hparams_class()()
    data.session_start_info.hparams.add(key="lr").value.number_value = 0.5
    start = event(wall_time=1.5e9)
    logged = start.summary.value.add(tag="_hparams_/session_start_info")
    logged.metadata.plugin_data.plugin_name = "hparams"
    logged.metadata.plugin_data.content = data.SerializeToString()
    picture = event(wall_time=1.5e9)
    picture.summary.value.add(tag="p").image.height = 3
    again = event(wall_time=1.6e9, step=1)
    again.session_log.status = 1
    records = [start.SerializeToString(), picture.SerializeToString(), *curve("loss", [5.0, 4.0, 3.0])]
    put(tmp_path / "logs" / "run", records, name=FILE + ".1")
    put(tmp_path / "logs" / "run", [again.SerializeToString(), *curve("loss", [40.0, 30.0], first=1)], name=FILE + ".2")
    report = import_logdir(tmp_path / "logs", place, experiment="old")
    assert dict(report.skipped) == {"images": 1}
    with aim.Repo(place) as repo:
        assert len(list(repo.query_runs("params.lr == 0.5 and run.experiment == old"))) == 1
        assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 40.0), (2, 30.0)]}


def test_restarts_concern_their_directory_and_an_import_keeps_what_they_replaced(tmp_path: Path, place: Path) -> None:
    again = event(wall_time=1.6e9, step=1)
    again.session_log.status = 1
    for subset in ("train", "val"):
        folder = tmp_path / "logs" / "run" / subset
        put(folder, curve("loss", [5.0, 4.0, 3.0]) + curve("gone", [1.0, 1.0]), name=FILE + ".1")
        put(folder, [again.SerializeToString(), *curve("loss", [40.0], first=1)], name=FILE + ".2")
    import_logdir(tmp_path / "logs", place)
    with aim.Repo(place) as repo:
        # in place nothing from step 1 on would be left of the first attempt
        for subset in ("train", "val"):
            assert found(repo)["run", "loss", subset] == [(0, 5.0), (1, 40.0), (2, 3.0)]
            assert found(repo)["run", "gone", subset] == [(0, 1.0), (1, 1.0)]
        (metric,) = repo.query_metrics("loss if context.subset == val", attempts="all")
        assert metric.values.tolist() == [5.0, 4.0, 3.0, 40.0]
        assert repo.read_state(metric.run.hash).attempt == 2


def test_the_command_says_what_it_did(logs: Path, place: Path) -> None:
    with (logs / "b" / FILE).open("ab") as file:
        file.write(b"garbage " * 10 + record(scalar("train/loss", 1.0, 9)))
    arguments = ["convert", "tensorboard", "--logdir", str(logs), "--repo", str(place)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert "6 points of 2 runs were imported; 2 runs found." in result.stdout
    assert "no record starts here" in result.stderr
    again = CliRunner().invoke(cli, [*arguments, "--json"])
    assert json.loads(again.stdout) == {"runs": 0, "runs_seen": 2, "points": 0, "skipped": {}, "problems": []}
    wrong = CliRunner().invoke(cli, ["convert", "tensorboard", "--logdir", str(logs / "nowhere")])
    assert wrong.exit_code == 1
    assert "is not a directory" in wrong.stderr


@pytest.mark.parametrize("wild", [1e300, -1e300, float("inf"), float("nan"), 1e14])
def test_times_that_no_calendar_knows_are_kept_and_hurt_nobody(tmp_path: Path, place: Path, wild: float) -> None:
    path = put(tmp_path / "logs" / "run", [scalar("loss", 1.0, 0, 1.5e9), scalar("loss", 2.0, 1, wild)])
    import_logdir(path.parent.parent, place)
    for repo in (aim.Repo(place), aim.Repo(tf_logs=[path.parent.parent])):
        with repo:
            (metric,) = repo.query_metrics("loss")
            assert repr(metric.times.tolist()) == repr([1.5e9, wild])
            assert (metric.run.created_at, metric.run.end_time, metric.run.status) == (1.5e9, 1.5e9, "finished")


def test_times_of_which_none_can_be_one(tmp_path: Path, place: Path) -> None:
    put(tmp_path / "logs" / "run", [scalar("loss", 1.0, 0, 1e300)])
    import_logdir(tmp_path / "logs", place)
    for repo in (aim.Repo(place), aim.Repo(tf_logs=[tmp_path / "logs"])):
        with repo:
            (run,) = repo.query_runs()
            assert (run.created_at, run.status) == (1.6e9, "finished")
