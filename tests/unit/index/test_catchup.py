"""After catching up, the index holds just what the run directories hold, however they came to be so."""

from __future__ import annotations

import errno
import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from aim.index.catchup import apply, scan, write_points
from aim.index.catchup import passes as catchup
from aim.index.index import Index
from aim.schema import limits
from aim.storage.repo.layout import RepoLayout
from tests.examples import examples
from tests.unit.index.oracle import assert_holds_everything, indexed_runs
from tests.unit.index.rawrepo import T0, RawRepo, RawWriter, run_hash

LONG_AGO = (T0, T0)


@pytest.fixture
def repo(repo_path: Path) -> RawRepo:
    return RawRepo(repo_path)


@pytest.fixture
def index(repo: RawRepo) -> Iterator[Index]:
    with Index.open(repo.layout) as opened:
        yield opened


def settle(layout: RepoLayout) -> None:
    """Make all folders look as if nothing happened for long."""
    for folder, _, _ in os.walk(layout.root):
        os.utime(folder, LONG_AGO)


def scalars(index: Index, sql: str) -> list[object]:
    with index.connect() as connection:
        return [row[0] for row in connection.execute(text(sql)).fetchall()]


def test_an_empty_repo_gives_an_empty_index(index: Index, repo: RawRepo) -> None:
    assert index.catch_up() == catchup.CatchUp()
    assert_holds_everything(index, repo.layout)


def test_ended_runs_are_taken_in_once(index: Index, repo: RawRepo) -> None:
    for number in range(1, 6):
        repo.simple_run(number, lr=number / 10, optimizer={"name": "adam", "betas": [0.9, 0.99]})
    assert index.catch_up() == catchup.CatchUp(scanned=5, changed=5, points=15)
    assert_holds_everything(index, repo.layout)
    settle(repo.layout)
    index.catch_up()
    assert index.catch_up() == catchup.CatchUp()


def test_a_look_with_nothing_new_writes_nothing(index: Index, repo: RawRepo) -> None:
    repo.simple_run(1)
    live = repo.writer(2)
    live.open_marker()
    live.sequence(1, "loss")
    live.points([(1, 0, 1.0)])
    settle(repo.layout)
    index.catch_up()
    index.catch_up()
    before = scalars(index, "PRAGMA data_version"), os.stat(index.path + "-wal").st_mtime_ns
    assert index.catch_up().scanned == 1
    assert (scalars(index, "PRAGMA data_version"), os.stat(index.path + "-wal").st_mtime_ns) == before


def test_points_of_live_runs_come_in_as_they_are_written(index: Index, repo: RawRepo) -> None:
    writers = [repo.writer(number) for number in range(1, 4)]
    for writer in writers:
        writer.open_marker()
        writer.sequence(1, "loss", subset="train")
        writer.sequence(2, "acc")
    for step in range(5):
        for writer in writers:
            writer.points([(1, step, float(step)), (2, step, float("nan"))])
        index.catch_up()
        assert_holds_everything(index, repo.layout)
    writers[0].sequence(3, "late")
    writers[0].points([(3, 0, 1.0, T0 + 9, 0.1)])
    writers[1].close()
    assert index.catch_up().points == 1
    assert_holds_everything(index, repo.layout)
    assert set(index.live) == {run_hash(1), run_hash(3)}
    assert index.live_status(run_hash(2)) is None


def test_long_live_streams_are_folded_on_the_way(index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "FOLD_BYTES", 32 * 10)
    monkeypatch.setattr(scan, "_FOLD_POINTS", 2)
    writer = repo.writer(1)
    writer.open_marker()
    for number in (1, 2, 3):
        writer.sequence(number, f"m{number}")
    step = 0
    for count in (1, 4, 12, 3, 3, 3, 25, 1):
        writer.points([(1 + i % 3, step + i, float(step * i)) for i in range(count)])
        step += count
        index.catch_up()
        assert_holds_everything(index, repo.layout)
    (folded,) = scalars(index, "SELECT folded FROM stream WHERE kind = 'points'")
    assert 0 < int(str(folded)) < 32 * step
    writer.close()
    index.catch_up()
    assert scalars(index, "SELECT folded FROM stream WHERE kind = 'points'") == [32 * step]
    assert_holds_everything(index, repo.layout)


