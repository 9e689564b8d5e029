"""The callback: each hook reads, translates and tracks."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from aim.integrations._bases import class_of_ours
from aim.integrations._calls import CallWatch
from aim.integrations._keras_logs import BATCH, LEARNING_RATE, TEST, learning_rate_in, named_epoch_logs, numbers_in
from aim.integrations._ranks import training_rank
from aim.integrations._recording import Recording, contained
from aim.integrations._support import need
from aim.integrations.keras._base import PlainCallback
from aim.integrations.keras._describe import (
    frame_of_fit,
    hparams_of,
    iterations_of,
    learning_rate_of,
    parameters_of,
    steps_an_execution_of,
)
from aim.integrations.keras._endings import watch_calls
from aim.sdk.recording.guard import Warner
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import InertSession, Session

__all__ = ["AimCallback"]

_steps_done: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""By session: where the next fit in it goes on, also through another callback."""
_recorders: weakref.WeakKeyDictionary[Any, weakref.ref[AimCallback]] = weakref.WeakKeyDictionary()
"""By model: the callback that records it now."""


class _Fit:
    """What is known of the fit that goes on."""

    __slots__ = (
        "batches",
        "described",
        "ended_epoch",
        "epoch",
        "has_counted_parameters",
        "is_told_twice",
        "iterations_before",
        "lock",
        "model",
        "steps_an_execution",
        "steps_before",
        "untold",
        "watch",
    )

    def __init__(self, model: Any, steps_before: int) -> None:
        self.model = model
        self.steps_before = steps_before
        """Batches trained before this epoch."""
        self.iterations_before = 0
        """The optimizer's count then, where that of the batches is not exact."""
        self.described: dict[str, Any] | None = {}
        """What is to be recorded of the fit once it is known where it begins: at its first epoch."""
        self.batches = 0
        """Batches of this epoch."""
        self.steps_an_execution = steps_an_execution_of(model)
        self.untold = 0
        """Batches of an execution after the one that its end is told with."""
        self.epoch: int | None = None
        self.ended_epoch: int | None = None
        """The last one recorded."""
        self.is_told_twice = False
        """Whether the callback is twice in the list."""
        self.has_counted_parameters = False
        self.watch: CallWatch | None = None
        self.lock = threading.Lock()

    @property
    def step(self) -> int:
        return self.steps_before + self.batches

    def count_exactly(self, steps: int | None) -> None:
        """Put the count of batches right at the end of an epoch.

        Args:
            steps: Batches of an epoch, None where nobody knew beforehand.
        """
        if self.steps_an_execution > 1:
            trained = iterations_of(self.model) - self.iterations_before
            if trained > 0 and steps:
                # the first Keras 3 does not tell of the last execution, and counts it as a whole one
                self.batches = min(trained, steps)
            elif 0 < trained < self.batches:  # not with a train_step that steps no or several times a batch
                self.batches = trained


