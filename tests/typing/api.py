"""Typical user code. Nobody runs it: mypy reads it in strict mode, so that what people write keeps its types."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import aim
from aim import Repo, Run, Session
from aim.errors import AimError, AimWarning, InvalidValueError, QueryError, RunNameTakenError, RunNotFoundError


@dataclass
class Config:
    lr: float = 0.1


def module_level() -> None:
    aim.set_params({"lr": 0.01, "layers": [64, 32]}, name="hparams")
    aim.set_params(Config())
    aim.set_params(Namespace(lr=0.1))
    aim.track(0.25, "loss")
    aim.track(np.float32(0.25), name="loss", step=3, epoch=1.5, subset="train", fold=3, augmented=True, tags=("a", 1))
    aim.track_many("loss", np.zeros(3), context={"subset": "train"})
    aim.set(("hparams", "lr"), 0.1)
    aim.add_tag("a")
    note: str = aim.add_note("text")
    aim.set_note(note, None)
    aim.add_record("checkpoint", {"path": "x"})
    aim.log_info("text", step=3)
    assert_type(aim.session(), Session)
    aim.session().name = "baseline"
    aim.flush()
    aim.finish()
    version: str = aim.__version__
    del version
    aim.track(0.25)  # type: ignore[call-overload]
    aim.track(0.25, "loss", 3, 1.5, context={"subset": "train"}, fold=3)
    aim.track({"loss": 0.5, "accuracy": np.float64(0.9)}, step=1, subset="val")
    aim.track(0.25, name=5)  # type: ignore[call-overload]
    aim.track(0.25, "loss", step="3")  # type: ignore[call-overload]


def session(path: Path) -> None:
    with Session(path, experiment="digits", run="baseline", resume=True) as session:
        assert_type(session, Session)
        session.track(0.5, "loss", epoch=0, subset="train")
        session.track_many("loss", [0.5, 0.25], steps=np.arange(2), context={"subset": "train"})
        session.set_params({"lr": 0.1}, "hparams")
        session.add_record("checkpoint", {"path": path, "score": 0.5})
        session.flush()
        assert_type(session.run_hash, str)
        assert_type(session.repo_path, str)
        assert_type(session.active, bool)
        session["hparams"] = {"lr": 0.1}
        session.name = "better"
        session.add_tag("a")
        session.track({"loss": 0.5, "accuracy": 0.9}, epoch=1, context={"subset": "val"})
        session.track("loss", 0.1)  # type: ignore[call-overload]
        session.trakc(0.1, "loss")  # type: ignore[attr-defined]
        assert_type(session.params, dict[str, Any])
        assert_type(session.status, str)
        assert_type(session.ended_at, float | None)
    Session(path, run="a", resume="must", mode="disabled", tags=["a"], description="text").close()
    Session(project="digits")  # type: ignore[arg-type]
    Session("path", "experiment", 128, True, "name").close()
    Session(str(path), run_hash="0" * 24, rank=1, strict=False).close()
    Session(flush_frequency="often")  # type: ignore[arg-type]


def run(path: Path) -> None:
    run = Run(repo=path, experiment="digits", log_system_params=True, system_tracking_interval=10)
    run["hparams"] = {"lr": 0.1}
    run["a", "b"] = 1
    run.set(("a", "c"), object(), strict=False)
    lr: float = run["hparams", "lr"]
    default: Any = run.get("nothing", lr)
    del run["a"], default
    run.track(0.5, "loss", 1, 0.5, context={"subset": "train"})
    run.track({"loss": 0.5, "accuracy": np.float64(0.9)}, step=1, context={"subset": "val"})
    run.track_many("loss", np.zeros(3))
    run.name = "baseline"
    run.description = "text"
    run.experiment = "other"
    run.archived = True
    run.add_tag("a")
    run.remove_tag("a")
    assert_type(run.hash, str)
    assert_type(run.repo, Repo)
    assert_type(run.name, str)
    assert_type(run.tags, list[str])
    assert_type(run.created_at, float)
    assert_type(run.finalized_at, float | None)
    assert_type(run.duration, float)
    assert_type(run.active, bool)
    assert_type(run.loss.lost_points, int)
    run.close()
    with Run("0" * 24, repo=Repo(path)) as resumed:
        assert_type(resumed, Run)
    Run("0" * 24, "digits")  # type: ignore[call-arg]
    run.name = 5  # type: ignore[assignment]


def reading(path: Path) -> None:
    repo = Repo(path)
    for metric in repo.query_metrics("loss if context.subset == train and params.lr > 0.001"):
        assert_type(metric.name, str)
        assert_type(metric.run.hash, str)
        assert_type(metric.steps, npt.NDArray[np.int64])
        assert_type(metric.values.min(), Any)
        steps, values = metric.values.sparse_numpy()
        assert_type(steps, npt.NDArray[np.int64])
        assert_type(values, npt.NDArray[np.float64])
        assert_type(metric.sample(100).values, npt.NDArray[np.float64])
    for run_metrics in repo.query_metrics("loss").iter_runs():
        for metric in run_metrics:
            epochs: npt.NDArray[np.float64] = metric.epochs
            assert_type(epochs.min(), Any)
    for stored in repo.iter_runs():
        assert_type(stored.name, str)
        stored.add_tag("seen")
        assert_type(stored.records, dict[str, list[Any]])
    assert_type(repo.get_run("0" * 24).hash, str)


def errors(path: Path) -> None:
    try:
        Repo(path).query_runs("loss if")
    except QueryError as error:
        assert_type(error.line, int)
        assert_type(error.suggestions, tuple[str, ...])
    except (RunNotFoundError, RunNameTakenError, InvalidValueError, aim.errors.RepoError) as known:
        wide: AimError = known
        raise wide from None
    category: type[UserWarning] = AimWarning
    del category
