"""Going on in a run as if it had never been closed, which adapters need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aim
from aim.errors import AimWarning, InvalidValueError, RepoError, RunNameTakenError, RunNotFoundError
from aim.sdk.recording.joining import RunPlace, end_run, is_recording, join_run, place_of, prepare_run
from tests.unit.sdk.reading import hashes_in, read_back


def test_preparing_reserves_a_hash_and_makes_no_run(repo_path: Path) -> None:
    place = prepare_run(repo=repo_path, experiment="e", name="n")
    assert hashes_in(repo_path) == []
    session = join_run(place)
    assert (session.run_hash, hashes_in(repo_path)) == (place.run_hash, [place.run_hash])
    session.close()
    run = read_back(repo_path)
    assert (run.state.experiment, run.state.name, run.state.attempt) == ("e", "n", 1)


def test_joining_after_the_end_goes_on_in_the_same_attempt(repo_path: Path) -> None:
    place = prepare_run(repo=repo_path)
    for number in range(3):
        session = join_run(place)
        session.track(number, "loss")
        session.track(number, "same", step=7)
        session.close()
    run = read_back(repo_path)
    assert (run.state.attempt, run.status) == (1, "finished")
    assert (run.steps("loss"), run.values("same")) == ([0, 1, 2], [0.0, 1.0, 2.0])
    with aim.Repo(repo_path) as repo:  # no point hides behind another
        assert [len(metric.values) for metric in repo.query_metrics("loss, same")] == [3, 3]


def test_two_processes_join_one_run(repo_path: Path) -> None:
    place = prepare_run(repo=repo_path)
    code = (
        "import sys\nfrom aim.sdk.recording.joining import RunPlace, join_run\n"
        "session = join_run(RunPlace(*sys.argv[1:3], 1, 'default'))\nsession.track(0.5, 'loss', step=0)\n"
    )
    command = [sys.executable, "-c", code, place.repo, place.run_hash]
    subprocess.run(command, check=True, env={**os.environ, "RANK": "0", "MASTER_ADDR": "other job"})
    with join_run(place) as session:
        session.track(0.25, "loss", step=1)
    run = read_back(repo_path)
    assert (run.state.attempt, run.values("loss"), run.status) == (1, [0.5, 0.25], "finished")


def test_end_with_an_error_is_the_runs(repo_path: Path) -> None:
    end_run(join_run(prepare_run(repo=repo_path)), ValueError("no good"))
    run = read_back(repo_path)
    assert (run.status, run.error) == ("failed", ("ValueError", "no good"))


def test_preparing_for_a_run_that_exists_is_its_next_attempt(repo_path: Path) -> None:
    session = aim.Session(repo_path, experiment="e", run="n")
    assert place_of(session) == RunPlace(session.repo_path, session.run_hash, 1, "e", "n")
    together = prepare_run(repo=repo_path, run_hash=session.run_hash)
    join_run(together).close()
    assert read_back(repo_path).state.attempt == 1  # beside the session that records still
    session.close()
    assert prepare_run(repo=repo_path, run_hash=session.run_hash).attempt == 2


def test_what_cannot_be_opened_is_refused_when_prepared(repo_path: Path) -> None:
    aim.Session(repo_path, run="taken").close()
    with pytest.raises(RunNameTakenError, match="'taken'"):
        prepare_run(repo=repo_path, name="taken", resume="never")
    with pytest.raises(RunNotFoundError, match="'not there'"):
        prepare_run(repo=repo_path, name="not there", resume="must")
    for run_hash in ("0" * 24, "nothing"):
        with pytest.raises(RunNotFoundError):
            prepare_run(repo=repo_path, run_hash=run_hash)
    with pytest.raises(InvalidValueError):
        prepare_run(repo=repo_path, experiment="")
    (repo_path / "file").touch()
    with pytest.raises(RepoError):
        prepare_run(repo=repo_path / "file")


def test_a_name_in_use_is_joined_with_a_number_or_resumed(repo_path: Path) -> None:
    with aim.Session(repo_path, run="taken") as session:
        session.track(1, "loss")
    place = prepare_run(repo=repo_path, name="taken")
    with pytest.warns(AimWarning, match=r"this one is named 'taken \(2\)'"):
        joined = join_run(place)
    assert joined.name == "taken (2)"
    joined.close()
    join_run(place).close()  # the same run, for a later stage
    assert len(hashes_in(repo_path)) == 2
    for resume in (True, "must"):
        assert prepare_run(repo=repo_path, name="taken", resume=resume).run_hash == session.hash


def test_where_aim_is_disabled_nothing_is_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [prepare_run(repo="somewhere", name="n", mode="disabled")]
    monkeypatch.setenv("AIM_DISABLED", "1")
    places.append(prepare_run(repo="somewhere", run_hash="0" * 24))
    for place in places:
        session = join_run(place)
        session.track(1, "loss")
        assert (session.hash, session.active, is_recording(session), place_of(session)) == (
            place.run_hash,
            True,
            False,
            None,
        )
        session.close()
    assert list(tmp_path.iterdir()) == []


def test_ranks_that_share_a_hash_may_begin_the_run(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    join_run(prepare_run(repo=repo_path, run_hash="a" * 24)).close()
    assert hashes_in(repo_path) == ["a" * 24]


def test_records_of_a_session_read_back(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.add_record("checkpoint", {"path": Path("a.ckpt"), "score": 0.5})
        session.add_record("checkpoint", {"path": "b.ckpt", "score": None})
    with aim.Repo(repo_path) as repo:
        (run,) = repo.iter_runs()
        assert run.records == {"checkpoint": [{"path": "a.ckpt", "score": 0.5}, {"path": "b.ckpt", "score": None}]}