def test_with_many_sequences_folding_waits_for_chunks_worth_it(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FOLD_BYTES", 32)
    monkeypatch.setattr(scan, "_FOLD_POINTS", 5)
    writer = repo.writer(1)
    writer.open_marker()
    for number in range(1, 11):
        writer.sequence(number, f"m{number}")
    folded = []
    for step in range(6):
        writer.points([(number, step, 0.5) for number in range(1, 11)])
        index.catch_up()
        folded += scalars(index, "SELECT folded FROM stream WHERE kind = 'points'")
    assert folded == [0, 0, 0, 0, 32 * 50, 32 * 50]
    assert_holds_everything(index, repo.layout)


def test_a_stream_longer_than_a_transaction_comes_in_pieces(repo: RawRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = repo.writer(1)
    writer.sequence(1, "loss")
    writer.sequence(2, "acc")
    writer.points([(1 + i % 2, i, float(i)) for i in range(200)])
    writer.raw_points(b"\0" * 64)
    writer.points([(1, 200, 0.5)])
    writer.close()
    live = repo.writer(2)
    live.open_marker()
    live.sequence(1, "loss")
    live.points([(1, i, float(i)) for i in range(100)])
    monkeypatch.setattr(catchup.Indexer.__init__, "__kwdefaults__", {"batch_bytes": 32 * 7})
    with Index.open(repo.layout) as index:
        index.catch_up()
        assert_holds_everything(index, repo.layout)
        assert scalars(index, "SELECT skipped FROM stream WHERE kind = 'points' ORDER BY skipped") == [0, 2]


def test_chunks_hold_at_most_their_number_of_points(index: Index, repo: RawRepo) -> None:
    rng = np.random.default_rng(1)
    repo.simple_run(1, rng.random(4_500).tolist())
    index.catch_up()
    assert scalars(index, "SELECT count(*) FROM chunk") == [3]
    assert_holds_everything(index, repo.layout)


def test_a_writer_that_opens_and_closes_between_two_looks_is_seen(index: Index, repo: RawRepo) -> None:
    repo.simple_run(1)
    settle(repo.layout)
    index.catch_up()
    resumed = repo.writer(1, ordinal=2, attempt=2)
    resumed.open_marker()
    resumed.sequence(1, "loss", subset="train")
    resumed.points([(1, 2, 9.0), (1, 3, 8.0)])
    resumed.close()
    os.utime(repo.layout.runs, LONG_AGO)
    assert index.catch_up().changed == 1
    assert_holds_everything(index, repo.layout)


def test_a_directory_copied_in_appears_and_a_removed_one_goes(index: Index, repo: RawRepo, tmp_path: Path) -> None:
    repo.simple_run(1)
    other = RawRepo(tmp_path / "other")
    other.simple_run(7, (1.0, 2.0))
    index.catch_up()
    settle(repo.layout)
    index.catch_up()
    shutil.copytree(other.layout.run_dir(run_hash(7)), repo.layout.run_dir(run_hash(7)))
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    shutil.rmtree(repo.layout.run_dir(run_hash(1)))
    assert index.catch_up().removed == 1
    assert_holds_everything(index, repo.layout)
    assert scalars(index, "SELECT count(*) FROM chunk") == [1]
    assert scalars(index, "SELECT count(*) FROM sequence_stream") == [1]


def test_a_directory_that_fills_after_it_appeared_is_not_overlooked(index: Index, repo: RawRepo) -> None:
    os.makedirs(repo.layout.run_dir(run_hash(1)))
    os.utime(repo.layout.runs, LONG_AGO)
    index.catch_up()
    repo.simple_run(1).retire_marker(day="2023-11-13")
    shutil.rmtree(repo.layout.closed)
    os.utime(repo.layout.runs, LONG_AGO)
    index.catch_up()
    assert_holds_everything(index, repo.layout)


def test_other_things_in_the_runs_folder_are_let_be(index: Index, repo: RawRepo) -> None:
    repo.simple_run(1)
    Path(repo.layout.runs, "README").write_text("mine")
    Path(repo.layout.run_dir(run_hash(1)), "notes.txt").write_text("mine")
    Path(repo.layout.active, "stray").write_text("mine")
    index.catch_up()
    assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize("change", ["shorter", "other head", "gone", "same size"])
def test_a_stream_that_was_replaced_is_read_anew(index: Index, repo: RawRepo, change: str) -> None:
    writer = repo.simple_run(1, (1.0, 2.0, 3.0))
    repo.simple_run(2)
    index.catch_up()
    shutil.move(writer.directory, writer.directory + ".aside")
    if change == "shorter":
        repo.simple_run(1, (1.0, 2.0))
    elif change == "other head":
        repo.simple_run(1, (5.0, 2.0, 3.0, 4.0))
    elif change == "same size":
        repo.simple_run(1, (5.0, 2.0, 3.0))
    else:
        other = repo.writer(1, ordinal=5)
        other.sequence(1, "acc")
        other.points([(1, 0, 0.5)])
        other.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)


def test_a_live_stream_that_was_replaced_is_not_answered_from_memory(index: Index, repo: RawRepo) -> None:
    for value in (1.0, 2.0):
        shutil.rmtree(repo.layout.run_dir(run_hash(1)), ignore_errors=True)
        writer = repo.writer(1, name=f"run with {value}")
        writer.open_marker()
        writer.sequence(1, "loss")
        writer.points([(1, 0, value), (1, 1, value)])
        index.catch_up()
        assert_holds_everything(index, repo.layout)


def test_a_run_whose_files_went_away_goes_too(index: Index, repo: RawRepo) -> None:
    writer = repo.simple_run(1)
    repo.simple_run(2)
    index.catch_up()
    for name in os.listdir(writer.directory):
        os.unlink(os.path.join(writer.directory, name))
    os.utime(repo.layout.runs)
    assert index.catch_up().removed == 1
    assert_holds_everything(index, repo.layout)


def test_an_undeclared_id_stops_a_live_stream_until_it_is_declared(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    writer.points([(1, 0, 1.0), (2, 0, 5.0), (1, 1, 2.0)])
    assert index.catch_up().points == 1
    assert_holds_everything(index, repo.layout)
    assert index.catch_up().points == 0
    writer.sequence(2, "acc")
    assert index.catch_up().points == 2
    assert_holds_everything(index, repo.layout)


def test_undeclared_ids_of_an_ended_stream_are_skipped_and_counted(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    writer.points([(1, 0, 1.0), (9, 0, 5.0), (1, 1, 2.0), (0xFFFFFFFF, 0, 0.0), (0, 0, 0.0), (1, 2, 3.0)])
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    writer.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    assert scalars(index, "SELECT skipped FROM stream WHERE kind = 'points'") == [3]


def test_a_torn_record_is_left_until_it_is_whole(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    writer.points([(1, 0, 1.0), (1, 1, 2.0)])
    with open(writer.points_path, "rb") as file:
        data = file.read()
    os.truncate(writer.points_path, 45)
    assert index.catch_up().points == 1
    with open(writer.points_path, "ab") as file:
        file.write(data[45:])
    assert index.catch_up().points == 1
    assert_holds_everything(index, repo.layout)


def test_a_crashed_writer_is_known_by_its_marker(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    writer.points([(1, 0, 1.0)])
    index.catch_up()
    assert scalars(index, "SELECT end_reason FROM run") == [None]
    writer.retire_marker()
    index.catch_up()
    assert scalars(index, "SELECT end_reason FROM run") == ["crashed"]
    assert scalars(index, "SELECT is_open FROM run") == [0]
    assert scalars(index, "SELECT folded FROM stream WHERE kind = 'points'") == [32]
    assert index.live == {}


def test_an_open_run_without_a_marker_is_looked_at_ever_more_seldom(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)  # copied in from a machine where it still runs
    writer.sequence(1, "loss")
    writer.points([(1, 0, 1.0)])
    index.catch_up()
    settle(repo.layout)
    intervals = []
    for _ in range(9):
        with index._database.transaction() as connection:
            connection.execute("UPDATE run SET next_scan_at = 0")
        index.catch_up()
        intervals += scalars(index, "SELECT scan_interval_s FROM run")
    assert intervals == [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0]
    assert scalars(index, "SELECT folded FROM stream WHERE kind = 'points'") == [32]
    assert index.catch_up().scanned == 0
    writer.points([(1, 1, 2.0)])
    with index._database.transaction() as connection:
        connection.execute("UPDATE run SET next_scan_at = 0")
    assert index.catch_up().points == 1
    assert scalars(index, "SELECT scan_interval_s FROM run") == [2.0]
    assert_holds_everything(index, repo.layout)


def test_attempts_and_ranks_are_shown_as_one_sequence(index: Index, repo: RawRepo) -> None:
    first = repo.writer(1, ordinal=1)
    first.sequence(1, "loss")
    first.sequence(2, "acc")
    first.points([(1, s, float(s), T0 + s) for s in range(10)] + [(2, 0, 1.0)])
    first.retire_marker()
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    ranks = [repo.writer(1, ordinal=o, attempt=2, rank=o - 2) for o in (2, 3)]
    for rank in ranks:
        rank.open_marker()
        rank.sequence(1, "loss")
    for step in range(5, 8):
        for at, rank in enumerate(ranks):
            rank.points([(1, step, step * 100.0 + at, T0 + 100 + 2 * step + at)])
            index.catch_up()
            assert_holds_everything(index, repo.layout)
    for rank in ranks:
        rank.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    assert scalars(index, "SELECT writers FROM sequence ORDER BY id") == [3, 1]
    assert scalars(index, "SELECT attempt FROM run") == [2]


def test_a_training_writer_without_points_hides_nothing(index: Index, repo: RawRepo) -> None:
    first = repo.simple_run(1, (1.0, 2.0, 3.0))
    idle = repo.writer(1, ordinal=2, attempt=2)
    idle.open_marker()
    idle.sequence(1, "loss", subset="train")
    for _ in range(2):
        index.catch_up()
        (columns,) = index.read_columns([1])
        assert columns.values is not None
        assert columns.values.tolist() == [1.0, 2.0, 3.0]
        assert scalars(index, "SELECT writers FROM sequence") == [1]
        assert_holds_everything(index, repo.layout)
        idle.close()
    assert first.run == idle.run


@pytest.mark.parametrize("is_folded", [True, False])
def test_all_attempts_can_be_read(index: Index, repo: RawRepo, is_folded: bool) -> None:
    writers = [repo.writer(1, ordinal=1), *(repo.writer(1, ordinal=o, attempt=2, rank=o - 2) for o in (2, 3))]
    for at, writer in enumerate(writers):
        writer.open_marker()
        writer.sequence(1, "loss")
        writer.points([(1, step, at * 10.0 + step, T0 + step + at / 10) for step in range(3)])
    writers[0].sequence(2, "acc")
    writers[0].points([(2, 0, 0.5)])
    for writer in writers if is_folded else ():
        writer.close()
    index.catch_up()
    ids = [int(str(number)) for number in scalars(index, "SELECT id FROM sequence ORDER BY id")]
    loss, acc = index.read_columns(ids, attempts="all", times=True)
    latest, _ = index.read_columns(ids)
    assert loss.values is not None and acc.values is not None and latest.values is not None and loss.times is not None
    assert loss.values.tolist() == [0.0, 1.0, 2.0, 10.0, 20.0, 11.0, 21.0, 12.0, 22.0]
    assert len(loss.times) == 9
    assert latest.values.tolist() == [10.0, 20.0, 11.0, 21.0, 12.0, 22.0]
    assert acc.values.tolist() == [0.5]
    with pytest.raises(ValueError, match="attempts"):
        index.read_columns(ids, attempts="both")  # type: ignore[arg-type]


def test_a_stream_goes_on_in_a_second_part(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    writer.points([(1, 0, 5.0), (1, 1, 4.0)])
    index.catch_up()
    writer.part = 2
    writer.points([(1, 2, 3.0)])
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    writer.points([(1, 3, 7.0)])
    writer.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    with Index.open(repo.layout, directory=repo.layout.root + "/second") as cold:
        cold.catch_up()
        assert_holds_everything(cold, repo.layout)


def test_one_sequence_declared_twice_is_one(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss", a=1)
    writer.points([(1, 0, 1.0)])
    index.catch_up()
    writer.sequence(2, "loss", a=1)
    writer.points([(1, 1, 2.0), (2, 2, 3.0), (1, 3, 4.0)])
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    writer.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)


def test_a_clock_that_goes_backwards_changes_no_order(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.open_marker()
    writer.sequence(1, "loss")
    for step in range(4):
        writer.points([(1, step, float(step), T0 - 100 * step)])
        index.catch_up()
    assert_holds_everything(index, repo.layout)


def test_edits_reach_params_tags_and_names(index: Index, repo: RawRepo) -> None:
    repo.simple_run(1, lr=0.1, batch=32)
    index.catch_up()
    edit = repo.writer(1, ordinal=2, role="edit", name="")
    edit.event("params", path=["hparams", "lr"], value=0.2)
    edit.event("deleted", path=["hparams", "batch"])
    edit.event("tag", add=["best", "a\ud800"])
    edit.event("set", field="description", value="nul \0 and \udfff")
    edit.event("set", field="archived", value=True)
    edit.event("note", id="n", text="seen")
    edit.close()
    index.catch_up()
    (found,) = indexed_runs(index).values()
    assert (found.params, found.tags) == ({"hparams": {"lr": 0.2}}, ["best", "a\ud800"])
    assert scalars(index, "SELECT count(*) FROM param") == [1]
    assert scalars(index, "SELECT num FROM param") == [0.2]
    assert scalars(index, "SELECT tag FROM run_tag ORDER BY tag") == ["a\\ud800", "best"]
    assert scalars(index, "SELECT description FROM run") == ["nul \\x00 and \\udfff"]
    assert scalars(index, "SELECT is_archived FROM run") == [1]
    assert scalars(index, "SELECT notes FROM run") == [1]


def test_the_loss_ledger_and_the_error_are_on_the_run(index: Index, repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.close(
        "failed",
        error={"type": "ValueError", "message": "no"},
        loss={"lost_points": 3, "rejected": 1, "causes": {"ENOSPC": 3}},
    )
    crashed = repo.writer(2)
    crashed.open_marker(lost_points=7, unsynced=2)
    crashed.retire_marker()
    index.catch_up()
    with index.connect() as connection:
        found = connection.execute(
            text(
                "SELECT end_reason, error_type, error_message, lost_points, lost_events, rejected, unsynced, causes"
                " FROM run ORDER BY hash"
            )
        ).fetchall()
    assert [tuple(row) for row in found] == [
        ("failed", "ValueError", "no", 3, 0, 1, 0, '{"ENOSPC":3}'),
        ("crashed", None, None, 7, 0, 0, 2, "{}"),
    ]


def test_an_index_that_looked_last_long_ago_compares_everything(index: Index, repo: RawRepo) -> None:
    writer = repo.simple_run(1)
    index.catch_up()
    settle(repo.layout)
    index.catch_up()
    writer.points([(1, 9, 9.0)])  # say, by rsync: no folder shows it
    writer.event("tag", add=["late"])
    settle(repo.layout)
    assert index.catch_up().changed == 0
    with index._database.transaction() as connection:
        connection.execute(
            """UPDATE meta SET value = json_set(value, '$.day', '2020-01-01') WHERE key = 'memory:runs'"""
        )
    assert index.catch_up().changed == 1
    assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch, is_enabled: bool
) -> None:
    repo.simple_run(1)
    during: list[bool] = []
    real = catchup.attach_records

    def failing(*args: Any) -> None:
        during.append(gc.isenabled())
        real(*args)
        raise MemoryError

    monkeypatch.setattr(catchup, "attach_records", failing)
    try:
        gc.enable() if is_enabled else gc.disable()
        with pytest.raises(MemoryError):
            index.catch_up()
        assert gc.isenabled() == is_enabled
    finally:
        gc.enable()
    assert during == [False]


def test_a_run_that_cannot_be_read_leaves_the_others_be(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.simple_run(1)
    repo.simple_run(2)
    (source,) = index._sources.values()
    listing = source.list_streams

    def failing(run: str) -> object:
        if run == run_hash(1):
            raise OSError(5, "Input/output error")
        return listing(run)

    monkeypatch.setattr(source, "list_streams", failing)
    assert (index.catch_up().changed, index.catch_up().behind) == (1, 1)
    settle(repo.layout)
    index.catch_up()
    assert index.catch_up() == catchup.CatchUp(scanned=1, behind=1)
    assert index.unreadable == {run_hash(1): "Input/output error"}
    monkeypatch.undo()
    assert index.catch_up().is_complete
    assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize("place", ["list_streams", "read_run", "read_points"])
def test_a_process_without_descriptors_is_not_taken_for_a_run_that_cannot_be_read(
    place: str, index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.simple_run(1)
    (source,) = index._sources.values()

    def failing(*_: Any) -> object:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(source, place, failing)
    with pytest.raises(OSError, match="Too many open files"):
        index.catch_up()
    monkeypatch.undo()
    assert index.catch_up().is_complete and index.unreadable == {}
    assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize("place", ["read_run", "read_points", "standing"])
def test_a_run_at_which_we_fail_is_named_and_the_others_are_there(
    place: str, index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        repo.simple_run(number)
    (source,) = index._sources.values()
    real = getattr(source, place)

    def failing(run: Any, *rest: Any) -> object:
        if run_hash(3) in (run, getattr(run, "hash", None)):
            raise TypeError("a fault of ours")
        return real(run, *rest)

    monkeypatch.setattr(source, place, failing)
    index.catch_up()
    assert index.unreadable == {run_hash(3): "unexpected TypeError: a fault of ours"}
    assert scalars(index, "SELECT count(*) FROM run") == [4]
    monkeypatch.undo()
    repo.writer(3, 2).close()
    index.catch_up()
    assert index.unreadable == {}
    assert_holds_everything(index, repo.layout)


def test_a_run_that_the_index_cannot_hold_is_named_and_the_others_are_there(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        repo.simple_run(number, lr=float(number))
    real = apply.flatten_params

    def failing(params: dict[str, Any]) -> Any:
        return [(("lr",), 2**80)] if params["hparams"]["lr"] == 3.0 else real(params)

    monkeypatch.setattr(apply, "flatten_params", failing)
    monkeypatch.setattr(apply, "classify", lambda value: (1, value, None))
    index.catch_up()
    assert index.unreadable.keys() == {run_hash(3)}
    assert "OverflowError" in index.unreadable[run_hash(3)]
    assert scalars(index, "SELECT count(*) FROM run") == [4]


def test_a_run_beyond_the_limits_is_read_once_and_named_until_it_changes(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.simple_run(1)
    repo.simple_run(2)
    for number in range(10):
        repo.writer(2, number + 2)
    monkeypatch.setattr(limits, "MAX_EVENTS", 8)
    (source,) = index._sources.values()
    reads: list[str] = []
    real = source.read_run
    monkeypatch.setattr(source, "read_run", lambda run: (reads.append(run), real(run))[1])
    for _ in range(3):
        assert index.catch_up().is_complete
        assert index.unreadable.keys() == {run_hash(2)}
        assert "more than 8 events" in index.unreadable[run_hash(2)]
    assert sorted(reads) == [run_hash(1), run_hash(2)]
    shutil.rmtree(repo.layout.run_dir(run_hash(2)))
    index.catch_up()
    assert index.unreadable == {}
    assert_holds_everything(index, repo.layout)


@pytest.mark.parametrize("is_first", [True, False])
def test_holes_of_a_points_file_are_not_gone_through(
    is_first: bool, index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = repo.writer(1)
    writer.sequence(1, "loss")
    writer.points([(1, step, float(step)) for step in range(100)])
    if not is_first:
        index.catch_up()
    for size in (2**36, 2**37):
        os.truncate(writer.points_path, size)
        if os.stat(writer.points_path).st_blocks > 2**20:
            pytest.skip("this file system writes holes as zeros")
        writer.points([(1, size, 0.5)])
    os.truncate(writer.points_path, 2**38)
    writer.close()
    (source,) = index._sources.values()
    read = 0
    real = source.read_points

    def counting(run: str, key: str, start: int, stop: int) -> Any:
        nonlocal read
        read += stop - start
        return real(run, key, start, stop)

    monkeypatch.setattr(source, "read_points", counting)
    index.catch_up()
    assert read < 2**20
    assert scalars(index, 'SELECT "count" FROM sequence') == [102]
    assert scalars(index, "SELECT max_step FROM sequence") == [2**37]
    assert index.catch_up().changed == 0
    (number,) = scalars(index, "SELECT id FROM sequence")
    (columns,) = index.read_columns([int(str(number))])
    assert columns.steps is not None and columns.steps.tolist() == [*range(100), 2**36, 2**37]


ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 3),  # which writer
        st.sampled_from(["points", "points", "points", "declare", "catch up", "close", "torn", "part", "attempt"]),
        st.lists(
            st.tuples(
                st.integers(1, 4),
                st.integers(-2, 12),
                st.one_of(st.integers(-3, 3).map(float), st.sampled_from([float("nan"), float("inf"), 0.1])),
                st.integers(0, 30).map(lambda t: T0 + t),
                st.sampled_from([float("nan"), 0.5, 2.0]),
            ),
            max_size=8,
        ),
    ),
    max_size=25,
)


@examples(quick=12, long=150)  # each makes several databases
@given(ACTIONS, st.integers(1, 12), st.sampled_from([32 * 3, 10**6]))
def test_any_history_of_four_writers_is_read_right(
    tmp_path_factory: pytest.TempPathFactory,
    actions: list[tuple[int, str, list[tuple[float, ...]]]],
    fold: int,
    batch: int,
) -> None:
    repo = RawRepo(tmp_path_factory.mktemp("history"))
    writers: dict[int, RawWriter] = {}
    declared: dict[int, int] = {}
    with pytest.MonkeyPatch.context() as patch, Index.open(repo.layout) as index:
        patch.setattr(scan, "FOLD_BYTES", 32 * fold)
        patch.setattr(scan, "_FOLD_POINTS", 1)
        index._indexer._batch_bytes = batch
        for number, action, points in actions:
            if number not in writers:
                # two runs; in each an attempt and a resumed one
                writers[number] = repo.writer(1 + number % 2, ordinal=number + 1, attempt=1 + number // 2)
                writers[number].open_marker()
                declared[number] = 0
            writer = writers[number]
            if action == "catch up":
                index.catch_up()
                assert_holds_everything(index, repo.layout)
            elif not os.path.exists(writer.marker_path):
                continue
            elif action == "points":
                while declared[number] < max((int(p[0]) for p in points), default=0):
                    declared[number] += 1
                    writer.sequence(declared[number], f"m{declared[number] % 3}")
                writer.points(points)  # type: ignore[arg-type]
            elif action == "declare":
                declared[number] += 1
                writer.sequence(declared[number], f"m{declared[number] % 3}")
            elif action == "torn":
                writer.raw_points(b"\0" * 32)
            elif action == "part":
                writer.part += 1
            elif action == "attempt":  # it turned out whom the writer recorded beside
                writer.event("attempt", attempt=1 + len(points) % 3, beside=[])
            else:
                writer.close()
        index.catch_up()
        assert_holds_everything(index, repo.layout)
        with Index.open(repo.layout, directory=repo.layout.root + "/cold") as cold:
            cold.catch_up()
            assert_holds_everything(cold, repo.layout)


@pytest.mark.parametrize("kind", ["ranks", "resumed"])
def test_a_sequence_of_several_writers_that_just_goes_on_is_not_read_as_a_whole(
    index: Index, repo: RawRepo, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    first = repo.writer(1, ordinal=1)
    second = repo.writer(1, ordinal=2, attempt=1 if kind == "ranks" else 2, rank=1)
    for writer in (first, second):
        writer.open_marker()
        writer.sequence(1, "loss")
    first.points([(1, step, float(step), T0 + step) for step in range(10)])
    second.points([(1, step, -float(step), T0 + 100 + step) for step in range(5, 12)])
    if kind == "resumed":
        first.close()
    index.catch_up()
    assert_holds_everything(index, repo.layout)
    whole_reads: list[int] = []
    read = write_points.read_columns

    def counting(*arguments: Any, **options: Any) -> Any:
        whole_reads.append(1)
        return read(*arguments, **options)

    monkeypatch.setattr(write_points, "read_columns", counting)
    for step in range(12, 16):
        if kind == "ranks":
            first.points([(1, step, 1.0, T0 + 10 * step + 100)])
        second.points([(1, step, float("nan"), T0 + 10 * step + 101), (1, step + 1, 0.5, T0 + 10 * step + 102)])
        index.catch_up()
        assert_holds_everything(index, repo.layout)
        assert len(whole_reads) == (0 if kind == "ranks" or step == 12 else step - 12)
    second.points([(1, 3, 7.0, T0 + 90)])  # before all that: nothing for it but to look
    index.catch_up()
    assert whole_reads
    assert_holds_everything(index, repo.layout)


# -- a run that is looked at while it is being copied in


def _arriving(repo: RawRepo) -> tuple[RawWriter, bytes, bytes]:
    """A run of 100 points that ended, whose files are not there yet: the writer, and what its files will hold."""
    writer = repo.writer(1)
    writer.sequence(1, "loss", subset="train")
    writer.points([(1, step, float(step)) for step in range(100)])
    sizes = {"points": 3200, "events.jsonl": os.path.getsize(writer.events_path)}
    writer.close(marker=False, sizes=sizes)
    events, points = Path(writer.events_path).read_bytes(), Path(writer.points_path).read_bytes()
    os.remove(writer.events_path)
    os.remove(writer.points_path)
    return writer, events, points


def _wait_for_its_turn(index: Index) -> None:
    with index._database.transaction() as connection:
        connection.execute("UPDATE run SET next_scan_at = 0 WHERE next_scan_at IS NOT NULL")


@pytest.mark.parametrize("whole", ["events", "points"])
@pytest.mark.parametrize("marker", [False, True], ids=["run alone", "with its marker"])
def test_a_run_that_is_looked_at_while_it_is_copied_in_is_all_there_in_the_end(
    index: Index, repo: RawRepo, whole: str, marker: bool
) -> None:
    writer, events, points = _arriving(repo)
    if marker:
        writer.open_marker(reason="finished")
        writer.retire_marker()
    first, last = (writer.raw_events, writer.raw_points)[:: 1 if whole == "events" else -1]
    first_data, last_data = (events, points)[:: 1 if whole == "events" else -1]
    first(first_data)
    for begin in range(0, len(last_data), 1000):
        settle(repo.layout)
        index.catch_up()
        for _ in range(8):  # minutes without a byte
            _wait_for_its_turn(index)
            index.catch_up()
        last(last_data[begin : begin + 1000])
    settle(repo.layout)
    _wait_for_its_turn(index)
    index.catch_up()
    assert scalars(index, "SELECT sum(count) FROM sequence") == [100]
    assert scalars(index, "SELECT is_open FROM run") == [0]
    assert_holds_everything(index, repo.layout)
    assert index.catch_up().scanned == 0


def test_what_comes_right_after_a_look_at_a_run_that_is_copied_in_needs_no_waiting(index: Index, repo: RawRepo) -> None:
    writer, events, points = _arriving(repo)
    writer.raw_events(events)
    writer.raw_points(points[:320])
    settle(repo.layout)
    assert index.catch_up().points == 10
    writer.raw_points(points[320:])
    assert index.catch_up().points == 90
    assert index.catch_up().scanned == 0


def test_a_run_whose_last_points_never_come_is_looked_at_ever_more_seldom(index: Index, repo: RawRepo) -> None:
    writer, events, points = _arriving(repo)
    writer.raw_events(events)
    writer.raw_points(points[:320])
    settle(repo.layout)
    index.catch_up()
    intervals = []
    for _ in range(9):
        _wait_for_its_turn(index)
        index.catch_up()
        assert index.catch_up().scanned == 0
        intervals += scalars(index, "SELECT scan_interval_s FROM run")
    assert intervals == [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0]
    assert_holds_everything(index, repo.layout)
