"""Sequences that hold something else than metrics are kept in the index, and are not metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import aim
from aim.cli.main import cli
from aim.index.index import Index
from aim.index.sql import tables as t
from aim.query.answering.engine import QueryEngine
from aim.schema.source import RunReading, StreamListing
from aim.storage.reading.source import RunDirectorySource
from aim.storage.repo.repo_files import create_repo
from tests.unit.index.rawrepo import RawRepo, RawWriter, run_hash

OBJECTS = 2
"""Ordinal of the writer whose points are taken for those of objects."""


@pytest.fixture
def repo(repo_path: Path) -> RawRepo:
    """A run with a metric and two sequences of images, one of the metric's name; and one with images alone."""
    create_repo(repo_path)
    repo = RawRepo(repo_path)
    writer = repo.writer(1)
    writer.sequence(1, "loss", subset="train")
    writer.event("sequence", id=2, name="loss", context={"subset": "train"}, holds="image")
    writer.event("sequence", id=3, name="samples", context={}, holds="image")
    writer.points([(number, step, float(10 * number + step)) for step in range(4) for number in (1, 2, 3)])
    writer.close()
    images_only(repo.writer(2)).close()
    return repo


def images_only(writer: RawWriter) -> RawWriter:
    writer.event("sequence", id=1, name="samples", context={}, holds="image")
    writer.points([(1, step, float(step)) for step in range(5)])
    return writer


@pytest.fixture
def index(repo: RawRepo) -> Iterator[Index]:
    with Index.open(repo.layout) as opened:
        opened.catch_up()
        yield opened


def names_in(index: Index, table: Any) -> list[tuple[str, str, str]]:
    """(run, what it holds, name) of each sequence."""
    joined = table.join(t.run, t.run.c.id == table.c.run_id)
    joined = joined.join(t.metric_name, t.metric_name.c.id == table.c.name_id)
    columns = t.run.c.hash, t.metric_name.c.holds, t.metric_name.c.name
    with index.connect() as connection:
        found = connection.execute(select(*columns).select_from(joined)).all()
    return sorted((run.lstrip("0"), holds, name) for run, holds, name in found)


def test_only_metrics_are_in_the_view_that_queries_read(index: Index) -> None:
    assert names_in(index, t.sequence) == [("1", "metric", "loss")]
    others = [("1", "image", "loss"), ("1", "image", "samples"), ("2", "image", "samples")]
    assert names_in(index, t.object_sequence) == others
    assert names_in(index, t.any_sequence) == sorted([*others, ("1", "metric", "loss")])


def test_a_metric_and_images_of_one_name_keep_their_own_points(index: Index) -> None:
    columns = select(t.any_sequence.c.id, t.metric_name.c.holds, t.metric_name.c.name)
    with index.connect() as connection:
        found = connection.execute(
            columns.join(t.metric_name, t.metric_name.c.id == t.any_sequence.c.name_id).where(
                t.any_sequence.c.run_id == 1
            )
        ).all()
    points = index.read_columns([number for number, _, _ in found])
    values = {
        (holds, name): column.values.tolist()
        for (_, holds, name), column in zip(found, points, strict=True)
        if column.values is not None
    }
    assert values == {
        ("metric", "loss"): [10.0, 11.0, 12.0, 13.0],
        ("image", "loss"): [20.0, 21.0, 22.0, 23.0],
        ("image", "samples"): [30.0, 31.0, 32.0, 33.0],
    }


def test_queries_know_metrics_only(index: Index) -> None:
    engine = QueryEngine(index)
    assert [(row.run.hash, row.name, row.count) for row in engine.sequences("")] == [(run_hash(1), "loss", 4)]
    assert [row.field("last") for row in engine.sequences("metric.last < 100")] == [13.0]
    assert engine.sequences("samples") == []
    assert engine.sequences("metric.name == 'samples' or metric.name != 'samples'")[0].name == "loss"
    assert [row.hash for row in engine.runs("")] == [run_hash(1), run_hash(2)]
    assert [row.hash for row in engine.runs("run.loss.train.last > 0")] == [run_hash(1)]
    assert [row.field("metrics") for row in engine.runs("")] == [["loss"], []]
    assert engine.runs("'samples' in run.metrics") == []
    assert [found.name for found in engine.newest_sequences("", 10).rows] == ["loss"]


def test_the_sdk_shows_no_metric_of_a_run_that_holds_images(repo: RawRepo) -> None:
    with aim.Repo(repo.layout.root) as opened:
        assert [metric.name for metric in opened.query_metrics()] == ["loss"]
        assert list(opened.get_run(run_hash(2)).metrics()) == []


def test_doctor_finds_nothing_wrong(repo: RawRepo) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--repo", repo.layout.root])
    assert (result.exit_code, "No damage found" in result.output) == (0, True), result.output


def test_hidden_images_are_not_hidden_points_of_the_run(repo: RawRepo) -> None:
    images_only(repo.writer(3)).close()
    again = repo.writer(3, 2, attempt=2)
    again.sequence(1, "loss")
    again.event("sequence", id=2, name="samples", context={}, holds="image")
    again.points([(2, 0, 7.0), (2, 1, 8.0), (1, 0, 1.0)])
    again.close()
    with Index.open(repo.layout) as index:
        index.catch_up()
        (row,) = [row for row in QueryEngine(index).runs("") if row.hash == run_hash(3)]
        assert row.field("hidden_points") == 0


class _WithObjects(RunDirectorySource):
    """Presents the points of some writers as a stream of another kind."""

    def list_streams(self, run_hash: str) -> Sequence[StreamListing]:
        return [_as_object(stream) for stream in super().list_streams(run_hash)]

    def read_run(self, run_hash: str) -> RunReading:
        reading = super().read_run(run_hash)
        return replace(reading, points=[_as_object(stream) for stream in reading.points])


def _as_object(stream: Any) -> Any:
    is_object = stream.kind == "points" and stream.writer.startswith(f"{OBJECTS}-")
    return replace(stream, kind="objects") if is_object else stream


def test_every_stream_that_is_not_of_events_brings_points(repo: RawRepo) -> None:
    writer = repo.writer(4)
    writer.sequence(1, "loss")
    writer.points([(1, step, 1.0) for step in range(3)])
    images = images_only(repo.writer(4, OBJECTS, attempt=1))
    source = _WithObjects(repo.layout)
    with Index.open(repo.layout, [source]) as index:
        index.catch_up()
        counts: Mapping[str, int] = dict(_counts(index))
        assert counts == {"loss": 3, "samples": 5}
        images.points([(1, 5, 5.0)])
        images.close()
        writer.close()
        index.catch_up()
        assert dict(_counts(index)) == {"loss": 3, "samples": 6}
        with index.connect() as connection:
            kinds = connection.execute(select(t.stream.c.kind, t.stream.c.seen - t.stream.c.folded).distinct()).all()
        assert {"objects", "points", "events"} <= {kind for kind, _ in kinds}
        assert all(rest == 0 for kind, rest in kinds if kind != "events")


def _counts(index: Index) -> list[tuple[str, int]]:
    joined = t.any_sequence.join(t.metric_name, t.metric_name.c.id == t.any_sequence.c.name_id)
    joined = joined.join(t.run, t.run.c.id == t.any_sequence.c.run_id)
    statement = select(t.metric_name.c.name, t.any_sequence.c.count).select_from(joined)
    with index.connect() as connection:
        return [(name, count) for name, count in connection.execute(statement.where(t.run.c.hash == run_hash(4)))]
