"""Companions of a run: in order, once, and contained."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from aim.errors import AimWarning
from aim.sdk.recording.recorder import Recorder
from tests.fault.support import read_back
from tests.fault.ticking import Ticker, open_session


class Noting:
    """Notes what is called."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def start(self, recorder: Recorder) -> None:
        assert recorder.is_open
        self.recorder = recorder
        self.notes.append(f"{self.name} starts")

    def close(self, timeout_s: float) -> None:
        assert self.recorder.is_open
        assert timeout_s > 0
        self.notes.append(f"{self.name} ends")


class Broken(Noting):
    """Fails at both ends."""

    def start(self, recorder: Recorder) -> None:
        super().start(recorder)
        raise OSError("no console")


def test_they_start_in_order_and_end_in_the_opposite_one_while_the_run_is_open(repo_path: Path) -> None:
    notes: list[str] = []
    session = open_session(Noting("a", notes), Noting("b", notes), repo=str(repo_path))
    assert notes == ["a starts", "b starts"]
    session.close()
    session.close()
    assert notes == ["a starts", "b starts", "b ends", "a ends"]


@pytest.mark.parametrize("strict", [False, True])
def test_one_that_fails_to_start_is_left_out_with_one_warning(strict: bool, repo_path: Path) -> None:
    notes: list[str] = []
    with pytest.warns(AimWarning, match="Broken failed to start with the run: OSError: no console") as given:
        session = open_session(Broken("a", notes), Noting("b", notes), repo=str(repo_path), strict=strict)
    assert len(given) == 1
    session.track(1.0, "loss")
    session.close()
    assert notes == ["a starts", "b starts", "b ends"]
    found = read_back(repo_path)
    assert found.points == {("loss", "{}"): [(0, 1.0)]}
    assert dict(found.loss.causes) == {"companion Broken": 1}


def test_what_one_records_is_in_the_run_before_it_ends(repo_path: Path) -> None:
    ticker = Ticker()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open_session(ticker, repo=str(repo_path)) as session:
            session.track(1.0, "loss")
    found = read_back(repo_path)
    assert found.points["ticks", "{}"] == [(0, ticker.count)]
    assert len(found.points["tick", "{}"]) == ticker.count
    assert ticker.closed == 1
