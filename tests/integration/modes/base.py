"""What the contract of all adapters needs to know of one mode: a framework, used in one way."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import aim
from aim.errors import AimWarning

__all__ = ["Harness", "Mode", "Point", "in_order", "mode_named", "modes", "quiet", "recorded"]


@dataclass(frozen=True, repr=False)
class Point:
    """One point, comparable: what the run holds, and what another listener of the framework saw."""

    name: str
    context: str
    step: int
    epoch: float | None
    value: str

    def __repr__(self) -> str:  # a line of a difference
        return f"{self.name} {self.context} step {self.step} epoch {self.epoch}: {self.value}"

    @classmethod
    def of(cls, name: str, context: Mapping[str, Any], step: int, epoch: float | None, value: float) -> Point:
        """Of plain values. NaN equals itself here; no digit of the value is lost, seven of the epoch are kept."""
        kept = None if epoch is None or epoch != epoch else float(str(np.float32(epoch)))
        return cls(name, json.dumps(context, sort_keys=True), int(step), kept, repr(float(value)))


class Harness(ABC):
    """A mode at work, made once in a process of its own (importing a framework takes seconds).

    Attributes:
        seen: What the training in progress, or the last one, showed to a second listener: the framework's own logger
            or a callback that knows nothing of Aim, put into our words by rules that are written down in the mode
            again, and not taken from the adapter.
        hparams: What the run must have under ``params["hparams"]`` at least.
        ctrl_c: What comes out of a training that Ctrl-C ended.
        noisy: Packages whose log lines and warnings are left out.
    """

    seen: list[Point]
    hparams: Mapping[str, Any] = {}
    ctrl_c: type[BaseException] = KeyboardInterrupt
    noisy: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def adapter(self, session: Any = None, **arguments: Any) -> Any:
        """The adapter's object, as a user makes it."""

    def run(self, adapter: Any, folder: Path, meanwhile: Callable[[], object] | None = None) -> None:
        """:meth:`train`, without the framework's noise and with every warning of ours: what the clauses call."""
        with quiet(*self.noisy):
            self.train(adapter, folder, meanwhile)

    @abstractmethod
    def train(self, adapter: Any, folder: Path, meanwhile: Callable[[], object] | None = None) -> None:
        """Train a tiny model on the CPU with `adapter` and the second listener, for two epochs, without checkpoints.

        Args:
            folder: What the framework writes goes here.
            meanwhile: Called once by the user's part of the training (a module's step, a callback of his), in the
                middle of it, after the first epoch. What it raises the framework treats as it does the user's.
        """


@contextmanager
def quiet(*packages: str) -> Iterator[None]:
    """Without the log lines below errors and the warnings of these packages, but with every warning of ours."""
    for name in (*packages, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in packages:
            logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        if packages:
            for category in (UserWarning, DeprecationWarning, FutureWarning):
                warnings.filterwarnings("ignore", category=category, module="|".join(packages))
        warnings.simplefilter("always", AimWarning)  # a UserWarning, given at a line of the framework
        yield


@dataclass(frozen=True)
class Mode:
    """A row of the matrix.

    Attributes:
        name: e.g. "keras-jax".
        adapter: The module that users import, e.g. "aim.keras".
        requires: The packages that must be there.
        harness: Where to find the function that makes the harness: "module:function". Only it imports frameworks.
        variables: Environment variables of the process.
        environments: Those of scripts/test_adapters.py that it belongs to.
        special: Where to find clauses of its own, beside those of all: "module:tuple".
    """

    name: str
    adapter: str
    requires: tuple[str, ...]
    harness: str
    variables: Mapping[str, str] = field(default_factory=dict)
    environments: tuple[str, ...] = ("newest", "oldest")
    special: str = ""

    def make(self) -> Harness:
        """The harness, in the process that is meant for it."""
        harness: Harness = _found(self.harness)()
        return harness

    def clauses(self) -> tuple[Callable[[Any, Path], None], ...]:
        """All that it must keep."""
        from tests.integration.modes.clauses import CLAUSES

        return (*CLAUSES, *(_found(self.special) if self.special else ()))


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def modes() -> list[Mode]:
    """All modes: the MODES of every ``*_modes.py`` beside this file."""
    found: list[Mode] = []
    for path in sorted(Path(__file__).parent.glob("*_modes.py")):
        found += importlib.import_module(f"tests.integration.modes.{path.stem}").MODES
    return found


def mode_named(name: str) -> Mode:
    """The mode of this name."""
    return next(mode for mode in modes() if mode.name == name)


def recorded(repo: Path, run_hash: str | None = None) -> tuple[Any, list[Point]]:
    """A run, the only one of the repo without a hash, and all its points, read as users read."""
    with aim.Repo(repo) as opened:
        runs = list(opened.iter_runs()) if run_hash is None else [opened.get_run(run_hash)]
        assert len(runs) == 1, f"{len(runs)} runs"
        points = [
            Point.of(metric.name, dict(metric.context), step, epoch, value)
            for metric in runs[0].metrics()
            for step, epoch, value in zip(
                metric.steps.tolist(), metric.epochs.tolist(), metric.values.tolist(), strict=True
            )
        ]
        return runs[0], points


def in_order(points: Iterable[Point]) -> list[Point]:
    """Sorted, so that lists compare whatever came first; equal points stay twice."""
    return sorted(points, key=lambda p: (p.name, p.context, p.step, -1.0 if p.epoch is None else p.epoch, p.value))
