from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from aim.index.index import Index
from aim.index.sql.interrupt import checkpoint, interruptible
from aim.storage.repo.repo_files import create_repo

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


class GoneError(Exception):
    """Nobody waits."""


def look_until(calls: int) -> tuple[list[int], object]:
    """A check that raises at a call, and the numbers of its calls."""
    seen: list[int] = []

    def check() -> None:
        seen.append(len(seen))
        if len(seen) > calls:
            raise GoneError

    return seen, check


def test_a_statement_without_end_ends_when_nobody_waits(repo_path: Path) -> None:
    index = Index.open(create_repo(repo_path))
    seen, check = look_until(3)
    with pytest.raises(GoneError), interruptible(check), index.connect() as connection:
        connection.execute(ENDLESS).all()
    assert len(seen) == 4
    # The connection went back to the pool and is of use to the next, who waits.
    with index.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert len(seen) == 4
    index.close()


def test_an_index_is_not_built_anew_because_somebody_gave_up(repo_path: Path) -> None:
    index = Index.open(create_repo(repo_path))
    path = index.path
    _, check = look_until(0)

    def work() -> None:
        with index.connect() as connection:
            connection.execute(ENDLESS).all()

    with pytest.raises(GoneError), interruptible(check):
        index.with_repair(work)
    assert index.path == path
    index.close()


def test_a_loop_heeds_its_own_thread_only() -> None:
    def check() -> None:
        raise GoneError

    other: list[str] = []

    def elsewhere() -> None:
        checkpoint()
        other.append("went on")

    with interruptible(check):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        with pytest.raises(GoneError):
            checkpoint()
    checkpoint()
    assert other == ["went on"]
