"""The index is a cache: whatever befalls it, the next question is answered from the run directories."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from aim.errors import IndexUnavailableError
from aim.index.index import Index
from aim.index.sql import tables
from aim.index.sql.database import Database
from aim.index.sql.location import Location
from tests.unit.index.oracle import assert_holds_everything
from tests.unit.index.rawrepo import RawRepo, run_hash


@pytest.fixture
def repo(repo_path: Path) -> RawRepo:
    made = RawRepo(repo_path)
    rng = np.random.default_rng(1)
    for number in range(1, 21):
        made.simple_run(number, rng.random(50).tolist(), lr=number / 10)
    return made


def child(code: str, repo: RawRepo, *arguments: str) -> subprocess.Popen[str]:
    """Another Python process, with `layout` defined."""
    head = "import sys, os\nfrom aim.storage.repo.layout import RepoLayout\nfrom aim.index.index import Index\n"
    head += "layout = RepoLayout(sys.argv[1])\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-c", head + code, repo.layout.root, *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=environment,
    )


def truncate(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def empty(path: str) -> None:
    os.truncate(path, 0)


def fill_with_garbage(path: str) -> None:
    Path(path).write_bytes(np.random.default_rng(1).bytes(os.path.getsize(path)))


def damage_pages(path: str) -> None:
    """Leave the header and the first pages as they are."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        for page in range(3, size // 16_384):
            file.seek(page * 16_384)
            file.write(b"\xff" * 16_384)


