"""Session: what it records, where, and under which name."""

from __future__ import annotations

import gc
import inspect
import math
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from aim.errors import (
    AimWarning,
    InvalidValueError,
    RepoError,
    RepoFormatError,
    RunNameTakenError,
    RunNotFoundError,
    SessionClosedError,
)
from aim.storage.repo.config import change_config
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.run_names import claim_run_name
from tests.unit.sdk.reading import hashes_in, layout_of, read_back


def test_signatures_are_those_of_the_reference() -> None:
    assert list(inspect.signature(aim.Session).parameters)[:5] == [
        "repo",
        "experiment",
        "flush_frequency",
        "block_termination",
        "run",
    ]
    assert list(inspect.signature(aim.track).parameters) == ["value", "name", "step", "epoch", "context", "keywords"]
    assert list(inspect.signature(aim.set_params).parameters) == ["params", "name"]
    assert list(inspect.signature(aim.flush).parameters) == []


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_points_are_read_back_as_they_were_tracked(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track(0.5, "loss")
        session.track(0.25, name="loss", step=10, epoch=1, subset="train")
        session.track(0.125, "loss", epoch=1.5, subset="train")
        session.track(np.float32(0.0625), "loss", subset="train")
    run = read_back(repo_path)
    assert (run.values("loss"), run.steps("loss"), run.epochs("loss")) == ([0.5], [0], [None])
    assert run.values("loss", subset="train") == [0.25, 0.125, 0.0625]
    assert run.steps("loss", subset="train") == [10, 11, 12]
    assert run.epochs("loss", subset="train") == [1.0, 1.5, None]
    assert run.status == "finished"
    assert not run.loss


def test_contexts_of_different_type_are_different_sequences(repo_path: Path) -> None:
    contexts: list[Any] = [1, 1.0, True, "1", None, (1,), (True,)]
    with aim.Session(repo_path) as session:
        for _ in range(2):
            for number, value in enumerate(contexts):
                session.track(number, "m", k=value)
    points = read_back(repo_path).points
    assert len({point[1] for point in points}) == len(contexts)
    assert [point[3] for point in points] == [0] * len(contexts) + [1] * len(contexts)


def test_nan_in_a_context_is_one_sequence_and_takes_no_more_memory_each_time(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        for _ in range(50):
            session.track(1, "m", k=float("nan"))
        assert len(session._recorder._sequences) < 10
    assert [point[3] for point in read_back(repo_path).points] == list(range(50))


def test_order_of_the_context_does_not_matter(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track(1, "m", a=1, b="x")
        session.track(2, "m", b="x", a=1)
    assert read_back(repo_path).steps("m", a=1, b="x") == [0, 1]


def test_any_key_can_tell_a_context(repo_path: Path) -> None:
    keys = {"self": 1, "context": "x", "values": 2, "a key": 3, "class": "c", "lookup": 0}
    with aim.Session(repo_path) as session:
        session.track(1, "m", **keys)
    assert read_back(repo_path).values("m", **keys) == [1.0]


def test_context_given_as_to_run_track_is_taken(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track(1, "m", context={"subset": "train"})
        session.track(2, "m", context={"subset": "train"}, fold=1)
    run = read_back(repo_path)
    assert run.values("m", subset="train") == [1.0]
    assert run.values("m", subset="train", fold=1) == [2.0]


def test_nan_and_infinities_are_kept(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        for value in (math.nan, math.inf, -math.inf):
            session.track(value, "m")
    assert str(read_back(repo_path).values("m")) == "[nan, inf, -inf]"


def test_integer_too_long_for_float64_is_kept_with_one_warning(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    session.track(2**53, "m")
    with pytest.warns(AimWarning, match="the integer 9007199254740993 lost digits") as warned:
        session.track(2**53 + 1, "m")
        session.track(2**53 + 3, "m")
    session.close()
    assert len(warned) == 1
    assert read_back(repo_path).values("m") == [2.0**53, 2.0**53, 2.0**53 + 4]


@pytest.mark.parametrize(
    ("value", "name", "keys", "message"),
    [
        ("0.5", "loss", {}, "a metric value must be a real number, not str"),
        (None, "loss", {}, "not NoneType"),
        (np.ones(2), "loss", {}, r"of shape \(2,\)"),
        (1.0, "", {}, "cannot name a metric"),
        (1.0, 5, {}, "a metric name must be a str, not int"),
        (1.0, ["loss"], {}, "a metric name must be a str, not list"),
        (1.0, "loss", {"k": {1: 2}}, "context k="),
        (1.0, "loss", {"k": [{}]}, "context k="),
        (1.0, "loss", {"step": 1.5}, "a step must be an integer, not 1.5"),
        (1.0, "loss", {"epoch": "one"}, "an epoch must be a finite number, not 'one'"),
        (1.0, "loss", {"epoch": math.inf}, "an epoch must be a finite number, not inf"),
        (1.0, "loss", {"epoch": math.nan}, "an epoch must be a finite number, not nan"),
        (1.0, "loss", {"epoch": 10**400}, "an epoch must be a finite number"),
    ],
)
def test_in_strict_mode_what_cannot_be_recorded_raises_and_is_counted(
    value: Any, name: Any, keys: dict[str, Any], message: str, repo_path: Path
) -> None:
    with aim.Session(repo_path) as session:
        session.track(1.0, "other")
        with pytest.raises(InvalidValueError, match=message):
            session.track(value, name, **keys)
    run = read_back(repo_path)
    assert [point[0] for point in run.points] == ["other"]
    assert [s.name for writer in run.state.writers.values() for s in writer.sequences.values()] == ["other"]
    assert (run.loss.rejected, run.loss.causes) == (1, (("rejected", 1),))


def test_step_of_too_many_bits_is_refused(repo_path: Path) -> None:
    with aim.Session(repo_path) as session, pytest.raises(InvalidValueError, match="not one of 65 bits"):
        session.track(1.0, "loss", step=2**63)
    run = read_back(repo_path)
    assert (run.points, run.loss.rejected) == ([], 1)


def test_steps_that_are_used_up_are_said(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track(1.0, "loss", step=2**63 - 1)
        with pytest.raises(InvalidValueError, match="'loss' reached its 64-bit limit"):
            session.track(1.0, "loss")


# -- arrays ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [[0.5, 1, True], (0.5, 1, True), np.array([0.5, 1.0, 1.0]), np.float32([0.5, 1, 1]), iter([0.5, 1, 1])],
    ids=type,
)
def test_track_many_takes_lists_and_arrays(values: Any, repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track_many("m", values, context={"k": (1, 2)})
        session.track(9, "m", k=(1, 2))
    run = read_back(repo_path)
    assert run.values("m", k=[1, 2]) == [0.5, 1.0, 1.0, 9.0]
    assert run.steps("m", k=[1, 2]) == [0, 1, 2, 3]


def test_track_many_keeps_steps_epochs_and_times(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track_many(
            "m", np.array([1, 2, 3]), steps=np.array([5, 3, 9]), epochs=[0.1, None, math.nan], times=[1.5, 2.5, 0.0]
        )
        session.track(4, "m")
    run = read_back(repo_path)
    assert (run.steps("m"), run.epochs("m"), run.times("m")[:3]) == (
        [5, 3, 9, 10],
        [0.1, None, None, None],
        [1.5, 2.5, 0.0],
    )


def test_track_many_of_nothing_records_nothing(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track_many("m", [])
        session.track_many("m", np.empty(0), steps=[])
    assert read_back(repo_path).points == []


@pytest.mark.parametrize(
    ("values", "keys", "message"),
    [
        (5, {}, "takes a sequence or array of numbers, not int"),
        ("12", {}, "takes a sequence or array of numbers, not str"),
        ({"a": 1}, {}, "not dict"),
        (None, {}, "not NoneType"),
        (np.array(5), {}, "one-dimensional"),
        (np.ones((2, 2)), {}, "one-dimensional"),
        ([1, [2]], {}, "list could not be converted"),
        ([1, "x"], {}, "a real number, not str"),
        ([1, 2], {"steps": [1]}, "1 steps for 2 values"),
        ([1, 2], {"epochs": [1, 2, 3]}, "3 epochs for 2 values"),
        ([1, 2], {"times": []}, "0 times for 2 values"),
        ([1, 2], {"steps": [1, 2.5]}, "a step must be an integer, not 2.5"),
        ([1, 2], {"steps": [1, 2**63]}, "a step must be a signed 64-bit integer"),
        ([1, 2], {"epochs": [1, math.inf]}, "an epoch must be a finite number"),
        ([1, 2], {"times": [1, math.nan]}, "a time must be a finite number of seconds, not nan"),
        ([1, 2], {"context": {"k": {}}}, "context k="),
    ],
)
def test_track_many_of_arrays_that_do_not_fit_records_nothing(
    values: Any, keys: dict[str, Any], message: str, repo_path: Path
) -> None:
    with aim.Session(repo_path) as session:
        with pytest.raises(InvalidValueError, match=message):
            session.track_many("m", values, **keys)
        session.track(1.0, "m")
    run = read_back(repo_path)
    assert (run.steps("m"), run.loss.rejected) == ([0], 1)


# -- params ------------------------------------------------------------------------------------------------------------


def test_params_of_one_name_add_up(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.set_params({"lr": 0.1, "opt": {"name": "sgd"}}, name="hparams")
        session.set_params({"lr": 0.2, "opt": {"momentum": 0.9}}, "hparams")
        session.set_params({"seed": 1})
        session.set_params({"data": "mnist"})
    assert read_back(repo_path).params == {
        "hparams": {"lr": 0.2, "opt": {"name": "sgd", "momentum": 0.9}},
        "params": {"seed": 1, "data": "mnist"},
    }


def test_param_kept_as_its_repr_is_warned_of_with_the_callers_line(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    with pytest.warns(AimWarning, match="complex is kept as its repr") as warned:
        session.set_params({"z": 1j, "lr": 0.1})
    session.close()
    assert [warning.filename for warning in warned] == [__file__]
    assert read_back(repo_path).params == {"params": {"z": "1j", "lr": 0.1}}


# -- which run ---------------------------------------------------------------------------------------------------------


def test_run_without_a_name_gets_a_readable_one(repo_path: Path) -> None:
    aim.Session(repo_path).close()
    name = read_back(repo_path).state.name
    assert len(name.split("-")) == 3


def names_in(repo_path: Path) -> list[str]:
    return sorted(read_back(repo_path, run_hash).state.name for run_hash in hashes_in(repo_path))


@pytest.mark.parametrize("is_open", [True, False])
def test_run_name_used_again_in_an_experiment_gets_a_number_and_a_warning(is_open: bool, repo_path: Path) -> None:
    first = aim.Session(repo_path, experiment="e", run="baseline")
    if not is_open:
        first.close()
    for number in (2, 3):
        with pytest.warns(AimWarning) as given:
            aim.Session(repo_path, experiment="e", run="baseline").close()
        assert [str(warning.message) for warning in given] == [
            f"experiment 'e' already has a run named 'baseline' ({first.hash}); this one is named "
            f"'baseline ({number})'. resume=True continues the other, resume='never' refuses a name in use"
        ]
        assert given[0].filename == __file__
    aim.Session(repo_path, experiment="other", run="baseline").close()
    assert names_in(repo_path) == ["baseline", "baseline", "baseline (2)", "baseline (3)"]


def test_a_number_fits_where_the_name_is_as_long_as_a_name_may_be(repo_path: Path) -> None:
    aim.Session(repo_path, run="x" * 1000).close()
    with pytest.warns(AimWarning, match="already has a run named"):
        aim.Session(repo_path, run="x" * 1000).close()
    assert names_in(repo_path) == ["x" * 996 + " (2)", "x" * 1000]


def test_a_rerun_cell_ends_the_run_before_and_begins_one_with_a_number(repo_path: Path) -> None:
    session = aim.Session(repo_path, run="try")
    with pytest.warns(AimWarning, match=r"this one is named 'try \(2\)'"):
        session = aim.Session(repo_path, run="try")
    statuses = {run.state.name: run.status for run in (read_back(repo_path, h) for h in hashes_in(repo_path))}
    assert statuses == {"try": "finished", "try (2)": "running"}
    session.close()


@pytest.mark.parametrize("resume", ["never"])
def test_a_name_in_use_is_refused_where_asked_for(resume: str, repo_path: Path) -> None:
    aim.Session(repo_path, experiment="e", run="baseline", resume=resume).close()
    with pytest.raises(RunNameTakenError, match=r"'e' already has a run named 'baseline' .*Pass resume=True"):
        aim.Session(repo_path, experiment="e", run="baseline", resume=resume)
    assert len(hashes_in(repo_path)) == 1


@pytest.mark.parametrize("resume", [True, "allow"])
def test_resume_begins_the_run_if_there_is_none(resume: bool | str, repo_path: Path) -> None:
    for _ in range(2):
        with aim.Session(repo_path, run="a", resume=resume) as session:
            session.track(1, "loss")
        with aim.Session(repo_path, run_hash="a" * 24, resume=resume) as session:
            session.track(1, "loss")
    assert len(hashes_in(repo_path)) == 2
    assert read_back(repo_path, "a" * 24).steps("loss") == [0, 1]


def test_a_resume_that_must_be_one_refuses_to_begin(repo_path: Path) -> None:
    with pytest.raises(RunNotFoundError, match=r"no run named 'a' in experiment 'default' of .*resume=True does"):
        aim.Session(repo_path, run="a", resume="must")
    with pytest.raises(RunNotFoundError, match=f"no run {'a' * 24}"):
        aim.Session(repo_path, run_hash="a" * 24, resume="must")
    with aim.Session(repo_path, run="a") as session:
        session.track(1, "loss")
    with aim.Session(repo_path, run="a", resume="must") as session:
        session.track(1, "loss")
    with aim.Session(repo_path, run_hash=session.hash, resume="must") as session:
        session.track(1, "loss")
    assert read_back(repo_path).steps("loss") == [0, 1, 2]


def test_a_hash_in_use_is_refused_where_asked_for(repo_path: Path) -> None:
    aim.Session(repo_path, run_hash="a" * 24, resume="never").close()
    with pytest.raises(RunNameTakenError, match=f"already has run {'a' * 24}, which resume='never'"):
        aim.Session(repo_path, run_hash="a" * 24, resume="never")


@pytest.mark.parametrize("resume", ["auto", "", 2, ["allow"]])
def test_an_unknown_way_to_resume_is_refused(resume: Any, repo_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r'is not known; use False, True \(the same as "allow"\), "must" or'):
        aim.Session(repo_path, run="a", resume=resume)


def test_ranks_that_want_one_name_are_told_how_to_share_a_run(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    first = aim.Session(repo_path, run="a")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(RunNameTakenError, match="pass the same run_hash= to each"):
        aim.Session(repo_path, run="a")
    first.close()
    monkeypatch.setenv("RANK", "0")  # the same rank again: a second training in one process
    with pytest.warns(AimWarning, match=r"this one is named 'a \(2\)'"):
        aim.Session(repo_path, run="a").close()


def test_a_task_with_a_rank_that_is_run_again_gets_a_number(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_PROCID", "0")
    for job in ("1", "2"):
        monkeypatch.setenv("SLURM_JOB_ID", job)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AimWarning)
            aim.Session(repo_path, run="a").close()
    assert names_in(repo_path) == ["a", "a (2)"]


def test_resume_goes_on_in_the_run_of_that_name(repo_path: Path) -> None:
    with aim.Session(repo_path, run="a") as first:
        first.track(1, "loss")
        first.set_params({"lr": 0.1})
    with aim.Session(repo_path, run="a", resume=True) as second:
        second.track(2, "loss")
        second.set_params({"epochs": 3})
    assert first.run_hash == second.run_hash
    run = read_back(repo_path)
    assert (run.values("loss"), run.steps("loss")) == ([1.0, 2.0], [0, 1])
    assert run.params == {"params": {"lr": 0.1, "epochs": 3}}
    assert run.state.attempt == 2


def test_resume_begins_a_run_where_there_is_none(repo_path: Path) -> None:
    aim.Session(repo_path, run="a", resume=True).close()
    run = read_back(repo_path)
    assert (run.state.name, run.state.attempt) == ("a", 1)


def test_resume_finds_a_name_that_was_made_up_or_given_later(repo_path: Path) -> None:
    with aim.Session(repo_path) as made_up:
        pass
    name = read_back(repo_path).state.name
    with aim.Session(repo_path, run=name, resume=True) as again:
        assert again.run_hash == made_up.run_hash
    with aim.Run(made_up.run_hash, repo=repo_path) as run:
        run.name = "given later"
    with aim.Session(repo_path, run="given later", resume=True) as again:
        assert again.run_hash == made_up.run_hash


def test_resume_in_another_experiment_is_another_run(repo_path: Path) -> None:
    aim.Session(repo_path, experiment="e", run="a").close()
    aim.Session(repo_path, experiment="f", run="a", resume=True).close()
    assert len(hashes_in(repo_path)) == 2


def test_resume_that_meets_another_process_beginning_the_run_joins_it(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look for the run, find none, and want the name."""
    from aim.sdk.recording import opening as module

    claim, others = module.claim_run_name, []

    def quicker(*args: Any) -> None:
        monkeypatch.setattr(module, "claim_run_name", claim)
        others.append(aim.Session(repo_path, run="a", resume=True))
        claim(*args)

    monkeypatch.setattr(module, "claim_run_name", quicker)
    mine = aim.Session(repo_path, run="a", resume=True)
    assert mine.run_hash == others[0].run_hash
    assert hashes_in(repo_path) == [mine.run_hash]
    mine.close()
    others[0].close()


def test_resume_joins_a_run_that_another_process_is_about_to_begin(repo_path: Path) -> None:
    others_hash = "0123456789abcdef01234567"
    claim_run_name(create_repo(repo_path), "default", "a", others_hash)
    with aim.Session(repo_path, run="a", resume=True) as session:
        assert session.run_hash == others_hash
    assert read_back(repo_path).state.name == "a"


def test_resume_needs_a_name_or_a_hash(repo_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="resume=True needs a run to resume"):
        aim.Session(repo_path, resume=True)


def test_run_of_a_hash_is_gone_on_with(repo_path: Path) -> None:
    with aim.Session(repo_path) as first:
        first.track(1, "loss", step=41)
    with aim.Session(repo_path, run_hash=first.run_hash) as second:
        second.track(2, "loss")
    assert read_back(repo_path, first.run_hash).steps("loss") == [41, 42]


@pytest.mark.parametrize("run_hash", ["0" * 24, "baseline", "../../x", "", 5])
def test_hash_of_no_run_is_refused(run_hash: Any, repo_path: Path) -> None:
    with pytest.raises(RunNotFoundError):
        aim.Session(repo_path, run_hash=run_hash)
    assert hashes_in(repo_path) == []


@pytest.mark.parametrize("run", ["", " a", "a\n", "x" * 2_000, 5, "\ud800"])
def test_name_that_cannot_be_one_is_refused(run: Any, repo_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="a run name"):
        aim.Session(repo_path, run=run)
    with pytest.raises(InvalidValueError, match="an experiment"):
        aim.Session(repo_path, experiment=run)
    assert hashes_in(repo_path) == []


# -- which experiment --------------------------------------------------------------------------------------------------


def test_experiment_is_given_or_that_of_the_environment_or_the_one_checked_out(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recorded(**keys: Any) -> str:
        with aim.Session(repo_path, **keys) as session:
            return read_back(repo_path, session.run_hash).state.experiment

    assert recorded() == "default"
    change_config(layout_of(repo_path), lambda config: {"experiment": "checked out"})
    assert recorded() == "checked out"
    monkeypatch.setenv("AIM_EXPERIMENT", "environment")
    assert recorded() == "environment"
    assert recorded(experiment="given") == "given"


def test_damaged_config_is_said_at_the_opening(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    Path(layout.config_path).write_text("{")
    with pytest.raises(RepoError, match="Fix or delete the file"):
        aim.Session(repo_path)
    aim.Session(repo_path, experiment="given").close()


# -- which repo --------------------------------------------------------------------------------------------------------


def test_repo_is_made_where_there_is_none(tmp_path: Path) -> None:
    with aim.Session() as session:
        assert session.repo_path == str(tmp_path / ".aim")


def test_repo_is_the_nearest_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_repo(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    with aim.Session() as session:
        assert session.repo_path == str(tmp_path / ".aim")
    assert not (tmp_path / "a" / "b" / ".aim").exists()


def test_repo_of_the_environment_comes_before_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_repo(tmp_path)
    monkeypatch.setenv("AIM_REPO", str(tmp_path / "other"))
    with aim.Session() as session, aim.Run() as run:
        assert session.repo_path == run.repo.path == str(tmp_path / "other" / ".aim")
    with aim.Session(tmp_path) as session:
        assert session.repo_path == str(tmp_path / ".aim")


def test_second_repo_further_up_is_named_with_the_callers_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_repo(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    create_repo(inner)
    monkeypatch.chdir(inner)
    message = (
        f"recording into {inner / '.aim'}; there is another repo further up, {tmp_path / '.aim'}. Pass repo= to choose"
    )
    for open_one in (aim.Session, aim.Run):
        with pytest.warns(AimWarning) as warned:
            opened: Any = open_one()
        opened.close()
        assert [(str(warning.message), warning.filename) for warning in warned] == [(message, __file__)]
    with aim.Session(inner):
        pass


def test_repo_may_be_given_in_many_ways(repo_path: Path) -> None:
    create_repo(repo_path)
    for repo in (repo_path, str(repo_path), repo_path / ".aim", os.fsencode(repo_path), aim.Repo(repo_path)):
        with aim.Session(repo) as session, aim.Run(repo=repo) as run:
            assert session.repo_path == run.repo.path == str(repo_path / ".aim")


def test_repo_of_a_newer_format_is_refused(repo_path: Path) -> None:
    Path(create_repo(repo_path).version_path).write_text("99")
    with pytest.raises(RepoFormatError, match="Install a later version"):
        aim.Session(repo_path)


def test_address_of_a_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="not possible yet"):
        aim.Run(repo="aim://10.0.0.1:53800")
    assert list(tmp_path.iterdir()) == []


# -- several at once, and the end --------------------------------------------------------------------------------------


def test_sessions_on_several_repos_at_once_keep_to_themselves(tmp_path: Path) -> None:
    sessions = [aim.Session(tmp_path / name) for name in "aabb"]
    for number, session in enumerate(sessions):
        session.track(number, "loss")
        session.set_params({"number": number})
    for number, session in enumerate(sessions):
        run = read_back(tmp_path / "aabb"[number], session.run_hash)
        assert (run.values("loss"), run.params, run.status) == (
            [float(number)],
            {"params": {"number": number}},
            "running",
        )
        session.close()
    assert len(hashes_in(tmp_path / "a")) == len(hashes_in(tmp_path / "b")) == 2


def test_session_tells_of_itself(repo_path: Path) -> None:
    session = aim.Session(repo_path, flush_frequency=1, block_termination=False)
    assert session.active
    assert not session.is_foreign
    assert hashes_in(repo_path) == [session.run_hash]
    assert repr(session) == (
        f"<aim.Session {session.name!r} {session.hash} active in {repo_path}/.aim; "
        f"to look at it: aim up --repo {repo_path}>"
    )
    session.close()
    assert not session.active
    assert "closed" in repr(session)


def test_points_can_be_read_while_the_session_is_open(repo_path: Path) -> None:
    with aim.Session(repo_path) as session:
        session.track(1, "loss")
        assert read_back(repo_path).values("loss") == [1.0]
        session.flush()


def test_closing_twice_and_flushing_after_is_harmless(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    session.close()
    session.close()
    session.flush()
    assert read_back(repo_path).status == "finished"


@pytest.mark.parametrize(
    ("error", "status", "described"),
    [
        (ValueError("no"), "failed", ("ValueError", "no")),
        (KeyboardInterrupt(), "interrupted", ("KeyboardInterrupt", "")),
        (SystemExit(0), "finished", ("", "")),
        (SystemExit(3), "failed", ("", "")),
        (SystemExit("no data"), "failed", ("SystemExit", "no data")),
        (GeneratorExit(), "finished", ("", "")),
    ],
)
def test_exception_in_the_with_block_passes_and_is_how_the_run_ended(
    error: BaseException, status: str, described: tuple[str, str], repo_path: Path
) -> None:
    with pytest.raises(type(error)) as raised, aim.Session(repo_path):
        raise error
    assert raised.value is error
    run = read_back(repo_path)
    assert (run.status, run.error) == (status, described)


def test_exception_whose_message_cannot_be_had_is_described_all_the_same(repo_path: Path) -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(Odd), aim.Session(repo_path):
        raise Odd
    assert read_back(repo_path).status == "failed"


def test_session_nobody_holds_any_more_has_finished(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    session.track(1, "loss")
    del session
    gc.collect()
    assert read_back(repo_path).status == "finished"


@pytest.mark.parametrize(
    "late",
    [
        lambda session: session.track(1, "loss"),
        lambda session: session.track(1, "a new name"),
        lambda session: session.track_many("loss", [1, 2]),
        lambda session: session.set_params({"a": 1}),
    ],
)
def test_in_strict_mode_a_closed_session_raises_and_writes_nothing(late: Any, repo_path: Path) -> None:
    session = aim.Session(repo_path)
    session.track(1, "loss")
    session.close()
    files = {path: path.stat().st_size for path in Path(session.repo_path).rglob("*") if path.is_file()}
    with pytest.raises(SessionClosedError, match="is closed; open it again with"):
        late(session)
    assert {path: path.stat().st_size for path in Path(session.repo_path).rglob("*") if path.is_file()} == files


def test_strictness_of_a_session_counts_more_than_that_of_the_environment(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aim.Session(repo_path, strict=False) as lenient, pytest.warns(AimWarning, match="not str"):
        lenient.track("x", "loss")
    monkeypatch.delenv("AIM_STRICT")
    with aim.Session(repo_path, strict=True) as strict, pytest.raises(InvalidValueError):
        strict.track("x", "loss")
