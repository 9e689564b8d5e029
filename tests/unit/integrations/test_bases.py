"""A class of ours gets the framework's as a base where that is loaded, and imports none."""

from __future__ import annotations

import abc
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aim.integrations._bases import FrameworkBases, class_of_ours


def load(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


class Ours:
    def on_end(self) -> str:
        return "ours"


class Plain(Ours):
    def on_begin(self) -> str:
        return "plain"


class Mine(Plain):
    """Docstring."""


class Theirs:
    def on_begin(self) -> str:
        return "theirs"


class Other(abc.ABC):  # noqa: B024 - only its metaclass matters
    pass


def test_nothing_loaded_is_the_class_itself() -> None:
    assert FrameworkBases(("frame:Base",)).subclass(Mine) is Mine
    assert class_of_ours(Mine) is Mine


def test_loaded_classes_are_bases_and_one_class_is_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = FrameworkBases(("frame:callbacks.Base",), ("other.deep:Base",))
    load(monkeypatch, "frame", callbacks=ModuleType("callbacks"))
    assert bases.subclass(Mine) is Mine  # the package is loaded, the attribute is not there yet
    load(monkeypatch, "frame", callbacks=type("callbacks", (), {"Base": Theirs}))
    made = bases.subclass(Mine)
    assert made.__mro__[:2] == (made, Mine)
    assert issubclass(made, Theirs)
    assert (made.__name__, made.__module__, made.__doc__) == ("Mine", __name__, "Docstring.")
    assert bases.subclass(Mine) is made
    assert bases.subclass(made) is made
    assert class_of_ours(made) is Mine
    load(monkeypatch, "other.deep", Base=Other)  # its metaclass is not type
    assert bases.loaded() == (Theirs, Other)
    assert issubclass(bases.subclass(Mine), Other)


def test_first_class_of_a_family_that_is_loaded_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    derived = type("Derived", (Theirs,), {})
    bases = FrameworkBases(("frame:Base", "below:Base"))
    load(monkeypatch, "below", Base=Theirs)
    assert bases.loaded() == (Theirs,)
    load(monkeypatch, "frame", Base=derived)
    assert bases.loaded() == (derived,)


def test_methods_of_a_last_base_count_where_the_framework_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, "frame", Base=Theirs)
    made = FrameworkBases(("frame:Base",)).subclass(Mine, last=(Plain,))
    assert (made().on_begin(), made().on_end()) == ("theirs", "ours")


def test_class_is_registered_with_one_that_is_imported_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "framework_of_bases_test.py").write_text("import abc\nclass Base(abc.ABC): ...\n")
    (tmp_path / "changed_framework_of_bases_test.py").write_text("Base = None\n")
    FrameworkBases(("framework_of_bases_test:Base", "changed_framework_of_bases_test:Base")).register(Mine)
    import changed_framework_of_bases_test  # noqa: F401 - a hook that raised would make this fail
    import framework_of_bases_test as framework

    assert isinstance(Mine(), framework.Base)