def make_newer(path: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
        connection.execute("ALTER TABLE run RENAME TO runs")
    connection.close()


def delete(path: str) -> None:
    os.unlink(path)


def delete_folder(path: str) -> None:
    shutil.rmtree(os.path.dirname(path))


DAMAGES = [truncate, empty, fill_with_garbage, damage_pages, make_newer, delete, delete_folder]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_built_anew(repo: RawRepo, damage: Callable[[str], None]) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    damage(path)
    with Index.open(repo.layout) as index:
        index.with_repair(lambda: index.catch_up() and assert_holds_everything(index, repo.layout))
        assert index.path != path
        assert not os.path.exists(path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_damaged_while_it_is_open_is_built_anew(repo: RawRepo, damage: Callable[[str], None]) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        index._database._disconnect()  # so that nothing is cached, and all lies in the file
        damage(index.path)
        repo.simple_run(100)
        index.catch_up()
        index.with_repair(lambda: assert_holds_everything(index, repo.layout))


def test_ids_of_damaged_columns_do_not_crash_the_reader(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        with index._database.transaction() as connection:
            connection.execute("UPDATE chunk SET steps = x'07'")
        index.with_repair(lambda: assert_holds_everything(index, repo.layout))


def test_a_newer_index_beside_ours_is_let_be(repo: RawRepo) -> None:
    other = Path(repo.layout.index)
    other.mkdir()
    (other / "v999").write_text("v999-aaaa.sqlite\n")
    (other / "v999-aaaa.sqlite").write_bytes(b"of the future")
    os.utime(other / "v999-aaaa.sqlite", (0, 0))
    (other / f"v{tables.SCHEMA_VERSION}-0000.sqlite").write_bytes(b"an orphan")
    os.utime(other / f"v{tables.SCHEMA_VERSION}-0000.sqlite", (0, 0))
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert_holds_everything(index, repo.layout)
    assert (other / "v999-aaaa.sqlite").read_bytes() == b"of the future"
    assert not (other / f"v{tables.SCHEMA_VERSION}-0000.sqlite").exists()


@pytest.mark.parametrize("content", ["", "../../../etc/passwd", "nothing.sqlite", "\xff\xfe"])
def test_a_pointer_to_nowhere_is_replaced(repo: RawRepo, content: str) -> None:
    os.makedirs(repo.layout.index)
    Path(repo.layout.index, f"v{tables.SCHEMA_VERSION}").write_text(content, encoding="latin-1")
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert os.path.dirname(index.path) == repo.layout.index
        assert_holds_everything(index, repo.layout)


def test_reindex_builds_anew_and_says_how_far_it_is(repo: RawRepo) -> None:
    told: list[tuple[int, int]] = []
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
        result = index.reindex(progress=lambda done, total: told.append((done, total)))
        assert result.changed == 20
        assert index.path != path
        assert_holds_everything(index, repo.layout)
    assert told[-1] == (20, 20)


def test_two_indexers_of_one_index_are_never_wrong(repo: RawRepo) -> None:
    live = repo.writer(50)
    live.open_marker()
    live.sequence(1, "loss")
    code = "index = Index.open(layout)\nfor _ in range(150): index.catch_up()\nprint('done')"
    others = [child(code, repo) for _ in range(2)]
    with Index.open(repo.layout) as index:
        step = 0
        while any(other.poll() is None for other in others):
            live.points([(1, step + i, float(i)) for i in range(7)])
            step += 7
            if step % 70 == 0:
                repo.simple_run(1_000 + step)
            index.catch_up()
        assert [other.communicate()[0].strip() for other in others] == ["done", "done"]
        live.close()
        index.catch_up()
        assert_holds_everything(index, repo.layout)


def test_an_index_whose_process_was_killed_in_a_transaction_goes_on(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
    repo.simple_run(100)
    code = """
from aim.index.catchup import write_points
whole = write_points.PointWriting.write
def stopped(self, *arguments):
    whole(self, *arguments)
    print("inside", flush=True)
    sys.stdin.read()
write_points.PointWriting.write = stopped
Index.open(layout).catch_up()
"""
    other = child(code, repo)
    assert other.stdout is not None
    assert other.stdout.readline().strip() == "inside"
    other.send_signal(signal.SIGKILL)
    other.communicate()
    with Index.open(repo.layout) as index:
        assert index.catch_up().changed == 1
        assert_holds_everything(index, repo.layout)


def test_what_another_process_took_in_is_seen_at_once(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        repo.simple_run(100)
        other = child("print(Index.open(layout).catch_up().changed)", repo)
        assert other.communicate()[0].strip() == "1"
        assert_holds_everything(index, repo.layout)
        assert index.catch_up().changed == 0


def test_an_index_replaced_by_another_process_is_followed(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index, Index.open(repo.layout) as other:
        index.catch_up()
        other.catch_up()
        other.reindex()
        index.catch_up()
        assert index.path == other.path
        assert_holds_everything(index, repo.layout)


def test_a_query_may_run_while_points_come_in(repo: RawRepo) -> None:
    live = repo.writer(50)
    live.open_marker()
    live.sequence(1, "loss")
    live.points([(1, 0, 0.0)])
    stop = threading.Event()
    errors: list[BaseException] = []

    def write() -> None:
        step = 1
        while not stop.is_set():
            live.points([(1, step, float(step))])
            step += 1

    def query() -> None:
        try:
            seen = 0
            while not stop.is_set():
                index.catch_up()
                with index.connect() as connection:
                    found = connection.execute(
                        text("SELECT s.id, s.count FROM sequence s JOIN run r ON r.id = s.run_id WHERE r.hash = :hash"),
                        {"hash": run_hash(50)},
                    ).fetchall()
                (columns,) = index.read_columns([found[0][0]])
                assert columns.values is not None and columns.steps is not None
                assert len(columns.values) >= found[0][1] >= seen
                assert columns.steps.tolist() == list(range(len(columns.steps)))
                seen = found[0][1]
        except BaseException as error:
            errors.append(error)

    with Index.open(repo.layout) as index:
        index.catch_up()
        threads = [threading.Thread(target=write), *(threading.Thread(target=query) for _ in range(3))]
        for thread in threads:
            thread.start()
        threading.Event().wait(1.0)
        stop.set()
        for thread in threads:
            thread.join()
        assert errors == []
        index.catch_up()
        assert_holds_everything(index, repo.layout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_opens_its_own_connections(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        repo.simple_run(100)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                index.catch_up()
                assert_holds_everything(index, repo.layout)
                index.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        index.catch_up()
        assert_holds_everything(index, repo.layout)


def test_where_no_index_can_be_made_the_error_says_so(repo: RawRepo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnavailableError, match="no index can be made in"):
        Index.open(repo.layout, directory=str(tmp_path / "file" / "index"))


def test_the_database_has_the_form_that_its_size_depends_on(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index, index.connect() as connection:
        assert connection.execute(text("PRAGMA page_size")).scalar() == 16_384
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_ids_are_never_used_again(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        with index.connect() as connection:
            (highest,) = connection.execute(text("SELECT max(id) FROM run")).fetchall()[0]
        shutil.rmtree(repo.layout.run_dir(run_hash(20)))
        index.catch_up()
        repo.simple_run(99)
        index.catch_up()
        with index.connect() as connection:
            assert connection.execute(text("SELECT max(id) FROM run")).scalar() == highest + 1


def journal_naming(path: str, victim: Path) -> bytes:
    """A rollback journal that is "hot": at the next read SQLite plays it back, and deletes the file that it names."""
    magic, name, page = bytes.fromhex("d9d505f920a163d7"), str(victim).encode(), 16_384
    header = magic + struct.pack(">5I", 0, 12_345, os.path.getsize(path) // page, 512, page)
    record = struct.pack(">I", 0x4000_0000 // page + 1) + name + struct.pack(">2I", len(name), sum(name)) + magic
    return header.ljust(512, b"\0") + record


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_journal_beside_an_index_deletes_no_file(repo: RawRepo, tmp_path: Path, mode: str) -> None:
    victim = tmp_path / "thesis.txt"
    victim.write_text("mine")
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    Path(path + "-journal").write_bytes(journal_naming(path, victim))
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert_holds_everything(index, repo.layout)
        assert index.path != path
    assert victim.read_text() == "mine"
    assert not os.path.exists(path + "-journal")


def test_a_journal_laid_beside_an_open_index_deletes_no_file(repo: RawRepo, tmp_path: Path) -> None:
    victim = tmp_path / "thesis.txt"
    victim.write_text("mine")
    with Index.open(repo.layout) as index:
        index.catch_up()
        index._database._disconnect()
        Path(index.path + "-journal").write_bytes(journal_naming(index.path, victim))
        index.with_repair(lambda: index.catch_up() and assert_holds_everything(index, repo.layout))
    assert victim.read_text() == "mine"


def test_no_copy_is_made_of_an_index_with_a_journal(repo: RawRepo, tmp_path: Path) -> None:
    victim = tmp_path / "thesis.txt"
    victim.write_text("mine")
    with Index.open(repo.layout) as index:
        path = index.path
    Path(path + "-journal").write_bytes(journal_naming(path, victim))
    Database(Location(str(tmp_path / "own"), "for the test"), copy_of=path).close()
    assert victim.read_text() == "mine"


def lay_pipe(path: str) -> None:
    os.mkfifo(path)


def lay_link(path: str) -> None:
    os.symlink(path + ".elsewhere", path)


@pytest.mark.parametrize("lay", [lay_pipe, lay_link, os.mkdir])
def test_nothing_in_place_of_a_journal_holds_up_a_reader(repo: RawRepo, lay: Callable[[str], None]) -> None:
    with Index.open(repo.layout) as index:
        path = index.path
    lay(path + "-journal")
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert index.path != path
        assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER more AFTER INSERT ON run BEGIN DELETE FROM run; END",
        "PRAGMA journal_mode = delete",
    ],
)
def test_a_database_that_we_cannot_have_made_is_replaced(repo: RawRepo, sql: str) -> None:
    with Index.open(repo.layout) as index:
        path = index.path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert index.path != path
        assert_holds_everything(index, repo.layout)
