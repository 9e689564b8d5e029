"""What is special to Keras: clauses that each of its modes keeps beside those of all adapters."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aim
from tests.integration.modes.base import Point, in_order, recorded
from tests.integration.modes.clauses import UsersOwnError, asked_of, strict, warned
from tests.integration.modes.keras_modes import KerasHarness, listener

__all__ = ["CLAUSES"]


def points_named(points: list[Point], name: str, context: str) -> list[tuple[int, float | None, float]]:
    """(step, epoch, value) of one sequence, by step."""
    return sorted((p.step, p.epoch, float(p.value)) for p in points if (p.name, p.context) == (name, context))


TRAIN, VAL, TEST = '{"subset": "train"}', '{"subset": "val"}', '{"subset": "test"}'


def fit(harness: KerasHarness, *callbacks: Any, **arguments: Any) -> Any:
    """Train the harness's model as its `train` does, but for `arguments`."""
    given = {"x": harness.x, "y": harness.y, "batch_size": 16, "epochs": 2, "verbose": 0, **arguments}
    return harness.model.fit(**given, callbacks=list(callbacks))


# -- steps and epochs --------------------------------------------------------------------------------------------------


def data_without_a_length_is_counted_as_it_comes(harness: KerasHarness, folder: Path) -> None:
    def batches() -> Iterator[Any]:
        while True:
            yield harness.x[:8], harness.y[:8]

    with strict(True):
        callback = harness.adapter(repo=folder)
        seen: list[int] = []
        harness.model.fit(
            batches(), steps_per_epoch=2, epochs=2, verbose=0, callbacks=[callback, counter(harness, seen)]
        )
    run, points = recorded(folder)
    assert [step for step, *_ in points_named(points, "loss", TRAIN)] == seen == [2, 4]
    assert "batch_size" not in run["hparams"]
    wanted = {"steps_per_epoch": 2, "epochs": 2}
    assert asked_of(run["hparams"], wanted) == wanted


