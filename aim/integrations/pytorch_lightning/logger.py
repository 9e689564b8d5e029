"""AimLogger: what Lightning logs, ``aim.sdk`` records."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aim.errors import InvalidValueError
from aim.integrations._bases import FrameworkBases, class_of_ours
from aim.integrations._ranks import lightning_rank
from aim.integrations._recording import Recording, contained
from aim.integrations._support import need
from aim.integrations.pytorch_lightning._model import checkpoint_of, plain_hparams, summary_of
from aim.integrations.pytorch_lightning._names import Affixes, folder_of, translate
from aim.sdk.recording.guard import accept
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import Session

_BASES: Final = FrameworkBases(
    ("pytorch_lightning.loggers.logger:Logger", "lightning_fabric.loggers.logger:Logger"),
    ("lightning.pytorch.loggers.logger:Logger", "lightning.fabric.loggers.logger:Logger"),
)
"""``lightning`` and ``pytorch_lightning`` hold two separate copies of everything."""

if TYPE_CHECKING:  # for type checkers it is a logger of both; at run time the loaded ones count
    from lightning.pytorch.loggers import Logger as _Logger
    from pytorch_lightning.loggers import Logger as _OtherLogger

    class _Base(_Logger, _OtherLogger): ...
else:

    class _Base:
        # Not a method of AimLogger: LightningCLI would take the logger's arguments from it rather than from __init__.
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return object.__new__(_BASES.subclass(cls))


__all__ = ["AimLogger"]

_MODULE: Final = "aim.pytorch_lightning"
_DIRECTORY: Final = "lightning_logs"
"""Where Lightning puts checkpoints without our logger, too."""


class AimLogger(_Base):
    """Records what a Lightning Trainer, or Fabric, logs.

    Pass it as ``logger=``. One logger is one run, however often fit, validate, test and predict are called with it: the
    run starts with the first call, ends with each as finished, failed or interrupted, and continues with the next.
    ``fast_dev_run`` creates none. Only global rank 0 records. See docs/pytorch_lightning.md for what is recorded.

    Args:
        repo: The ``.aim`` directory or the directory that holds it; see :class:`aim.Session`.
        experiment: Groups runs; see :class:`aim.Session`.
        train_metric_prefix, val_metric_prefix, test_metric_prefix: A metric whose name starts with it is recorded
            without it, with ``subset="train"`` (``val``, ``test``) as context; None or "" turns that off.
        system_tracking_interval, log_system_params, capture_terminal_logs: Accepted for code written for Aim 3, without
            effect so far; a line in the log says so once.
        run_name: Name of the run, unique in its experiment; one that is in use gets a number, see `resume`.
        run_hash: Continue the run with this hash.
        context_prefixes: In place of the three prefixes above, for any context:
            ``{"subset": {"train": "train_", "val": "val_"}, "device": {"0": "gpu0_"}}``.
        context_postfixes: The same for the ends of names: ``{"window": {"long": "_ema"}}``.
        session: Record into this session (or run); it is left open.
        flush_frequency: Accepted for code written for Aim 2, without effect.
        resume, mode: As for :class:`aim.Session`.

    Raises:
        MissingDependencyError: Lightning is not installed, or too old.
        InvalidValueError, SessionClosedError, RepoError, RunNameTakenError, RunNotFoundError: an argument cannot be
            used.

    Example:
        >>> trainer = pl.Trainer(logger=AimLogger(experiment="digits"))
    """

    def __init__(
        self,
        repo: str | os.PathLike[str] | None = None,
        experiment: str | None = None,
        train_metric_prefix: str | None = "train_",
        val_metric_prefix: str | None = "val_",
        test_metric_prefix: str | None = "test_",
        system_tracking_interval: float | None = None,
        log_system_params: bool | None = None,
        capture_terminal_logs: bool | None = None,
        run_name: str | None = None,
        run_hash: str | None = None,
        context_prefixes: dict[str, dict[str, str]] | None = None,
        context_postfixes: dict[str, dict[str, str]] | None = None,
        session: Session | Run | None = None,
        flush_frequency: int = 128,
        resume: bool | str | None = False,
        mode: str | None = None,
    ) -> None:
        need(_MODULE)
        subsets = {"train": train_metric_prefix, "val": val_metric_prefix, "test": test_metric_prefix}
        for subset, prefix in subsets.items():
            if prefix is not None and not isinstance(prefix, str):
                raise InvalidValueError(
                    f"{subset}_metric_prefix must be a string or None, not {type(prefix).__name__} ({prefix!r:.80})"
                )
        if context_prefixes is None:
            context_prefixes = {"subset": {subset: prefix for subset, prefix in subsets.items() if prefix}}
        elif any(prefix not in (None, "", f"{subset}_") for subset, prefix in subsets.items()):
            raise InvalidValueError(
                "context_prefixes= cannot be combined with train_metric_prefix=, val_metric_prefix= or "
                'test_metric_prefix=: write {"subset": {"train": ...}}'
            )
        self._prefixes = _checked_affixes("context_prefixes", context_prefixes)
        self._postfixes = _checked_affixes("context_postfixes", context_postfixes or {})
        accept(
            _MODULE,
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
        )
        self._recording = Recording(
            _MODULE,
            session,
            repo=repo,
            experiment=experiment,
            run_name=run_name,
            run_hash=run_hash,
            resume=resume,
            mode=mode,
            rank=lightning_rank,
        )
        self._save_dir = os.path.join(os.getcwd(), _DIRECTORY)
        self._waiting: list[Any] = []
        """Hyper-parameters that came before the run: it starts with Lightning's next call."""
        self._trained: int | None = None
        """The highest training step of a run that is continued, once it is known."""
        self._forget_module()

    def _forget_module(self) -> None:
        self._module: weakref.ref[Any] | None = None
        self._summarised: weakref.ref[Any] | None = None
        self._translated: dict[tuple[str, str], tuple[str, dict[str, str | int]]] = {}

    def __repr__(self) -> str:
        return f"<aim.pytorch_lightning.AimLogger {self.version or 'of a rank that records nothing'}>"

    @property
    def experiment(self) -> Session | Run:
        """The session that records, opened on first use: ``logger.experiment.track(0.5, "loss", subset="val")``.

        On ranks other than 0 it does nothing.
        """
        self._record_waiting()
        return self._recording.session

    @property
    def name(self) -> str:
        """The experiment, made safe as a folder name: a part of the path of checkpoints."""
        place = self._recording.place
        return "aim" if place is None else folder_of(place.experiment)

    @property
    def version(self) -> str | None:
        """The run's hash, known before the run starts: a part of the path of checkpoints; None on other ranks."""
        place = self._recording.place
        return None if place is None else place.run_hash

    @property
    def save_dir(self) -> str:
        """Checkpoints go into ``<experiment>/<run hash>/checkpoints`` of it.

        ``lightning_logs`` in the working directory of when the logger was made.
        """
        return self._save_dir

    @property
    def root_dir(self) -> str:
        """The experiment's folder in it."""
        return os.path.join(self._save_dir, self.name)

    @property
    def log_dir(self) -> str:
        """The run's folder in it."""
        return os.path.join(self.root_dir, self.version or "")

    @property
    def group_separator(self) -> str:
        """Joins a group and a name, for callbacks that make names."""
        return "/"

    @contained
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Record values.

        Args:
            metrics: Name -> number; ``epoch`` is not a metric but the epoch of the others.
            step: Finished optimizer steps - 1; in validation and test steps a counter of their batches.
        """
        self._record_waiting()
        epoch = metrics.get("epoch")
        stage = "" if epoch is not None else self._evaluation_stage()
        if step == 0 and epoch == 0:
            step = self._step_of_evaluation()
        track, translated = self._recording.track, self._translated
        for name, value in metrics.items():
            if name == "epoch":
                continue
            found = translated.get((name, stage))
            if found is None:
                found = translated[name, stage] = translate(
                    name, self._prefixes, self._postfixes, self._is_forked, stage
                )
            track(value, found[0], step, epoch, found[1])

    @contained
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Record hyper-parameters (a dict, Namespace, OmegaConf config ...) as ``hparams``."""
        if isinstance(params, dict):  # LightningCLI's own note, for loading checkpoints
            params = {name: value for name, value in params.items() if name != "_instantiator"}
        plain = plain_hparams(params)
        if self._recording.has_run:
            self._recording.set_params(plain, "hparams")
        else:  # with fast_dev_run nothing follows, and no run may be created
            self._waiting.append(plain)

    def log_params(self, params: Any) -> None:
        """The same as :meth:`log_hyperparams`, by its name in Aim 2."""
        self.log_hyperparams(params)

    def parse_context(self, name: str) -> tuple[str, dict[str, str | int]]:
        """Name and context of what is logged as `name`: ``("loss", {"subset": "val"})`` for ``val_loss``."""
        return translate(name, self._prefixes, self._postfixes)

    def _record_waiting(self) -> None:
        """Record what waited for the run to start."""
        waiting, self._waiting = self._waiting, []
        for params in waiting:
            self._recording.set_params(params, "hparams")

    @contained
    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Record the model's class, layers and numbers of parameters, once; Lightning calls this before training."""
        self._record_waiting()
        self._module = weakref.ref(model)
        self._translated.clear()
        self._mute_duplicates()
        if self._summarised is not None and self._summarised() is model:
            return
        summary = summary_of(model)
        self._recording.add_record("model", summary)
        self._recording.set_params({name: value for name, value in summary.items() if name != "layers"}, "model")
        self._summarised = weakref.ref(model)

    @contained
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Record what was saved; called once per file."""
        self._record_waiting()
        self._recording.add_record("checkpoint", checkpoint_of(checkpoint_callback))

    def save(self) -> None:
        """Nothing to do: points are with the operating system when ``log_metrics`` returns."""

    @contained
    def finalize(self, status: str) -> None:
        """End the run, unless the session was given; the next call continues it.

        Lightning calls this at the end of each fit, validate, test and predict, and when one fails, while the exception
        is handled.
        """
        self._record_waiting()
        if status == "success":
            self._recording.end()
        else:
            self._recording.end(sys.exc_info()[1] or RuntimeError(f"finalized with status {status!r:.80}"))

    def _mute_duplicates(self) -> None:
        """Of two loggers on one session only the first records: both would record every value twice."""
        trainer = self._trainer()
        loggers = getattr(trainer, "loggers", ())
        if sum(other is self for other in loggers) > 1:
            trainer.loggers = list(dict.fromkeys(loggers))
            self._recording.warn("twice", "is listed more than once in the Trainer's loggers; it records once")
        if self.version is None:  # a rank that records nothing
            return
        for other in loggers:
            if other is self:
                return
            if isinstance(other, AimLogger) and other.version == self.version:
                self._recording.mute("another AimLogger of this Trainer records into the same run")
                return

    def _trainer(self) -> Any:
        """The Trainer that is running; None with Fabric."""
        module = None if self._module is None else self._module()
        return None if module is None else getattr(module, "_trainer", None)

    def _evaluation_stage(self) -> str:
        """ "val" or "test" during such a loop, else "": values of its steps come with a counter of batches."""
        stage = getattr(getattr(self._trainer(), "state", None), "stage", None)
        return str(stage.dataloader_prefix) if stage is not None and stage.evaluating else ""

    def _step_of_evaluation(self) -> int:
        """The step of values from a Trainer that only evaluates, for example a model whose weights were loaded.

        In a run that is continued this is its last training step, not the start of a curve.
        """
        trainer = self._trainer()
        name = str(getattr(getattr(getattr(trainer, "state", None), "fn", None), "value", ""))
        if name not in ("validate", "test") or trainer.global_step:
            return 0
        if self._trained is None:
            self._trained = self._recording.trained_steps()
        return self._trained

    def _is_forked(self, name: str, bare: str) -> bool:
        """Whether Lightning made `name` out of `bare`, which is logged by step and by epoch."""
        trainer = self._trainer()
        if trainer is None:
            return False
        results = getattr(trainer, "_results", None)
        if results is None:
            return bare in trainer.callback_metrics
        # callback_metrics has a validation's names only after its first epoch
        known = {result.meta.name: bool(result.meta.forked) for result in list(results.values())}
        return known.get(bare, False) and name not in known

    def __reduce_ex__(self, protocol: Any) -> Any:
        state = {k: v for k, v in self.__dict__.items() if k not in ("_module", "_summarised", "_translated")}
        return _remake, (class_of_ours(type(self)),), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_module()


def _remake(cls: type[AimLogger]) -> AimLogger:
    return cls.__new__(cls)


def _checked_affixes(argument: str, given: Any) -> Affixes:
    """The prefixes or postfixes of a constructor, without empty ones, which would fit every name."""
    if not isinstance(given, Mapping) or not all(
        isinstance(values, Mapping) and all(isinstance(affix, str) or affix is None for affix in values.values())
        for values in given.values()
    ):
        raise InvalidValueError(
            f'{argument} must be a dict of dicts, e.g. {{"subset": {{"train": "train_"}}}}, not {given!r:.80}'
        )
    return tuple(
        (str(key), tuple((str(word), str(affix)) for word, affix in values.items() if affix))
        for key, values in given.items()
    )


_BASES.register(AimLogger)
