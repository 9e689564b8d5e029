"""Reading the points of sequences: chunks from the index, the rest from the streams, joined as they are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.index.points.grouping import epochs_to_float64
from aim.index.points.merge import Attempts, Piece, every_order, shown_order
from aim.index.points.tails import OpenStream, Tail, TailCache
from aim.index.sql import codecs
from aim.index.sql.dialect import DriverConnection, fetch_all
from aim.schema.attempts import writer_order

__all__ = ["Columns", "Layers", "read_columns"]

_BATCH: Final = 200
"""Sequences that are read at once."""

_SHARED_COLUMN_BYTES: Final = 24
"""Columns up to this long (a constant, a start and stride) are decoded once where many sequences have the same."""
_SHARED_COLUMNS: Final = 1_000
"""How many such arrays are kept while others are read."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The points of one sequence in the order they are shown. Arrays of equal length; None if not asked for."""

    sequence_id: int
    steps: npt.NDArray[np.int64] | None
    values: npt.NDArray[np.float64] | None
    epochs: npt.NDArray[np.float64] | None
    """NaN where a point has none."""
    times: npt.NDArray[np.float64] | None
    """Unix seconds."""
    begins: tuple[int, ...] = ()
    """Where later attempts begin: positions in these arrays."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Of a sequence that several writers feed: what is hidden under what is shown."""

    top_max_step: int
    """The highest step of the highest attempt."""
    hidden: int
    """How many points of earlier attempts are not shown."""
    begins: tuple[int, ...] = ()
    """Where later attempts begin: positions among the points, in the order they are shown."""


@dataclass(slots=True)
class _Sequence:
    """What was found of one sequence: column bytes by name, in the order of stream and number."""

    run_id: int
    writers: int
    count: int
    chunks: dict[str, list[tuple[int, int, bytes]]]


@dataclass(frozen=True, slots=True)
class _Feed:
    """A stream that feeds a sequence, and under which ids."""

    stream_id: int
    writer: str
    attempt: int
    part: int
    declared: list[int]
    tail: Tail | None


def read_columns(
    connection: DriverConnection,
    tails: TailCache,
    sequence_ids: Sequence[int],
    *,
    steps: bool = True,
    values: bool = True,
    epochs: bool = False,
    times: bool = False,
    is_shared: bool = False,
    attempts: Attempts = "latest",
    layers: dict[int, Layers] | None = None,
) -> list[Columns]:
    """Read the points of many sequences.

    Args:
        connection: In a transaction, so that chunks and offsets are of one state.
        tails: Reads what is not in chunks.
        sequence_ids: Ids of the ``any_sequence`` table; one that is gone gives empty columns.
        steps, values, epochs, times: Which columns are wanted.
        is_shared: Sequences whose steps (or other columns) are equal may get one array for all, which is read-only.
        attempts: "latest": the points that are shown; "all": those of all attempts, by attempt, time and writer.
        layers: Filled with what is hidden under what is shown, of each sequence that several writers feed.
    """
    if attempts not in ("latest", "all"):
        raise ValueError(f'attempts is "latest" or "all", not {attempts!r:.80}')
    wanted = {"steps": steps, "values": values, "epochs": epochs, "times": times}
    names = [name for name, is_wanted in wanted.items() if is_wanted]
    open_streams = _find_open_streams(connection)
    tails.keep_only(open_streams.keys())
    shared: _Shared = {}
    result: list[Columns] = []
    for start in range(0, len(sequence_ids), _BATCH):  # so that the bytes of all are not in memory at once
        batch = sequence_ids[start : start + _BATCH]
        found = _find_chunks(connection, batch, names)
        several = [number for number, sequence in found.items() if sequence.writers > 1]
        if several:  # which of their points are shown depends on all steps and times
            found.update(_find_chunks(connection, several, sorted({*names, "steps", "times"})))
        feeds = _find_feeds(connection, tails, open_streams, found, several)
        for number in batch:
            sequence = found.get(number)
            columns: dict[str, npt.NDArray[Any]]
            begins: tuple[int, ...] = ()
            if sequence is None:
                columns = {name: _DECODERS[name]([]) for name in names}
            elif sequence.writers > 1:
                columns, below = _merged(sequence, feeds.get(number, []), names, attempts)
                if below is not None:
                    begins = below.begins
                    if layers is not None:
                        layers[number] = below
            else:
                columns = _joined(sequence.chunks, feeds.get(number, ()), names, shared, is_shared)
                if number not in feeds and any(len(column) != sequence.count for column in columns.values()):
                    raise codecs.ColumnError(f"points of sequence {number} are missing in the index")
            if epochs:
                columns["epochs"] = epochs_to_float64(columns["epochs"])
            read = [columns.get(name) for name in ("steps", "values", "epochs", "times")]
            result.append(Columns(number, read[0], read[1], read[2], read[3], begins))
    return result


