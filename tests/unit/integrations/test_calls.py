"""How a call ended: asked for from inside of it, answered once."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aim.integrations._calls import CallWatch, WatchedCalls
from aim.integrations._patch import AttributeTarget


class Model:
    """What a framework has."""

    def fit(self, step: Callable[[], object]) -> str:
        step()
        return "trained"


class Owner:
    """What an adapter has."""


FIT = AttributeTarget(Model, "fit")


@pytest.fixture
def owner() -> Any:
    owner = Owner()
    watched = WatchedCalls()
    watched.watch(owner, [FIT])
    return owner


def raise_(error: BaseException) -> None:
    raise error


def test_watch_is_called_with_what_the_call_raised_or_with_none(owner: Owner) -> None:
    ends: list[BaseException | None] = []
    assert Model().fit(lambda: CallWatch(ends.append)) == "trained"
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        Model().fit(lambda: (CallWatch(ends.append), raise_(error)))
    assert ends == [None, error]


def test_cancelled_watch_and_one_outside_of_a_call_are_not_called(owner: Owner) -> None:
    ends: list[BaseException | None] = []
    Model().fit(lambda: CallWatch(ends.append).cancel())
    assert not CallWatch(ends.append).is_of_this_call
    Model().fit(lambda: None)
    assert ends == []


def test_calls_nest_and_each_thread_has_its_own(owner: Owner) -> None:
    ends: list[str] = []

    def outer() -> None:
        watch = CallWatch(lambda error: ends.append("outer"))
        assert watch.is_of_this_call

        def inner() -> None:
            assert not watch.is_of_this_call
            CallWatch(lambda error: ends.append("inner"))

        Model().fit(inner)
        thread = threading.Thread(target=lambda: ends.append(f"thread {watch.is_of_this_call}"))
        thread.start()
        thread.join()

    Model().fit(outer)
    assert ends == ["inner", "thread False", "outer"]


def test_watch_that_fails_is_logged_and_the_others_are_called(owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    ends: list[Any] = []

    def step() -> None:
        CallWatch(lambda error: raise_(RuntimeError("a fault of ours")))
        CallWatch(ends.append)

    with caplog.at_level(logging.ERROR, "aim"):
        assert Model().fit(step) == "trained"
    assert ends == [None]
    assert "a fault of ours" in caplog.text


def test_calls_are_watched_as_long_as_an_owner_lives() -> None:
    class Another:
        def fit(self) -> None: ...

    original = vars(Another)["fit"]
    watched, owners = WatchedCalls(), [Owner(), Owner()]
    for owner in (*owners, *owners):
        watched.watch(owner, [AttributeTarget(Another, "fit")])
    del owner
    for _ in range(2):
        assert vars(Another)["fit"] is not original
        owners.pop()
        gc.collect()
    assert vars(Another)["fit"] is original
