"""What `aim.Repo` does besides recording and reading: the commands of the command line, as methods."""

from __future__ import annotations

from pathlib import Path

import pytest

import aim
from aim.errors import (
    AimError,
    ExperimentNotFoundError,
    InvalidValueError,
    RepoFormatError,
    RepoNotFoundError,
    RunActiveError,
    RunError,
    RunNotFoundError,
    StorageError,
)
from aim.sdk.care.places import find_place
from tests.unit.importers.event_bytes import event, scalar, write_records


def record(repo_path: Path, name: str, experiment: str = "digits") -> str:
    with aim.Session(repo=repo_path, run=name, experiment=experiment) as session:
        session.set_params({"lr": 0.1})
        for step in range(3):
            session.track(step, name="loss")
    return session.run_hash


@pytest.fixture
def first(repo_path: Path) -> str:
    return record(repo_path, "first")


@pytest.fixture
def second(repo_path: Path) -> str:
    return record(repo_path, "second")


def names(repo: aim.Repo, query: str = "") -> list[str]:
    return sorted(run.name for run in repo.query_runs(query))


def test_deleted_runs_come_back_from_the_trash(repo_path: Path, first: str, second: str) -> None:
    done: list[tuple[int, int]] = []
    with aim.Repo(repo_path) as repo:
        repo.delete_runs([first, repo.get_run(second)], progress=lambda *counts: done.append(counts))
        assert done == [(1, 2), (2, 2)] and names(repo) == [] and repo.run_hashes() == []
        trashed = {run.hash: run for run in repo.trashed_runs()}
        assert (trashed[first].name, trashed[first].experiment) == ("first", "digits")
        assert trashed[first].created_at < trashed[first].deleted_at
        repo.restore_runs(first)
        repo.restore_runs(repo.trashed_runs())
        assert names(repo) == ["first", "second"] and repo.trashed_runs() == []
        with pytest.raises(RunNotFoundError, match="trash"):
            repo.restore_runs(first)


