"""Runs as a file: CSV, JSON, Parquet or a Markdown table, in parts of a thousand runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Final, Literal

from aim.errors import IndexUnavailableError, MissingDependencyError
from aim.explore.encoding import encode_file
from aim.explore.tables.columns import parse_metric_column
from aim.explore.tables.expression_cells import expression_of
from aim.explore.tables.rows import run_rows
from aim.explore.view import View
from aim.schema.csv_cells import csv_text
from aim.schema.jsonvalues import to_json
from aim.schema.names import parse_context
from aim.schema.run_fields import RUN_FIELDS, RunField

__all__ = ["FORMATS", "Format", "column_title", "export_formats", "export_runs", "require_format"]

BATCH_RUNS: Final = 1_000
FIELDS: Final = tuple(field for field in RUN_FIELDS if field.export_title is not None)

Format = Literal["csv", "json", "parquet", "markdown"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "json", "markdown", "parquet")


def export_formats() -> list[str]:
    """The formats that can be written here: Parquet needs a further package."""
    return [name for name in FORMATS if name != "parquet" or find_spec("pyarrow") is not None]


def require_format(name: Format) -> None:
    """Check that a format can be written here.

    Raises:
        MissingDependencyError: it needs a package that is not installed.
    """
    if name == "parquet":
        _pyarrow()


def export_runs(
    view: View, run_ids: Sequence[int], kind: Format, *, columns: Sequence[str] = (), is_exact: bool = False
) -> Iterator[bytes]:
    """Runs as a file, in the order given: its exported fields, and the values of some columns.

    Args:
        view: The index.
        run_ids: Which runs, as :func:`aim.explore.tables.search.search_runs` gives them.
        kind: What kind of file.
        columns: Param paths and metric columns.
        is_exact: Of CSV: strings that begin as formulas do get no quote before them, which keeps spreadsheets from
            running them.

    Returns:
        The file in parts. What is wrong with the arguments is raised here, not while they are taken.

    Raises:
        InvalidValueError: a column cannot be one.
        MissingDependencyError: the format needs a package that is not installed.
        IndexUnavailableError: (while parts are taken) the index was rebuilt meanwhile.
    """
    require_format(kind)
    batches = _rows(view, columns, run_ids)
    first = next(batches, [])  # here, so that what is wrong with the columns is raised at once
    every = _chain(first, batches)
    if kind == "json":
        return _as_json(every)
    titles = [*(str(field.export_title) for field in FIELDS), *(column_title(column) for column in columns)]
    cells = ([_cells(row, columns) for row in rows] for rows in every)
    if kind == "csv":
        return _as_csv(titles, cells, str if is_exact else csv_text)
    if kind == "markdown":
        return _as_markdown(titles, cells)
    return _as_parquet(titles, cells)


def _rows(view: View, columns: Sequence[str], ids: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    """The rows, a batch at a time."""
    path = view.index.path
    now = datetime.now(UTC).timestamp()
    for start in range(0, len(ids), BATCH_RUNS):
        if view.index.path != path:
            raise IndexUnavailableError("the index was rebuilt while runs were exported; ask again")
        yield run_rows(view, ids[start : start + BATCH_RUNS], columns, now)


def _chain(first: list[dict[str, Any]], rest: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    yield first
    yield from rest


def column_title(column: str) -> str:
    """``loss(subset=val).last`` of a metric column; a param's path as it is."""
    text = expression_of(column)
    if text is not None:
        return text
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
        raise MissingDependencyError(
            "Parquet files need pyarrow, which the server lacks. Install it with: pip install pyarrow"
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
    """One type per column: that of its values, float64 for numbers of several kinds, else string."""
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
