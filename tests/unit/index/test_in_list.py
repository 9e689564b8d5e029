from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import column, create_engine, select, table
from sqlalchemy.engine import Connection

from aim.index.sql.in_list import in_list

THINGS = table("things", column("id"))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        opened.exec_driver_sql("CREATE TABLE things (id INTEGER PRIMARY KEY)")
        opened.exec_driver_sql("INSERT INTO things VALUES (1), (2), (3)")
        yield opened
    engine.dispose()


def found(connection: Connection, ids: list[int]) -> list[int]:
    return list(connection.execute(select(THINGS.c.id).where(in_list(THINGS.c.id, ids), THINGS.c.id < 3)).scalars())


def test_rows_are_found_by_any_number_of_ids(connection: Connection) -> None:
    assert found(connection, [2, 7]) == [2]
    assert found(connection, []) == []
    assert found(connection, list(range(2, 50_000))) == [2]  # twice as many as there may be parameters


def test_lists_of_ids_are_not_kept(connection: Connection) -> None:
    for number in range(20):
        found(connection, [number])
    assert len(connection.engine._compiled_cache) == 1
