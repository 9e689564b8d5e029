"""What a run that is recorded gives back of its metrics: what :meth:`aim.Repo.get_run` gives for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aim.errors import InvalidValueError

if TYPE_CHECKING:
    from aim.sdk.recording.recorder import Recorder
    from aim.storage.repo.layout import RepoLayout

__all__ = ["ReadBack"]


class ReadBack:
    """The part of a handle that reads. Needs numpy and the index, and loads them on first use."""

    _recorder: Recorder
    _layout: RepoLayout | None

    def _stored(self) -> Any:
        """The run as the repo has it now.

        Raises:
            InvalidValueError: nothing is recorded, so there is nothing to read.
        """
        if self._layout is None:
            raise InvalidValueError("this run is not recorded (Aim is disabled, or not on this rank): nothing to read")
        import aim

        return aim.Repo(self._layout.root).get_run(self._recorder.run_hash)

    def metrics(self) -> Any:
        """The run's metrics so far, by name and context; see :meth:`aim.Repo.get_run`."""
        return () if self._layout is None else self._stored().metrics()

    def get_metric(self, name: str, context: Any = None) -> Any:
        """The metric of this name and context so far, as :meth:`aim.Repo.get_run` finds it; None if there is none."""
        return None if self._layout is None else self._stored().get_metric(name, context)

    def iter_metrics_info(self) -> Iterator[tuple[str, Any, Any]]:
        """(name, context, this run) of each metric so far."""
        for metric in self.metrics():
            yield metric.name, metric.context, self

    def collect_sequence_info(self, *args: Any, **kwargs: Any) -> dict[str, list[dict[str, Any]]]:
        """The metrics so far as plain data, in the form of Aim 3; arguments as for a run of :class:`aim.Repo`."""
        found: dict[str, list[dict[str, Any]]] = self._stored().collect_sequence_info(*args, **kwargs)
        return found

    def dataframe(self, *args: Any, **kwargs: Any) -> Any:
        """The run's fields and params as one row of a data frame; arguments as for a run of :class:`aim.Repo`."""
        return self._stored().dataframe(*args, **kwargs)

    def as_row(self) -> dict[str, Any]:
        """The run's fields and params as one flat dict."""
        row: dict[str, Any] = self._stored().as_row()
        return row
