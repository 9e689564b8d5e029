"""Without strict mode nothing raises into training: one warning a cause and line, a count, and on it goes."""

from __future__ import annotations

import inspect
import math
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aim
from aim.errors import AimWarning
from tests.unit.sdk.reading import read_back


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIM_STRICT")


def lines_of(warned: Any) -> list[tuple[str, int]]:
    return [(warning.filename, warning.lineno) for warning in warned]


def this_line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_value_that_is_none_is_warned_of_once_a_line_and_counted_each_time(repo_path: Path) -> None:
    session = aim.Session(repo_path)
    with pytest.warns(AimWarning) as warned:
        for _ in range(3):
            session.track("0.5", "loss")
            first = this_line() - 1
        session.track(None, "loss")
        second = this_line() - 1
        session.track(0.25, "loss")
    session.close()
    assert lines_of(warned) == [(__file__, first), (__file__, second)]
    assert [str(warning.message) for warning in warned] == [
        "a metric value must be a real number, not str ('0.5') (not recorded; counted on the run)",
        "a metric value must be a real number, not NoneType (None) (not recorded; counted on the run)",
    ]
    run = read_back(repo_path)
    assert (run.values("loss"), run.steps("loss")) == ([0.25], [0])
    assert (run.loss.rejected, run.loss.causes) == (4, (("rejected", 4),))


def test_closed_session_warns_once_with_the_callers_line_and_counts(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path)
    run.close()
    with pytest.warns(AimWarning) as warned:
        for _ in range(3):
            run.track(1.0, "loss")
            line = this_line() - 1
    assert lines_of(warned) == [(__file__, line)]
    assert (
        str(warned[0].message)
        == f"run {run.hash} is closed; open it again with aim.Run('{run.hash}') (not recorded; counted on the run)"
    )
    assert run.loss.rejected == 3
    assert dict(run.loss.causes) == {"closed": 3}
    assert read_back(repo_path).points == []


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (1.5, "a step must be an integer, not 1.5; the automatic step was taken"),
        ("3", "a step must be an integer, not '3'; the automatic step was taken"),
        (2**64, "a step must be a signed 64-bit integer, not one of 66 bits; the automatic step was taken"),
        (np.arange(2), "; the automatic step was taken"),
    ],
)
def test_step_that_is_none_costs_the_step_and_not_the_point(step: Any, message: str, repo_path: Path) -> None:
    session = aim.Session(repo_path)
    with pytest.warns(AimWarning) as warned:
        for _ in range(3):
            session.track(1.0, "loss", step=step)
    with pytest.warns(AimWarning) as warned_run, aim.Run(session.run_hash, repo=repo_path) as run:
        run.track({"loss": 1.0}, step=step)
    session.close()
    assert str(warned[0].message).endswith(message)
    assert len(warned) == len(warned_run) == 1
    assert read_back(repo_path).steps("loss") == [0, 1, 2, 3]
    assert read_back(repo_path).loss.rejected == 0


@pytest.mark.parametrize("epoch", ["one", math.inf, math.nan, 1e39, 10**400, [1]])
def test_epoch_that_is_none_costs_the_epoch_and_neither_point_nor_step(epoch: Any, repo_path: Path) -> None:
    session = aim.Session(repo_path)
    with pytest.warns(
        AimWarning, match="an epoch must be a finite number, not .*; the point was kept without one"
    ) as warned:
        for _ in range(3):
            session.track(1.0, "loss", epoch=epoch)
    session.close()
    assert len(warned) == 1
    run = read_back(repo_path)
    assert (run.steps("loss"), run.epochs("loss"), run.loss.rejected) == ([0, 1, 2], [None] * 3, 0)


def test_bad_values_of_a_dict_cost_themselves_only(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path)
    with pytest.warns(AimWarning) as warned:
        run.track({"a": 1.0, "text": "x", 5: 2.0, "none": None, "b": 3.0})
    run.close()
    assert len(warned) == 1  # one cause, one line
    found = read_back(repo_path)
    assert [(point[0], point[5]) for point in found.points] == [("a", 1.0), ("b", 3.0)]
    assert found.loss.rejected == 3


