from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from aim.importers.tensorboard.convert import import_logdir
from aim.importers.tensorboard.source import LIVE_S, TensorBoardSource
from aim.index.index import Index
from aim.storage.repo.repo_files import create_repo
from tests.unit.importers.event_bytes import event, record, scalar, write_records

FILE = "events.out.tfevents.1700000000.host"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the user's of its own, and a working directory without a repo."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "cache"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def repo(logs: Path) -> Iterator[aim.Repo]:
    with aim.Repo(tf_logs=[logs]) as opened:
        yield opened


def put(folder: Path, records: list[bytes], *, name: str = FILE, is_old: bool = True) -> Path:
    """Write an event file; an old one counts as ended."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    write_records(path, records)
    if is_old:
        os.utime(path, (1.6e9, 1.6e9))
    return path


def append(path: Path, records: list[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(map(record, records)))


def curve(tag: str, values: list[float], first: int = 0, time: float = 1.5e9) -> list[bytes]:
    return [scalar(tag, value, first + i, time + first + i) for i, value in enumerate(values)]


def found(repo: aim.Repo, query: str = "") -> dict[tuple[str, str, str], list[tuple[int, float]]]:
    """(run name, metric, subset) to (step, value)."""
    return {
        (metric.run.name, metric.name, str(metric.context.get("subset", ""))): list(
            zip(metric.steps.tolist(), metric.values.tolist(), strict=True)
        )
        for metric in repo.query_metrics(query)
    }


def test_a_directory_with_event_files_is_a_run(logs: Path, repo: aim.Repo) -> None:
    put(logs / "first" / "lr_0.1", curve("loss", [2.0, 1.0]))
    put(logs / "second", curve("loss", [4.0]) + curve("accuracy", [0.5], first=7))
    assert found(repo) == {
        ("first/lr_0.1", "loss", ""): [(0, 2.0), (1, 1.0)],
        ("second", "loss", ""): [(0, 4.0)],
        ("second", "accuracy", ""): [(7, 0.5)],
    }
    assert {run.experiment for run in repo.query_runs()} == {"logs"}
    assert {run.source for run in repo.query_runs()} == {"tensorboard"}


def test_times_are_those_of_the_events(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("loss", [2.0, 1.0, 0.5], time=1.5e9 + 0.25))
    (metric,) = repo.query_metrics("loss")
    assert metric.times.tolist() == [1.5e9 + 0.25, 1.5e9 + 1.25, 1.5e9 + 2.25]
    assert metric.run.created_at == 1.5e9 + 0.25
    assert np.isnan(metric.epochs).all()


def test_train_and_validation_folders_are_one_run(logs: Path, repo: aim.Repo) -> None:
    put(logs / "fit" / "train", curve("epoch_loss", [2.0]))
    put(logs / "fit" / "validation", curve("epoch_loss", [3.0]))
    put(logs / "fit", curve("hp", [1.0]))
    assert found(repo) == {
        ("fit", "epoch_loss", "train"): [(0, 2.0)],
        ("fit", "epoch_loss", "val"): [(0, 3.0)],
        ("fit", "hp", ""): [(0, 1.0)],
    }


@pytest.mark.parametrize("way", ["in place", "imported"])
def test_siblings_of_one_subset_are_called_as_their_folders(logs: Path, tmp_path: Path, way: str) -> None:
    folders = ("val", "eval", "validation", "TRAIN", "train", "Test")
    for number, name in enumerate(folders):
        put(logs / "fit" / name, curve("loss", [float(number)] * 2))
    if way == "imported":
        import_logdir(logs, tmp_path / "repo")
    with aim.Repo(tmp_path / "repo") if way == "imported" else aim.Repo(tf_logs=[logs]) as opened:
        assert found(opened) == {
            ("fit", "loss", name if name != "Test" else "test"): [(0, float(number)), (1, float(number))]
            for number, name in enumerate(folders)
        }


def test_a_sibling_that_comes_later_changes_what_the_first_is_called(logs: Path) -> None:
    put(logs / "fit" / "eval", curve("loss", [1.0]))
    with aim.Repo(tf_logs=[logs]) as opened:
        assert found(opened) == {("fit/eval", "loss", ""): [(0, 1.0)]}
        (alone,) = opened.iter_runs()
    put(logs / "fit" / "val", curve("loss", [2.0]))
    with aim.Repo(tf_logs=[logs]) as opened:
        assert found(opened) == {("fit", "loss", "eval"): [(0, 1.0)], ("fit", "loss", "val"): [(0, 2.0)]}
        assert [run.hash for run in opened.iter_runs()] == [alone.hash]


def test_directories_are_called_as_they_are_unless_they_are_parts_of_one_run(logs: Path, repo: aim.Repo) -> None:
    for name in ("detect/train", "detect/train2", "detect/val", "mine/baseline", "mine/test", "fit/Train", "lone/eval"):
        put(logs / name, curve("loss", [1.0]))
    put(logs / "estimator", curve("loss", [1.0]))
    put(logs / "estimator" / "eval", curve("loss", [2.0]))
    assert {(run, context) for run, _, context in found(repo)} == {
        *((name, "") for name in ("detect/train", "detect/train2", "detect/val", "mine/baseline", "mine/test")),
        ("fit/Train", ""),
        ("lone/eval", ""),
        ("estimator", ""),
        ("estimator", "val"),
    }


def test_links_give_no_run_its_name_and_lead_nowhere_above(logs: Path, tmp_path: Path, repo: aim.Repo) -> None:
    put(logs / "runs" / "b", curve("loss", [1.0]))
    put(tmp_path / "elsewhere" / "far", curve("loss", [2.0]))
    for name, target in (("a", "runs/b"), ("latest", "runs"), ("z", "../elsewhere"), ("x", "../elsewhere/far")):
        (logs / name).symlink_to(target)
    (logs / "runs" / "up").symlink_to("/")
    assert {run for run, _, _ in found(repo)} == {"runs/b", "x"}
    (problem,) = repo.report().problems
    assert problem == f"{logs / 'runs' / 'up'}: cannot be read: it links to a parent of this folder"


def hparams_event(**values: float) -> bytes:
    from aim.importers.tensorboard.format.proto import hparams_class

    data = hparams_class()()
    for key, value in values.items():
        data.session_start_info.hparams.add(key=key).value.number_value = value
    message = event(wall_time=1.5e9)
    value = message.summary.value.add(tag="_hparams_/session_start_info")
    value.metadata.plugin_data.plugin_name = "hparams"
    value.metadata.plugin_data.content = data.SerializeToString()
    return bytes(message.SerializeToString())


def test_what_torch_writes_below_a_run_belongs_to_it(logs: Path, repo: aim.Repo) -> None:
    put(logs / "exp", curve("train/loss", [0.75]))
    put(logs / "exp" / "1580137040.107033", [hparams_event(lr=0.001), *curve("hparam/accuracy", [0.5])])
    for key, value in (("train", 1.0), ("baseline", 2.0)):
        put(logs / "exp" / f"a_b_{key}", curve("a/b", [value, value]))
    put(logs / "exp" / "a_b", curve("a/b", [5.0]))  # a run of its own: nothing is left for a key
    put(logs / "exp" / "c_d", curve("c", [6.0]) + curve("d", [7.0]))  # two tags
    assert found(repo) == {
        ("exp", "train/loss", ""): [(0, 0.75)],
        ("exp", "hparam/accuracy", ""): [(0, 0.5)],
        ("exp", "a/b", "train"): [(0, 1.0), (1, 1.0)],
        ("exp", "a/b", "baseline"): [(0, 2.0), (1, 2.0)],
        ("exp/a_b", "a/b", ""): [(0, 5.0)],
        ("exp/c_d", "c", ""): [(0, 6.0)],
        ("exp/c_d", "d", ""): [(0, 7.0)],
    }
    assert {metric.run.name for metric in repo.query_metrics("params.lr == 0.001")} == {"exp"}


def test_a_run_that_is_named_after_the_time_stays_a_run(logs: Path, repo: aim.Repo) -> None:
    put(logs / "exp", curve("loss", [0.7]))
    put(logs / "exp" / "1796025824.8", curve("loss", [0.5]))
    assert {run.name for run in repo.iter_runs()} == {"exp", "exp/1796025824.8"}


def test_trials_that_torch_writes_below_one_run_stay_apart(logs: Path, repo: aim.Repo) -> None:
    put(logs / "exp", curve("loss", [0.7]))
    for number in (1, 2):
        put(logs / "exp" / f"1580137040.{number}", [hparams_event(lr=float(number)), *curve("accuracy", [0.5])])
    assert {run.name: run.params for run in repo.iter_runs()} == {
        "exp": {},
        "exp/1580137040.1": {"hparams": {"lr": 1}},
        "exp/1580137040.2": {"hparams": {"lr": 2}},
    }


def test_a_folder_that_only_the_profiler_marked_is_no_run(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("loss", [1.0]))
    put(logs / "run" / "other", [], name="events.out.tfevents.1700000000.profile-empty")
    assert {run.name for run in repo.iter_runs()} == {"run"}
    assert repo.report().problems == ()


def test_tags_that_differ_after_a_thousand_characters_are_two_metrics(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("x" * 1200 + "a", [1.0]) + curve("x" * 1200 + "b", [2.0]) + curve("y" * 1000, [3.0]))
    names = {name: points for (_, name, _), points in found(repo).items()}
    assert sorted(names.values()) == [[(0, 1.0)], [(0, 2.0)], [(0, 3.0)]]
    assert max(map(len, names)) == 1000


def test_flat_keeps_them_apart(logs: Path, tmp_path: Path) -> None:
    put(logs / "fit" / "train", curve("loss", [2.0]))
    put(logs / "fit" / "val", curve("loss", [3.0]))
    layout = create_repo(tmp_path / "repo")
    with Index.open(layout, [TensorBoardSource([logs], is_flat=True)]) as index:
        index.catch_up()
        with index.connect() as connection:
            names = connection.exec_driver_sql("SELECT name FROM run ORDER BY name").fetchall()
    assert [name for (name,) in names] == ["fit/train", "fit/val"]


def test_tf_names_find_tags_and_their_last_parts(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("train/loss", [2.0]) + curve("loss", [3.0]) + curve("gloss", [4.0]))
    assert {metric for _, metric, _ in found(repo, "tf:loss")} == {"train/loss", "loss"}
    assert {metric for _, metric, _ in found(repo, 'tf:"train/loss"')} == {"train/loss"}
    assert {metric for _, metric, _ in found(repo, "loss")} == {"loss"}
    assert len(found(repo, "run.source == tensorboard")) == 3


def test_tf_names_find_tags_with_a_subset_at_their_end(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("loss/train", [2.0]) + curve("a/loss/Val", [3.0]) + curve("loss/other", [4.0]))
    assert {metric for _, metric, _ in found(repo, "tf:loss")} == {"loss/train", "a/loss/Val"}
    assert {metric for _, metric, _ in found(repo, "tf:loss if metric.name == 'loss/train'")} == {"loss/train"}


def test_logs_stand_beside_the_runs_of_a_repo(logs: Path, tmp_path: Path) -> None:
    put(logs / "run", curve("loss", [2.0]))
    with aim.Run(repo=tmp_path / "repo", name="own") as run:
        run.track(1.0, name="loss")
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as both:
        assert {name for name, _, _ in found(both)} == {"own", "run"}
        assert {name for name, _, _ in found(both, "tf:loss")} == {"run"}
    with aim.Repo(tmp_path / "repo") as plain:
        assert {name for name, _, _ in found(plain)} == {"own"}
    with aim.Repo(tmp_path / "repo", tf_logs=logs) as both:
        assert {name for name, _, _ in found(both)} == {"own", "run"}


def test_logs_that_were_converted_are_shown_once(logs: Path, tmp_path: Path) -> None:
    put(logs / "first", curve("loss", [2.0]))
    import_logdir(logs, tmp_path / "repo")
    put(logs / "second", curve("loss", [3.0]))
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as both:
        assert sorted(run.name for run in both.iter_runs()) == ["first", "second"]
        assert both.report().problems == ("1 run of these logs was converted into this repo: shown once, as converted",)
        import_logdir(logs, tmp_path / "repo")
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as both:
        assert sorted(run.name for run in both.iter_runs()) == ["first", "second"]


def test_folders_in_the_configuration_belong_to_the_repo(logs: Path, tmp_path: Path) -> None:
    put(logs / "run", curve("loss", [2.0]))
    layout = create_repo(tmp_path / "repo")
    Path(layout.config_path).write_text('{"tf_logs": ["../logs", "../gone"]}')
    with aim.Repo(tmp_path / "repo") as opened:
        assert found(opened) == {("run", "loss", ""): [(0, 2.0)]}


@pytest.mark.parametrize(
    ("named", "problems"),
    [
        (["../logs", "../gone", 5], ["{repo}/.aim/config.json: tf_logs names 5, which is not the path of a folder",
                                     "{gone}: cannot be read: No such file or directory"]),
        ([5], ["{repo}/.aim/config.json: tf_logs names 5, which is not the path of a folder"]),
        ("../logs", ["{repo}/.aim/config.json: tf_logs must be a list of folders, not '../logs'"]),
        (["../logs"], []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_folders_of_the_configuration_is_reported(
    logs: Path, tmp_path: Path, named: object, problems: list[str]
) -> None:
    put(logs / "run", curve("loss", [2.0]))
    with aim.Run(repo=tmp_path / "repo", name="own") as run:
        run.track(1.0, name="loss")
    Path(create_repo(tmp_path / "repo").config_path).write_text(json.dumps({"tf_logs": named}))
    reported = [line.format(repo=tmp_path / "repo", gone=tmp_path / "gone") for line in problems]
    with aim.Repo(tmp_path / "repo") as opened:
        has_logs = isinstance(named, list) and "../logs" in named
        assert {name for name, _, _ in found(opened)} == ({"own", "run"} if has_logs else {"own"})
        assert list(opened.report().problems) == reported


def test_a_folder_of_the_configuration_that_comes_later_is_read(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_LEAST_S", 0.0)
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_SHARE", 0)
    Path(create_repo(tmp_path / "repo").config_path).write_text('{"tf_logs": ["../mounted"]}')
    with aim.Repo(tmp_path / "repo") as opened:
        assert found(opened) == {}
        put(tmp_path / "mounted" / "run", curve("loss", [2.0]))
        assert found(opened) == {("run", "loss", ""): [(0, 2.0)]}
        assert opened.report().problems == ()


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(aim.errors.InvalidValueError, match="does not exist"):
        aim.Repo(tf_logs=[tmp_path / "nowhere"])
    with pytest.raises(aim.errors.InvalidValueError, match="empty string"):
        aim.Repo(tf_logs=[""])


def test_without_a_cache_to_write_to_the_logs_are_read_all_the_same(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(logs / "run", curve("loss", [2.0]))
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for _ in range(2):
        with aim.Repo(tf_logs=[logs]) as opened:
            assert found(opened) == {("run", "loss", ""): [(0, 2.0)]}
            assert opened.path.startswith(str(tmp_path / "temporary"))
    assert "cannot make a repo" in caplog.text


def test_tags_that_differ_in_what_cannot_be_printed_stay_apart(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("loss\n", [1.0]) + curve("loss\x07", [2.0]) + curve("loss\u200b", [3.0]))
    assert {metric: points for (_, metric, _), points in found(repo).items()} == {
        r"loss\n": [(0, 1.0)],
        r"loss\x07": [(0, 2.0)],
        "loss\u200b": [(0, 3.0)],
    }


def test_points_and_files_that_come_later_are_found(
    logs: Path, repo: aim.Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_LEAST_S", 0.0)
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_SHARE", 0)
    path = put(logs / "run", curve("loss", [2.0]), is_old=False)
    assert found(repo) == {("run", "loss", ""): [(0, 2.0)]}
    whole = record(scalar("loss", 1.0, 1))
    with path.open("ab") as file:
        file.write(whole[:20])
    assert found(repo) == {("run", "loss", ""): [(0, 2.0)]}
    assert "lacks" in repo.report().problems[0]
    with path.open("ab") as file:
        file.write(whole[20:])
    append(path, curve("new", [7.0]))
    put(logs / "other", curve("loss", [9.0]), is_old=False)
    assert found(repo) == {
        ("run", "loss", ""): [(0, 2.0), (1, 1.0)],
        ("run", "new", ""): [(0, 7.0)],
        ("other", "loss", ""): [(0, 9.0)],
    }
    assert repo.report().problems == ()


def test_a_run_whose_files_grow_counts_as_running(logs: Path, repo: aim.Repo) -> None:
    put(logs / "now", curve("loss", [2.0], time=time.time()), is_old=False)
    put(logs / "before", curve("loss", [2.0]))
    put(logs / "copied", curve("loss", [2.0], time=1.5e9), is_old=False)
    found_status = {run.name: run.status for run in repo.query_runs()}
    assert found_status == {"now": "running", "before": "finished", "copied": "finished"}


def test_a_growing_file_of_many_pieces_reads_the_same_again(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.log_file._KEPT_BYTES", 0)
    random = np.random.default_rng(0)
    tags = [f"tag{i}" for i in range(5)]
    expected: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    path = put(logs / "run", [], is_old=False)
    with aim.Repo(tf_logs=[logs]) as opened:
        for step in range(0, 300, 30):
            rows = []
            for i in range(step, step + 30):
                for tag in random.permutation(tags).tolist():
                    rows.append(scalar(tag, float(i), i))
                    expected.setdefault(("run", tag, ""), []).append((i, float(i)))
            append(path, rows)
            assert found(opened) == expected
    with aim.Repo(tf_logs=[logs]) as again:
        assert found(again) == expected


def test_a_later_start_reads_nothing_that_is_known(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(3):
        put(logs / f"run{i}", curve("loss", [float(i)]))
    with aim.Repo(tf_logs=[logs]) as first:
        expected = found(first)
    read: list[str] = []

    def no_reading(path: str, *_: object, **__: object) -> Iterator[object]:
        read.append(path)
        return iter(())

    monkeypatch.setattr("aim.importers.tensorboard.log_file.read_event_file", no_reading)
    with aim.Repo(tf_logs=[logs]) as second:
        assert found(second) == expected
    assert read == []


def test_a_file_that_grew_while_nobody_looked_is_read(logs: Path) -> None:
    path = put(logs / "run", curve("loss", [2.0]))
    with aim.Repo(tf_logs=[logs]) as first:
        assert found(first) == {("run", "loss", ""): [(0, 2.0)]}
    append(path, curve("loss", [1.0], first=1) + curve("new", [3.0]))
    os.utime(path, (1.65e9, 1.65e9))
    put(logs / "run", curve("more", [4.0]), name=FILE + ".2")
    with aim.Repo(tf_logs=[logs]) as second:
        assert found(second) == {
            ("run", "loss", ""): [(0, 2.0), (1, 1.0)],
            ("run", "new", ""): [(0, 3.0)],
            ("run", "more", ""): [(0, 4.0)],
        }


def test_a_restart_replaces_what_came_after_its_step(logs: Path, repo: aim.Repo) -> None:
    start = event(wall_time=1.6e9, step=2)
    start.session_log.status = 1
    put(logs / "run", curve("loss", [5.0, 4.0, 3.0, 2.0]), name=FILE + ".1")
    put(logs / "run", [start.SerializeToString(), *curve("loss", [30.0, 20.0], first=2)], name=FILE + ".2")
    assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 4.0), (2, 30.0), (3, 20.0)]}


@pytest.mark.parametrize("change", ["replaced", "cut", "deleted"])
def test_what_went_away_is_no_longer_shown(
    logs: Path, repo: aim.Repo, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_LEAST_S", 0.0)
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_SHARE", 0)
    path = put(logs / "run", curve("loss", [2.0, 1.0, 0.5]))
    put(logs / "other", curve("loss", [9.0]))
    assert len(found(repo)) == 2
    expected = {("other", "loss", ""): [(0, 9.0)]}
    if change == "replaced":
        path.unlink()
        put(logs / "run", curve("accuracy", [1.0, 2.0, 3.0, 4.0], time=1.4e9))
        expected["run", "accuracy", ""] = [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)]
    elif change == "cut":
        put(logs / "run", curve("loss", [2.0]))
        expected["run", "loss", ""] = [(0, 2.0)]
    else:
        path.unlink()
        path.parent.rmdir()
    assert found(repo) == expected


def test_damage_is_reported_and_the_rest_is_shown(logs: Path, repo: aim.Repo) -> None:
    path = put(logs / "run", curve("loss", [3.0, 2.0, 1.0]))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    put(logs / "nothing", [], name="tfevents.empty")
    (logs / "garbage").mkdir()
    (logs / "garbage" / "tfevents.txt").write_text("these are no events\n" * 100)
    assert found(repo) == {("run", "loss", ""): [(0, 3.0), (2, 1.0)]}
    reports = repo.report().problems
    empty = str(logs / "nothing" / "tfevents.empty")
    assert [report.split(":")[0] for report in reports] == [str(logs / "garbage" / "tfevents.txt"), empty, str(path)]
    assert reports[1] == f"{empty}: is empty"
    assert "the checksum does not match the data at byte" in reports[2]


def test_what_is_not_shown_is_known_to_a_later_start(logs: Path, tmp_path: Path) -> None:
    picture = event(wall_time=1.5e9)
    picture.summary.value.add(tag="p").image.height = 3
    path = put(logs / "run", [picture.SerializeToString(), *curve("loss", [3.0, 2.0])])
    path.write_bytes(path.read_bytes() + b"garbage " * 4)
    os.utime(path, (1.65e9, 1.65e9))
    graph = event(graph_def=b"a graph")
    put(logs / "other", [graph.SerializeToString(), *curve("loss", [1.0])])
    with aim.Repo(tf_logs=[logs]) as first:
        reported = first.report()
    assert (reported.places, reported.runs, reported.not_shown) == ((str(logs),), 2, {"images": 1, "graphs": 1})
    assert len(reported.problems) == 1
    with aim.Repo(tf_logs=[logs]) as second:
        assert second.report() == reported
        (run,) = second.query_runs("run.name == 'run'")
        of_run = second.report(run.hash)
        assert (of_run.places, of_run.not_shown) == ((str(logs / "run"),), {"images": 1})
        assert of_run.problems == reported.problems
    path.unlink()
    with aim.Repo(tf_logs=[logs]) as third:
        assert (third.report().not_shown, third.report().problems) == ({"graphs": 1}, ())


def test_a_file_that_may_not_be_read_is_named_and_read_once_it_may(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aim.importers.tensorboard import log_file

    put(logs / "run", curve("loss", [3.0, 2.0]))
    path = put(logs / "run", curve("secret", [1.0]), name=FILE + ".2")
    really = log_file.read_event_file

    def refusing(place: str, *arguments: Any, **more: Any) -> Any:
        if place == str(path):
            raise PermissionError(13, "Permission denied", place)
        return really(place, *arguments, **more)

    # root may read everything: permissions alone would refuse nothing to it
    monkeypatch.setattr(log_file, "read_event_file", refusing)
    for _ in range(2):
        with aim.Repo(tf_logs=[logs]) as opened:
            assert found(opened) == {("run", "loss", ""): [(0, 3.0), (1, 2.0)]}
            assert opened.report().problems == (f"{path}: cannot be read: Permission denied",)
    monkeypatch.undo()
    path.chmod(0o600)
    with aim.Repo(tf_logs=[logs]) as opened:
        assert found(opened, "secret") == {("run", "secret", ""): [(0, 1.0)]}
        assert opened.report().problems == ()


def test_hyper_parameters_become_params(logs: Path, repo: aim.Repo) -> None:
    from aim.importers.tensorboard.format.proto import hparams_class

    data = hparams_class()()
    for key, name, value in (("lr", "number_value", 0.5), ("opt", "string_value", "adam"), ("bn", "bool_value", True)):
        setattr(data.session_start_info.hparams.add(key=key).value, name, value)
    start = event(wall_time=1.5e9)
    logged = start.summary.value.add(tag="_hparams_/session_start_info")
    logged.metadata.plugin_data.plugin_name = "hparams"
    logged.metadata.plugin_data.content = data.SerializeToString()
    put(logs / "run", [start.SerializeToString(), *curve("loss", [1.0])])
    assert len(found(repo, 'tf:loss if params.lr == 0.5 and params.opt == "adam" and hparams.bn')) == 1


def test_links_are_followed_once(logs: Path, repo: aim.Repo) -> None:
    put(logs / "run", curve("loss", [1.0]))
    (logs / "run" / "up").symlink_to(logs)
    (logs / "same").symlink_to(logs / "run")
    assert len(found(repo)) == 1


def test_a_directory_taken_twice_is_one_run(logs: Path) -> None:
    put(logs / "a" / "run", curve("loss", [1.0]))
    with aim.Repo(tf_logs=[logs, logs / "a"]) as opened:
        assert len(list(opened.query_runs())) == 1


def test_a_run_counts_as_ended_when_its_files_rest(logs: Path, repo: aim.Repo) -> None:
    now = time.time()
    path = put(logs / "run", curve("loss", [1.0], time=now), is_old=False)
    assert [run.status for run in repo.query_runs()] == ["running"]
    before = now - LIVE_S - 1
    os.utime(path, (before, before))
    (run,) = repo.query_runs()
    assert run.status == "finished"


def test_runs_read_in_place_are_edited_in_the_repo_not_in_the_logs(logs: Path, tmp_path: Path) -> None:
    path = put(logs / "run", curve("loss", [1.0]))
    before = path.read_bytes()
    create_repo(tmp_path / "repo")
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as opened:
        (run,) = opened.query_runs()
        run.add_tag("good")
        run.name = "best"
        run.add_note("look at the end")
        (edited,) = opened.query_runs('"good" in run.tags')
        assert (edited.name, edited.tags, edited.status) == ("best", ["good"], "finished")
        assert [note.text for note in edited.notes] == ["look at the end"]
        assert found(opened, "tf:loss") == {("best", "loss", ""): [(0, 1.0)]}
    with aim.Repo(tmp_path / "repo", tf_logs=[logs]) as again:
        assert [run.name for run in again.query_runs()] == ["best"]
        with pytest.raises(aim.errors.InvalidValueError, match="read in place"):
            again.delete_runs([run.hash])
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def start(step: int, time: float = 1.6e9) -> bytes:
    """What a writer writes that restarts at a step."""
    found = event(wall_time=time, step=step)
    found.session_log.status = 1
    data: bytes = found.SerializeToString()
    return data


def test_a_restart_drops_later_steps_of_all_tags_of_its_directory(logs: Path, repo: aim.Repo) -> None:
    first = [*curve("loss", [5.0, 4.0, 3.0, 2.0]), *curve("gone", [1.0, 1.0, 1.0]), *curve("once", [7.0], first=2)]
    put(logs / "run" / "train", first, name=FILE + ".1")
    put(logs / "run" / "train", [start(2), *curve("loss", [30.0], first=2)], name=FILE + ".2")
    put(logs / "run" / "val", curve("loss", [9.0, 8.0, 7.0]))
    assert found(repo) == {
        ("run", "loss", "train"): [(0, 5.0), (1, 4.0), (2, 30.0)],
        ("run", "gone", "train"): [(0, 1.0), (1, 1.0)],
        ("run", "loss", "val"): [(0, 9.0), (1, 8.0), (2, 7.0)],
    }
    with aim.Repo(tf_logs=[logs]) as again:
        assert found(again) == found(repo)


def test_restarts_in_one_file_count_from_where_they_stand(logs: Path, repo: aim.Repo) -> None:
    put(
        logs / "run",
        [
            start(0), *curve("loss", [5.0, 4.0, 3.0, 2.0]), start(2), *curve("loss", [30.0], first=2),
            *curve("other", [1.0, 1.0, 1.0]), start(1), *curve("loss", [40.0], first=1),
        ],
    )  # fmt: skip
    assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 40.0)], ("run", "other", ""): [(0, 1.0)]}


def test_a_restart_is_seen_as_it_comes(logs: Path, repo: aim.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_LEAST_S", 0.0)
    monkeypatch.setattr("aim.importers.tensorboard.source._WALK_SHARE", 0)
    path = put(logs / "run", curve("loss", [5.0, 4.0, 3.0, 2.0]), is_old=False)
    assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 4.0), (2, 3.0), (3, 2.0)]}
    append(path, [start(3), *curve("loss", [20.0], first=3)])
    assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 4.0), (2, 3.0), (3, 20.0)]}
    put(logs / "run", [start(1)], name=FILE + ".2", is_old=False)
    assert found(repo) == {("run", "loss", ""): [(0, 5.0)]}
    append(logs / "run" / (FILE + ".2"), curve("loss", [7.0, 8.0, 9.0], first=1))
    assert found(repo) == {("run", "loss", ""): [(0, 5.0), (1, 7.0), (2, 8.0), (3, 9.0)]}
    (run,) = repo.query_runs()
    assert repo.read_state(run.hash).attempt == 2


def test_a_restart_while_nobody_looked_drops_what_an_earlier_start_had_read(logs: Path) -> None:
    put(logs / "run", curve("loss", [5.0, 4.0, 3.0, 2.0]) + curve("gone", [1.0, 1.0, 1.0]))
    with aim.Repo(tf_logs=[logs]) as first:
        assert len(found(first)["run", "loss", ""]) == 4
    put(logs / "run", [start(1), *curve("loss", [7.0], first=1)], name=FILE + ".2")
    for _ in range(2):
        with aim.Repo(tf_logs=[logs]) as later:
            assert found(later) == {("run", "loss", ""): [(0, 5.0), (1, 7.0)], ("run", "gone", ""): [(0, 1.0)]}
