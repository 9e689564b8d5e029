"""One class records: what Session and Run can do, the functions of aim can do, and a run of a repo can be asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimWarning, InvalidValueError
from aim.sdk.reading.stored_run import StoredRun
from aim.sdk.recording import default_session
from aim.sdk.recording.guard import Warner
from tests.unit.sdk.reading import hashes_in, read_back

NO_FUNCTION = {
    "the default session itself has them: aim.session().name": (
        "active archived created_at creation_time description duration end_time ended_at experiment finalized_at hash "
        "is_foreign loss name notes params props records repo repo_path run_hash status tags"
    ),
    "the same: read through aim.session()": (
        "as_row collect_sequence_info dataframe get get_metric iter_metrics_info metrics"
    ),
    "finish is the one name for it": "close finalize",
    "only for code written for Aim 3, which calls them on its run": (
        "log_artifact log_artifacts report_progress report_successful_finish set_artifacts_uri"
    ),
}
"""Members of a handle without a function in aim."""

NOT_STORED = {
    "it would record": (
        "add_record close finalize finish flush log_artifact log_artifacts log_error log_info log_warning "
        "report_progress report_successful_finish set set_artifacts_uri set_params track track_many"
    ),
    "only a handle is bound to a process": "is_foreign",
    "only a handle goes by several names": "props",
}
"""Members of a handle that a run of a repo does not have."""

ONLY_STORED = {"known of a whole run, not of the one that records": "attempt hidden_points source"}


def members(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_")}


def names(table: dict[str, str]) -> set[str]:
    return {name for listed in table.values() for name in listed.split()}


def test_session_and_run_differ_in_their_constructors_alone() -> None:
    assert members(aim.Session) == members(aim.Run)
    for name in members(aim.Session):
        assert getattr(aim.Session, name) is getattr(aim.Run, name)


def test_what_a_handle_records_a_function_of_aim_records() -> None:
    functions = {name for name in members(aim.Session) if inspect.isfunction(getattr(aim, name, None))}
    assert members(aim.Session) - functions == names(NO_FUNCTION)


@pytest.mark.parametrize("name", sorted(members(aim.Session) - names(NO_FUNCTION)))
def test_the_function_of_a_name_takes_what_the_method_takes(name: str) -> None:
    method = inspect.signature(getattr(aim.Session, name))
    function = inspect.signature(getattr(aim, name))
    taken = [(p.name, p.kind, p.default) for p in list(method.parameters.values())[1:]]
    assert [(p.name, p.kind, p.default) for p in function.parameters.values()] == taken


def test_a_run_of_a_repo_has_the_same_names_for_what_it_can_do() -> None:
    assert members(aim.Session) - members(StoredRun) == names(NOT_STORED)
    assert members(StoredRun) - members(aim.Session) == names(ONLY_STORED)


@pytest.fixture
def fresh_default_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(default_session, "_session", None)
    monkeypatch.setattr(default_session, "_warner", Warner())
    yield
    aim.finish()


Open = Callable[[Path], Any]

HANDLES: dict[str, Open] = {
    "Session": lambda path: aim.Session(path, experiment="e", run="n"),
    "Run": lambda path: aim.Run(repo=path, experiment="e", name="n"),
}


@pytest.mark.parametrize("open_handle", HANDLES.values(), ids=HANDLES)
def test_every_member_does_what_it_says(open_handle: Open, repo_path: Path) -> None:
    with open_handle(repo_path) as run:
        run.track(0.5, "loss", 3, 1.5, subset="train")
        run.track({"loss": 0.25, "accuracy": 1}, step=4, context={"subset": "train"})
        run.track(0.125, "loss", context={"subset": "train"}, fold=1)
        run.track_many("lr", [0.1, 0.2])
        run["cfg"] = {"depth": 3}
        run.set(("cfg", "width"), 8)
        run.set_params({"seed": 1})
        run.set_params({"lr": 0.1}, name="hparams")
        run.name, run.description, run.experiment = "better", "words", "other"
        run.archived = True
        run.add_tag("a")
        run.add_tag("b")
        run.remove_tag("a")
        note = run.add_note("first")
        run.set_note(note, "second")
        run.add_record("checkpoint", {"path": "x"})
        run.log_info("began", step=1)
        run.log_warning("hot")
        run.log_error("gone")
        run.flush()
        assert run.params == {"cfg": {"depth": 3, "width": 8}, "params": {"seed": 1}, "hparams": {"lr": 0.1}}
        assert ("cfg", "depth") in run and run["hparams", "lr"] == 0.1 and run.get("no", 5) == 5
        assert (run.name, run.description, run.experiment, run.archived) == ("better", "words", "other", True)
        assert (run.tags, [(n.id, n.text) for n in run.notes]) == (["b"], [(note, "second")])
        messages = [{k: v for k, v in m.items() if k != "time"} for m in run.records["message"]]
        assert messages == [
            {"level": "info", "text": "began", "attributes": {"step": 1}},
            {"level": "warning", "text": "hot"},
            {"level": "error", "text": "gone"},
        ]
        assert all(run.created_at <= m["time"] for m in run.records["message"])
        assert run.hash == run.run_hash == hashes_in(repo_path)[0]
        assert run.repo.path == run.repo_path == str(repo_path / ".aim")
        assert (run.active, run.status, run.ended_at, run.props.name) == (True, "running", None, "better")
        metric = run.get_metric("loss", {"subset": "train"})
        assert metric is not None and list(metric.values) == [0.5, 0.25]
        assert {(m.name, str(m.context)) for m in run.metrics()} >= {("lr", "{}")}
        assert run.as_row()["name"] == "better" == run.dataframe()["name"][0]
    assert (run.active, run.status) == (False, "finished")
    assert run.ended_at == run.finalized_at == run.end_time >= run.created_at
    found = read_back(repo_path)
    assert found.values("loss", subset="train", fold=1) == [0.125]
    assert found.values("accuracy", subset="train") == [1.0]
    assert found.state.records["checkpoint"] == [{"path": "x"}]


def test_a_run_that_failed_says_so_by_its_handle(repo_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), aim.Session(repo_path) as session:
        raise ZeroDivisionError
    assert session.status == "failed"


@pytest.mark.usefixtures("fresh_default_session")
def test_functions_record_into_one_run_until_it_is_finished(tmp_path: Path) -> None:
    aim.finish()  # nothing began, nothing happens
    assert list(tmp_path.iterdir()) == []
    aim.track({"loss": 1.0, "accuracy": 0.5}, subset="val")
    aim.track(0.5, "loss", context={"subset": "val"}, fold=1)
    aim.track_many("lr", [0.1, 0.2])
    aim.set("a", {"b": 1})
    aim.add_tag("x")
    aim.add_tag("y")
    aim.remove_tag("x")
    aim.set_note(aim.add_note("first"), "second")
    aim.add_record("checkpoint", 1)
    aim.log_info("i")
    aim.log_warning("w")
    aim.log_error("e")
    first = aim.session()
    aim.finish()
    assert not first.active
    aim.track(2.0, "loss")
    aim.finish()
    assert len(hashes_in(tmp_path)) == 2
    run = read_back(tmp_path, first.hash)
    assert run.values("loss", subset="val") == [1.0]
    assert (run.values("accuracy", subset="val"), run.values("loss", subset="val", fold=1)) == ([0.5], [0.5])
    assert (run.values("lr"), run.params, run.state.tags) == ([0.1, 0.2], {"a": {"b": 1}}, ["y"])
    assert [note.text for note in run.state.notes] == ["second"]
    assert [message["level"] for message in run.state.records["message"]] == ["info", "warning", "error"]
    assert run.status == "finished"


@pytest.mark.parametrize("open_handle", HANDLES.values(), ids=HANDLES)
def test_an_attribute_that_would_not_be_recorded_cannot_be_set(open_handle: Open, repo_path: Path) -> None:
    with open_handle(repo_path) as run:
        with pytest.raises(AttributeError, match=r"would not be recorded\. Record it as a param: run\['lr'\] = "):
            run.lr = 0.1
        with pytest.raises(AttributeError, match=r"tags of a run cannot be set; use add_tag\(\.\.\.\)"):
            run.tags = ["a"]
        with pytest.raises(AttributeError, match="hash of a run cannot be set"):
            run.hash = "0" * 24


def test_a_subclass_may_have_attributes_of_its_own(repo_path: Path) -> None:
    class Mine(aim.Session):
        def __init__(self) -> None:
            self.count = 0
            super().__init__(repo_path)

    with Mine() as session:
        session.count += 1
    assert session.count == 1


@pytest.mark.parametrize("open_handle", HANDLES.values(), ids=HANDLES)
def test_artifacts_are_refused_with_a_warning_and_a_count(
    open_handle: Open, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIM_STRICT")
    with open_handle(repo_path) as run:
        with pytest.warns(AimWarning, match=r"artifacts \(model\.pt\) cannot be recorded so far") as given:
            for _ in range(3):
                run.log_artifact("model.pt", name="m")
        assert (len(given), run.loss.rejected) == (1, 3)
        with pytest.warns(AimWarning, match="without effect: ") as said:
            for _ in range(2):
                run.set_artifacts_uri("s3://bucket")
                run.report_progress(expect_next_in=5)
                run.report_successful_finish()
        assert len(said) == 3


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda run: run.track("loss", 0.1), r"track\(0\.1, name='loss'\)"),
        (lambda run: run.track(0.1), r"track\(0\.1, name=\.\.\.\)"),
        (lambda run: run.track({"a": 1.0}, 5), r"track\(\{\.\.\.\}, step=5\)"),
        (lambda run: run.track({"a": 1.0}, "a"), "leave out name="),
    ],
)
def test_a_call_of_track_that_is_wrong_is_answered_with_the_line_that_is_right(
    call: Callable[[Any], None], line: str, repo_path: Path
) -> None:
    with aim.Session(repo_path) as session, pytest.raises(InvalidValueError, match=line):
        call(session)


@pytest.mark.usefixtures("fresh_default_session")
def test_the_function_track_answers_the_same(tmp_path: Path) -> None:
    wrong: Any = 0.1
    with pytest.raises(InvalidValueError, match=r"track\(0\.1, name='loss'\)"):
        aim.track("loss", wrong)
    aim.track(0.5, "loss", context="word")
    assert read_back(tmp_path).values("loss", context="word") == [0.5]


def test_what_is_disabled_has_every_member_and_touches_no_disk(tmp_path: Path) -> None:
    for run in (aim.Session("repo", run="n", mode="disabled"), aim.Run(repo="repo", name="n", mode="disabled")):
        with run:
            run.track(1, "loss")
            run.track({"loss": 1})
            run.track("loss", 0.1)  # type: ignore[call-overload]
            run.track_many("loss", [1])
            run["cfg"] = {"a": 1}
            run.set_params({"lr": 0.1}, name="hparams")
            run.set(("cfg", "b"), 2)
            run.name, run.description, run.experiment, run.archived = "m", "d", "e", True
            run.add_tag("a")
            run.set_note(run.add_note("x"), "y")
            run.add_record("k", 1)
            run.log_info("x")
            run.log_artifact("x")
            run.flush()
            assert (run["cfg"], run["hparams", "lr"]) == ({"a": 1, "b": 2}, 0.1)
            del run["cfg", "a"]
            assert run.params == {"cfg": {"b": 2}, "hparams": {"lr": 0.1}}
            assert (run.name, run.description, run.experiment, run.archived) == ("m", "d", "e", True)
            assert (run.tags, [note.text for note in run.notes]) == (["a"], ["y"])
            assert (len(run.hash), run.repo_path, run.repo.path, run.active) == (24, "", "", True)
            assert (list(run.metrics()), run.get_metric("loss"), bool(run.loss)) == ([], None, False)
            assert run.duration >= 0
            assert repr(run) == f"<aim.{type(run).__name__} {run.hash} active, records nothing>"
        assert (run.active, run.status) == (False, "finished")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("fresh_default_session")
def test_the_environment_disables_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_DISABLED", "1")
    aim.track(1, "loss")
    aim.set_params({"a": 1})
    assert aim.session().params == {"params": {"a": 1}}
    aim.finish()
    aim.Session("repo", resume=True).close()
    aim.Run("0" * 24, tags=["a"], description="d").close()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"mode='offline' is not known: use mode=\"disabled\""):
        aim.Session(mode="offline")


def test_params_set_in_a_loop_do_not_fill_the_memory_of_what_is_disabled() -> None:
    from aim.sdk.recording.handle import recorder_of

    run = aim.Session(mode="disabled")
    for step in range(2000):
        run["step"] = step
        run.set_params({"last": step})
    run.add_tag("kept")
    recorder: Any = recorder_of(run)
    assert len(recorder._events) <= 510
    assert (run.params, run.tags) == ({"step": 1999, "params": {"last": 1999}}, ["kept"])


def test_tags_and_description_can_be_given_at_the_beginning(repo_path: Path) -> None:
    with aim.Session(repo_path, tags=["a", "b"], description="words"):
        pass
    run = read_back(repo_path)
    assert (run.state.tags, run.state.description) == (["a", "b"], "words")