def test_names_and_tags_that_cannot_be_are_warned_of_and_the_old_ones_stay(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path, name="n")
    odd: Any
    with pytest.warns(AimWarning) as warned:
        for odd in (None, 5, "\0"):
            run.name = odd
            run.add_tag(odd)
        run.description = odd = 5
        run.experiment = odd
        run.remove_tag(odd)
    run.close()
    assert {warning.filename for warning in warned} == {__file__}
    state = read_back(repo_path).state
    assert (state.name, state.tags, state.experiment, state.loss.rejected) == ("n", [], "default", 9)


def test_error_that_is_ours_is_called_an_internal_one_and_counted(
    repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = aim.Session(repo_path)

    def bug(*args: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(session._recorder.writer, "sequence", bug)
    with pytest.warns(AimWarning, match=r"ZeroDivisionError: division by zero \(not recorded; counted on the run\)"):
        session.track(1.0, "loss")
    session.close()
    assert read_back(repo_path).loss.causes == (("internal error ZeroDivisionError", 1),)


def test_ctrl_c_inside_a_value_passes(repo_path: Path) -> None:
    class Interrupted:
        def __float__(self) -> float:
            raise KeyboardInterrupt

    session = aim.Session(repo_path)
    with pytest.raises(KeyboardInterrupt):
        session.track(Interrupted(), "loss")
    session.close()


def test_warning_blames_the_line_outside_of_aim(repo_path: Path) -> None:
    def users_helper(session: aim.Session) -> int:
        session.track("x", "loss")
        return this_line() - 1

    session = aim.Session(repo_path)
    with pytest.warns(AimWarning) as warned:
        line = users_helper(session)
        users_helper(session)
    session.close()
    assert lines_of(warned) == [(__file__, line)]


def test_each_session_warns_for_itself(repo_path: Path) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")  # Python's own filter would show the second as a repetition
        for _ in range(2):
            session = aim.Session(repo_path)
            session.track("x", "loss")
            session.close()
    assert len(warned) == 2


# -- anything at all ---------------------------------------------------------------------------------------------------


class RaisesEverywhere:
    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__float__", "__index__", "__len__", "__iter__"):
            return object.__getattribute__(self, name)
        raise ZeroDivisionError(name)

    def __float__(self) -> float:
        raise ZeroDivisionError

    __index__ = __len__ = __iter__ = __bool__ = __hash__ = __repr__ = __str__ = __float__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError


class AnswersEverything:
    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([self, self])


class UnhashableText(str):
    __hash__ = None  # type: ignore[assignment]


class LiesAboutItself(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        return 1


def endless() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


garbage: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [
            None,
            True,
            "",
            "loss",
            "\ud800",
            "\0",
            b"x",
            1j,
            math.nan,
            math.inf,
            10**400,
            -1,
            2**63,
            object,
            object(),
            ...,
            NotImplemented,
            len,
            np.ones(3),
            np.ones((1, 1)),
            np.array("x"),
            np.array(None),
            np.datetime64("nat"),
            np.array([(1, 2.0)], dtype="i4,f8"),
            np.float32,
            np.ma.masked,
        ]
    )
    | st.builds(RaisesEverywhere)
    | st.builds(AnswersEverything)
    | st.builds(LiesAboutItself)
    | st.builds(UnhashableText, st.sampled_from(["loss", ""]))
    | st.builds(endless)
    | st.builds(iter, st.just([1, "x"]))
    | st.floats()
    | st.integers(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.lists(below, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["a", "", "\n", 5, None, (1,)]), below, max_size=3)
    ),
    max_leaves=4,
)
keywords = st.dictionaries(st.sampled_from(["step", "epoch", "a", "context", "self", "\0"]), garbage, max_size=3)


def calls_of_session(session: aim.Session, data: Any) -> Callable[[], object]:
    one, two = data.draw(garbage), data.draw(garbage)
    keys = data.draw(keywords)
    arrays = {key: data.draw(garbage) for key in ("steps", "epochs", "times", "context") if data.draw(st.booleans())}
    return data.draw(
        st.sampled_from(
            [
                lambda: session.track(one, two, **keys),
                lambda: session.track(1.0, two, **keys),
                lambda: session.track(one, "loss", **keys),
                lambda: session.track_many(one, two, **arrays),
                lambda: session.track_many("loss", [1.0, 2.0], **arrays),
                lambda: session.track_many("loss", two, **arrays),
                lambda: session.set_params(one, two),
                lambda: session.set_params({"a": one}, "p"),
            ]
        )
    )


