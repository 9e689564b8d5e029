"""The run behind an adapter: opens late, ends with the training, harms nothing. No framework is needed for that."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimWarning, InvalidValueError, SessionClosedError
from aim.integrations._recording import Recording, contained
from aim.sdk.recording.joining import is_recording
from tests.unit.sdk.reading import hashes_in, read_back

NAME = "aim.somewhere"


def zero() -> int:
    return 0


def one() -> int:
    return 1


class Adapter:
    """What an adapter looks like."""

    def __init__(self, recording: Recording, error: BaseException) -> None:
        self._recording = recording
        self._error = error

    @contained
    def on_something(self) -> str:
        """Fail."""
        raise self._error


def aim_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    return [str(warning.message) for warning in caught if issubclass(warning.category, AimWarning)]


def test_own_run_starts_with_the_first_use_and_ends_with_the_training(repo_path: Path) -> None:
    recording = Recording(NAME, repo=repo_path, experiment="e", run_name="n", rank=zero)
    assert hashes_in(repo_path) == []
    recording.track(0.5, "loss", 3, 1, {"subset": "train"})
    assert hashes_in(repo_path) == [recording.place.run_hash] if recording.place else False
    assert read_back(repo_path).status == "running"
    recording.end()
    run = read_back(repo_path)
    assert (run.status, run.state.experiment, run.state.name) == ("finished", "e", "n")
    assert (run.steps("loss", subset="train"), run.epochs("loss", subset="train")) == ([3], [1.0])


def test_use_after_the_end_continues_the_run_and_after_a_failure_its_next_attempt(repo_path: Path) -> None:
    recording = Recording(NAME, repo=repo_path, rank=zero)
    for error in (None, ValueError("no good"), None):
        recording.track(0.5, "loss", None, None, None)
        recording.end(error)
        run = read_back(repo_path)
        assert run.error == (("ValueError", "no good") if error else ("", ""))
    assert sorted(writer.attempt for writer in run.state.writers.values()) == [1, 1, 2]
    assert (run.status, run.steps("loss")) == ("finished", [0, 1, 2])


@pytest.mark.parametrize("kind", [aim.Session, aim.Run])
def test_given_session_or_run_is_used_and_left_open(kind: Any, repo_path: Path) -> None:
    with kind(repo=repo_path) as session:
        recording = Recording(NAME, session)
        recording.track(0.5, "loss", None, None, None)
        recording.set_params({"lr": 0.1})
        recording.add_record("checkpoint", {"path": "a"})
        recording.end(ValueError("no good"))
        assert (recording.has_run, session.active) == (True, True)
    run = read_back(repo_path)
    assert (run.values("loss"), run.params, run.status) == ([0.5], {"hparams": {"lr": 0.1}}, "finished")
    assert run.state.records == {"checkpoint": [{"path": "a"}]}


def test_what_is_not_an_open_session_is_refused(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    with pytest.raises(InvalidValueError, match="experiment= cannot be combined with session="):
        Recording(NAME, session, experiment="e")
    session.close()
    with pytest.raises(SessionClosedError, match=r"the session given to aim\.somewhere is closed"):
        Recording(NAME, session)
    wrong: Any = "digits"
    with pytest.raises(InvalidValueError, match=r"takes an aim\.Session or an aim\.Run, not str \('digits'\)"):
        Recording(NAME, wrong)


def test_other_ranks_record_nothing_and_make_no_repo(repo_path: Path) -> None:
    recording = Recording(NAME, repo=repo_path, rank=one)
    recording.track(0.5, "loss", None, None, None)
    recording.end()
    assert not is_recording(recording.session)
    assert not (repo_path / ".aim").exists()


def test_other_ranks_record_nothing_into_a_given_session_either(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        recording = Recording(NAME, session, rank=one)
        recording.track(0.5, "loss", None, None, None)
        recording.set_params({"lr": 0.1})
    run = read_back(repo_path)
    assert (run.points, run.params) == ([], {})


def test_rank_that_is_known_later_counts(repo_path: Path) -> None:
    ranks = [0, 1]
    recording = Recording(NAME, repo=repo_path, rank=lambda: ranks.pop(0) if len(ranks) > 1 else ranks[0])
    recording.track(0.5, "loss", None, None, None)
    assert hashes_in(repo_path) == []


def test_pickled_copy_of_a_given_session_continues_its_run(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        recording = Recording(NAME, session, rank=zero)
        session.track(0.5, "loss", step=0)
        copied = pickle.loads(pickle.dumps(recording))
        copied.track(0.25, "loss", 1, None, None)
        copied.end()
        assert session.active
    run = read_back(repo_path)
    assert (run.steps("loss"), run.state.attempt, run.status) == ([0, 1], 1, "finished")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_rank_records_into_the_run_that_its_parent_opened(repo_path: Path) -> None:
    recording = Recording(NAME, repo=repo_path, rank=zero)
    recording.track(0.5, "loss", 0, None, None)
    child = os.fork()
    if child == 0:
        try:
            recording.track(0.25, "loss", 1, None, None)
            recording.end()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    recording.end()
    run = read_back(repo_path)
    assert (sorted(run.steps("loss")), run.state.attempt, run.status) == ([0, 1], 1, "finished")


def test_own_failure_is_one_warning_and_a_count_and_not_the_frameworks(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIM_STRICT")
    recording = Recording(NAME, repo=repo_path, rank=zero)
    recording.track(0.5, "loss", None, None, None)
    adapter = Adapter(recording, RuntimeError("a fault of ours"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert adapter.on_something() is None
    (text,) = aim_warnings(caught)
    assert "a fault of ours" in text
    recording.end()
    assert read_back(repo_path).loss.rejected == 3


def test_own_failure_raises_in_strict_mode(repo_path: Path) -> None:
    adapter = Adapter(Recording(NAME, repo=repo_path, rank=zero), RuntimeError("a fault of ours"))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        adapter.on_something()


def test_ctrl_c_in_a_hook_passes(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIM_STRICT")
    with pytest.raises(KeyboardInterrupt):
        Adapter(Recording(NAME, repo=repo_path, rank=zero), KeyboardInterrupt()).on_something()


def test_run_that_cannot_be_opened_is_one_warning(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIM_STRICT")
    recording = Recording(NAME, repo=repo_path, rank=zero)
    (repo_path / ".aim" / "VERSION").write_text("99")  # after it was checked, before it is opened
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            recording.track(0.5, "loss", None, None, None)
    (text,) = aim_warnings(caught)
    assert text.startswith("aim.somewhere records nothing: ")
    assert "written by format 99" in text


def test_muted_recording_says_so_once_and_records_nothing(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIM_STRICT")
    with aim.Session(repo_path) as session:
        recording = Recording(NAME, session)
        with pytest.warns(AimWarning, match=r"this aim\.somewhere records nothing: it is the second"):
            recording.mute("it is the second")
        recording.track(0.5, "loss", None, None, None)
    assert read_back(repo_path).points == []


def test_a_disabled_recording_takes_everything_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [Recording(NAME, repo="somewhere", run_name="n", mode="disabled", rank=zero)]
    monkeypatch.setenv("AIM_DISABLED", "1")
    recordings.append(Recording(NAME, aim.Session(), rank=zero))
    recordings.append(Recording(NAME, rank=zero))
    for recording in recordings:
        for error in (None, ValueError("x")):
            recording.track(0.5, "loss", None, None, None)
            recording.set_params({"lr": 0.1})
            recording.add_record("checkpoint", 1)
            recording.contain(ValueError("x"), "a hook")
            assert recording.trained_steps() == 0
            assert recording.session["hparams", "lr"] == 0.1
            recording.end(error)
        copied = pickle.loads(pickle.dumps(recording))
        copied.track(0.5, "loss", None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_a_rank_that_no_job_belongs_to_is_told_of(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_PROCID", "3")
    with pytest.warns(AimWarning, match=r"aim\.somewhere records nothing in this process: SLURM_PROCID=3 says"):
        Recording(NAME, repo=repo_path)
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    Recording(NAME, repo=repo_path)
    assert not (repo_path / ".aim").exists()