_DECODERS: Final[dict[str, Any]] = {
    "steps": codecs.decode_int64,
    "values": codecs.decode_float64,
    "epochs": codecs.decode_float32,
    "times": codecs.decode_float64,
}
_FIELDS: Final = {"steps": "step", "values": "value", "epochs": "epoch", "times": "time"}
_TABLES: Final = (("chunk", ("values", "steps")), ("chunk_time", ("epochs", "times")))


def _id_list(ids: Sequence[int]) -> str:
    # numbers written by us; as parameters they would be limited in number
    return ",".join(str(int(number)) for number in ids)


def _find_chunks(connection: DriverConnection, ids: Sequence[int], names: Sequence[str]) -> dict[int, _Sequence]:
    found: dict[int, _Sequence] = {}
    for table, table_names in _TABLES:
        columns = [name for name in table_names if name in names]
        if not columns:
            continue
        selected = ", ".join(f'c."{name}"' for name in columns)
        sql = (
            f'SELECT s.id, s.run_id, s.writers, s."count", c.stream_id, c.number, {selected} FROM any_sequence s'
            f" LEFT JOIN {table} c ON c.run_id = s.run_id AND c.sequence_id = s.id WHERE s.id IN ({_id_list(ids)})"
        )
        for number, run_id, writers, count, stream_id, chunk_number, *blobs in fetch_all(connection, sql):
            sequence = found.get(number)
            if sequence is None:
                sequence = found[number] = _Sequence(run_id, writers, count, {name: [] for name in names})
            if stream_id is not None:
                for name, blob in zip(columns, blobs, strict=True):
                    sequence.chunks[name].append((stream_id, chunk_number, blob))
    for sequence in found.values():
        for chunks in sequence.chunks.values():
            if len(chunks) > 1:
                chunks.sort()
    return found


def _find_open_streams(connection: DriverConnection) -> dict[int, OpenStream]:
    sql = (
        "SELECT st.id, st.run_id, st.key, st.folded, st.seen, r.hash, r.origin"
        " FROM stream st JOIN run r ON r.id = st.run_id WHERE st.seen > st.folded"
    )
    return {row[0]: OpenStream(*row) for row in fetch_all(connection, sql)}