def calls_of_run(run: aim.Run, data: Any) -> Callable[[], object]:
    one, two, three, four = (data.draw(garbage) for _ in range(4))
    arrays = {key: data.draw(garbage) for key in ("steps", "epochs", "times", "context") if data.draw(st.booleans())}

    def set_item() -> None:
        run[one] = two

    return data.draw(
        st.sampled_from(
            [
                lambda: run.track(one, two, three, four, context=data.draw(garbage)),
                lambda: run.track(1.0, "loss", one, two, context=three),
                lambda: run.track({"a": one, "b": 1.0}, None, two, three, context=four),
                lambda: run.track_many(one, two, **arrays),
                lambda: run.set(one, two, three),
                set_item,
                lambda: run.set_params(one, two),
                lambda: run.add_tag(one),
                lambda: run.remove_tag(one),
                lambda: run.add_record(one, two),
                lambda: setattr(run, "name", one),
                lambda: setattr(run, "description", one),
                lambda: setattr(run, "experiment", one),
                lambda: setattr(run, "archived", one),
            ]
        )
    )


@given(st.data())
def test_no_argument_whatever_makes_a_session_raise(repo_paths: Callable[[], Path], data: Any) -> None:
    path = repo_paths()
    session = aim.Session(path)
    session.track(0.5, "sentinel")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            calls_of_session(session, data)()
    session.track(0.25, "sentinel")
    session.close()
    run = read_back(path)
    assert (run.values("sentinel"), run.steps("sentinel")) == ([0.5, 0.25], [0, 1])
    assert (run.status, run.unreadable_lines, run.loss.lost_points, run.loss.lost_events) == ("finished", 0, 0, 0)


@given(st.data())
def test_no_argument_whatever_makes_a_run_raise(repo_paths: Callable[[], Path], data: Any) -> None:
    path = repo_paths()
    run = aim.Run(repo=path)
    run.track(0.5, "sentinel")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            calls_of_run(run, data)()
    run.track({"sentinel": 0.25})
    known = run[...]
    run.close()
    found = read_back(path)
    assert (found.values("sentinel"), found.steps("sentinel")) == ([0.5, 0.25], [0, 1])
    assert (found.status, found.unreadable_lines, found.loss.lost_points) == ("finished", 0, 0)
    assert repr(known) == repr(found.params)


@pytest.fixture(scope="module")
def repo_paths(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    return lambda: tmp_path_factory.mktemp("repo")


@pytest.mark.parametrize("params", [None, [1, 2], "oops", 5])
def test_set_of_params_that_is_no_mapping_is_refused_and_leaves_what_is_there(params: Any, repo_path: Path) -> None:
    with aim.Session(repo_path, strict=False) as session:
        session.set_params({"lr": 0.1})
        with pytest.warns(AimWarning, match="a set of params is a dict"):
            session.set_params(params)
        run_hash = session.run_hash
    state = read_back(repo_path, run_hash)
    assert state.params == {"params": {"lr": 0.1}}
    assert state.loss.rejected == 1


def test_calls_after_the_close_are_counted_on_the_run_when_the_process_ends(tmp_path: Path) -> None:
    script = (
        "import aim\ns = aim.Session('repo')\ns.close()\nfor i in range(3): s.track(1.0, 'loss')\nprint(s.run_hash)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "AIM_STRICT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.count("is closed") == 1
    loss = read_back(tmp_path / "repo", done.stdout.strip()).loss
    assert (loss.rejected, loss.causes) == (3, (("closed", 3),))


def test_warnings_made_errors_do_not_stop_training(tmp_path: Path) -> None:
    script = (
        "import aim\nwith aim.Session('repo') as s:\n s.track('x', 'loss'); s.set_params({'a': object()})\n"
        "print(s.run_hash)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "AIM_STRICT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    state = read_back(tmp_path / "repo", done.stdout.strip())
    assert state.loss.causes == (("rejected", 1),)
    assert list(state.params["params"]) == ["a"]
