"""Warnings: once a cause, at the line of who called us."""

from __future__ import annotations

import inspect
import logging
import threading
import warnings
from pathlib import Path

import pytest

import aim
from aim.errors import AimWarning
from aim.sdk.recording.guard import Warner, is_strict_by_environment


def test_cause_is_warned_of_once() -> None:
    warner = Warner()
    with pytest.warns(AimWarning) as warned:
        for text in ("first", "second"):
            warner.warn("disk", text)
        warner.warn("other", "third")
    assert [str(warning.message) for warning in warned] == ["first", "third"]


def test_cause_per_line_is_warned_of_once_for_each_line() -> None:
    warner = Warner()
    frame = inspect.currentframe()
    assert frame is not None
    with pytest.warns(AimWarning) as warned:
        for _ in range(2):
            warner.warn("misuse", "first", per_line=True)
            warner.warn("misuse", "second", per_line=True)
    assert [str(warning.message) for warning in warned] == ["first", "second"]
    assert {warning.filename for warning in warned} == {__file__}
    assert warned[1].lineno == warned[0].lineno + 1


def test_line_of_an_adapter_is_not_blamed() -> None:
    warner = Warner()
    file_of_an_adapter = Path(aim.__file__).parent / "integrations" / "keras" / "callback.py"
    call = compile("warner.warn('misuse', 'through an adapter')", str(file_of_an_adapter), "exec")
    with pytest.warns(AimWarning) as warned:
        exec(call, {"warner": warner})
    assert [warning.filename for warning in warned] == [__file__]


def test_in_a_thread_of_ours_there_is_no_line_to_blame() -> None:
    warner = Warner()
    with pytest.warns(AimWarning) as warned:
        thread = threading.Thread(target=warner.warn, args=("disk", "from a thread"))
        thread.start()
        thread.join()
    assert [warning.filename for warning in warned] == ["<aim>"]


def test_warning_made_an_error_by_the_program_does_not_end_a_thread_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    warner = Warner()
    with warnings.catch_warnings(), caplog.at_level(logging.ERROR, logger="aim"):
        warnings.simplefilter("error")
        thread = threading.Thread(target=warner.warn, args=("disk", "from a thread"))
        thread.start()
        thread.join()
    assert caplog.messages == ["from a thread"]


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), ("yes", True), ("0", False), ("", False), (" False ", False)]
)
def test_environment_asks_for_strictness(text: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_STRICT", text)
    assert is_strict_by_environment() is expected