def test_nothing_is_deleted_if_one_of_the_runs_is_unknown(repo_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        with pytest.raises(RunNotFoundError):
            repo.delete_runs([first, "0" * 24])
        assert names(repo) == ["first"]


def test_archived_runs_are_in_no_query_that_does_not_ask_for_them(repo_path: Path, first: str, second: str) -> None:
    with aim.Repo(repo_path) as repo:
        repo.archive_runs(first)
        assert names(repo) == ["second"] and names(repo, "run.archived") == ["first"]
        repo.unarchive_runs([repo.get_run(first)])
        assert names(repo) == ["first", "second"]
        with pytest.raises(RunNotFoundError):
            repo.archive_runs("0" * 24)


def test_copies_and_moves_have_the_same_hash_and_points(repo_path: Path, tmp_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        assert repo.copy_runs(first, tmp_path / "copy") == []
        assert repo.copy_runs(first, tmp_path / "copy") == []
        with pytest.raises(RunError, match="is the repo that"):
            repo.copy_runs(first, repo_path)
        assert repo.move_runs([first], tmp_path / "moved") == []
        assert names(repo) == []
    for place in ("copy", "moved"):
        with aim.Repo(tmp_path / place) as other:
            (metric,) = other.query_metrics("loss")
            assert (metric.run.hash, metric.values.tolist()) == (first, [0.0, 1.0, 2.0])


def test_runs_whose_name_is_taken_in_the_other_repo_are_named(repo_path: Path, tmp_path: Path, first: str) -> None:
    (tmp_path / "other").mkdir()
    record(tmp_path / "other", "first")
    with aim.Repo(repo_path) as repo:
        assert repo.copy_runs(first, tmp_path / "other") == [first]


def test_a_run_that_is_being_written_to_is_left_alone(repo_path: Path, tmp_path: Path, first: str) -> None:
    with aim.Session(repo=repo_path, run="live") as session, aim.Repo(repo_path) as repo:
        session.track(1, name="loss")
        live = session.run_hash
        for refused in (
            lambda: repo.check_not_active([first, live]),
            lambda: repo.delete_runs([first, live]),
            lambda: repo.copy_runs([first, live], tmp_path / "other"),
            lambda: repo.move_runs([first, live], tmp_path / "other"),
            lambda: repo.close_run(live),
        ):
            with pytest.raises(RunActiveError, match=live):
                refused()
        assert names(repo) == ["first", "live"] and not (tmp_path / "other").exists()
        repo.check_not_active(live, force=True)
        assert repo.run_report(live).status == "running"


def test_a_run_that_ended_by_itself_keeps_its_status_unless_forced(repo_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        assert repo.close_run(first, "failed") is False
        assert repo.run_report(first).status == "finished"
        assert repo.close_run(first, "failed", force=True) is True
        assert (repo.run_report(first).status, repo.get_run(first).status) == ("failed", "failed")
        with pytest.raises(InvalidValueError, match="finished, failed, interrupted"):
            repo.close_run(first, "running")


def test_report_of_a_run_comes_from_its_files(repo_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        report = repo.run_report(first)
        assert (report.state.name, report.state.params, report.status, report.error_type) == (
            "first", {"params": {"lr": 0.1}}, "finished", "",
        )  # fmt: skip
        assert report.places == (repo.layout.run_dir(first),)
        with pytest.raises(RunNotFoundError):
            repo.run_report("0" * 24)


def test_experiments_are_added_checked_out_and_removed_with_their_runs(
    repo_path: Path, first: str, second: str
) -> None:
    record(repo_path, "third", "other")
    with aim.Repo(repo_path) as repo:
        assert repo.active_experiment == "default"
        repo.add_experiment("empty")
        assert repo.experiments() == ["default", "digits", "empty", "other"]
        with pytest.raises(AimError, match="exists already"):
            repo.add_experiment("digits")
        repo.check_out_experiment("digits")
        with aim.Session(repo=repo_path) as session:
            pass
        runs = repo.experiment_runs()
        assert {name: len(hashes) for name, hashes in runs.items()} == {
            "default": 0, "digits": 3, "empty": 0, "other": 1,
        }  # fmt: skip
        assert runs["digits"] == repo.check_experiment_removable("digits")
        assert set(repo.delete_experiment("digits")) == {first, second, session.run_hash}
        assert (repo.active_experiment, repo.experiments()) == ("default", ["default", "empty", "other"])
        assert len(repo.trashed_runs()) == 3
        for unknown in (repo.check_out_experiment, repo.delete_experiment, repo.check_experiment_removable):
            with pytest.raises(ExperimentNotFoundError, match="no experiment 'nope'"):
                unknown("nope")
        with pytest.raises(AimError, match="cannot be removed"):
            repo.delete_experiment("default")


def test_check_finds_damage_that_is_repaired_or_acknowledged(repo_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        assert repo.check().damage == []
        (points,) = Path(repo.layout.run_dir(first)).glob("*.points")
        points.write_bytes(points.read_bytes() + b"torn")
        check = repo.check()
        assert {finding.kind for finding in check.damage} >= {"torn points"}
        assert {finding.kind for finding, _ in repo.repair(check.findings)} >= {"torn points"}
        assert repo.check().damage == []
        points.write_bytes(points.read_bytes()[:32])
        check = repo.check()
        repo.acknowledge(check)
        assert check.damage == [] and [finding.kind for finding in repo.check().acknowledged] == ["points missing"]


def test_a_repo_without_version_is_opened_for_repair_only(repo_path: Path, first: str) -> None:
    (repo_path / ".aim" / "VERSION").unlink()
    with pytest.raises(RepoFormatError):
        aim.Repo(repo_path)
    with aim.Repo.for_repair(repo_path) as repo:
        repo.repair(repo.check().findings)
    with aim.Repo(repo_path) as repo:
        assert names(repo) == ["first"]


def test_the_index_is_rebuilt_and_where_it_is_is_known(repo_path: Path, first: str) -> None:
    with aim.Repo(repo_path) as repo:
        repo.reindex()
        report = repo.index_report()
        assert (report.directory, report.reason) == (str(repo_path / ".aim" / "index"), "in the repo")
        assert report.size_bytes > 0 and names(repo) == ["first"]


def test_emptying_the_trash_removes_deleted_runs_for_good(
    repo_path: Path, first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aim.Repo(repo_path) as repo:
        repo.delete_runs(first)
        assert [(item.what, item.run) for item in repo.prunable()] == [("trash", first)]
        monkeypatch.setattr(repo, "prune", lambda items: [(item, "Permission denied") for item in items])
        with pytest.raises(StorageError, match="Permission denied"):
            repo.empty_trash()
        monkeypatch.undo()
        repo.empty_trash()
        assert repo.trashed_runs() == [] and names(repo) == ["second"]
        repo.delete_runs(second)
        assert repo.prune() == [] and repo.prunable() == []


def test_a_repo_is_made_once_and_opened_afterwards(repo_path: Path, first: str) -> None:
    with aim.Repo.create(repo_path / "new") as repo:
        assert repo.path == str(repo_path / "new" / ".aim") and names(repo) == []
    with aim.Repo.create(repo_path) as repo:
        assert names(repo) == ["first"]


def test_place_of_a_repo_says_what_named_it(
    repo_path: Path, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = repo_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert find_place() == find_place(repo_path).__class__(str(repo_path / ".aim"), True, "")
    assert find_place(upwards=False).path == str(inside / ".aim")
    assert find_place(tmp_path / "x").named_by == "path" and not find_place(tmp_path / "x").is_repo
    monkeypatch.setenv("AIM_REPO", str(tmp_path / "named"))
    assert (find_place().path, find_place().named_by) == (str(tmp_path / "named" / ".aim"), "AIM_REPO")
    with pytest.raises(RepoNotFoundError):
        aim.Repo()


def test_runs_read_in_place_are_archived_but_neither_deleted_nor_moved(repo_path: Path, first: str) -> None:
    logs = repo_path / "logs"
    logs.mkdir()
    first_event = event(wall_time=1.0e9, file_version="brain.Event:2").SerializeToString()
    write_records(logs / "events.out.tfevents.1", [first_event, scalar("loss", 0.5, step=1)])
    with aim.Repo(repo_path, tf_logs=[logs]) as repo:
        (run,) = repo.query_runs("run.source == tensorboard")
        assert sorted(repo.run_hashes()) == sorted([first, run.hash])
        assert repo.in_place_runs([first, run]) == [run.hash]
        for refused in (
            lambda: repo.delete_runs([first, run]),
            lambda: repo.move_runs(run, repo_path / "other"),
            lambda: repo.close_run(run),
        ):
            with pytest.raises(InvalidValueError, match="read in place"):
                refused()
        assert repo.run_report(run).places == (str(logs),)
        repo.archive_runs(run)
        assert [found.hash for found in repo.query_runs()] == [first]
