"""The arrays of query results: a type that knows its steps, and loading for many sequences at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from aim.index.points.merge import Attempts
    from aim.query.answering.engine import QueryEngine
    from aim.query.answering.rows import SequenceRow

__all__ = ["BATCH_POINTS", "ArrayLoader", "Values"]

FIRST_BATCH_SEQUENCES: Final = 256
LAST_BATCH_SEQUENCES: Final = 4_096
"""Batches double up to here: reading a few sequences stays quick, and reading all of them needs few reads."""
BATCH_POINTS: Final = 2**21
"""A batch ends when it has this many points: 32 MiB of steps and values."""


Steps: TypeAlias = "npt.NDArray[np.int64] | Callable[[], npt.NDArray[np.int64]]"


class Values(np.ndarray[Any, np.dtype[np.float64]]):
    """The values of a sequence: a numpy array of float64 that also knows its steps."""

    _steps: Steps | None

    @classmethod
    def of(cls, values: npt.NDArray[np.float64], steps: Steps) -> Values:
        """`values` with the steps they were tracked at, or what reads these when they are asked for."""
        view = values.view(cls)
        view._steps = steps
        return view

    def __array_finalize__(self, source: Any) -> None:
        self._steps = None  # a slice or a result has steps of its own, or none

    def sparse_numpy(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(steps, values) as plain arrays."""
        steps = np.arange(len(self)) if self._steps is None else self._steps
        return steps() if callable(steps) else steps, self.view(np.ndarray)

    def sparse_list(self) -> tuple[list[int], list[float]]:
        """(steps, values) as lists."""
        steps, values = self.sparse_numpy()
        return steps.tolist(), values.tolist()

    def indices_numpy(self) -> npt.NDArray[np.int64]:
        """The steps as a plain array."""
        return self.sparse_numpy()[0]

    def indices_list(self) -> list[int]:
        """The steps as a list."""
        return self.sparse_list()[0]

    def first(self) -> tuple[int, float]:
        """(step, value) of the first point.

        Raises:
            IndexError: there is none.
        """
        return self._pair(0)

    def last(self) -> tuple[int, float]:
        """(step, value) of the last point.

        Raises:
            IndexError: there is none.
        """
        return self._pair(-1)

    def first_value(self) -> float:
        """The first value."""
        return self.first()[1]

    def last_value(self) -> float:
        """The last value."""
        return self.last()[1]

    def first_idx(self) -> int:
        """The step of the first point."""
        return self.first()[0]

    def last_idx(self) -> int:
        """The step of the last point."""
        return self.last()[0]

    def _pair(self, place: int) -> tuple[int, float]:
        steps, values = self.sparse_numpy()
        return int(steps[place]), float(values[place])

    def values_numpy(self) -> npt.NDArray[np.float64]:
        """The values as a plain array."""
        return self.view(np.ndarray)

    def values_list(self) -> list[float]:
        """The values as a list."""
        values: list[float] = self.view(np.ndarray).tolist()
        return values


class ArrayLoader:
    """Reads the arrays of the sequences of one answer. Safe to use from several threads.

    It keeps only the last batch, and a metric keeps its own arrays, so that walking over a large answer needs the
    memory of one batch.

    Args:
        engine: Reads them.
        rows: The sequences, in the order in which they will probably be read.
        attempts: "latest": where a run was resumed at an earlier step, what was tracked before is left out; "all": it
            is not.
    """

    def __init__(self, engine: QueryEngine, rows: Sequence[SequenceRow], attempts: Attempts = "latest") -> None:
        self._engine = engine
        self._rows = rows
        self._attempts: Attempts = attempts
        self._lock = threading.Lock()
        self._batches: dict[bool, tuple[int, list[Any]]] = {}
        self._sizes = {False: FIRST_BATCH_SEQUENCES, True: FIRST_BATCH_SEQUENCES}

    def points(self, place: int) -> tuple[npt.NDArray[np.int64], Values]:
        """(steps, values) of the sequence at `place`."""
        columns = self._columns(place, times=False)
        return columns.steps, Values.of(columns.values, columns.steps)

    def times(self, place: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(epochs, times) of the sequence at `place`."""
        columns = self._columns(place, times=True)
        return columns.epochs, columns.times

    def all(self, place: int) -> Any:
        """All columns of the sequence at `place` as of one moment, read for it alone."""
        (columns,) = self._engine.columns(
            [self._rows[place]], steps=True, values=True, epochs=True, times=True, attempts=self._attempts
        )
        return columns

    def _columns(self, place: int, *, times: bool) -> Any:
        with self._lock:
            start, batch = self._batches.get(times, (0, []))
            if not start <= place < start + len(batch):
                start, batch = place, self._read(place, times=times)
                self._batches[times] = start, batch
            return batch[place - start]

    def _read(self, place: int, *, times: bool) -> list[Any]:
        size = self._sizes[times]
        self._sizes[times] = min(2 * size, LAST_BATCH_SEQUENCES)
        rows: list[SequenceRow] = []
        points = 0
        for row in self._rows[place : place + size]:
            points += row.count
            if rows and points > BATCH_POINTS:
                break
            rows.append(row)
        return self._engine.columns(
            rows, steps=not times, values=not times, epochs=times, times=times, attempts=self._attempts
        )
