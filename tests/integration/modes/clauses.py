"""The clauses of the contract. All of a mode run in one process, one after the other, each in a folder of its own."""

from __future__ import annotations

import os
import resource
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aim
from aim.errors import AimWarning, InvalidValueError, SessionClosedError
from tests.integration.modes.base import Harness, in_order, recorded

__all__ = ["CLAUSES"]


class UsersOwnError(Exception):
    """What the user's part of a training raises."""


@contextmanager
def strict(is_strict: bool) -> Iterator[None]:
    """Whether a failure of ours raises: so it does for all that is not about failures."""
    os.environ["AIM_STRICT"] = "1" if is_strict else "0"
    try:
        yield
    finally:
        del os.environ["AIM_STRICT"]


@contextmanager
def warned() -> Iterator[list[str]]:
    """The messages of the warnings that Aim gives meanwhile."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
    texts += [str(warning.message) for warning in caught if issubclass(warning.category, AimWarning)]


def asked_of(params: Any, wanted: Any) -> Any:
    """Of nested params what is asked for: equal to `wanted` if they hold at least that."""
    if not isinstance(wanted, dict) or not isinstance(params, dict):
        return params
    return {key: asked_of(params[key], value) for key, value in wanted.items() if key in params}


def given_session_gets_what_another_listener_saw_and_stays_open(harness: Harness, folder: Path) -> None:
    with strict(True), aim.Session(folder, experiment="contract") as session:
        harness.run(harness.adapter(session), folder)
        assert session.active
    run, points = recorded(folder)
    assert harness.seen, "the second listener saw nothing"
    assert in_order(points) == in_order(harness.seen)
    assert (run.status, run.experiment) == ("finished", "contract")
    assert (run.loss.lost_points, run.loss.rejected) == (0, 0)
    assert asked_of(run["hparams"], dict(harness.hparams)) == dict(harness.hparams)


def run_of_its_own_gets_the_same_and_has_ended_after_training(harness: Harness, folder: Path) -> None:
    with strict(True):
        adapter = harness.adapter(repo=folder, experiment="contract")
        harness.run(adapter, folder)
    run, points = recorded(folder)
    assert in_order(points) == in_order(harness.seen)
    assert (run.status, run.experiment) == ("finished", "contract")
    assert asked_of(run["hparams"], dict(harness.hparams)) == dict(harness.hparams)


def second_training_with_a_given_session_goes_on_in_its_run(harness: Harness, folder: Path) -> None:
    with strict(True), aim.Session(folder) as session:
        adapter = harness.adapter(session)
        harness.run(adapter, folder)
        seen = list(harness.seen)
        harness.run(adapter, folder)
        seen += harness.seen
    _, points = recorded(folder)
    assert in_order(points) == in_order(seen)


def users_exception_passes_unchanged_and_the_run_has_failed_with_its_text(harness: Harness, folder: Path) -> None:
    error = UsersOwnError("the user's own")

    def fail() -> None:
        raise error

    with strict(True):
        adapter = harness.adapter(repo=folder)
        came = _raised_by(lambda: harness.run(adapter, folder, fail))
    assert came is error, repr(came)
    run, points = recorded(folder)
    assert (run.status, run.status.error_type, run.status.error_message) == (
        "failed",
        "UsersOwnError",
        "the user's own",
    )
    assert harness.seen
    assert in_order(points) == in_order(harness.seen)


def ctrl_c_ends_the_training_as_ever_and_the_run_as_interrupted(harness: Harness, folder: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt("by hand")

    with strict(True):
        adapter = harness.adapter(repo=folder)
        came = _raised_by(lambda: harness.run(adapter, folder, interrupt))
    assert type(came) is harness.ctrl_c, repr(came)
    run, points = recorded(folder)
    assert (run.status, run.status.error_type, run.status.error_message) == (
        "interrupted",
        "KeyboardInterrupt",
        "by hand",
    )
    assert in_order(points) == in_order(harness.seen)


def _raised_by(train: Callable[[], None]) -> BaseException:
    try:
        train()
    except BaseException as error:
        return error
    raise AssertionError("the training went on")


def closed_session_is_refused_before_training(harness: Harness, folder: Path) -> None:
    session = aim.Session(folder)
    session.close()
    with strict(False):
        came = _raised_by(lambda: harness.adapter(session))
    assert type(came) is SessionClosedError, repr(came)


def wrong_session_is_refused_before_training(harness: Harness, folder: Path) -> None:
    for wrong in ("digits", 5, object(), folder):
        came = _raised_by(lambda: harness.adapter(wrong))  # noqa: B023 - called at once
        assert type(came) is InvalidValueError, repr(came)
        assert "aim.Session" in str(came), str(came)


def session_closed_during_training_does_not_stop_it(harness: Harness, folder: Path) -> None:
    with strict(False), warned() as texts:
        session = aim.Session(folder)
        harness.run(harness.adapter(session), folder, session.close)
    assert harness.seen
    assert texts
    assert all("closed" in text for text in texts), texts
    run, points = recorded(folder)
    assert run.status == "finished"
    assert set(points) < set(harness.seen)


def full_disk_does_not_stop_training_and_every_lost_point_is_counted(harness: Harness, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:  # a real refusal by the kernel: no file may grow
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))

    with strict(False), warned() as texts:
        session = aim.Session(folder)
        try:
            harness.run(harness.adapter(session), folder, fill)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        session.close()
    assert len(texts) == 1, texts
    run, points = recorded(folder)
    assert run.loss.lost_points > 0
    assert len(points) + run.loss.lost_points == len(harness.seen)
    assert set(points) < set(harness.seen)


def _train_with_a_fault(harness: Harness, folder: Path, put: Callable[[Any, Callable[..., None]], None]) -> None:
    """Train, and in the midst `put` something that raises into the session; every warning must name it."""

    def broken(*_: Any) -> None:
        raise RuntimeError("a fault put there")

    with strict(False), warned() as texts:
        session = aim.Session(folder)
        harness.run(harness.adapter(session), folder, lambda: put(session, broken))
        session.close()
    assert texts
    assert all("a fault put there" in text for text in texts), texts


def fault_of_ours_does_not_stop_training_and_is_counted(harness: Harness, folder: Path) -> None:
    _train_with_a_fault(harness, folder, lambda session, broken: setattr(session._recorder, "_append_point", broken))
    run, points = recorded(folder)
    assert len(points) + run.loss.rejected == len(harness.seen)


def session_that_raises_does_not_stop_training(harness: Harness, folder: Path) -> None:
    """No session does this: it represents any failure inside the adapter."""
    _train_with_a_fault(harness, folder, lambda session, broken: setattr(session, "record", broken))
    run, points = recorded(folder)
    assert run.loss.rejected > 0
    assert set(points) < set(harness.seen)


CLAUSES: tuple[Callable[[Harness, Path], None], ...] = (
    given_session_gets_what_another_listener_saw_and_stays_open,
    run_of_its_own_gets_the_same_and_has_ended_after_training,
    second_training_with_a_given_session_goes_on_in_its_run,
    users_exception_passes_unchanged_and_the_run_has_failed_with_its_text,
    ctrl_c_ends_the_training_as_ever_and_the_run_as_interrupted,
    closed_session_is_refused_before_training,
    wrong_session_is_refused_before_training,
    session_closed_during_training_does_not_stop_it,
    full_disk_does_not_stop_training_and_every_lost_point_is_counted,
    fault_of_ours_does_not_stop_training_and_is_counted,
    session_that_raises_does_not_stop_training,
)