def _find_feeds(
    connection: DriverConnection,
    tails: TailCache,
    open_streams: Mapping[int, OpenStream],
    found: Mapping[int, _Sequence],
    several: Sequence[int],
) -> dict[int, list[_Feed]]:
    """The streams with an unfolded rest of these sequences; all streams of those with several writers."""
    with_tail = {stream.run_id for stream in open_streams.values()}
    ids = sorted({n for n, sequence in found.items() if sequence.run_id in with_tail}.union(several))
    feeds: dict[int, list[_Feed]] = defaultdict(list)
    if not ids:
        return feeds
    declared: dict[tuple[int, int], tuple[str, int, int, list[int]]] = {}
    for number, stream_id, own_id, writer, attempt, part in fetch_all(
        connection,
        "SELECT ss.sequence_id, ss.stream_id, ss.declared, st.writer, st.attempt, st.part"
        " FROM sequence_stream ss JOIN stream st ON st.id = ss.stream_id"
        f" WHERE ss.sequence_id IN ({_id_list(ids)})",
    ):
        declared.setdefault((number, stream_id), (writer, attempt, part, []))[3].append(own_id)
    for (number, stream_id), (writer, attempt, part, own_ids) in sorted(declared.items()):
        rest = open_streams.get(stream_id)
        tail = tails.get(rest) if rest is not None else None
        feeds[number].append(_Feed(stream_id, writer, attempt, part, own_ids, tail))
    return feeds


_Shared = dict[tuple[str, tuple[bytes, ...]], npt.NDArray[Any]]


def _joined(
    chunks: Mapping[str, list[tuple[int, int, bytes]]],
    feeds: Sequence[_Feed],
    names: Sequence[str],
    shared: _Shared,
    is_shared: bool = False,
) -> dict[str, npt.NDArray[Any]]:
    """The points of one writer: what is in chunks, then what is not yet."""
    rest = [
        (feed.tail, feed.tail.find(feed.declared))
        for feed in sorted(feeds, key=lambda feed: feed.part)
        if feed.tail is not None
    ]
    columns = {}
    for name in names:
        blobs = [blob for _, _, blob in chunks[name]]
        if blobs and all(len(blob) <= _SHARED_COLUMN_BYTES for blob in blobs):
            key = (name, tuple(blobs))
            decoded = shared.get(key)
            if decoded is None:
                if len(shared) >= _SHARED_COLUMNS:
                    shared.clear()
                decoded = shared[key] = _DECODERS[name](blobs)
                decoded.flags.writeable = False
            column = decoded if is_shared or rest else decoded.copy()
        else:
            column = _DECODERS[name](blobs)
        if rest:
            column = np.concatenate([column, *(tail.read(_FIELDS[name], found) for tail, found in rest)])
        columns[name] = column
    return columns


def _merged(
    sequence: _Sequence, feeds: Sequence[_Feed], names: Sequence[str], attempts: Attempts
) -> tuple[dict[str, npt.NDArray[Any]], Layers | None]:
    """The points of several writers as they are asked for, and what is hidden under them."""
    by_writer: dict[str, list[_Feed]] = defaultdict(list)
    for feed in feeds:
        by_writer[feed.writer].append(feed)
    every = list(sequence.chunks)
    pieces: list[dict[str, npt.NDArray[Any]]] = []
    kept: list[Piece] = []
    for writer in sorted(by_writer, key=writer_order):
        own = {feed.stream_id for feed in by_writer[writer]}
        chunks = {name: [chunk for chunk in sequence.chunks[name] if chunk[0] in own] for name in every}
        columns = _joined(chunks, by_writer[writer], every, {})
        if len(columns["steps"]):
            pieces.append(columns)
            kept.append(Piece(writer, by_writer[writer][0].attempt, columns["steps"], columns["times"]))
    if not pieces:
        return {name: _DECODERS[name]([]) for name in names}, None
    order = every_order(kept) if attempts == "all" else shown_order(kept)
    top = max(piece.attempt for piece in kept)
    top_max_step = max(int(piece.steps.max()) for piece in kept if piece.attempt == top)
    attempt = np.repeat([piece.attempt for piece in kept], [len(piece.steps) for piece in kept])[order]
    later = sorted({piece.attempt for piece in kept})[1:]
    begins = tuple(int(np.argmax(attempt == number)) for number in later if (attempt == number).any())
    below = Layers(top_max_step, sum(len(piece.steps) for piece in kept) - len(order), begins)
    return {name: np.concatenate([columns[name] for columns in pieces])[order] for name in names}, below
