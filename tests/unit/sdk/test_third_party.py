"""How released code, written for the reference, uses Run. Each test has the manner of one kind of caller."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from tests.unit.sdk.reading import hashes_in, read_back


def test_tracker_of_a_training_library(repo_path: Path) -> None:
    """Accelerate: Run(repo=, **init_kwargs), a name given after, hparams, one track a value with step and kwargs."""
    for _ in range(2):  # a second job has the same name
        writer = aim.Run(repo=str(repo_path), experiment="project")
        writer.name = "project"
        writer["hparams"] = {"lr": 0.1, "betas": (0.9, 0.999)}
        for step in range(2):
            for key, value in {"loss": np.float32(0.5), "lr": 0.1}.items():
                writer.track(value, name=key, step=step)
        writer.track(0.25, name="loss", step=2, context={"subset": "val"})
        writer.close()
    for run_hash in hashes_in(repo_path):
        run = read_back(repo_path, run_hash)
        assert (run.state.name, run.state.experiment, run.status) == ("project", "project", "finished")
        assert run.params == {"hparams": {"lr": 0.1, "betas": [0.9, 0.999]}}
        assert (run.values("loss"), run.values("loss", subset="val")) == ([0.5, 0.5], [0.25])


class Callback:
    """A trainer's callback: makes the run late, may be asked for it, closes it when it is collected."""

    def __init__(self, repo: Path, experiment: str | None = None) -> None:
        self._repo, self._experiment = repo, experiment
        self._run: aim.Run | None = None
        self._run_hash: str | None = None

    @property
    def experiment(self) -> aim.Run:
        if not self._run:
            if self._run_hash:
                self._run = aim.Run(self._run_hash, repo=str(self._repo), system_tracking_interval=None)
            else:
                self._run = aim.Run(
                    repo=str(self._repo),
                    experiment=self._experiment,
                    system_tracking_interval=10,
                    log_system_params=True,
                    capture_terminal_logs=True,
                )
                self._run_hash = self._run.hash
        return self._run

    def on_log(self, logs: dict[str, Any], step: int, epoch: float) -> None:
        for key, value in logs.items():
            if key.startswith("eval_"):
                self.experiment.track(value, name=key[5:], context={"subset": "eval"}, step=step, epoch=epoch)
            else:
                self.experiment.track(value, name=key, context={"subset": "train"}, step=step, epoch=epoch)

    def __del__(self) -> None:
        if self._run is not None and self._run.active:
            self._run.close()


def test_callback_of_a_trainer(repo_path: Path) -> None:
    callback = Callback(repo_path, "text")
    callback.experiment["hparams"] = {"args": {"lr": 1e-4, "output_dir": Path("out")}, "model": {"layers": 12}}
    callback.experiment.set(("hparams", "job", "id"), 7, strict=False)
    callback.on_log({"loss": 0.5, "grad_norm": np.float64(1.5)}, 10, 0.25)
    callback.on_log({"eval_loss": 0.75}, 10, 0.25)
    run_hash = callback.experiment.hash
    callback.experiment.close()
    callback._run = None
    callback.on_log({"loss": 0.25}, 20, 0.5)  # the trainer goes on: the run is resumed by its hash
    del callback
    run = read_back(repo_path, run_hash)
    assert (run.values("loss", subset="train"), run.epochs("loss", subset="train")) == ([0.5, 0.25], [0.25, 0.5])
    assert run.values("loss", subset="eval") == [0.75]
    assert run.params["hparams"] == {
        "args": {"lr": 1e-4, "output_dir": "out"},
        "model": {"layers": 12},
        "job": {"id": 7},
    }
    assert run.status == "finished"


def test_script_that_tracks_dicts(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path, experiment="sac")
    run["hparams"] = vars(argparse.Namespace(lr=0.1, seeds=[1, 2]))
    run["device"] = "cuda:0"
    for step in (1, 2):
        run.track({"critic_loss": 0.5 / step, "alpha": np.float32(0.5)}, step=step)
        run.track({"accuracy": 0.5}, epoch=step, context={"subset": "train"})
    run.add_tag("debug")
    run.close()
    found = read_back(repo_path)
    assert (found.values("critic_loss"), found.steps("critic_loss")) == ([0.5, 0.25], [1, 2])
    assert found.epochs("accuracy", subset="train") == [1.0, 2.0]
    assert found.params == {"hparams": {"lr": 0.1, "seeds": [1, 2]}, "device": "cuda:0"}


def test_wrapper_that_passes_everything_by_position(repo_path: Path) -> None:
    def track(value: Any, name: str, step: int | None = None, epoch: int | None = None, context: Any = None) -> None:
        run.track(value, name, step, epoch, context=context)

    run = aim.Run(repo=repo_path)
    track(0.5, "loss")
    track(0.25, "loss", 5, 1, {"metrics": "combined", "class": 3})
    run.close()
    found = read_back(repo_path)
    assert (found.values("loss"), found.steps("loss", **{"metrics": "combined", "class": 3})) == ([0.5], [5])


def test_script_that_reads_its_runs_back(repo_path: Path) -> None:
    run = aim.Run(repo=repo_path)
    for value in (3.0, 1.0, 2.0):
        run.track(value, name="loss", context={"subset": "val"})
    run.close()
    repo = aim.Repo(str(repo_path))
    found: list[Any] = []
    for run_metrics in repo.query_metrics("metric.name == 'loss' and metric.context.subset == 'val'").iter_runs():
        for metric in run_metrics:
            steps, values = metric.values.sparse_numpy()
            found.append((metric.run.hash, steps.tolist(), values.tolist()))
    assert found == [(run.hash, [0, 1, 2], [3.0, 1.0, 2.0])]
    repo.close()


def test_generator_that_holds_a_run_open_while_it_is_consumed(repo_path: Path) -> None:
    def training() -> Iterator[float]:
        with aim.Run(repo=repo_path) as run:
            for step in range(100):
                run.track(step, "loss")
                yield float(step)

    steps = training()
    assert [next(steps), next(steps)] == [0.0, 1.0]
    steps.close()
    run = read_back(repo_path)
    assert (run.values("loss"), run.status) == ([0.0, 1.0], "finished")


@pytest.mark.adapter
@pytest.mark.requires("accelerate")
def test_accelerate_records_with_its_own_tracker(repo_path: Path) -> None:
    from accelerate import Accelerator

    accelerator = Accelerator(log_with="aim", project_dir=str(repo_path), cpu=True)
    accelerator.init_trackers("job", config={"lr": 0.1}, init_kwargs={"aim": {"experiment": "e"}})
    accelerator.log({"loss": 0.5}, step=3)
    accelerator.log({"loss": 0.25}, step=4, log_kwargs={"aim": {"context": {"subset": "val"}}})
    accelerator.end_training()
    run = read_back(repo_path)
    assert (run.state.name, run.state.experiment, run.params) == ("job", "e", {"hparams": {"lr": 0.1}})
    assert (run.steps("loss"), run.values("loss", subset="val")) == ([3], [0.25])
