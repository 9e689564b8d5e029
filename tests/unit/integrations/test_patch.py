"""Patching: the original is called once, untouched; our failures stay ours; undoing restores."""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from types import CellType, SimpleNamespace
from typing import Any

import pytest

from aim.integrations._patch import AttributeTarget, CellTarget, Ended, Listener, Patches


class Model:
    """What a framework has."""

    calls: list[tuple[Any, ...]]

    def __init__(self) -> None:
        self.calls = []

    def fit(self, x: int, *, epochs: int = 1) -> tuple[int, int]:
        """Train."""
        self.calls.append((x, epochs))
        return x, epochs

    def fail(self) -> None:
        raise ValueError("the user's own")

    @classmethod
    def make(cls, name: str) -> tuple[type, str]:
        return cls, name

    @staticmethod
    def add(one: int, other: int) -> int:
        return one + other

    async def wait(self) -> None: ...

    def batches(self) -> Iterator[int]:
        yield 1


class Derived(Model):
    pass


FIT = AttributeTarget(Model, "fit")


def noting(heard: list[Any]) -> Listener:
    """A listener that keeps the arguments of each call, and then how it ended."""

    def listen(args: tuple[Any, ...], kwargs: Any) -> Ended:
        heard.append((args[1:], dict(kwargs)))
        return lambda result, error: heard.append(error if error is not None else result)

    return listen


@pytest.fixture
def patches() -> Iterator[Patches]:
    originals = dict(vars(Model))
    patches = Patches()
    yield patches
    patches.undo()
    for name in ("fit", "fail", "make", "add", "wait", "batches"):
        assert vars(Model)[name] is originals[name], name


def test_original_is_called_once_with_what_came_in_and_its_result_passes(patches: Patches) -> None:
    heard: list[Any] = []
    assert patches.add(FIT, noting(heard))
    for model in (Model(), Derived()):
        assert model.fit(3, epochs=2) == (3, 2)
        assert model.calls == [(3, 2)]
    assert heard == [((3,), {"epochs": 2}), (3, 2)] * 2


def test_exception_passes_unchanged_and_without_a_line_of_ours(patches: Patches) -> None:
    heard: list[Any] = []
    patches.add(AttributeTarget(Model, "fail"), noting(heard))
    with pytest.raises(ValueError, match="the user's own") as caught:
        Model().fail()
    assert heard == [((), {}), caught.value]
    assert caught.value.__context__ is None
    assert "integrations/_patch.py" not in "".join(traceback.format_tb(caught.value.__traceback__))


def test_name_signature_and_docstring_are_kept(patches: Patches) -> None:
    before = (inspect.signature(Model.fit), Model.fit.__qualname__, Model.fit.__doc__)
    patches.add(FIT, noting([]))
    assert (inspect.signature(Model.fit), Model.fit.__qualname__, Model.fit.__doc__) == before


def test_class_and_static_methods_stay_what_they_are(patches: Patches) -> None:
    heard: list[Any] = []
    for name in ("make", "add"):
        patches.add(AttributeTarget(Model, name), noting(heard))
    assert Derived.make("a") == (Derived, "a")
    assert Model().add(1, 2) == Derived.add(1, 2) == 3
    assert len(heard) == 6


def test_function_in_a_closure_can_be_patched(patches: Patches) -> None:
    def original(x: int) -> int:
        return x

    cell, heard = CellType(original), list[Any]()
    assert patches.add(CellTarget(cell), noting(heard))
    assert patches.add(CellTarget(cell), noting([]))
    assert cell.cell_contents(3) == 3
    assert heard == [((), {}), 3]
    patches.undo()
    assert cell.cell_contents is original


def test_what_is_not_a_plain_function_of_the_owner_is_left_alone(patches: Patches) -> None:
    for owner, name in (
        (Model, "nothing"),
        (Derived, "fit"),
        (Model, "wait"),
        (Model, "batches"),
        (Model, "__doc__"),
        (dict, "update"),
    ):
        assert not patches.add(AttributeTarget(owner, name), noting([])), name


def test_listening_twice_is_listening_once(patches: Patches) -> None:
    heard: list[Any] = []
    listener = noting(heard)
    for _ in range(3):
        assert patches.add(FIT, listener)
    Model().fit(1)
    assert len(heard) == 2


