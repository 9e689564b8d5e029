"""Reading and searching a repo through the public API."""

from __future__ import annotations

import importlib
import itertools
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from aim.errors import (
    InvalidValueError,
    MissingDependencyError,
    QueryError,
    RepoNotFoundError,
    RunActiveError,
    RunNotFoundError,
    StorageError,
)
from aim.schema.records import NO_EPOCH
from aim.sdk.reading import arrays
from aim.sdk.reading.results import MetricCollection
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.open_run import open_run
from aim.storage.writing.request import RunRequest


@pytest.fixture
def repo(repo_path: Path) -> Iterator[aim.Repo]:
    """Two ended runs: `first` with three metrics, `second` with one."""
    with aim.Session(str(repo_path), experiment="digits", run="first") as session:
        session.set_params({"lr": 0.1, "opt": {"name": "adam"}, "layers": [64, 32]}, name="hparams")
        for step in range(5):
            session.track(1.0 - step / 10, name="loss", epoch=step // 2, subset="train")
            session.track(2.0 - step / 10, name="loss", subset="val")
        session.track(0.5, name="accuracy")
    with aim.Session(str(repo_path), experiment="other", run="second") as session:
        session.set_params({"lr": 0.2}, name="hparams")
        session.track(float("nan"), name="loss", subset="train")
    with aim.Repo(repo_path) as opened:
        yield opened


def names(found: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [(metric.run.name, metric.name, dict(metric.context)) for metric in found]


def test_metrics_come_by_run_name_and_context(repo: aim.Repo) -> None:
    assert names(repo.query_metrics()) == [
        ("first", "accuracy", {}),
        ("first", "loss", {"subset": "train"}),
        ("first", "loss", {"subset": "val"}),
        ("second", "loss", {"subset": "train"}),
    ]


def test_arrays_of_a_metric(repo: aim.Repo) -> None:
    (metric,) = repo.query_metrics("loss if context.subset == train and params.lr < 0.15")
    assert metric.steps.tolist() == [0, 1, 2, 3, 4]
    assert metric.values.tolist() == [1.0 - step / 10 for step in range(5)]
    assert metric.epochs.tolist() == [0, 0, 1, 1, 2]
    assert (np.diff(metric.times) >= 0).all()
    assert metric.steps.dtype == np.int64
    assert metric.values.dtype == metric.epochs.dtype == metric.times.dtype == np.float64
    assert (metric.count, len(metric), metric.first_step, metric.last_step) == (5, 5, 0, 4)
    assert (metric.first, metric.last, metric.min, metric.max) == (1.0, 0.6, 0.6, 1.0)


def test_metric_without_epochs_has_nan_epochs(repo: aim.Repo) -> None:
    (metric,) = repo.query_metrics("accuracy")
    assert np.isnan(metric.epochs).all()


def test_values_know_their_steps_and_are_an_array(repo: aim.Repo) -> None:
    for run in repo.query_metrics("loss").iter_runs():
        for metric in run:
            steps, values = metric.values.sparse_numpy()
            assert type(steps) is type(values) is np.ndarray
            assert steps.tolist() == metric.steps.tolist()
            assert len(metric.values[1:].sparse_numpy()[0]) == len(values) - 1
            assert isinstance(metric.values * 2, np.ndarray)
            assert metric.values.sparse_list()[0] == steps.tolist()


def test_iter_runs_groups_metrics_by_run(repo: aim.Repo) -> None:
    grouped = [(item.run.name, [m.name for m in item]) for item in repo.query_metrics("loss").iter_runs()]
    assert grouped == [("first", ["loss", "loss"]), ("second", ["loss"])]
    assert [(item.run.name, len(item)) for item in repo.query_runs().iter_runs()] == [("first", 3), ("second", 1)]


def test_collections_are_sequences(repo: aim.Repo) -> None:
    found = repo.query_metrics()
    assert len(found) == 4
    assert found[-1].run.name == "second"
    assert isinstance(found[1:3], MetricCollection)
    assert names(found[1:3]) == names(found)[1:3]
    assert found[2:][0].values.tolist() == found[2].values.tolist()
    assert [run.name for run in repo.query_runs()[1:]] == ["second"]


def test_an_answer_holds_what_was_tracked_before_the_question(repo_path: Path) -> None:
    with aim.Session(str(repo_path)) as session, aim.Repo(repo_path) as repo:
        for count in range(1, 5):
            session.track(count, name="loss")
            (metric,) = repo.query_metrics("loss")
            assert len(metric.values) == count
            assert metric.run.status == "running"
            assert metric.run.active


def test_columns_of_a_growing_metric_have_one_length(repo_path: Path) -> None:
    with aim.Session(str(repo_path)) as session, aim.Repo(repo_path) as repo:
        session.track(1, name="loss")
        (metric,) = repo.query_metrics("loss")
        (other,) = repo.query_metrics("loss")
        assert len(metric.values) == len(other.times) == 1
        session.track(2, name="loss")
        repo.query_runs()
        assert len(metric.times) == len(metric.epochs) == len(metric.values) == len(metric.steps)
        assert len(other.values) == len(other.steps) == len(other.times)
        assert metric.values.sparse_numpy()[0].tolist() == metric.steps.tolist()


def test_arrays_are_read_in_batches_whatever_the_order(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "FIRST_BATCH_SEQUENCES", 3)
    monkeypatch.setattr(arrays, "BATCH_POINTS", 20)
    with aim.Session(str(repo_path)) as session:
        for number in range(20):
            session.track_many("m", np.full(number + 1, float(number)), context={"n": number})
    with aim.Repo(repo_path) as repo:
        found = repo.query_metrics()
        reads: list[int] = []
        columns = repo.engine.columns
        monkeypatch.setattr(
            repo.engine, "columns", lambda rows, **more: reads.append(len(rows)) or columns(rows, **more)
        )
        by_number = {metric.context["n"]: metric for metric in found}
        for number in (*range(20), 3, 17, 0):
            metric = by_number[number]
            assert metric.values.tolist() == [float(number)] * (number + 1)
            assert len(metric.times) == number + 1
        assert max(reads) > 1
        metric = found[0]
        assert metric.values is metric.values


def test_fields_of_a_run(repo: aim.Repo) -> None:
    run = repo.query_runs("run.hash == first")[0]
    assert (run.name, run.experiment, run.tags, run.archived, run.description) == ("first", "digits", [], False, "")
    assert (run.status, run.status.value, run.active) == ("finished", "finished", False)
    assert run.status.ended_at == run.ended_at == run.finalized_at
    assert run.created_at is not None and run.ended_at is not None and run.duration is not None
    assert run.duration == run.ended_at - run.created_at
    assert not run.loss
    assert run.source == "aim" and run.attempt == 1
    assert run == repo.get_run(run.hash) and hash(run) == hash(repo.get_run(run.hash))


def test_a_run_knows_what_it_lost_and_why(repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_STRICT", "0")
    with aim.Session(str(repo_path)) as session, pytest.warns(UserWarning):
        session.track("not a number", name="loss")
    (run,) = aim.Repo(repo_path).iter_runs()
    assert (run.loss.rejected, run.loss.causes) == (1, (("rejected", 1),))


def test_params_of_a_run(repo: aim.Repo) -> None:
    run = repo.get_run("first")
    assert run["hparams"] == {"lr": 0.1, "opt": {"name": "adam"}, "layers": [64, 32]}
    assert run["hparams", "opt", "name"] == "adam"
    assert run[...] == run.params == {"hparams": run["hparams"]}
    assert run.get(("hparams", "missing"), 5) == 5
    assert ("hparams", "lr") in run and "missing" not in run
    with pytest.raises(KeyError):
        run["missing"]
    run.params["hparams"]["lr"] = 7
    run["hparams"]["layers"].append(1)
    assert run["hparams", "lr"] == 0.1 and run["hparams", "layers"] == [64, 32]


def test_metrics_of_a_run(repo: aim.Repo) -> None:
    run = repo.get_run("first")
    assert names(run.metrics()) == names(repo.query_metrics("run.name == first"))
    metric = run.get_metric("loss", {"subset": "val"})
    assert metric is not None and metric.values[0] == 2.0
    assert run.get_metric("loss", {}) is None
    assert run.get_metric("loss", {"subset": "test"}) is None and run.get_metric("los") is None
    with pytest.raises(InvalidValueError, match=r"'loss' in 2 contexts: name one, context=.*train.*val"):
        run.get_metric("loss")
    accuracy = run.get_metric("accuracy")
    assert accuracy is not None and accuracy.last == 0.5


def test_get_run_by_name_or_hash(repo: aim.Repo, repo_path: Path) -> None:
    run = repo.get_run("second")
    assert repo.get_run(run.hash).name == "second"
    with pytest.raises(RunNotFoundError, match="no run 'third'"):
        repo.get_run("third")
    with pytest.raises(RunNotFoundError):
        repo.get_run("0" * 24)
    with aim.Session(str(repo_path), experiment="third", run="second"):
        pass
    with pytest.raises(RunNotFoundError, match="2 runs are named 'second'"):
        repo.get_run("second")


@pytest.mark.parametrize("text", ["x\udcff", "a\0b", "\ud800", "a" * 24 + "\udcff"])
def test_text_that_no_database_takes_is_no_run(repo: aim.Repo, text: str) -> None:
    with pytest.raises(RunNotFoundError):
        repo.get_run(text)
    with pytest.raises(RunNotFoundError):
        repo.delete_run(text)
    assert repo.runs_named(text) == []
    assert (repo.engine.run_by_hash(text), repo.engine.hashes_by_name(text)) == (None, [])
    for field in ("run.name", "run.hash", "run.experiment", "metric.name", "context.subset", "params.lr"):
        assert len(repo.query_metrics(f"{field} == {text!r}")) == 0
        assert len(repo.query_runs(f"{field} in [{text!r}, 'y']")) == 0


def test_edits_are_seen_at_once_and_stay(repo: aim.Repo, repo_path: Path) -> None:
    run = repo.get_run("first")
    run.name = "renamed"
    run.description = "better"
    run.experiment = "moved"
    run.add_tag("keep")
    run.add_tag("drop")
    run.remove_tag("drop")
    run.archived = True
    assert (run.name, run.description, run.experiment, run.tags, run.archived) == (
        "renamed", "better", "moved", ["keep"], True,
    )  # fmt: skip
    assert run.status == "finished"
    assert [found.name for found in repo.query_runs()] == ["second"]
    with aim.Repo(repo_path) as again:
        assert [found.name for found in again.query_runs('run.archived and "keep" in run.tags')] == ["renamed"]
        assert [found.name for found in again.iter_runs()] == ["renamed", "second"]
    with pytest.raises(InvalidValueError):
        run.name = "\0"


def test_notes_can_be_written_changed_and_deleted(repo: aim.Repo) -> None:
    run = repo.get_run("first")
    note = run.add_note("one")
    run.add_note("two")
    run.set_note(note, "one, changed")
    assert sorted(n.text for n in run.notes) == ["one, changed", "two"]
    run.set_note(note, None)
    assert [n.text for n in run.notes] == ["two"]


def test_delete_moves_into_the_trash_and_refuses_live_runs(repo: aim.Repo, repo_path: Path) -> None:
    first = repo.get_run("first")
    with aim.Session(str(repo_path), run="live") as session:
        session.track(1, name="loss")
        live = repo.get_run("live")
        with pytest.raises(RunActiveError):
            repo.delete_runs([first, live])
        assert {run.name for run in repo.query_runs()} == {"first", "second", "live"}
    repo.delete_runs([first, live.hash])
    assert [run.name for run in repo.query_runs()] == ["second"]
    assert (repo_path / ".aim" / "trash" / first.hash).is_dir()
    with pytest.raises(RunNotFoundError):
        repo.delete_run(first.hash)
    with pytest.raises(RunNotFoundError):
        repo.delete_run("../../etc")


def test_details_of_a_deleted_run_say_so(repo: aim.Repo) -> None:
    run = repo.query_runs("run.name == first")[0]
    repo.delete_run(run.hash)
    repo.query_runs()
    with pytest.raises(RunNotFoundError, match="deleted"):
        run.tags  # noqa: B018


def test_experiments_are_those_of_runs_and_the_default(repo: aim.Repo) -> None:
    assert repo.experiments() == ["default", "digits", "other"]


def test_an_index_that_is_deleted_is_built_again(repo: aim.Repo) -> None:
    before = names(repo.query_metrics())
    index = Path(repo.index.path).parent
    for file in index.iterdir():
        file.unlink()
    assert names(repo.query_metrics()) == before


def test_hints_name_what_is_not_there(repo: aim.Repo) -> None:
    assert repo.query_metrics("los if params.lr > 0").hints == ("no metric 'los'; did you mean loss?",)
    assert repo.query_runs("params.hparams.lrr == 1").hints == (
        "no run has params.hparams.lrr; did you mean params.hparams.lr?",
    )
    assert repo.query_metrics("loss if context.subst == train").hints == (
        "no context 'context.subst'; did you mean context.subset?",
    )
    assert repo.query_metrics("loss if context.subset == trian").hints == (
        "no value of context.subset 'trian'; did you mean train?",
    )
    assert repo.query_runs("experiment == digit").hints == ("no experiment 'digit'; did you mean digits?",)
    assert repo.query_metrics("loss").hints == ()
    assert repo.query_metrics("loss if params.lr > 5").hints == ()


def test_progress_can_end_a_query(repo: aim.Repo) -> None:
    calls: list[tuple[int, int]] = []
    repo.query_runs("params.lr + params.lr > 0", progress=lambda done, of: calls.append((done, of)))
    assert calls == [(0, 2), (2, 2)]

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repo.query_runs("params.lr + params.lr > 0", progress=stop)


def test_a_query_error_points(repo: aim.Repo) -> None:
    with pytest.raises(QueryError) as error:
        repo.query_metrics("loss if params.lr >")
    assert (error.value.line, error.value.column) == (1, 20)


def test_sample_keeps_true_extremes(repo_path: Path) -> None:
    values = np.sin(np.arange(10_000) / 100)
    values[1_234] = 50.0
    values[7_777] = -50.0
    values[5_000] = np.nan
    with aim.Session(str(repo_path)) as session:
        session.track_many("m", values)
    with aim.Repo(repo_path) as repo:
        (metric,) = repo.query_metrics()
        sample = metric.sample(100)
        assert 50 < len(sample) <= 120
        assert not sample.is_complete and sample.total == 10_000
        assert np.nanmax(sample.values) == 50.0 and np.nanmin(sample.values) == -50.0
        assert sample.steps[np.nanargmax(sample.values)] == 1_234
        assert np.isnan(sample.values).any()
        assert metric.sample(20_000).is_complete


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_data_frames(repo: aim.Repo, backend: Any) -> None:
    pytest.importorskip(backend)
    (metric,) = repo.query_metrics("loss if context.subset == val")
    frame = metric.dataframe(backend=backend)
    assert list(frame.columns) == ["step", "epoch", "time", "value"]
    assert list(frame["value"]) == metric.values.tolist()
    frame = repo.query_metrics("loss").dataframe(backend=backend)
    points = ["run", "name", "experiment", "metric", "context", "step", "epoch", "time", "value"]
    params = ["hparams.lr", "hparams.opt.name", "hparams.layers"]
    assert list(frame.columns) == points + params
    assert [set(frame[name]) for name in ("name", "hparams.lr")] == [{"first", "second"}, {0.1, 0.2}]
    assert list(repo.query_metrics("loss").dataframe(backend=backend, params=["lr"]).columns) == [*points, "lr"]
    assert list(repo.query_metrics("loss").dataframe(backend=backend, params=False).columns) == points
    assert len(frame) == 11
    assert next(iter(frame["context"])) == '{"subset":"train"}'
    frame = repo.query_runs().dataframe(backend=backend)
    assert list(frame["hparams.lr"]) == [0.1, 0.2]
    assert list(frame["name"]) == ["first", "second"]
    assert len(repo.get_run("first").dataframe(backend=backend)) == 1
    assert len(repo.query_metrics("nothing").dataframe(backend=backend)) == 0
    assert len(repo.query_runs("params.lr > 9").dataframe(backend=backend)) == 0


def test_data_frames_without_a_library_say_what_to_install(repo: aim.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, package: str | None = None) -> Any:
        raise ImportError(name)

    (metric,) = repo.query_metrics("accuracy")
    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(MissingDependencyError, match=r"pandas or polars.*pip install pandas"):
        metric.dataframe()
    with pytest.raises(MissingDependencyError, match=r"pip install polars"):
        metric.dataframe(backend="polars")
    with pytest.raises(InvalidValueError):
        metric.dataframe(backend="excel")  # type: ignore[arg-type]


def test_opening_a_repo(repo: aim.Repo, repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo_path / "below").mkdir()
    monkeypatch.chdir(repo_path / "below")
    assert aim.Repo().path == aim.Repo.from_path(repo_path / ".aim").path == str(repo_path / ".aim")
    assert pickle.loads(pickle.dumps(repo)).path == repo.path
    with pytest.raises(RepoNotFoundError):
        aim.Repo(repo_path / "below")
    with aim.Run(repo=repo) as run:
        run.track(1, name="loss")
    assert repo.get_run(run.hash).get_metric("loss") is not None


def test_results_are_read_after_the_repo_was_closed(repo: aim.Repo) -> None:
    (metric,) = repo.query_metrics("accuracy")
    repo.close()
    assert metric.values.tolist() == [0.5]


def test_points_of_every_attempt_can_be_asked_for(repo_path: Path) -> None:
    with aim.Session(str(repo_path), run="resumed") as session:
        for step in range(4):
            session.track(1.0, name="loss", step=step)
    with aim.Session(str(repo_path), run="resumed", resume=True) as session:
        for step in range(2, 6):
            session.track(2.0, name="loss", step=step)
    with aim.Repo(repo_path) as repo:
        (latest,) = repo.query_metrics("loss")
        (every,) = repo.query_metrics("loss", attempts="all")
        assert (latest.steps.tolist(), latest.values.tolist()) == ([0, 1, 2, 3, 4, 5], [1.0] * 2 + [2.0] * 4)
        assert (every.steps.tolist(), every.values.tolist()) == ([0, 1, 2, 3, 2, 3, 4, 5], [1.0] * 4 + [2.0] * 4)
        assert len(every.times) == len(every.dataframe()) == 8
        assert every.sample(100).total == 8
        with pytest.raises(InvalidValueError, match="'latest' or 'all'"):
            repo.query_metrics("loss", attempts="first")  # type: ignore[arg-type]


def test_hash_of_a_run_means_that_run_and_no_other_of_that_name(repo: aim.Repo, repo_path: Path) -> None:
    first = repo.get_run("first").hash
    for name in (first, "0" * 24):
        aim.Session(str(repo_path), run=name).close()

    def found(query: str) -> list[str]:
        return [run.name for run in repo.query_runs(query)]

    assert found(f'run.hash == "{first}"') == found(f'"{first}" == run.hash') == ["first"]
    assert found(f'run.hash != "{first}"') == ["second", first, "0" * 24]
    assert found(f'run.hash in ("{first}", second)') == ["first", "second"]
    assert found(f'run.hash in ("{first}")') == ["first"]
    assert found(f'run.hash not in ("{first}", second)') == [first, "0" * 24]
    assert found(f'run.name == "{first}"') == [first]
    # no run has this hash: it may be a name
    assert found(f'run.hash == "{"0" * 24}"') == ["0" * 24]
    assert names(repo.query_metrics(f'accuracy if run.hash == "{first}"')) == [("first", "accuracy", {})]


@pytest.mark.parametrize("n", [0, -1, 2.5, "10", None])
def test_sample_of_no_number_of_points_is_refused(repo: aim.Repo, n: Any) -> None:
    with pytest.raises(InvalidValueError, match="1 or more"):
        repo.query_metrics("accuracy")[0].sample(n)


def test_sample_takes_whole_numbers_of_any_type(repo: aim.Repo) -> None:
    assert len(repo.query_metrics("accuracy")[0].sample(np.int64(5))) == 1


def test_backend_of_a_data_frame_may_stand_alone(repo: aim.Repo) -> None:
    found = repo.query_metrics("accuracy")
    for table in (found, found[0], repo.query_runs(), repo.get_run("first")):
        assert type(table.dataframe("pandas")).__module__.startswith("pandas")


def test_dict_that_was_emptied_is_no_column(repo_path: Path) -> None:
    with aim.Run(repo=str(repo_path)) as run:
        run["a", "b"] = 1
        run["lr"] = 0.1
        del run["a", "b"]
    with aim.Repo(repo_path) as repo:
        row = repo.get_run(run.hash).as_row()
        assert "a" not in row and row["lr"] == 0.1
        assert repo.get_run(run.hash)["a"] == {}


def test_runs_that_no_error_ended_have_none(repo_path: Path) -> None:
    with aim.Session(repo=repo_path, run="fine"):
        pass
    for name, error in (("told", ValueError("why")), ("silent", KeyboardInterrupt())):
        with pytest.raises(type(error)), aim.Session(repo=repo_path, run=name):
            raise error
    with aim.Repo(repo_path) as repo:
        for field, having in (("error_type", ["silent", "told"]), ("error_message", ["told"])):
            none = sorted({"fine", "silent", "told"} - set(having))
            assert sorted(run.name for run in repo.query_runs(f"run.{field} is None")) == none
            assert sorted(run.name for run in repo.query_runs(f"run.{field} is not None")) == having
            assert sorted(run.name for run in repo.query_runs(f"run.{field}")) == having
        assert [run.name for run in repo.query_runs("run.error_type == ValueError and run.error_message == why")] == [
            "told"
        ]
        assert {run.status.error_type for run in repo.query_runs("run.error_type is None")} == {""}
        assert len(list(repo.query_runs('run.description == ""'))) == 3


def test_killed_run_that_was_copied_here_lasted_until_its_last_point(tmp_path: Path) -> None:
    ticks = itertools.count(1_000_000.0)
    layout = create_repo(tmp_path / "there")
    writer = open_run(layout, RunRequest("a" * 24, name="killed", is_new=True), clock=ticks.__next__)
    sequence = writer.sequence("loss", None)
    for step in range(70):
        writer.append_point(sequence, step, NO_EPOCH, 1.0)
    here = create_repo(tmp_path / "here")
    shutil.copytree(layout.run_dir("a" * 24), here.run_dir("a" * 24))
    writer.close("finished")
    with aim.Repo(tmp_path / "here") as repo:
        assert [run.name for run in repo.query_runs("run.duration < 60")] == []
        (run,) = repo.query_runs("run.duration > 69 and run.status == crashed")
        assert run.ended_at is not None
        assert run.created_at is not None
        assert run.duration == run.ended_at - run.created_at == repo.run_report(run).duration


def test_resumed_run_lasted_as_long_as_its_attempts_together(tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    for attempt, begin in enumerate((1_000_000.0, 2_000_000.0)):
        ticks = itertools.count(begin)
        writer = open_run(layout, RunRequest("a" * 24, name="twice", is_new=not attempt), clock=ticks.__next__)
        sequence = writer.sequence("loss", None)
        for step in range(10):
            writer.append_point(sequence, step, NO_EPOCH, 1.0)
        writer.close("failed" if attempt == 0 else "finished")
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.query_runs("run.duration < 100")
        assert run.duration is not None
        assert 20 < run.duration < 100
        assert run.duration == repo.run_report(run).duration
        assert [row.hash for row in repo.query_runs("run.ended_at - run.created_at > 999000")] == [run.hash]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_disk_that_refuses_a_change_of_a_run_is_an_error_of_aim(repo_path: Path) -> None:
    import resource

    aim.Session(repo_path, run="a").close()
    repo = aim.Repo(repo_path)
    run = repo.get_run("a")
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, unlimited[1]))
    try:
        for change in (
            lambda: run.add_tag("t"),
            lambda: run.remove_tag("t"),
            lambda: run.add_note("n"),
            lambda: setattr(run, "name", "b"),
        ):
            with pytest.raises(StorageError, match=rf"cannot change run {run.hash} in .*: File too large"):
                change()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    run.add_tag("later")
    assert (repo.get_run("a").tags, repo.get_run("a").name) == (["later"], "a")
