from __future__ import annotations

from pathlib import Path

from tests.fault.kill_loop import kill_loop


def test_no_point_whose_track_returned_is_lost_in_200_kills(repo_path: Path) -> None:
    result = kill_loop(repo_path, kills=200, writers=4)
    print(result)
    assert result.kills == 200
    assert result.acknowledged > 10_000
    assert (result.lost, result.false, result.not_crashed) == (0, 0, 0)