def test_two_users_of_one_place_can_undo_in_any_order() -> None:
    original = vars(Model)["fit"]
    for first in (0, 1):
        users, heard = (Patches(), Patches()), ([], [])  # type: ignore[var-annotated]
        for user, notes in zip(users, heard, strict=True):
            user.add(FIT, noting(notes))
        Model().fit(1)
        users[first].undo()
        Model().fit(2)
        assert (len(heard[first]), len(heard[1 - first])) == (2, 4)
        users[1 - first].undo()
        assert vars(Model)["fit"] is original


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """What another tool puts over a method."""

    @functools.wraps(function)
    def other(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return other


def test_undo_below_another_tools_patch_is_silent_and_completed_when_that_is_gone(
    patches: Patches, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    patches.add(FIT, noting(heard))
    ours = vars(Model)["fit"]
    theirs = wrapped(ours)
    monkeypatch.setattr(Model, "fit", theirs)
    patches.undo()
    assert vars(Model)["fit"] is theirs
    assert Model().fit(1) == (1, 1)
    assert heard == []
    patches.add(FIT, noting(heard))  # through theirs, and not a second time over it
    assert vars(Model)["fit"] is theirs
    Model().fit(1)
    assert len(heard) == 2
    monkeypatch.undo()
    assert vars(Model)["fit"] is ours
    # the fixture sees that undo restores now


def test_patch_that_another_tool_removed_is_made_again(patches: Patches) -> None:
    heard: list[Any] = []
    original, listener = vars(Model)["fit"], noting(heard)
    patches.add(FIT, listener)
    removed = vars(Model)["fit"]
    Model.fit = original  # type: ignore[method-assign]
    patches.add(FIT, listener)
    Model().fit(1)
    assert len(heard) == 2
    assert removed(Model(), 1) == (1, 1)  # whoever kept it calls a pass-through
    assert len(heard) == 2


@pytest.mark.parametrize("is_late", [False, True])
def test_failure_of_a_listener_does_not_harm_the_call_and_goes_to_whoever_added_it(is_late: bool) -> None:
    contained: list[Exception] = []
    fault = RuntimeError("a fault of ours")

    def fail(*_: Any) -> None:
        raise fault

    patches = Patches(contained.append)
    patches.add(FIT, (lambda args, kwargs: fail) if is_late else fail)
    heard: list[Any] = []
    patches.add(FIT, noting(heard))
    try:
        assert Model().fit(1) == (1, 1)
    finally:
        patches.undo()
    assert contained == [fault]
    assert len(heard) == 2


def test_fault_at_the_end_of_a_call_that_raised_does_not_replace_what_it_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def strict(error: Exception) -> None:
        raise error

    def fail(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    patches = Patches(strict)
    patches.add(AttributeTarget(Model, "fail"), lambda args, kwargs: fail)
    try:
        with pytest.raises(ValueError, match="the user's own"), caplog.at_level(logging.ERROR, "aim"):
            Model().fail()
    finally:
        patches.undo()
    assert "a fault of ours" in caplog.text


def test_call_that_a_listener_makes_is_not_heard(patches: Patches) -> None:
    heard: list[int] = []

    def listen(args: tuple[Any, ...], kwargs: Any) -> None:
        heard.append(args[1])
        if args[1] < 5:
            args[0].fit(args[1] + 1)

    patches.add(FIT, listen)
    Model().fit(1)
    assert heard == [1]


def test_patched_methods_can_be_copied_and_pickled(patches: Patches) -> None:
    patches.add(FIT, noting([]))
    for bound in (pickle.loads(pickle.dumps(Model().fit)), copy.deepcopy(Model().fit)):
        assert bound(1) == (1, 1)


def test_patch_in_another_process_is_a_pass_through(patches: Patches) -> None:
    heard: list[Any] = []
    patches.add(AttributeTarget(Model, "add"), noting(heard))
    (patch,) = (cell.cell_contents for cell in Model.add.__closure__)  # type: ignore[attr-defined]
    # what cloudpickle does with the closure of a function that it takes by value
    copied = patch.__reduce__()[0](None, *patch.__reduce__()[1][1:])
    assert copied.wrapper(1, 2) == 3
    assert heard == []


def test_function_of_a_module_can_be_patched(patches: Patches) -> None:
    def train(x: int) -> int:
        return x

    module, heard = SimpleNamespace(train=train), list[Any]()
    target = AttributeTarget(_Hashable(module), "train")
    assert patches.add(target, noting(heard))
    assert target.owner.train(2) == 2
    assert heard == [((), {}), 2]
    patches.undo()
    assert target.owner.train is train


class _Hashable:
    """Stands in for a module."""

    def __init__(self, module: SimpleNamespace) -> None:
        vars(self).update(vars(module))


def test_patching_undoing_and_calling_from_many_threads_keeps_every_call() -> None:
    original = vars(Model)["fit"]
    ends: list[Any] = []

    def work() -> None:
        for number in range(200):
            patches, heard = Patches(), list[Any]()
            patches.add(FIT, noting(heard))
            if Model().fit(number) != (number, 1):
                ends.append(number)
            patches.undo()
            if ((number,), {}) not in heard:
                ends.append(("not heard", number))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == []
    assert vars(Model)["fit"] is original