class AimCallback(PlainCallback):
    """Records what a model of Keras is trained with and how it does. One class for every Keras.

    Valid in Keras 3 on the TensorFlow, torch and JAX backend, in ``tf.keras``, and in Keras 2 (``tf_keras``, or
    ``tf.keras`` with TF_USE_LEGACY_KERAS=1). An instance is a ``Callback`` of those of them that are imported.

    - Every epoch (``on_epoch_end``): each of its logs with ``subset="train"``; ``val_loss`` and its like are ``loss``
      with ``subset="val"``; ``learning_rate``, without context, is the one the epoch was trained with, of a schedule
      the one that comes next (Keras 2: came last).
    - ``model.evaluate(callbacks=[callback])`` (``on_test_end``): ``subset="test"``. The validation that fit does itself
      is in the logs of the epoch.
    - `step` is the number of batches trained: our own count, which begins at the optimizer's ``iterations`` when the
      first epoch begins and goes on from fit to fit in one session. Where a fit with ``initial_epoch`` goes on in a run
      that holds points, it never begins below their highest step, though the weights alone were loaded. `epoch` is
      Keras's: from 0, or where training goes on, in each fit.
    - Params, in the set ``hparams``: optimizer, learning rate, loss, metrics, the compile configuration, epochs, batch
      size and steps an epoch where they are known, the number of parameters.
    - A record ``fit`` for each fit: its first step and epochs.

    Only the process of rank 0 records. Our failures never reach the training: one warning each, unless AIM_STRICT=1.

    Args:
        session: An :class:`aim.Session` (or :class:`aim.Run`) to record into, which is left open. Without one each fit
            opens its own and closes it, with the exception's text if it raises; an evaluation afterwards goes on in the
            run of the last fit.
        repo, experiment: For its own sessions, as for :class:`aim.Session`.
        log_batches: Also record the logs of each batch, with ``interval="step"``. These are Keras's: the mean of the
            epoch so far, not of the batch. Keras then waits for the device after each batch.

    Raises:
        MissingDependencyError: there is no Keras, or it is too old.
        InvalidValueError: `session` is none, or comes with `repo` or `experiment`.
        SessionClosedError: `session` is closed.
        RepoError: as for :class:`aim.Session`.

    Example:
        >>> model.fit(x, y, validation_split=0.2, epochs=5, callbacks=[aim.keras.AimCallback(experiment="digits")])
    """

    _adapter: ClassVar[str] = "aim.keras"

    def __init__(
        self,
        session: Session | Run | None = None,
        *,
        repo: str | os.PathLike[str] | None = None,
        experiment: str | None = None,
        log_batches: bool = False,
    ) -> None:
        need(self._adapter)
        super().__init__()
        self._session, self._repo, self._experiment, self._log_batches = session, repo, experiment, bool(log_batches)
        # What Keras 3 and Keras 2 ask: the count of batches alone needs no value from the device, in no order.
        self.async_safe = self._supports_tf_logs = not log_batches
        self._warner = Warner()
        self._recording = self._new_recording()
        self._fit: _Fit | None = None
        self._has_fitted = False
        self._is_evaluating = False
        """Whether somebody evaluates explicitly, with this callback."""
        self._last: tuple[int, int | None] | None = None
        """Step and epoch when the last fit ended."""
        watch_calls(self)
        self._own_names = frozenset({*vars(self), "_own_names"})

    def _new_recording(self) -> Recording:
        return Recording(self._adapter, self._session, repo=self._repo, experiment=self._experiment, rank=training_rank)

    # -- fit ---------------------------------------------------------------------------------------------------------

    def set_params(self, params: Any) -> None:
        super().set_params(params)
        if self._fit is not None:  # not by the fit, which did so before it began
            self._is_evaluating = True

    @contained
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        before = self._fit
        if before is not None and before.watch is not None and before.watch.is_of_this_call:
            before.is_told_twice = True
            self._warner.warn("twice", f"{self._adapter}: this AimCallback is twice in the callbacks; it records once")
            return
        if before is not None:
            self._left(RuntimeError("fit was left before its end"))  # nobody told us how
        model = self.model
        if not self._is_recording_alone(model):
            return
        if self._has_fitted and self._session is None:
            self._recording = self._new_recording()
        self._has_fitted = True
        recording = self._recording
        if self._is_closed() or isinstance(recording.session, InertSession):
            return
        done = None if self._session is None else _steps_done.get(self._session)
        fit = self._fit = _Fit(model, iterations_of(model) if done is None else done)
        watch_calls(self, model)
        fit.watch = CallWatch(self._left)
        frame = frame_of_fit()
        params = self.params if isinstance(self.params, Mapping) else {}
        hparams = hparams_of(model, params, frame)
        recording.set_params(hparams)
        self._count_parameters(fit)
        fit.described = {name: hparams[name] for name in ("initial_epoch", "epochs") if name in hparams}

    @contained
    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        fit = self._fit
        if fit is None:
            return
        if fit.described is not None:
            # not before: callbacks behind us in the list restore a model in their on_train_begin
            if self._session is None or self._session not in _steps_done:
                fit.steps_before = iterations_of(fit.model)
                if epoch > 0:
                    fit.steps_before = max(fit.steps_before, self._recording.trained_steps())
            if epoch != fit.described.get("initial_epoch", 0):
                fit.described["initial_epoch"] = epoch
                self._recording.set_params({"initial_epoch": epoch})
            self._describe(fit)
        fit.iterations_before = iterations_of(fit.model) if fit.steps_an_execution > 1 else 0
        fit.epoch = epoch
        self._is_evaluating = False

    def _describe(self, fit: _Fit) -> None:
        described, fit.described = fit.described, None
        self._recording.add_record("fit", {"first_step": fit.steps_before, **(described or {})})

    @contained
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        fit = self._fit
        if fit is None:
            return
        if batch == 0 and fit.steps_an_execution > 1:  # Keras 3.4: of several batches at once the first, later the last
            fit.untold = fit.steps_an_execution - 1
        with fit.lock:  # Keras 3 may call from several threads
            is_new = batch + fit.untold >= fit.batches
            if is_new:
                fit.batches = batch + fit.untold + 1
                if fit.steps_an_execution > 1:  # of the last execution Keras tells the nominal batch
                    fit.batches = min(fit.batches, self._steps_an_epoch() or fit.batches)
        if self._log_batches and logs and (is_new or not fit.is_told_twice):
            step, epoch, track = fit.step, fit.epoch, self._recording.track
            for key, value in logs.items():
                for name, context, number in numbers_in(key, BATCH, value):
                    track(number, name, step, epoch, context)

    def _steps_an_epoch(self) -> int | None:
        steps = self.params.get("steps") if isinstance(self.params, Mapping) else None
        return steps if isinstance(steps, int) else None

    @contained
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        fit = self._fit
        if fit is None or (fit.is_told_twice and fit.ended_epoch == epoch):
            return
        fit.ended_epoch = epoch
        fit.count_exactly(self._steps_an_epoch())
        logs, step, track = logs or {}, fit.step, self._recording.track
        fit.steps_before, fit.batches, fit.epoch = step, 0, epoch
        for name, context, number in named_epoch_logs(logs):
            track(number, name, step, epoch, context)
        rate = learning_rate_in(logs)
        rate = learning_rate_of(fit.model) if rate is None else rate
        if rate is not None:
            track(rate, LEARNING_RATE, step, epoch, None)
        if not fit.has_counted_parameters:
            self._count_parameters(fit)

    @contained
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self._fit is not None:
            self._end_fit(None)

    def _left(self, error: BaseException | None) -> None:
        try:
            self._end_fit(error)
        except Exception as own_error:
            self._recording.contain(own_error, "ending")

    def _end_fit(self, error: BaseException | None) -> None:
        fit, self._fit = self._fit, None
        if fit is None:
            return
        if fit.described is not None:  # it ended before its first epoch, or nobody told of epochs
            self._describe(fit)
        self._last = (fit.step, fit.epoch)
        if self._session is not None:
            _steps_done[self._session] = fit.step
        if fit.watch is not None:
            fit.watch.cancel()
        _recorders.pop(fit.model, None)
        self._recording.end(error)

    def _count_parameters(self, fit: _Fit) -> None:
        counts = parameters_of(fit.model)
        if counts is not None:
            self._recording.set_params(counts)
            fit.has_counted_parameters = True

    # -- evaluate ----------------------------------------------------------------------------------------------------

    @contained
    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        model = self.model
        if self._fit is not None or not self._is_recording_alone(model) or self._is_closed():
            return
        if not isinstance(self._recording.session, InertSession):
            self._is_evaluating = True
            watch_calls(self, model)
            CallWatch(self._left_evaluation)

    @contained
    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if not self._is_evaluating:
            return
        self._is_evaluating = False
        fit, model = self._fit, self.model
        if fit is not None:
            step, epoch = fit.step, fit.epoch
        else:
            # weights that were loaded into a new model come without the optimizer's count
            step, epoch = self._last or (iterations_of(model) or self._recording.trained_steps(), None)
        for key, value in (logs or {}).items():
            for name, context, number in numbers_in(key, TEST, value):
                self._recording.track(number, name, step, epoch, context)
        if fit is None:
            if not self._has_fitted:
                self._recording.set_params({**hparams_of(model, {}, None), **(parameters_of(model) or {})})
            self._recording.end()

    def _left_evaluation(self, error: BaseException | None) -> None:
        if self._is_evaluating:  # it raised before its end
            self._is_evaluating = False
            self._recording.end(error)

    # -- one at a time -------------------------------------------------------------------------------------------------

    def _is_recording_alone(self, model: Any) -> bool:
        """Whether no other callback records this model now; if none does, it is us from now on."""
        reference = _recorders.get(model)
        other = reference() if reference is not None else None
        if other is not None and other is not self and (other._fit is not None or other._is_evaluating):
            if self._session is None or other._session is None or self._session is other._session:
                self._warner.warn("two", f"{self._adapter}: another AimCallback records this model; this one does not")
                return False
        else:
            _recorders[model] = weakref.ref(self)
        return True

    def _is_closed(self) -> bool:
        given = self._session
        if given is None or isinstance(given, InertSession) or given.active or self._recording.session is not given:
            return False
        self._warner.warn("closed", f"{self._adapter} records nothing: the session it was given is closed")
        return True

    # -- copies: KerasTuner makes one for each trial -------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> AimCallback:
        make, (kind, session, arguments, rest) = self.__reduce__()
        return make(kind, session, arguments, copy.deepcopy(rest, memo))

    def __reduce__(self) -> tuple[Callable[..., AimCallback], tuple[Any, ...]]:
        arguments = {"repo": self._repo, "experiment": self._experiment, "log_batches": self._log_batches}
        rest = {name: value for name, value in vars(self).items() if name not in self._own_names}
        return _rebuilt, (class_of_ours(type(self)), self._session, arguments, rest)


def _rebuilt(
    kind: type[AimCallback], session: Session | Run | None, arguments: dict[str, Any], rest: dict[str, Any]
) -> AimCallback:
    """A callback with the same arguments that has seen nothing yet; `rest` is what a subclass added."""
    callback: AimCallback = kind.__new__(kind)
    AimCallback.__init__(callback, session, **arguments)
    vars(callback).update(rest)
    return callback
