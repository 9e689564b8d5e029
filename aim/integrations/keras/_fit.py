"""What is known of a ``fit`` while it runs: its epoch, and how many batches it has trained."""

from __future__ import annotations

import threading
from typing import Any

from aim.integrations._calls import CallWatch
from aim.integrations.keras._describe import iterations_of, steps_an_execution_of

__all__ = ["Fit"]


class Fit:
    """One ``fit``.

    Args:
        model: What is trained.
        steps_before: Batches that were trained before it.
    """

    __slots__ = (
        "batches",
        "described",
        "ended_epoch",
        "epoch",
        "has_counted_parameters",
        "is_added_twice",
        "iterations_before",
        "lock",
        "model",
        "steps_an_execution",
        "steps_before",
        "unreported",
        "watch",
    )

    def __init__(self, model: Any, steps_before: int) -> None:
        self.model = model
        self.steps_before = steps_before
        """Batches trained before this epoch."""
        self.iterations_before = 0
        """The optimizer's count then, where the count of batches is not exact."""
        self.described: dict[str, Any] | None = {}
        """To be recorded once it is known where the fit starts: at its first epoch."""
        self.batches = 0
        """Batches of this epoch."""
        self.steps_an_execution = steps_an_execution_of(model)
        self.unreported = 0
        """Batches of an execution after the one that Keras reports."""
        self.epoch: int | None = None
        self.ended_epoch: int | None = None
        """The last one recorded."""
        self.is_added_twice = False
        """Whether the callback is in the list twice."""
        self.has_counted_parameters = False
        self.watch: CallWatch | None = None
        self.lock = threading.Lock()

    @property
    def step(self) -> int:
        """Batches trained so far."""
        return self.steps_before + self.batches

    def begin_epoch(self, epoch: int) -> None:
        """An epoch starts."""
        self.iterations_before = iterations_of(self.model) if self.steps_an_execution > 1 else 0
        self.epoch = epoch

    def count_batch(self, batch: int, steps: int | None) -> bool:
        """A batch is over.

        Args:
            batch: Its index in the epoch.
            steps: Batches per epoch, None where it is not known beforehand.

        Returns:
            Whether it was not counted before.
        """
        if batch == 0 and self.steps_an_execution > 1:  # of several batches at once Keras 3.4 reports the first
            self.unreported = self.steps_an_execution - 1
        with self.lock:  # Keras 3 may call from several threads
            is_new = batch + self.unreported >= self.batches
            if is_new:
                self.batches = batch + self.unreported + 1
                if self.steps_an_execution > 1:  # of the last execution Keras reports the nominal batch
                    self.batches = min(self.batches, steps or self.batches)
        return is_new

    def end_epoch(self, epoch: int, steps: int | None) -> int:
        """An epoch is over.

        Args:
            steps: Batches per epoch, None where it is not known beforehand.

        Returns:
            The step of its values.
        """
        self.ended_epoch = epoch
        if self.steps_an_execution > 1:
            trained = iterations_of(self.model) - self.iterations_before
            if trained > 0 and steps:
                # the first Keras 3 does not report the last execution, and counts it as a whole one
                self.batches = min(trained, steps)
            elif 0 < trained < self.batches:  # not with a train_step that steps zero or several times per batch
                self.batches = trained
        self.steps_before, self.batches, self.epoch = self.step, 0, epoch
        return self.steps_before
