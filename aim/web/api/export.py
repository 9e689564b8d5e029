"""The runs of a search as a file: CSV, JSON, Parquet or a Markdown table; all that match, not the page in sight."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from aim.errors import IndexUnavailableError
from aim.explore.encoding import encode_file
from aim.explore.tables.columns import parse_metric_column
from aim.explore.tables.rows import run_rows
from aim.explore.view import View
from aim.schema.csv_cells import csv_text
from aim.schema.jsonvalues import to_json
from aim.schema.names import parse_context
from aim.schema.run_fields import RUN_FIELDS, RunField
from aim.web.api.runs import search
from aim.web.http.errors import ApiError
from aim.web.http.searches import Check, in_thread
from aim.web.models.runs import RunsExport
from aim.web.state import state_of

__all__ = ["column_title", "export_formats", "router"]

router = APIRouter(tags=["runs"])

BATCH_RUNS: Final = 1_000
FIELDS: Final = tuple(field for field in RUN_FIELDS if field.export_title is not None)

_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_SUFFIXES: Final = {"markdown": "md"}


def export_formats() -> list[str]:
    """The kinds of files that this server can write: Parquet takes a package of its own."""
    return [kind for kind in _TYPES if kind != "parquet" or find_spec("pyarrow") is not None]


@router.post(
    "/runs/export",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in _TYPES.values()}, "description": "The file."}},
)
async def export_runs(body: RunsExport, request: Request) -> Response:
    """All runs that a query finds, sorted, with the values of some columns, as a file."""
    state = state_of(request)
    if body.format == "parquet":
        _pyarrow()

    def work(check: Check) -> Iterator[bytes]:
        def write(view: View) -> Iterator[bytes]:
            return _write(view, body, _rows(view, body, search(view, body, check, state.search_cache).ids))

        return state.service.read(write)

    parts = await in_thread(request, state.searches, work)
    name = f"runs.{_SUFFIXES.get(body.format, body.format)}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-accel-buffering": "no"}
    return StreamingResponse(parts, media_type=_TYPES[body.format], headers=headers)


def _rows(view: View, body: RunsExport, ids: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    """The rows, a batch at a time."""
    path = view.index.path
    now = datetime.now(UTC).timestamp()
    for start in range(0, len(ids), BATCH_RUNS):
        if view.index.path != path:
            raise IndexUnavailableError("the index was built anew while runs were exported; ask again")
        yield run_rows(view, ids[start : start + BATCH_RUNS], body.columns, now)


def _write(view: View, body: RunsExport, batches: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    first = next(batches, [])  # here, so that what is wrong with the request is answered as an error
    every = _chain(first, batches)
    if body.format == "json":
        return _as_json(every)
    titles = [*(str(field.export_title) for field in FIELDS), *(column_title(column) for column in body.columns)]
    cells = ([_cells(row, body.columns) for row in rows] for rows in every)
    if body.format == "csv":
        return _as_csv(titles, cells, str if body.exact else csv_text)
    if body.format == "markdown":
        return _as_markdown(titles, cells)
    return _as_parquet(titles, cells)


def _chain(first: list[dict[str, Any]], rest: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    yield first
    yield from rest


def column_title(column: str) -> str:
    """``loss(subset=val).last`` of a metric column; a param's path as it is."""
    if not column.startswith("metric:"):
        return column
    metric = parse_metric_column(column)
    assert metric is not None
    try:
        pairs = ", ".join(f"{key}={value}" for key, value in parse_context(metric.context).items())
    except ValueError:
        pairs = metric.context
    return f"{metric.name}({pairs}).{column.rpartition('|')[2]}"


def _cells(row: dict[str, Any], columns: Sequence[str]) -> list[Any]:
    fields = [_field_cell(field, row[field.name]) for field in FIELDS]
    return fields + [row["metrics"].get(column, row["params"].get(column)) for column in columns]


def _field_cell(field: RunField, value: Any) -> Any:
    if field.type == "time" and value is not None:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    return ", ".join(value) if field.type == "texts" else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value) if isinstance(value, (int, float)) else to_json(value)


def _as_json(batches: Iterable[list[dict[str, Any]]]) -> Iterator[bytes]:
    yield b"["
    is_first = True
    for rows in batches:
        if rows:
            yield (b"" if is_first else b",\n") + encode_file(rows)[1:-1]
            is_first = False
    yield b"]\n"


def _as_csv(
    titles: Sequence[str], batches: Iterable[list[list[Any]]], to_cell: Callable[[str], str]
) -> Iterator[bytes]:
    lines: list[list[Any]] = [[to_cell(title) for title in titles]]
    for rows in batches:
        text = io.StringIO()
        cells = ([to_cell(cell) if isinstance(cell, str) else _text(cell) for cell in row] for row in rows)
        csv.writer(text, lineterminator="\r\n").writerows([*lines, *cells])
        lines = []
        yield text.getvalue().encode("utf-8", "replace")


def _as_markdown(titles: Sequence[str], batches: Iterable[list[list[Any]]]) -> Iterator[bytes]:
    lines: list[Sequence[Any]] = [titles, ["---"] * len(titles)]
    for rows in batches:
        yield "".join(_markdown_line(line) for line in [*lines, *rows]).encode("utf-8", "replace")
        lines = []


def _markdown_line(cells: Sequence[Any]) -> str:
    texts = (_text(cell).replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(' '.join(text.split()) for text in texts)} |\n"


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ApiError(
            400, "Parquet files need pyarrow, which the server lacks. Install it with: pip install 'aim[pyarrow]'"
        ) from None
    return pyarrow


def _as_parquet(titles: Sequence[str], batches: Iterable[list[list[Any]]]) -> Iterator[bytes]:
    pyarrow = _pyarrow()
    from pyarrow import parquet

    rows = [row for batch in batches for row in batch]
    arrays = [_arrow_array(pyarrow, [row[place] for row in rows]) for place in range(len(titles))]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=_unique(titles)), sink)
    yield sink.getvalue().to_pybytes()


def _arrow_array(pyarrow: Any, values: list[Any]) -> Any:
    """One type a column: that of its values, float64 for numbers of several kinds, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pyarrow.array(values, pyarrow.bool_())
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pyarrow.array(values, pyarrow.int64())
    if kinds and kinds <= {int, float}:
        return pyarrow.array([_float(value) for value in values], pyarrow.float64(), from_pandas=False)
    texts = [None if value is None else _text(value).encode("utf-8", "replace").decode() for value in values]
    return pyarrow.array(texts, pyarrow.string())


def _float(value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return float("inf") if value is not None and value > 0 else float("-inf")


def _unique(titles: Sequence[str]) -> list[str]:
    """A param may be called as a field is."""
    seen: set[str] = set()
    names = []
    for title in titles:
        name = title
        while name in seen:
            name += "_"
        seen.add(name)
        names.append(name)
    return names
