"""Run: the handle that today's third-party code is written against."""

from __future__ import annotations

import hashlib
import inspect
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from aim.errors import AimWarning, InvalidValueError, RepoError, RunNameTakenError, RunNotFoundError, SessionClosedError
from aim.sdk.recording import guard
from tests.unit.sdk.reading import hashes_in, read_back


def test_signatures_are_those_of_the_reference() -> None:
    def kinds(function: Any) -> str:
        marks = {"POSITIONAL_ONLY": "", "POSITIONAL_OR_KEYWORD": "", "KEYWORD_ONLY": "*", "VAR_KEYWORD": "**"}
        parameters = list(inspect.signature(function).parameters.values())
        return " ".join(marks[parameter.kind.name] + parameter.name for parameter in parameters)

    assert kinds(aim.Run).startswith("run_hash *repo *experiment ")
    keywords = inspect.signature(aim.Run).parameters
    assert {
        "read_only",
        "system_tracking_interval",
        "log_system_params",
        "capture_terminal_logs",
        "force_resume",
    } < set(keywords)
    assert kinds(aim.Run.track) == "self value name step epoch *context **keywords"
    assert kinds(aim.Run.track_many) == "self name values steps epochs times context"
    assert kinds(aim.Run.set) == "self key value strict"
    assert kinds(aim.Run.get) == "self key default strict"


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_points_are_read_back_as_they_were_tracked(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track(0.5, "loss", 3, 1.5, context={"subset": "train"})
        run.track(0.25, name="loss", context={"subset": "train"})
        run.track(0.125, name="loss", context=None)
        run.track(0.0625, name="loss", context={})
    found = read_back(repo_path)
    assert (found.values("loss", subset="train"), found.steps("loss", subset="train")) == ([0.5, 0.25], [3, 4])
    assert (found.values("loss"), found.epochs("loss", subset="train")) == ([0.125, 0.0625], [1.5, None])


def test_dict_of_values_is_one_point_of_each_metric(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track({"loss": 0.5, "accuracy": np.float32(0.75), "steps": 3}, context={"subset": "val"})
        run.track({"loss": 0.25}, step=7, epoch=2, context={"subset": "val"})
        run.track({"accuracy": 1, "loss": 0.125}, context={"subset": "val"})
        run.track({}, step=1)
    found = read_back(repo_path)
    assert found.values("loss", subset="val") == [0.5, 0.25, 0.125]
    assert found.steps("loss", subset="val") == [0, 7, 8]
    assert found.epochs("loss", subset="val") == [None, 2.0, None]
    assert found.steps("accuracy", subset="val") == [0, 1]
    assert len(found.points) == 6


def test_metrics_of_a_dict_and_single_ones_are_the_same_sequences(repo_path: Path) -> None:
    contexts: list[Any] = [None, {"k": 1}, {"k": True}, {"k": 1, "l": "x"}, {"k": (1,)}, {"k": [True]}]
    with aim.Run(repo=repo_path) as run:
        for _ in range(2):
            for context in contexts:
                run.track({"m": 1}, context=context)
                run.track(2, "m", context=context)
    points = read_back(repo_path).points
    assert len({point[1] for point in points}) == len(contexts)
    assert sorted(point[3] for point in points) == sorted([0, 1, 2, 3] * len(contexts))


def test_points_of_one_dict_have_one_time(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track({"a": 1, "b": 2})
    assert len({point[4] for point in read_back(repo_path).points}) == 1


def test_a_metric_of_a_dict_that_has_used_up_its_steps_costs_the_others_nothing(repo_path: Path) -> None:
    with aim.Run(repo=repo_path, strict=False) as run:
        run.track(1.0, "full", step=2**63 - 1)
        with pytest.warns(AimWarning, match="'full' reached its 64-bit limit"):
            run.track({"before": 1.0, "full": 2.0, "after": 3.0})
        assert (run.loss.rejected, run.loss.lost_points) == (1, 0)
    found = read_back(repo_path)
    assert [found.values(name) for name in ("before", "full", "after")] == [[1.0], [1.0], [3.0]]


def test_a_context_that_cannot_be_one_costs_all_points_of_a_dict_and_is_told_once(repo_path: Path) -> None:
    with aim.Run(repo=repo_path, strict=False) as run:
        with pytest.warns(AimWarning, match="context context=<object object") as given:
            run.track({"a": 1.0, "b": 2.0, "c": 3.0}, context=object())
        assert len(given) == 1
        assert run.loss.rejected == 3


def test_a_name_that_is_no_text_is_refused_also_where_it_looks_like_a_known_sequence(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track(1.0, "loss", context={"subset": "train"})
        hostile: Any = ("loss", "subset", "train")
        with pytest.raises(InvalidValueError, match="a metric name must be a str"):
            run.track(2.0, hostile)
        with pytest.raises(InvalidValueError, match="a metric name must be a str"):
            run.track({hostile: 2.0})
    assert read_back(repo_path).values("loss", subset="train") == [1.0]


def test_in_strict_mode_a_bad_value_of_a_dict_raises_after_the_good_ones_were_recorded(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        with pytest.raises(InvalidValueError, match="not str"):
            run.track({"loss": 0.5, "text": "x", "accuracy": 1.0})
        run.track({"loss": 0.25})
    found = read_back(repo_path)
    assert (found.values("loss"), found.values("accuracy"), found.loss.rejected) == ([0.5, 0.25], [1.0], 1)
    assert found.steps("loss") == [0, 1]


@pytest.mark.parametrize(
    ("args", "keys", "message"),
    [
        ((1.0,), {}, "track needs name= for a single value"),
        (({"a": 1},), {"name": "x"}, "leave out name="),
        ((1.0, "a"), {"context": object()}, "context context=<object object"),
        (("loss", 1.0), {}, r"the value comes first, then the name: track\(1\.0, name='loss'\)"),
        (({"a": 1}, 3), {}, r"the step of a dict of values goes by its name: track\(\{\.\.\.\}, step=3\)"),
        ((1.0, "a"), {"context": {1: 2}}, "context key 1"),
        (({"": 1.0},), {}, "cannot name a metric"),
        (({5: 1.0},), {}, "a metric name must be a str"),
        (({"a": {"b": 1.0}},), {}, "dict could not be converted"),
        (({"a": 1.0},), {"step": "x"}, "a step must be an integer"),
    ],
)
def test_in_strict_mode_misuse_raises(
    args: tuple[Any, ...], keys: dict[str, Any], message: str, repo_path: Path
) -> None:
    with aim.Run(repo=repo_path) as run, pytest.raises(InvalidValueError, match=message):
        run.track(*args, **keys)
    assert read_back(repo_path).points == []


def test_track_many_takes_arrays(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track_many("loss", np.linspace(0, 1, 5), context={"subset": "train"})
    assert read_back(repo_path).values("loss", subset="train") == [0.0, 0.25, 0.5, 0.75, 1.0]


# -- params ------------------------------------------------------------------------------------------------------------


def test_params_are_set_got_and_deleted(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run["hparams"] = {"lr": 0.1, "layers": (64, 32), "opt": {"name": "sgd"}}
        run["a", "b"] = 1
        run["seed"] = np.int64(5)
        run.set("note", "text", strict=False)
        run.set(("hparams", "opt", "momentum"), 0.9)
        assert run["hparams"] == {"lr": 0.1, "layers": [64, 32], "opt": {"name": "sgd", "momentum": 0.9}}
        assert run["hparams", "opt", "name"] == "sgd"
        assert run["a"] == {"b": 1}
        assert ("a", "b") in run
        assert "nothing" not in run
        assert run.get("nothing") is None
        assert run.get(("hparams", "nothing"), 5) == 5
        assert run.get(("seed", "below a number"), "default", strict=False) == "default"
        del run["hparams", "layers"]
        del run["a"]
        run["after"] = True
    assert read_back(repo_path).params == {
        "hparams": {"lr": 0.1, "opt": {"name": "sgd", "momentum": 0.9}},
        "seed": 5,
        "note": "text",
        "after": True,
    }


@pytest.mark.parametrize("is_read_first", [False, True])
def test_what_was_at_a_key_is_replaced_and_set_params_merges(is_read_first: bool, repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        if is_read_first:
            assert run.get("p") is None
        run["p"] = {"a": 1, "b": {"x": 1}}
        run["p"] = {"b": {"y": 2}}
        run.set_params({"b": {"z": 3}}, name="p")
        run.set_params({"lr": 0.1})
        run["p", "b", "y"] = {"now": "a dict"}
        known = run[...]
    expected = {"p": {"b": {"y": {"now": "a dict"}, "z": 3}}, "params": {"lr": 0.1}}
    assert known == expected
    assert read_back(repo_path).params == expected


@pytest.mark.parametrize("everything", [..., ()])
def test_the_whole_of_the_params_can_be_set_and_deleted(everything: Any, repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run["old"] = 1
        run[everything] = {"new": {"a": 1}}
        assert run[everything] == {"new": {"a": 1}}
        with pytest.raises(InvalidValueError, match=r"the whole of params is a dict .*, not int"):
            run[everything] = 5
        assert read_back(repo_path, run.hash).params == {"new": {"a": 1}}
        del run[everything]
        assert run[everything] == {}
    assert read_back(repo_path).params == {}


def test_key_that_is_not_there_is_a_key_error(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run["a"] = {"b": 1}
        for key in ("x", ("a", "x"), ("a", "b", "c")):
            with pytest.raises(KeyError):
                run[key]
            with pytest.raises(KeyError):
                del run[key]
        assert run["a"] == {"b": 1}


def test_keys_that_are_no_text_become_text(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run[5] = {1: {None: 2}}  # type: ignore[index]
        assert run["5", "1", "None"] == 2
    assert read_back(repo_path).params == {"5": {"1": {"None": 2}}}


def test_changing_what_was_read_does_not_change_the_run(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run["a"] = {"list": [1], "dict": {"x": 1}}
        run["a"]["list"].append(2)
        run["a"]["dict"]["y"] = 2
        assert run["a"] == {"list": [1], "dict": {"x": 1}}


def test_params_too_deep_to_be_walked_are_refused(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run[("k",) * 40] = 1
        with pytest.raises(InvalidValueError, match="at most 40 keys deep, not 41"):
            run[("k",) * 41] = 1


def test_resumed_run_knows_its_params(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as first:
        first["hparams"] = {"lr": 0.1}
    with aim.Run(first.hash, repo=repo_path) as second:
        assert second["hparams", "lr"] == 0.1
        second["hparams", "epochs"] = 3
    assert read_back(repo_path).params == {"hparams": {"lr": 0.1, "epochs": 3}}


# -- what it says of itself --------------------------------------------------------------------------------------------


def test_run_can_be_named_described_tagged_and_archived(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path, experiment="e")
    assert (run.experiment, run.archived, run.description, run.tags) == ("e", False, "", [])
    run.name = "baseline"
    run.description = "of the paper\nwith notes: ü"
    run.experiment = "f"
    run.archived = True
    run.add_tag("a")
    run.add_tag("b")
    run.add_tag("a")
    run.remove_tag("b")
    run.remove_tag("never there")
    assert (run.name, run.experiment, run.archived, run.tags) == ("baseline", "f", True, ["a"])
    run.archived = False
    run.close()
    state = read_back(repo_path).state
    assert (state.name, state.description, state.experiment, state.is_archived, state.tags) == (
        "baseline",
        "of the paper\nwith notes: ü",
        "f",
        False,
        ["a"],
    )


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda run: setattr(run, "name", None), "a run name must be a str, not NoneType"),
        (lambda run: setattr(run, "name", ""), "cannot be a run name"),
        (lambda run: setattr(run, "description", 5), "a description must be a str, not int"),
        (lambda run: setattr(run, "experiment", " e"), "cannot be an experiment"),
        (lambda run: run.add_tag(5), "a tag must be a str"),
        (lambda run: run.add_tag("\n"), "cannot be a tag"),
        (lambda run: run.remove_tag(["a"]), "a tag must be a str"),
        (lambda run: run.add_record(5, {}), "a record's kind must be a str"),
    ],
)
def test_in_strict_mode_odd_names_and_tags_raise_and_are_counted(misuse: Any, message: str, repo_path: Path) -> None:
    with aim.Run(repo=repo_path, name="n") as run:
        with pytest.raises(InvalidValueError, match=message):
            misuse(run)
        assert (run.name, run.tags, run.loss.rejected) == ("n", [], 1)


def test_two_runs_may_be_given_one_name_later(repo_path: Path) -> None:
    """As third-party code does, with the name of the job."""
    for _ in range(2):
        run = aim.Run(repo=repo_path)
        run.name = "job"
        run.close()
    assert {read_back(repo_path, run_hash).state.name for run_hash in hashes_in(repo_path)} == {"job"}


def test_name_given_at_the_opening_is_unique(repo_path: Path) -> None:
    aim.Run(repo=repo_path, name="a").close()
    with pytest.raises(RunNameTakenError):
        aim.Run(repo=repo_path, name="a", resume="never")
    with aim.Run(repo=repo_path, name="a", resume=True) as run:
        assert hashes_in(repo_path) == [run.hash]


def test_a_param_is_found_by_the_name_that_queries_find_it_by(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run["hparams"] = {"lr": 0.1, "optim": {"name": "sgd"}}
        run["model"] = {"depth": 3}
        assert (run["lr"], run["optim.name"], run["depth"]) == (0.1, "sgd", 3)
        run["model", "lr"] = 0.2
        with pytest.raises(KeyError, match=r"lr.* is at .*hparams.*model"):
            run["lr"]
        run["lr"] = 0.3
        assert run["lr"] == 0.3
        # what decides and changes goes by the exact place: code that asks must not be told of another param
        assert ("depth" in run, run.get("depth", 5)) == (False, 5)
        with pytest.raises(KeyError):
            del run["depth"]
        assert run["model"] == {"depth": 3, "lr": 0.2}
        with pytest.raises(KeyError):
            run["nothing"]


def test_any_text_names_a_run_and_resumes_it_the_next_time(repo_path: Path, tmp_path: Path) -> None:
    for step in range(2):
        with aim.Run("any text", repo=repo_path, experiment="e") as run:
            run.track(step, "loss")
    assert hashes_in(repo_path) == [run.hash] == [hashlib.sha256(b"any text").hexdigest()[:24]]
    assert (run.name, read_back(repo_path).steps("loss")) == ("any text", [0, 1])
    with aim.Run("any text", repo=tmp_path / "other", name="mine") as other:
        assert (other.hash, other.name) == (run.hash, "mine")
    with pytest.raises(RunNameTakenError):
        aim.Run("any text", repo=repo_path, resume="never")
    with pytest.raises(RunNotFoundError):
        aim.Run("another text", repo=repo_path, resume="must")


def test_a_text_whose_name_another_run_has_names_a_run_with_a_number(repo_path: Path) -> None:
    aim.Run(repo=repo_path, name="text").close()
    with pytest.warns(AimWarning, match=r"this one is named 'text \(2\)'"):
        aim.Run("text", repo=repo_path).close()
    with aim.Run("text", repo=repo_path) as run:
        assert (run.name, len(hashes_in(repo_path))) == ("text (2)", 2)


def test_a_run_opened_to_read_gives_what_there_is_and_records_nothing(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aim.Run(repo=repo_path, name="a") as run:
        run["lr"] = 0.1
        run.track(0.5, "loss")

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (repo_path / ".aim" / "runs").rglob("*") if path.is_file()}

    before = files()
    read = aim.Run(run.hash, repo=repo_path, read_only=True)
    assert (read.name, read["lr"], read.params, read.active, read.status) == ("a", 0.1, {"lr": 0.1}, False, "finished")
    assert read.created_at == run.created_at and read.ended_at == run.ended_at
    with pytest.raises(InvalidValueError, match="was opened with read_only=True"):
        read.track(1.0, "loss")
    monkeypatch.delenv("AIM_STRICT")
    read = aim.Run(run.hash, repo=repo_path, read_only=True)
    with pytest.warns(AimWarning, match="was opened with read_only=True") as given:
        read.track(1.0, "loss")
        read.track({"loss": 1.0})
        read["lr"] = 1
        read.set_params({"a": 1})
        read.name = "b"
        read.add_tag("t")
        read.add_record("k", 1)
        read.log_info("x")
        read.track_many("loss", [1])
    assert len(given) == 9
    read.flush()
    read.close()
    assert files() == before
    metric = read.get_metric("loss")
    assert metric is not None and list(metric.values) == [0.5]
    assert read.dataframe()["name"][0] == "a"


def test_what_is_not_there_cannot_be_opened_to_read(tmp_path: Path, repo_path: Path) -> None:
    with pytest.raises(RepoError):
        aim.Run("0" * 24, repo=tmp_path / "nothing", read_only=True)
    assert not (tmp_path / "nothing").exists()
    aim.Run(repo=repo_path).close()
    with pytest.raises(RunNotFoundError):
        aim.Run("0" * 24, repo=repo_path, read_only=True)
    with pytest.raises(InvalidValueError, match="read_only=True needs the hash of a run"):
        aim.Run(repo=repo_path, read_only=True)


def test_times_of_a_run(repo_path: Path) -> None:
    before = time.time()
    run = aim.Run(repo=repo_path)
    assert before <= run.created_at == run.creation_time <= time.time()
    assert run.active
    assert run.finalized_at is None
    assert run.end_time is None
    assert 0 <= run.duration <= time.time() - before
    run.close()
    assert not run.active
    assert run.finalized_at is not None
    assert run.created_at <= run.finalized_at == run.end_time <= time.time()
    assert run.duration == run.finalized_at - run.created_at


def test_run_tells_of_itself(repo_path: Path) -> None:
    with aim.Run(repo=str(repo_path)) as run:
        assert hashes_in(repo_path) == [run.hash]
        assert repr(run) == (
            f"<aim.Run {run.name!r} {run.hash} active in {repo_path}/.aim; to look at it: aim up --repo {repo_path}>"
        )
    run.finalize()
    assert "closed" in repr(run)
    with pytest.raises(TypeError, match="a run is not iterable"):
        list(run)


def test_records_are_kept_in_a_list_under_their_kind(repo_path: Path) -> None:
    with aim.Run(repo=repo_path) as run:
        run.add_record("checkpoint", {"path": Path("a.pt"), "step": np.int64(1)})
        run.add_record("checkpoint", {"path": "b.pt"})
    assert read_back(repo_path).state.records == {"checkpoint": [{"path": "a.pt", "step": 1}, {"path": "b.pt"}]}


# -- opening and closing -----------------------------------------------------------------------------------------------


def test_run_is_resumed_by_its_hash(repo_path: Path) -> None:
    with aim.Run(repo=repo_path, experiment="e") as first:
        first.track(1, "loss")
    with aim.Run(first.hash, repo=repo_path) as second:
        assert (second.hash, second.experiment, second.created_at) == (first.hash, "e", first.created_at)
        second.track(2, "loss")
    assert read_back(repo_path).steps("loss") == [0, 1]


@pytest.mark.parametrize("run_hash", ["f" * 24, 5, b"abc"])
def test_hash_of_no_run_is_refused(run_hash: Any, repo_path: Path) -> None:
    with pytest.raises(RunNotFoundError):
        aim.Run(run_hash, repo=repo_path)


@pytest.mark.parametrize("text", ["", " a", "a\nb", "x" * 1001])
def test_a_text_that_cannot_be_a_name_is_refused(text: str, repo_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="cannot be a run name"):
        aim.Run(text, repo=repo_path)


def test_arguments_of_the_reference_that_are_needless_are_accepted(repo_path: Path) -> None:
    aim.Run(
        None,
        repo=repo_path,
        experiment=None,
        read_only=False,
        force_resume=False,
        system_tracking_interval=None,
        log_system_params=False,
        capture_terminal_logs=False,
    ).close()


@pytest.mark.parametrize("kind", [aim.Session, aim.Run])
def test_arguments_that_ask_for_what_is_not_recorded_so_far_are_accepted_and_named_once(
    kind: type[aim.Session] | type[aim.Run],
    repo_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(guard, "_accepted", set())
    asked: dict[str, Any] = {"system_tracking_interval": 10, "log_system_params": True, "capture_terminal_logs": True}
    for _ in range(2):
        kind(repo=repo_path, **asked).close()
    (message,) = caplog.messages
    assert message.startswith(f"aim.{kind.__name__}: not recorded by this version of Aim: ")
    assert all(f"{name}= (" in message for name in asked)


@pytest.mark.parametrize(
    "late",
    [
        lambda run: run.track(1, "loss"),
        lambda run: run.track({"loss": 1}),
        lambda run: run.track({"new": 1}),
        lambda run: run.track_many("loss", [1]),
        lambda run: run.set("a", 1),
        lambda run: run.__delitem__("p"),
        lambda run: run.add_tag("a"),
        lambda run: setattr(run, "name", "x"),
    ],
)
def test_in_strict_mode_a_closed_run_raises_and_stays_as_it_was(late: Any, repo_path: Path) -> None:
    run = aim.Run(repo=repo_path, name="n")
    run.track(1, "loss")
    run["p"] = 1
    assert run["p"] == 1
    run.close()
    before = {path: path.stat().st_size for path in repo_path.rglob("*") if path.is_file()}
    with pytest.raises(SessionClosedError):
        late(run)
    assert {path: path.stat().st_size for path in repo_path.rglob("*") if path.is_file()} == before
    assert run[...] == {"p": 1}


def test_exception_in_the_with_block_is_how_the_run_ended(repo_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), aim.Run(repo=repo_path):
        raise ValueError("no")
    found = read_back(repo_path)
    assert (found.status, found.error) == ("failed", ("ValueError", "no"))
