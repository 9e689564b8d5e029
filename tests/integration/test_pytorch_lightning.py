"""What is special to Lightning; the rest is in the contract."""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimWarning, InvalidValueError, RepoError, RunNotFoundError
from tests.integration.modes.base import Point, in_order, quiet, recorded
from tests.integration.modes.lightning_modes import NOISY, make_module

pytestmark = [pytest.mark.adapter, pytest.mark.requires("torch", "lightning", "pytorch_lightning")]

ROOT = Path(__file__).resolve().parents[2]
NAMESPACES = ("lightning.pytorch", "pytorch_lightning")


@pytest.fixture
def pl() -> Any:
    return importlib.import_module("lightning.pytorch")


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with quiet(*NOISY):
        yield


def loader(rows: int = 8) -> Any:
    import torch

    torch.manual_seed(0)
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.randn(rows, 3), torch.randn(rows, 1)), batch_size=4
    )


def trainer_of(pl: Any, logger: Any, folder: Path, **options: Any) -> Any:
    defaults = {
        "max_epochs": 1,
        "accelerator": "cpu",
        "devices": 1,
        "log_every_n_steps": 1,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "default_root_dir": str(folder),
    }
    return pl.Trainer(logger=logger, **{**defaults, **options})


def module_of(pl: Any, names: Callable[[Any, str], None] | None = None, **hparams: Any) -> Any:
    """A module that logs by `names(module, stage)`."""
    import torch

    class Module(pl.LightningModule):
        def __init__(self, **hparams: Any) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.net = torch.nn.Linear(3, 1)

        def _step(self, batch: Any, stage: str) -> Any:
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            if names is None:
                self.log(f"{stage}_loss", loss)
            else:
                names(self, stage)
            return loss

        def training_step(self, batch: Any, index: int) -> Any:
            return self._step(batch, "train")

        def validation_step(self, batch: Any, index: int) -> Any:
            return self._step(batch, "val")

        def test_step(self, batch: Any, index: int) -> Any:
            return self._step(batch, "test")

        def predict_step(self, batch: Any, index: int) -> Any:
            return self.net(batch[0])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return Module(**hparams)


def logger_of(**arguments: Any) -> Any:
    return aim.pytorch_lightning.AimLogger(**arguments)


