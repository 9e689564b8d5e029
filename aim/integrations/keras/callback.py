"""The callback: each hook reads, translates and tracks."""

from __future__ import annotations

import copy
import os
import weakref
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from aim.errors import InvalidValueError
from aim.integrations._bases import class_of_ours
from aim.integrations._calls import CallWatch
from aim.integrations._keras_logs import BATCH, LEARNING_RATE, TEST, learning_rate_in, named_epoch_logs, numbers_in
from aim.integrations._recording import Recording, contained
from aim.integrations._support import need
from aim.integrations.keras._base import PlainCallback
from aim.integrations.keras._describe import (
    frame_of_fit,
    hparams_of,
    iterations_of,
    learning_rate_of,
    parameters_of,
)
from aim.integrations.keras._endings import watch_calls
from aim.integrations.keras._fit import Fit
from aim.sdk.recording.guard import Warner, accept
from aim.sdk.recording.joining import is_recording
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import Session

__all__ = ["AimCallback", "AimTracker"]

_steps_done: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""By session: the step that the next fit in it continues after, also through another callback."""
_recorders: weakref.WeakKeyDictionary[Any, weakref.ref[AimCallback]] = weakref.WeakKeyDictionary()
"""By model: the callback that records it now."""


class AimCallback(PlainCallback):
    """Records how a Keras model is configured and how its training goes. One class for every Keras.

    Valid in Keras 3 on the TensorFlow, torch and JAX backend, in ``tf.keras``, and in Keras 2 (``tf_keras``, or
    ``tf.keras`` with TF_USE_LEGACY_KERAS=1). An instance is a ``Callback`` of each of them that is imported.

    - Every epoch (``on_epoch_end``): each of its logs with ``subset="train"``; ``val_loss`` and the like are ``loss``
      with ``subset="val"``; ``learning_rate``, without context, is the one the epoch was trained with, with a schedule
      the next one (Keras 2: the last one).
    - ``model.evaluate(callbacks=[callback])`` (``on_test_end``): ``subset="test"``. The validation inside fit is in the
      logs of the epoch.
    - `step` is the number of batches trained: our own count, which starts at the optimizer's ``iterations`` with the
      first epoch and continues from fit to fit in one session. Where a fit with ``initial_epoch`` continues a run that
      holds points, it never starts below their highest step, even if only the weights were loaded. `epoch` is Keras's:
      from 0, or from ``initial_epoch``, in each fit.
    - Params, in the set ``hparams``: optimizer, learning rate, loss, metrics, the compile configuration, epochs, batch
      size and steps per epoch where they are known, the number of parameters.
    - A record ``fit`` for each fit: its first step and epochs.

    Only rank 0 records. Our failures never reach the training: one warning per cause, unless AIM_STRICT=1.

    Args:
        repo, experiment: For its own sessions, as for :class:`aim.Session`. The first place takes a session too:
            ``AimCallback(session)``.
        session: An :class:`aim.Session` (or :class:`aim.Run`) to record into, which is left open. Without one each fit
            opens its own and closes it, with the exception's message if it raises; a later evaluation continues the run
            of the last fit.
        log_batches: Also record the logs of each batch, with ``interval="step"``. These are Keras's: the mean of the
            epoch so far, not of the batch. Keras then waits for the device after each batch.
        mode: As for :class:`aim.Session`: "disabled" records nothing.
        system_tracking_interval, log_system_params, capture_terminal_logs: Accepted for code written for Aim 3, without
            effect so far; a line in the log says so once.

    Raises:
        MissingDependencyError: Keras is not installed, or too old.
        InvalidValueError: `session` is not a session, or is given together with `repo` or `experiment`.
        SessionClosedError: `session` is closed.
        RepoError: as for :class:`aim.Session`.

    Example:
        >>> model.fit(x, y, validation_split=0.2, epochs=5, callbacks=[aim.keras.AimCallback(experiment="digits")])
    """

    _adapter: ClassVar[str] = "aim.keras"

    def __init__(
        self,
        repo: str | os.PathLike[str] | Session | Run | None = None,
        experiment: str | None = None,
        session: Session | Run | None = None,
        *,
        log_batches: bool = False,
        mode: str | None = None,
        system_tracking_interval: float | None = None,
        log_system_params: bool | None = None,
        capture_terminal_logs: bool | None = None,
    ) -> None:
        need(self._adapter)
        accept(
            self._adapter,
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
        )
        if repo is not None and not isinstance(repo, (str, os.PathLike)):
            if session is not None:
                raise InvalidValueError(
                    f"session= is given, and {type(repo).__name__} in the first place: give one of them"
                )
            repo, session = None, repo
        super().__init__()
        self._session, self._repo, self._experiment, self._log_batches = session, repo, experiment, bool(log_batches)
        self._mode = mode
        # Keras 3 and Keras 2 read these: the count of batches needs no value from the device, and no order.
        self.async_safe = self._supports_tf_logs = not log_batches
        self._warner = Warner()
        self._recording = self._new_recording()
        self._fit: Fit | None = None
        self._has_fitted = False
        self._is_evaluating = False
        """Whether an explicit ``evaluate`` runs with this callback."""
        self._last: tuple[int, int | None] | None = None
        """Step and epoch when the last fit ended."""
        watch_calls(self)
        self._own_names = frozenset({*vars(self), "_own_names"})

    def _new_recording(self) -> Recording:
        return Recording(self._adapter, self._session, repo=self._repo, experiment=self._experiment, mode=self._mode)

    @classmethod
    def metrics(
        cls,
        repo: str | os.PathLike[str] | Session | Run | None = None,
        experiment: str | None = None,
        session: Session | Run | None = None,
    ) -> AimCallback:
        """A callback of these arguments: ``AimTracker.metrics(session)``, as written for Aim 2."""
        return cls(repo, experiment, session)

    @property
    def experiment(self) -> Session | Run:
        """The session that records, opened on first use: ``callback.experiment.track(0.5, "f1", subset="val")``.

        On ranks other than 0 it does nothing.
        """
        return self._recording.session

    def set_params(self, params: Any) -> None:
        super().set_params(params)
        if self._fit is not None:  # not called by the fit, which does so before it starts
            self._is_evaluating = True

    @contained
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        before = self._fit
        if before is not None and before.watch is not None and before.watch.is_of_this_call:
            before.is_added_twice = True
            self._warner.warn(
                "twice", f"{self._adapter}: AimCallback was added twice to the callbacks; it records once"
            )
            return
        if before is not None:
            self._on_fit_left(RuntimeError("fit ended early"))  # how it ended is not known
        model = self.model
        if not self._is_recording_alone(model):
            return
        if self._has_fitted and self._session is None:
            self._recording = self._new_recording()
        self._has_fitted = True
        recording = self._recording
        if self._is_closed() or not is_recording(recording.session):
            return
        done = None if self._session is None else _steps_done.get(self._session)
        fit = self._fit = Fit(model, iterations_of(model) if done is None else done)
        watch_calls(self, model)
        fit.watch = CallWatch(self._on_fit_left)
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
            # not earlier: callbacks after us in the list restore a model in their on_train_begin
            if self._session is None or self._session not in _steps_done:
                fit.steps_before = iterations_of(fit.model)
                if epoch > 0:
                    fit.steps_before = max(fit.steps_before, self._recording.trained_steps())
            if epoch != fit.described.get("initial_epoch", 0):
                fit.described["initial_epoch"] = epoch
                self._recording.set_params({"initial_epoch": epoch})
            self._describe(fit)
        fit.begin_epoch(epoch)
        self._is_evaluating = False

    def _describe(self, fit: Fit) -> None:
        described, fit.described = fit.described, None
        self._recording.add_record("fit", {"first_step": fit.steps_before, **(described or {})})

    @contained
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        fit = self._fit
        if fit is None:
            return
        is_new = fit.count_batch(batch, self._steps_an_epoch())
        if self._log_batches and logs and (is_new or not fit.is_added_twice):
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
        if fit is None or (fit.is_added_twice and fit.ended_epoch == epoch):
            return
        logs, step, track = logs or {}, fit.end_epoch(epoch, self._steps_an_epoch()), self._recording.track
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

    def _on_fit_left(self, error: BaseException | None) -> None:
        try:
            self._end_fit(error)
        except Exception as own_error:
            self._recording.contain(own_error, "ending")

    def _end_fit(self, error: BaseException | None) -> None:
        fit, self._fit = self._fit, None
        if fit is None:
            return
        if fit.described is not None:  # it ended before its first epoch, or the caller reports no epochs
            self._describe(fit)
        self._last = (fit.step, fit.epoch)
        if self._session is not None:
            _steps_done[self._session] = fit.step
        if fit.watch is not None:
            fit.watch.cancel()
        _recorders.pop(fit.model, None)
        self._recording.end(error)

    def _count_parameters(self, fit: Fit) -> None:
        counts = parameters_of(fit.model)
        if counts is not None:
            self._recording.set_params(counts)
            fit.has_counted_parameters = True

    @contained
    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        model = self.model
        if self._fit is not None or not self._is_recording_alone(model) or self._is_closed():
            return
        if is_recording(self._recording.session):
            self._is_evaluating = True
            watch_calls(self, model)
            CallWatch(self._on_evaluation_left)

    @contained
    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if not self._is_evaluating:
            return
        self._is_evaluating = False
        fit, model = self._fit, self.model
        if fit is not None:
            step, epoch = fit.step, fit.epoch
        else:
            # weights loaded into a new model come without the optimizer's count
            step, epoch = self._last or (iterations_of(model) or self._recording.trained_steps(), None)
        for key, value in (logs or {}).items():
            for name, context, number in numbers_in(key, TEST, value):
                self._recording.track(number, name, step, epoch, context)
        if fit is None:
            if not self._has_fitted:
                self._recording.set_params({**hparams_of(model, {}, None), **(parameters_of(model) or {})})
            self._recording.end()

    def _on_evaluation_left(self, error: BaseException | None) -> None:
        if self._is_evaluating:  # it raised
            self._is_evaluating = False
            self._recording.end(error)

    def _is_recording_alone(self, model: Any) -> bool:
        """Whether no other callback records this model now; if none does, this one does from now on."""
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
        if given is None or not is_recording(given) or given.active or self._recording.session is not given:
            return False
        self._warner.warn("closed", f"{self._adapter} records nothing: its session is closed")
        return True

    # KerasTuner copies callbacks for each trial.

    def __deepcopy__(self, memo: dict[int, Any]) -> AimCallback:
        make, (kind, session, arguments, rest) = self.__reduce__()
        return make(kind, session, arguments, copy.deepcopy(rest, memo))

    def __reduce__(self) -> tuple[Callable[..., AimCallback], tuple[Any, ...]]:
        arguments = {
            "repo": self._repo,
            "experiment": self._experiment,
            "log_batches": self._log_batches,
            "mode": self._mode,
        }
        rest = {name: value for name, value in vars(self).items() if name not in self._own_names}
        return _rebuilt, (class_of_ours(type(self)), self._session, arguments, rest)


def _rebuilt(
    kind: type[AimCallback], session: Session | Run | None, arguments: dict[str, Any], rest: dict[str, Any]
) -> AimCallback:
    """A callback with the same arguments that has seen nothing yet; `rest` is what a subclass added."""
    callback: AimCallback = kind.__new__(kind)
    AimCallback.__init__(callback, session=session, **arguments)
    vars(callback).update(rest)
    return callback


AimTracker = AimCallback
"""Its name in early Aim 2."""