def generator_that_runs_dry_is_counted_by_its_batches(harness: KerasHarness, folder: Path) -> None:
    def batches() -> Iterator[Any]:
        for start in range(0, 40, 8):
            yield harness.x[start : start + 8], harness.y[start : start + 8]

    trained: list[int] = []

    class Trained(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            trained.append(batch)

    with strict(True), aim.Session(folder) as session:
        callback = harness.adapter(session)
        harness.model.fit(batches(), epochs=1, verbose=0, callbacks=[callback, Trained()])
        # Keras 3 on TensorFlow has counted one iteration more than there were batches
        fit(harness, callback, epochs=1)
    _, points = recorded(folder)
    # the first Keras 3 with torch takes a batch to build the model, and does not train with it
    assert trained in ([0, 1, 2, 3, 4], [0, 1, 2, 3])
    assert [step for step, *_ in points_named(points, "loss", TRAIN)] == [len(trained), len(trained) + 3]


def counter(harness: KerasHarness, seen: list[int]) -> Any:
    """A callback that notes how many batches there were at the end of each epoch, by the optimizer."""

    class Counter(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(harness.number(self.model.optimizer.iterations))

    return Counter()


def several_steps_an_execution_are_all_counted(harness: KerasHarness, folder: Path) -> None:
    if harness.backend == "torch":  # refuses anything but 1
        return
    with strict(True):
        callback = harness.adapter(repo=folder)
        harness.compile(harness.model, optimizer="sgd", steps_per_execution=2)
        seen: list[int] = []
        fit(harness, callback, counter(harness, seen), batch_size=12)
    _, points = recorded(folder)
    assert [step for step, *_ in points_named(points, "loss", TRAIN)] == seen == [4, 8]


def several_steps_an_execution_that_do_not_divide_the_epoch_are_counted_as_trained(
    harness: KerasHarness, folder: Path
) -> None:
    if harness.backend == "torch":
        return
    with strict(True):
        callback = harness.adapter(repo=folder, log_batches=True)
        harness.compile(harness.model, optimizer="sgd", steps_per_execution=2)
        fit(harness, callback)  # three batches an epoch
    _, points = recorded(folder)
    assert [step for step, *_ in points_named(points, "loss", TRAIN)] == [3, 6]
    of_batches = points_named(points, "loss", '{"interval": "step", "subset": "train"}')
    assert max(step for step, *_ in of_batches) <= 6


def training_that_is_restored_goes_on_at_its_step_wherever_we_stand(harness: KerasHarness, folder: Path) -> None:
    """Killed in the third epoch, started again: what restores the model comes before us in the list, or after."""
    backup = harness.keras.callbacks.BackupAndRestore

    for is_before in (True, False):
        place = folder / str(is_before)
        for is_second in (False, True):
            with strict(True), aim.Session(place, run="job", resume=True) as session:
                callback = harness.adapter(session)
                harness.model.build((None, 4))
                restoring = backup(str(place / "backup"))
                callbacks = [restoring, callback] if is_before else [callback, restoring]
                try:
                    fit(harness, *callbacks, *([] if is_second else [stopping_at(harness, 2)]), epochs=4)
                except UsersOwnError:
                    assert not is_second
        run, points = recorded(place)
        found = [row[:2] for row in points_named(points, "loss", TRAIN)]
        assert found == [(3, 0.0), (6, 1.0), (9, 2.0), (12, 3.0)], (is_before, found)
        assert run["hparams"]["initial_epoch"] == 2
        assert run.records["fit"] == [
            {"first_step": 0, "initial_epoch": 0, "epochs": 4},
            {"first_step": 6, "initial_epoch": 2, "epochs": 4},
        ]


def stopping_at(harness: KerasHarness, epoch: int) -> Any:
    """A callback that ends training when an epoch begins."""

    class Stopping(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_begin(self, now: int, logs: Any = None) -> None:
            if now == epoch:
                raise UsersOwnError

    return Stopping()


def weights_alone_go_on_in_their_run_where_it_ended(harness: KerasHarness, folder: Path) -> None:
    with strict(True), aim.Session(folder, run="job") as session:
        fit(harness, harness.adapter(session))
    weights = harness.model.get_weights()
    with strict(True), aim.Session(folder, run="job", resume=True) as session:
        callback = harness.adapter(session)
        harness.model.build((None, 4))
        harness.model.set_weights(weights)
        fit(harness, callback, epochs=3, initial_epoch=2)
    with strict(True), aim.Session(folder, run="job", resume=True) as session:
        callback = harness.adapter(session)
        harness.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[callback])
    run, points = recorded(folder)
    assert [row[:2] for row in points_named(points, "loss", TRAIN)] == [(3, 0.0), (6, 1.0), (9, 2.0)]
    assert [row[0] for row in points_named(points, "loss", TEST)] == [9]
    assert run.records["fit"][-1] == {"first_step": 6, "initial_epoch": 2, "epochs": 3}


def epochs_are_those_of_keras_and_steps_go_on(harness: KerasHarness, folder: Path) -> None:
    with strict(True), aim.Session(folder) as session:
        callback = harness.adapter(session)
        fit(harness, callback, epochs=5, initial_epoch=3)
        fit(harness, harness.module.AimCallback(session), epochs=1)  # another callback, the same session
    run, points = recorded(folder)
    assert [row[:2] for row in points_named(points, "loss", TRAIN)] == [(3, 3.0), (6, 4.0), (9, 0.0)]
    assert run.records["fit"] == [
        {"first_step": 0, "initial_epoch": 3, "epochs": 5},
        {"first_step": 6, "initial_epoch": 0, "epochs": 1},
    ]


def another_model_in_the_session_begins_where_the_first_ended(harness: KerasHarness, folder: Path) -> None:
    with strict(True), aim.Session(folder) as session:
        for _ in range(2):
            fit(harness, harness.adapter(session), epochs=1)
    _, points = recorded(folder)
    assert [row[:2] for row in points_named(points, "loss", TRAIN)] == [(3, 0.0), (6, 0.0)]


def epochs_without_validation_have_no_values_of_it(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        fit(harness, callback, epochs=4, validation_data=(harness.x, harness.y), validation_freq=2)
    _, points = recorded(folder)
    assert [row[:2] for row in points_named(points, "loss", VAL)] == [(6, 1.0), (12, 3.0)]
    assert len(points_named(points, "loss", TRAIN)) == 4


# -- values ------------------------------------------------------------------------------------------------------------


def batches_are_recorded_if_asked_beside_the_same_epochs(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder, log_batches=True)
        seen: list[Point] = []

        class Batches(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                context = {"subset": "train", "interval": "step"}
                for name, value in logs.items():
                    seen.append(Point.of(name, context, len(seen) // 2 + 1, len(seen) // 6, value))

        epochs: list[Point] = []
        data = (harness.x[:16], harness.y[:16])
        fit(harness, callback, Batches(), listener(harness.keras, epochs), validation_data=data)
    _, points = recorded(folder)
    assert len(seen) == 12
    assert in_order(points) == in_order(seen + epochs)


def learning_rate_is_the_one_of_a_schedule(harness: KerasHarness, folder: Path) -> None:
    keras = harness.keras
    with strict(True):
        callback = harness.adapter(repo=folder)
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
        harness.compile(harness.model, optimizer=keras.optimizers.SGD(schedule))
        fit(harness, callback)
    run, points = recorded(folder)
    assert [(step, epoch) for step, epoch, _ in points_named(points, "learning_rate", "{}")] == [(3, 0.0), (6, 1.0)]
    rates = [value for *_, value in points_named(points, "learning_rate", "{}")]
    allowed = [0.1, 0.05, 0.025]
    # Keras 2 keeps the rate that the last step was made with, Keras 3 says what the next is made with
    assert all(min(abs(rate - at) for at in allowed) < 0.02 for rate in rates), rates
    assert rates[1] < rates[0] < 0.1
    wanted = {"name": "ExponentialDecay", "initial_learning_rate": 0.1}
    assert asked_of(run["hparams"]["learning_rate"], wanted) == wanted


def learning_rate_is_the_one_an_epoch_was_trained_with(harness: KerasHarness, folder: Path) -> None:
    keras = harness.keras
    for place, is_first in ((folder / "first", True), (folder / "last", False)):
        place.mkdir()
        with strict(True):
            callback = harness.adapter(repo=place)
            harness.compile(harness.model, optimizer=keras.optimizers.SGD(0.5))
            # nothing improves by 1e9, so the rate is halved after each epoch but the first
            plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e9)
            history = fit(harness, *([callback, plateau] if is_first else [plateau, callback]), epochs=4)
        _, points = recorded(place)
        assert [value for *_, value in points_named(points, "learning_rate", "{}")] == [0.5, 0.5, 0.25, 0.125]
        # Keras says learning_rate, Keras 2 lr, and some versions keep metrics that the second compile left out
        assert {p.name for p in points} == {*history.history, "learning_rate"} - {"lr"}


def array_in_the_logs_becomes_a_sequence_for_each_number(harness: KerasHarness, folder: Path) -> None:
    import numpy as np

    class PerClass(harness.keras.metrics.Metric):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="per_class")

        def update_state(self, *_: Any, **__: Any) -> None: ...

        def result(self) -> Any:
            return harness.tensor([0.25, 0.5, 1.0])

        def reset_state(self) -> None: ...

    with strict(True):
        callback = harness.adapter(repo=folder)
        harness.compile(harness.model, optimizer="sgd", metrics=[PerClass()])
        fit(harness, callback, epochs=1)
    _, points = recorded(folder)
    found = {p.context: float(p.value) for p in points if p.name == "per_class"}
    assert found == {
        f'{{"index": {i}, "subset": "train"}}': value for i, value in enumerate(np.array([0.25, 0.5, 1.0]))
    }


def nan_is_recorded_and_training_that_it_stops_has_finished(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        fit(harness, callback, harness.keras.callbacks.TerminateOnNaN(), y=harness.y * float("nan"), epochs=5)
    run, points = recorded(folder)
    assert [repr(value) for *_, value in points_named(points, "loss", TRAIN)] == ["nan"]
    assert run.status == "finished"


def rate_and_steps_are_read_under_a_strategy_of_tensorflow(harness: KerasHarness, folder: Path) -> None:
    if harness.backend != "tensorflow":
        return
    import tensorflow as tf

    devices = tf.config.list_logical_devices("CPU")
    with strict(True), tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
        callback = harness.adapter(repo=folder)
    with strict(True):
        fit(harness, callback)
    run, points = recorded(folder)
    assert [row[0] for row in points_named(points, "learning_rate", "{}")] == [3, 6]
    assert [round(row[2], 6) for row in points_named(points, "learning_rate", "{}")] == [0.01, 0.01]
    wanted = {"optimizer": "Adam", "parameters": 19}
    assert asked_of(run["hparams"], wanted) == wanted


# -- evaluate and predict ----------------------------------------------------------------------------------------------


def evaluation_after_fit_is_a_test_in_the_same_run(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        fit(harness, callback, validation_data=(harness.x, harness.y))
        _, before = recorded(folder)
        assert not [p for p in before if p.context == TEST]
        result = harness.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[callback])
        harness.model.predict(harness.x, verbose=0, callbacks=[callback])
    run, points = recorded(folder)
    assert points_named(points, "loss", TEST) == [(6, 1.0, result[0])]
    assert points_named(points, "mae", TEST) == [(6, 1.0, result[1])]
    assert len(points) == len(before) + 2
    assert run.status == "finished"


def evaluation_inside_fit_by_the_user_is_a_test_validation_not(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        results = []

        class Testing(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                results.append(self.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[callback])[0])

        fit(harness, callback, Testing(), validation_data=(harness.x[:16], harness.y[:16]))
    _, points = recorded(folder)
    assert points_named(points, "loss", TEST) == [(3, 0.0, results[0]), (6, 1.0, results[1])]
    assert len(points_named(points, "loss", VAL)) == len(points_named(points, "loss", TRAIN)) == 2


def evaluation_alone_is_a_run_and_prediction_none(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        harness.model.predict(harness.x, verbose=0, callbacks=[callback])
        with aim.Repo(folder) as repo:
            assert not list(repo.iter_runs())
        result = harness.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[callback])
    run, points = recorded(folder)
    assert points_named(points, "loss", TEST) == [(0, None, result[0])]
    wanted = {"optimizer": "Adam", "parameters": 19}
    assert asked_of(run["hparams"], wanted) == wanted
    assert run.status == "finished"


# -- runs --------------------------------------------------------------------------------------------------------------


def each_fit_without_a_session_is_a_run(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder, experiment="mine")
        fit(harness, callback)
        fit(harness, callback)
    with aim.Repo(folder) as repo:
        runs = sorted(repo.iter_runs(), key=lambda run: run.created_at)
        assert [(run.status, run.experiment) for run in runs] == [("finished", "mine")] * 2
        steps = [run.get_metric("loss", {"subset": "train"}).steps.tolist() for run in runs]
    assert steps == [[3, 6], [9, 12]]


def callback_made_in_the_call_tells_of_the_exception_too(harness: KerasHarness, folder: Path) -> None:
    error = UsersOwnError("in the data")

    harness.model = harness.make_model()
    failing = harness.calling_at((0, 0), lambda: raise_(error))
    text = ""
    with strict(True):
        try:
            fit(harness, harness.module.AimCallback(repo=folder), failing)
        except UsersOwnError as caught:
            text = "".join(traceback.format_tb(caught.__traceback__))
    assert "callback_made_in_the_call" in text
    assert "aim/integrations" not in text, text
    run, _ = recorded(folder)
    assert (run.status, run.status.error_message) == ("failed", "in the data")


def raise_(error: BaseException) -> None:
    raise error


def evaluation_that_raises_is_over_for_the_next(harness: KerasHarness, folder: Path) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise UsersOwnError("in the evaluation")

    class Failing(harness.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        on_test_batch_end = fail

    with strict(True), aim.Session(folder) as session:
        callback = harness.adapter(session)
        try:
            harness.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[callback, Failing()])
        except UsersOwnError:
            pass
        else:
            raise AssertionError("it went on")
        other = harness.module.AimCallback(session)
        harness.model.evaluate(harness.x, harness.y, verbose=0, callbacks=[other])
    run, points = recorded(folder)
    assert len(points) == 2
    assert run.status == "finished"


def exit_in_fit_ends_the_run_as_it_ends_the_process(harness: KerasHarness, folder: Path) -> None:
    callback = harness.adapter(repo=folder)
    with strict(True):
        try:
            fit(harness, callback, harness.calling_at((0, 1), lambda: raise_(SystemExit("enough"))))
        except SystemExit:
            pass
    run, _ = recorded(folder)
    assert (run.status, run.status.error_type, run.status.error_message) == ("failed", "SystemExit", "enough")


def fit_after_one_that_failed_is_recorded_as_ever(harness: KerasHarness, folder: Path) -> None:
    with strict(True), aim.Session(folder) as session:
        callback = harness.adapter(session)
        try:
            fit(harness, callback, harness.calling_at((0, 1), lambda: raise_(UsersOwnError())))
        except UsersOwnError:
            pass
        assert session.active
        fit(harness, callback, epochs=3)
    run, points = recorded(folder)
    assert [row[1] for row in points_named(points, "loss", TRAIN)] == [0.0, 1.0, 2.0]
    assert run["hparams"]["epochs"] == 3
    assert run.status == "finished"


# -- misuse ------------------------------------------------------------------------------------------------------------


def second_callback_of_one_session_does_not_double_points(harness: KerasHarness, folder: Path) -> None:
    with strict(False), warned() as texts, aim.Session(folder) as session:
        callback = harness.adapter(session)
        fit(harness, callback, harness.module.AimCallback(session), validation_data=(harness.x, harness.y))
        harness.model.evaluate(
            harness.x, verbose=0, y=harness.y, callbacks=[callback, harness.module.AimCallback(session)]
        )
    _, points = recorded(folder)
    assert len(points) == len(set(points)) == 2 * 5 + 2
    assert len(texts) == 2, texts
    assert all("another AimCallback" in text for text in texts)


def callback_that_is_twice_in_the_list_records_one_run_once(harness: KerasHarness, folder: Path) -> None:
    with strict(False), warned() as texts:
        callback = harness.module.AimCallback(repo=folder, log_batches=True)
        fit(harness, callback, callback, validation_data=(harness.x, harness.y))
    run, points = recorded(folder)
    assert run.status == "finished"
    assert len(points) == len(set(points))
    assert len(points_named(points, "loss", TRAIN)) == 2
    assert len(texts) == 1, texts
    assert "twice" in texts[0]


def two_sessions_each_get_everything(harness: KerasHarness, folder: Path) -> None:
    with strict(True), aim.Session(folder / "a") as one, aim.Session(folder / "b") as other:
        fit(harness, harness.adapter(one), harness.module.AimCallback(other))
    assert recorded(folder / "a")[1] == recorded(folder / "b")[1]


def session_closed_between_fits_is_one_warning(harness: KerasHarness, folder: Path) -> None:
    with strict(False), warned() as texts:
        session = aim.Session(folder)
        callback = harness.adapter(session)
        fit(harness, callback)
        session.close()
        history = fit(harness, callback)
    assert len(history.history["loss"]) == 2
    assert len(texts) == 1, texts
    assert "closed" in texts[0]


# -- what users do with callbacks --------------------------------------------------------------------------------------


def copies_are_callbacks_of_their_own(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder, experiment="copies", log_batches=True)
        for other in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
            assert type(other) is type(callback)
            fit(harness, other, epochs=1)
        session = aim.Session(folder)
        given = harness.module.AimCallback(session)
        fit(harness, copy.deepcopy(given), epochs=1)
        assert session.active
        session.close()
    with aim.Repo(folder) as repo:
        assert sorted(run.experiment for run in repo.iter_runs()) == ["copies", "copies", "default"]
        batches = repo.query_metrics("loss if context.interval == step and experiment == copies")
        assert [len(metric.steps) for metric in batches] == [3, 3]


def subclass_with_hooks_of_its_own_is_called(harness: KerasHarness, folder: Path) -> None:
    called: list[str] = []

    class Mine(harness.module.AimCallback):  # type: ignore[misc, name-defined]
        def __init__(self, note: str, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.note = note

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)
            assert self.model is harness.model
            called.append(self.note)

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            called.append("test")

    with strict(True):
        harness.adapter(repo=folder)
        mine = Mine("epoch", repo=folder)
        assert isinstance(mine, harness.keras.callbacks.Callback)
        assert copy.deepcopy(mine).note == "epoch"
        fit(harness, mine, epochs=1, validation_data=(harness.x[:16], harness.y[:16]))
    assert called == ["test", "epoch"]
    assert len(recorded(folder)[1]) == 5


def loop_of_the_users_own_drives_it(harness: KerasHarness, folder: Path) -> None:
    with strict(True):
        callback = harness.adapter(repo=folder)
        callbacks = harness.keras.callbacks.CallbackList([callback], model=harness.model, epochs=1, steps=2)
        callbacks.on_train_begin()
        callbacks.on_epoch_begin(0)
        for batch in range(2):
            callbacks.on_train_batch_begin(batch)
            callbacks.on_train_batch_end(batch, {"loss": 0.5})
        callbacks.on_epoch_end(0, {"loss": 0.5})
        callbacks.on_train_end()
    run, points = recorded(folder)
    assert points_named(points, "loss", TRAIN) == [(2, 0.0, 0.5)]
    assert run.status == "finished"


CLAUSES: tuple[Callable[[Any, Path], None], ...] = (
    data_without_a_length_is_counted_as_it_comes,
    generator_that_runs_dry_is_counted_by_its_batches,
    several_steps_an_execution_are_all_counted,
    several_steps_an_execution_that_do_not_divide_the_epoch_are_counted_as_trained,
    training_that_is_restored_goes_on_at_its_step_wherever_we_stand,
    weights_alone_go_on_in_their_run_where_it_ended,
    epochs_are_those_of_keras_and_steps_go_on,
    another_model_in_the_session_begins_where_the_first_ended,
    epochs_without_validation_have_no_values_of_it,
    batches_are_recorded_if_asked_beside_the_same_epochs,
    learning_rate_is_the_one_of_a_schedule,
    learning_rate_is_the_one_an_epoch_was_trained_with,
    array_in_the_logs_becomes_a_sequence_for_each_number,
    nan_is_recorded_and_training_that_it_stops_has_finished,
    rate_and_steps_are_read_under_a_strategy_of_tensorflow,
    evaluation_after_fit_is_a_test_in_the_same_run,
    evaluation_inside_fit_by_the_user_is_a_test_validation_not,
    evaluation_alone_is_a_run_and_prediction_none,
    each_fit_without_a_session_is_a_run,
    callback_made_in_the_call_tells_of_the_exception_too,
    evaluation_that_raises_is_over_for_the_next,
    exit_in_fit_ends_the_run_as_it_ends_the_process,
    fit_after_one_that_failed_is_recorded_as_ever,
    second_callback_of_one_session_does_not_double_points,
    callback_that_is_twice_in_the_list_records_one_run_once,
    two_sessions_each_get_everything,
    session_closed_between_fits_is_one_warning,
    copies_are_callbacks_of_their_own,
    subclass_with_hooks_of_its_own_is_called,
    loop_of_the_users_own_drives_it,
)