def run_script(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, as users run theirs: without strict mode."""
    script = folder / "train.py"
    script.write_text(code)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AIM_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **variables}
    return subprocess.run(
        [sys.executable, str(script)], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


# -- classes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_logger_is_a_logger_of_the_loaded_namespaces_by_a_real_base(namespace: str, repo_path: Path) -> None:
    base = importlib.import_module(f"{namespace}.loggers.logger").Logger
    logger = logger_of(repo=repo_path)
    assert isinstance(logger, base)
    assert base in type(logger).__mro__
    assert isinstance(logger, aim.pytorch_lightning.AimLogger)
    assert issubclass(aim.pytorch_lightning.AimLogger, base)
    assert type(logger).__name__ == "AimLogger"


def test_logger_made_before_any_namespace_is_loaded_is_one_of_each_that_comes_and_imports_none(tmp_path: Path) -> None:
    done = run_script(
        "import sys\n"
        "from aim.pytorch_lightning import AimLogger\n"
        "logger = AimLogger()\n"
        "assert not {'torch', 'lightning', 'pytorch_lightning', 'lightning_fabric'} & set(sys.modules)\n"
        "import lightning_fabric.loggers\n"
        "assert isinstance(logger, lightning_fabric.loggers.Logger)\n"
        "assert 'lightning' not in sys.modules and 'pytorch_lightning' not in sys.modules\n"
        "assert lightning_fabric.loggers.Logger in type(AimLogger()).__mro__\n"
        "import pytorch_lightning.loggers\n"
        "assert isinstance(logger, pytorch_lightning.loggers.Logger)\n"
        "assert 'lightning' not in sys.modules\n"
        "import lightning.pytorch.loggers\n"
        "assert isinstance(logger, lightning.pytorch.loggers.Logger)\n"
        "assert {pytorch_lightning.loggers.Logger, lightning.pytorch.loggers.Logger} <= set(type(AimLogger()).__mro__)",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_subclass_of_a_user_works(pl: Any, repo_path: Path) -> None:
    class Doubling(aim.pytorch_lightning.AimLogger):
        def log_metrics(self, metrics: Any, step: int | None = None) -> None:
            super().log_metrics({k: v if k == "epoch" else 2 for k, v in metrics.items()}, step)

    trainer_of(pl, Doubling(repo=repo_path), repo_path).fit(module_of(pl), loader(), loader())
    _, points = recorded(repo_path)
    assert points
    assert {point.value for point in points} == {"2.0"}


@pytest.mark.requires("jsonargparse")
def test_lightning_cli_takes_the_arguments_of_the_logger_from_its_config(pl: Any, repo_path: Path) -> None:
    from lightning.pytorch.cli import LightningCLI

    arguments = {"experiment": "cli", "repo": str(repo_path), "val_metric_prefix": None, "run_name": "one"}
    logger = {"class_path": "aim.pytorch_lightning.AimLogger", "init_args": arguments}
    cli = LightningCLI(
        type(module_of(pl)),
        run=False,
        save_config_callback=None,
        args={"trainer": {"logger": logger, "max_epochs": 1, "log_every_n_steps": 1, "accelerator": "cpu"}},
        trainer_defaults={"enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False},
    )
    assert isinstance(cli.trainer.logger, pl.loggers.Logger)
    cli.trainer.fit(cli.model, loader(), loader())
    run, points = recorded(repo_path)
    assert (run.experiment, run.name, run.status) == ("cli", "one", "finished")
    assert {point.name for point in points} == {"loss", "val_loss"}
    assert "_instantiator" not in run.params["hparams"]


@pytest.mark.parametrize("experiment", ["../../outside", "/outside", "a" * 500])
def test_checkpoints_stay_in_their_folder_whatever_the_experiment_is_called(
    pl: Any, repo_path: Path, monkeypatch: pytest.MonkeyPatch, experiment: str
) -> None:
    inside = repo_path / "deep" / "down"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    logger = logger_of(repo=repo_path, experiment=experiment)
    trainer = trainer_of(pl, logger, repo_path, enable_checkpointing=True)
    trainer.fit(module_of(pl), loader())
    assert Path(trainer.checkpoint_callback.best_model_path).is_relative_to(inside / "lightning_logs")
    assert Path(logger.log_dir).resolve().is_relative_to(inside / "lightning_logs")
    assert recorded(repo_path)[0].experiment == experiment


def test_several_loggers_of_a_rank_that_records_nothing_are_not_taken_for_one(
    pl: Any, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lightning_utilities.core.rank_zero import rank_zero_only

    monkeypatch.setattr(rank_zero_only, "rank", 1)
    loggers = [logger_of(repo=repo_path, experiment=name) for name in ("one", "other")]
    assert [logger.version for logger in loggers] == [None, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error", AimWarning)
        trainer_of(pl, loggers, repo_path).fit(module_of(pl), loader())


# -- one run ----------------------------------------------------------------------------------------------------------


def test_fit_validate_test_and_predict_again_and_again_are_one_run_with_all_values(pl: Any, repo_path: Path) -> None:
    from tests.integration.modes.lightning_modes import listener_of

    logger = logger_of(repo=repo_path, experiment="again", run_name="one")
    listener = listener_of(pl.loggers.Logger)
    module = module_of(pl, lr=0.5)
    for epochs in (1, 2):
        trainer = trainer_of(pl, [logger, listener], repo_path, max_epochs=epochs)
        trainer.fit(module, loader(), loader())
        assert recorded(repo_path)[0].status == "finished"
        trainer.validate(module, loader(), verbose=False)
        trainer.test(module, loader(), verbose=False)
        trainer.test(module, loader(), verbose=False)
        trainer.predict(module, loader())
    run, points = recorded(repo_path)
    expected = [
        Point.of("loss", {"subset": name.partition("_")[0]}, step, metrics["epoch"], value)
        for metrics, step in listener.calls
        for name, value in metrics.items()
        if name != "epoch"
    ]
    assert len(expected) == 15
    assert in_order(points) == in_order(expected)
    assert (run.name, run.experiment, run.status, run.attempt) == ("one", "again", "finished", 1)
    assert run["hparams"] == {"lr": 0.5}


def test_fit_again_after_a_failed_one_goes_on_as_the_next_attempt(pl: Any, repo_path: Path) -> None:
    logger = logger_of(repo=repo_path)

    def fail(module: Any, stage: str) -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError):
        trainer_of(pl, logger, repo_path).fit(module_of(pl, fail), loader())
    run, points = recorded(repo_path)
    assert (run.status, run.status.error_message, points) == ("failed", "no room", [])
    trainer_of(pl, logger, repo_path).fit(module_of(pl), loader())
    run, points = recorded(repo_path)
    assert (run.status, run.attempt, len(points)) == ("finished", 2, 2)


def test_two_loggers_are_two_runs(pl: Any, tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
    loggers = [logger_of(repo=tmp_path / part) for part in ("a", "b")]
    trainer_of(pl, loggers, tmp_path).fit(module_of(pl), loader())
    assert recorded(tmp_path / "a")[1] == recorded(tmp_path / "b")[1] != []


def test_two_loggers_on_one_session_record_once_and_warn_once(
    pl: Any, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aim.Session(repo_path) as session:
        loggers = [logger_of(session=session) for _ in range(2)]
        with pytest.warns(AimWarning, match="another AimLogger of this Trainer") as warned:
            trainer_of(pl, loggers, repo_path).fit(module_of(pl), loader())
        assert len([w for w in warned if issubclass(w.category, AimWarning)]) == 1
    assert [point.step for point in recorded(repo_path)[1]] == [0, 1]


def test_one_logger_that_is_given_twice_records_once_and_warns_once(pl: Any, repo_path: Path) -> None:
    logger = logger_of(repo=repo_path)
    with pytest.warns(AimWarning, match="is listed more than once in the Trainer's loggers") as warned:
        trainer_of(pl, [logger, logger], repo_path).fit(module_of(pl), loader())
    assert len([w for w in warned if issubclass(w.category, AimWarning)]) == 1
    assert [point.step for point in recorded(repo_path)[1]] == [0, 1]


def test_fast_dev_run_makes_no_run(pl: Any, repo_path: Path) -> None:
    trainer_of(pl, logger_of(repo=repo_path), repo_path, fast_dev_run=True).fit(module_of(pl), loader())
    with aim.Repo(repo_path) as repo:
        assert list(repo.iter_runs()) == []


def test_fast_dev_run_makes_no_run_after_hyper_parameters_either(pl: Any, repo_path: Path) -> None:
    logger = logger_of(repo=repo_path)
    logger.log_hyperparams({"lr": 0.1})
    trainer_of(pl, logger, repo_path, fast_dev_run=True).fit(module_of(pl), loader())
    with aim.Repo(repo_path) as repo:
        assert not list(repo.iter_runs())


def test_hyper_parameters_from_before_training_are_in_its_run(pl: Any, repo_path: Path) -> None:
    logger = logger_of(repo=repo_path)
    logger.log_hyperparams({"first": 1, "both": 1})
    logger.log_hyperparams({"second": 2, "both": 2})
    copied = pickle.loads(pickle.dumps(logger))
    trainer_of(pl, copied, repo_path).fit(module_of(pl, lr=0.5), loader())
    run, _ = recorded(repo_path)
    assert run["hparams"] == {"first": 1, "second": 2, "both": 2, "lr": 0.5}


def test_evaluation_of_loaded_weights_lies_at_the_last_step_of_the_run(pl: Any, repo_path: Path) -> None:
    logger = logger_of(repo=repo_path)
    module = module_of(pl)
    trainer_of(pl, logger, repo_path, max_epochs=2).fit(module, loader())
    again = logger_of(repo=repo_path, run_hash=logger.version)
    for evaluate in ("validate", "test"):
        getattr(trainer_of(pl, again, repo_path), evaluate)(module, loader(), verbose=False)
    _, points = recorded(repo_path)
    steps = {p.context: p.step for p in points if p.name == "loss" and '"interval"' not in p.context}
    assert steps == {'{"subset": "train"}': 3, '{"subset": "val"}': 3, '{"subset": "test"}': 3}


def test_user_tracks_into_the_same_run_by_logger_experiment(pl: Any, repo_path: Path) -> None:
    def names(module: Any, stage: str) -> None:
        module.logger.experiment.track(0.5, name="mine", step=7, subset=stage)

    trainer_of(pl, logger_of(repo=repo_path), repo_path).fit(module_of(pl, names), loader(4))
    assert recorded(repo_path)[1] == [Point.of("mine", {"subset": "train"}, 7, None, 0.5)]


def test_run_hash_goes_on_in_that_run(pl: Any, repo_path: Path) -> None:
    with aim.Session(repo_path, run="first") as session:
        session.track(0.5, "before")
    trainer_of(pl, logger_of(repo=repo_path, run_hash=session.run_hash), repo_path).fit(module_of(pl), loader())
    run, points = recorded(repo_path)
    assert (run.name, run.attempt, {point.name for point in points}) == ("first", 2, {"before", "loss"})


# -- names ------------------------------------------------------------------------------------------------------------


def test_prefixes_can_be_chosen_and_turned_off(pl: Any, repo_path: Path) -> None:
    def names(module: Any, stage: str) -> None:
        module.log(f"{stage}_loss", 1.0)
        module.log(f"{stage}/loss", 2.0)
        module.log(f"{stage}_", 3.0)

    logger = logger_of(repo=repo_path, train_metric_prefix="train/", val_metric_prefix=None, test_metric_prefix="")
    trainer = trainer_of(pl, logger, repo_path)
    module = module_of(pl, names)
    trainer.fit(module, loader(4), loader(4))
    trainer.test(module, loader(4), verbose=False)
    _, points = recorded(repo_path)
    assert {(p.name, p.context) for p in points} == {
        ("train_loss", "{}"),
        ("loss", '{"subset": "train"}'),
        ("train_", "{}"),
        ("val_loss", "{}"),
        ("val/loss", "{}"),
        ("val_", "{}"),
        ("test_loss", "{}"),
        ("test/loss", "{}"),
        ("test_", "{}"),
    }


def test_prefixes_and_postfixes_of_aim_3_are_contexts_of_what_a_trainer_logs(pl: Any, repo_path: Path) -> None:
    def names(module: Any, stage: str) -> None:
        module.log(f"{stage}_loss", 1.0)
        module.log(f"{stage}_gpu0_loss_ema", 2.0)

    logger = logger_of(
        repo=repo_path,
        context_prefixes={"subset": {"train": "train_", "val": "val_"}, "device": {"first": "gpu0_"}},
        context_postfixes={"window": {"long": "_ema"}},
    )
    logger.log_params({"depth": 3})
    trainer_of(pl, logger, repo_path).fit(module_of(pl, names), loader(4), loader(4))
    run, points = recorded(repo_path)
    both = [{"subset": "train"}, {"subset": "val"}]
    contexts = [*both, *({**subset, "device": "first", "window": "long"} for subset in both)]
    found = [(p.name, json.loads(p.context)) for p in points]
    assert all(found.count(("loss", context)) > 0 for context in contexts)
    assert {name for name, _ in found} == {"loss"}
    assert run.params["hparams"]["depth"] == 3
    assert logger.parse_context("val_loss") == ("loss", {"subset": "val"})


def test_names_that_only_look_forked_stay_whole(pl: Any, repo_path: Path) -> None:
    def names(module: Any, stage: str) -> None:
        module.log(f"{stage}_time_per_step", 1.0, on_step=True, on_epoch=False)
        module.log(f"{stage}_first_epoch", 2.0, on_step=False, on_epoch=True)
        module.log(f"{stage}_first", 2.5, on_step=False, on_epoch=True)
        module.log(f"{stage}_acc", 3.0, on_step=True, on_epoch=True)

    trainer_of(pl, logger_of(repo=repo_path), repo_path).fit(module_of(pl, names), loader(4), loader(4))
    _, points = recorded(repo_path)
    expected = {
        (name, f'{{{interval}"subset": "{stage}"}}')
        for stage in ("train", "val")
        for name, interval in (
            ("time_per_step", ""),
            ("first_epoch", ""),
            ("first", ""),
            ("acc", '"interval": "step", '),
            ("acc", '"interval": "epoch", '),
        )
    }
    assert {(p.name, p.context) for p in points} == expected


def test_batch_counters_of_validation_do_not_collide_with_training_steps(pl: Any, repo_path: Path) -> None:
    def names(module: Any, stage: str) -> None:
        module.log("acc", 1.0 if stage == "train" else 2.0, on_step=True, on_epoch=False)

    trainer_of(pl, logger_of(repo=repo_path), repo_path).fit(module_of(pl, names), loader(), loader())
    assert in_order(recorded(repo_path)[1]) == in_order(
        [Point.of("acc", {}, step, 0, 1.0) for step in (0, 1)]
        + [Point.of("acc", {"subset": "val"}, step, None, 2.0) for step in (0, 1)]
    )


@pytest.mark.parametrize("argument", ["train_metric_prefix", "val_metric_prefix", "test_metric_prefix"])
def test_prefix_of_the_wrong_type_is_refused(argument: str, repo_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=f"{argument} must be a string or None, not int"):
        logger_of(repo=repo_path, **{argument: 5})
    assert not (repo_path / ".aim").exists()


def test_arguments_that_cannot_be_used_are_refused_before_training(repo_path: Path) -> None:
    aim.Session(repo_path, experiment="e").close()
    with pytest.raises(RunNotFoundError):
        logger_of(repo=repo_path, run_hash="0" * 24)
    with pytest.raises(RunNotFoundError):
        logger_of(repo=repo_path, run_hash="nothing")
    with pytest.raises(InvalidValueError):
        logger_of(repo=repo_path, experiment=5)
    (repo_path / "file").touch()
    with pytest.raises(RepoError):
        logger_of(repo=repo_path / "file")
    combined = "experiment= cannot be combined with session="
    with aim.Session(repo_path) as session, pytest.raises(InvalidValueError, match=combined):
        logger_of(session=session, experiment="e")


# -- params, model, checkpoints ---------------------------------------------------------------------------------------


def test_hyper_parameters_of_every_kind_are_kept_as_plain_data(pl: Any, repo_path: Path) -> None:
    import torch
    from omegaconf import OmegaConf

    config = OmegaConf.create({"width": 4, "deep": {"twice": "${width}"}})
    module = module_of(
        pl, config=config, options=argparse.Namespace(seed=3), nothing=None, backbone=torch.nn.Linear(2, 1)
    )
    logger = logger_of(repo=repo_path)
    trainer_of(pl, logger, repo_path).fit(module, loader())
    logger.log_hyperparams(argparse.Namespace(extra=1))
    logger.log_hyperparams(OmegaConf.create({"a": 2, "b": "${a}"}))
    assert recorded(repo_path)[0]["hparams"] == {
        "config": {"width": 4, "deep": {"twice": 4}},
        "options": {"seed": 3},
        "nothing": None,
        "backbone": "Linear(in_features=2, out_features=1, bias=True)",
        "extra": 1,
        "a": 2,
        "b": 2,
    }


def test_model_is_summarised_once(pl: Any, repo_path: Path) -> None:
    module = make_module(pl, None)
    trainer = trainer_of(pl, logger_of(repo=repo_path), repo_path)
    for _ in range(2):
        trainer.fit(module, loader())
    run, _ = recorded(repo_path)
    (model,) = run.records["model"]
    assert (model["parameters"], model["trainable_parameters"]) == (21, 21)
    assert model["class"].endswith("Tiny")
    assert model["layers"] == [
        {
            "name": "net",
            "class": "torch.nn.modules.container.Sequential",
            "parameters": 21,
            "trainable_parameters": 21,
        }
    ]
    assert run["model", "parameters"] == 21


def test_checkpoints_are_records_and_lie_under_experiment_and_run(
    pl: Any, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo_path)
    values = iter((3.0, 1.0, 2.0))

    class Scripted(pl.Callback):
        def on_validation_epoch_end(self, trainer: Any, module: Any) -> None:
            if not trainer.sanity_checking:
                module.log("val_score", next(values))

    logger = logger_of(repo=repo_path, experiment="digits")
    save = pl.callbacks.ModelCheckpoint(monitor="val_score", save_last=True, filename="{epoch}")
    trainer = trainer_of(pl, logger, repo_path, max_epochs=3, enable_checkpointing=True, callbacks=[Scripted(), save])
    trainer.fit(module_of(pl), loader(), loader())
    run, _ = recorded(repo_path)
    folder = repo_path / "lightning_logs" / "digits" / run.hash / "checkpoints"
    kept = [
        (Path(r["path"]).name, r["score"], r["is_best"], r["is_last"], r["step"]) for r in run.records["checkpoint"]
    ]
    assert kept == [
        ("epoch=0.ckpt", 3.0, True, False, 2),
        ("last.ckpt", 3.0, False, True, 2),
        ("epoch=1.ckpt", 1.0, True, False, 4),
        ("last.ckpt", 1.0, False, True, 4),
    ]
    assert {r["monitor"] for r in run.records["checkpoint"]} == {"val_score"}
    assert run.records["checkpoint"][-1]["best_path"] == str(folder / "epoch=1.ckpt")
    assert run.records["checkpoint"][-1]["best_score"] == 1.0
    assert sorted(path.name for path in folder.iterdir()) == ["epoch=1.ckpt", "last.ckpt"]
    assert Path(logger.log_dir) == folder.parent


# -- other processes --------------------------------------------------------------------------------------------------


def test_copies_by_pickle_and_deepcopy_record_into_the_same_run(repo_path: Path) -> None:
    logger = logger_of(repo=repo_path, experiment="copies")
    for step, other in enumerate((logger, pickle.loads(pickle.dumps(logger)), copy.deepcopy(logger))):
        assert type(other) is type(logger)
        other.log_metrics({"train_loss": 0.5}, step)
        other.finalize("success")
    run, points = recorded(repo_path)
    assert (run.experiment, run.attempt) == ("copies", 1)
    assert [point.step for point in points] == [0, 1, 2]


_TRAIN = """
import os, sys
import torch
import {namespace} as pl
from aim.pytorch_lightning import AimLogger


class Module(pl.LightningModule):
    def __init__(self, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Linear(3, 1)

    def training_step(self, batch, index):
        loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
        self.log("train_rank", float(self.global_rank))
        {meanwhile}
        return loss

    def test_step(self, batch, index):
        self.log("test_rank", float(self.global_rank))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(16, 3), torch.randn(16, 1))
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    options = dict(max_epochs=1, accelerator="cpu", log_every_n_steps=1, logger=AimLogger(experiment="script"),
                   enable_progress_bar=False, enable_model_summary=False)
    trainer = pl.Trainer(**options, {options})
    model = Module()
    trainer.fit(model, loader)
    {after}
"""


@pytest.mark.parametrize("strategy", ["ddp", "ddp_spawn", "ddp_fork"])
def test_training_of_two_processes_is_one_run_of_rank_zero(strategy: str, tmp_path: Path) -> None:
    code = _TRAIN.format(
        namespace="lightning.pytorch",
        meanwhile="",
        options=f"devices=2, strategy={strategy!r}",
        # where the ranks were children, the test is the parent's alone, whose logger did not see the training
        after="trainer.test(model, loader, verbose=False)"
        if strategy == "ddp"
        else "pl.Trainer(**options, devices=1).test(model, loader, verbose=False)",
    )
    done = run_script(code, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    run, points = recorded(tmp_path)
    assert [(p.name, p.context, p.step, p.value) for p in in_order(points)] == [
        # the parent's Trainer has trained nothing: its test lies at the last step that the run holds of a training
        ("rank", '{"subset": "test"}', 2 if strategy == "ddp" else 1, "0.0"),
        ("rank", '{"subset": "train"}', 0, "0.0"),
        ("rank", '{"subset": "train"}', 1, "0.0"),
    ]
    assert (run.experiment, run.status, run.attempt) == ("script", "finished", 1)
    assert run["hparams"] == {"lr": 0.1}
    assert run.loss.rejected == 0
    (checkpoint,) = run.records["checkpoint"]
    assert Path(checkpoint["path"]).is_relative_to(tmp_path / "lightning_logs" / "script" / run.hash)
    assert Path(checkpoint["path"]).exists()


_SINGLE = {"options": "devices=1, enable_checkpointing=False", "after": ""}
_ENDINGS = {
    "an exception": ("raise ValueError('out of data')", 1, "failed", ("ValueError", "out of data")),
    "Ctrl-C": ("import signal; signal.raise_signal(signal.SIGINT)", 1, "interrupted", ("KeyboardInterrupt", "")),
    "SIGTERM": ("os.kill(os.getpid(), 15)", None, "interrupted", None),
    "sys.exit(3)": ("sys.exit(3)", 3, "failed", ("", "")),
}


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("how", _ENDINGS)
def test_script_that_ends_in_training_says_how(how: str, namespace: str, tmp_path: Path) -> None:
    if namespace == "pytorch_lightning" and how != "an exception":
        namespace, session = "lightning.pytorch", "session=__import__('aim').Session(experiment='script')"
    else:
        session = "experiment='script'"
    meanwhile, code, status, error = _ENDINGS[how]
    text = _TRAIN.format(namespace=namespace, meanwhile=f"if index == 2: {meanwhile}", **_SINGLE)
    done = run_script(text.replace('experiment="script"', session), tmp_path)
    assert done.returncode == code if code is not None else done.returncode != 0, done.stderr[-3000:]
    run, points = recorded(tmp_path)
    assert run.status == status, (run.status, run.status.error_type, run.status.error_message)
    if error is not None:
        assert (run.status.error_type, run.status.error_message) == error
    assert [point.step for point in points] == [0, 1]


def test_fabric_script_that_ends_with_an_exception_says_so(tmp_path: Path) -> None:
    done = run_script(
        "from lightning.fabric import Fabric\n"
        "from aim.pytorch_lightning import AimLogger\n"
        "fabric = Fabric(accelerator='cpu', devices=1, loggers=AimLogger(experiment='fabric'))\n"
        "fabric.log_dict({'train_loss': 0.5, 'epoch': 0}, step=3)\n"
        "raise ValueError('out of data')\n",
        tmp_path,
    )
    assert done.returncode == 1
    run, points = recorded(tmp_path)
    assert (run.status, run.status.error_message) == ("failed", "out of data")
    assert points == [Point.of("loss", {"subset": "train"}, 3, 0, 0.5)]


def test_a_name_in_use_gets_a_number_and_is_continued_where_asked_for(pl: Any, repo_path: Path) -> None:
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AimWarning)
            logger = logger_of(repo=repo_path, experiment="e", run_name="a")
            trainer_of(pl, logger, repo_path).fit(module_of(pl), loader())
    again = logger_of(repo=repo_path, experiment="e", run_name="a", resume="must")
    repo = aim.Repo(repo_path)
    assert sorted(run.name for run in repo.iter_runs()) == ["a", "a (2)"]
    assert again.version == next(run.hash for run in repo.iter_runs() if run.name == "a")


def test_a_disabled_logger_records_nothing_and_trains(pl: Any, tmp_path: Path) -> None:
    logger = logger_of(repo=tmp_path / "repo", mode="disabled")
    logger.log_hyperparams({"lr": 0.1})
    trainer_of(pl, logger, tmp_path / "checkpoints").fit(module_of(pl), loader())
    logger.experiment.track(1.0, "mine")
    assert len(logger.version) == 24
    assert not (tmp_path / "repo").exists()
