"""The examples that need a framework run as a user runs them; what they recorded is asked for with ``aim query``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import aim

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.adapter, pytest.mark.requires("sklearn")]


def run_example(name: str, folder: Path, *arguments: str) -> None:
    """Run an example in an empty folder, not in strict mode; it must not provoke a warning of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AIM_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "AimWarning" not in done.stderr


def query(text: str, folder: Path) -> list[dict[str, Any]]:
    """What ``aim query --json`` prints."""
    command = [sys.executable, "-m", "aim", "query", text, "--json"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.requires("torch")
def test_pytorch_example(tmp_path: Path) -> None:
    run_example("pytorch_track", tmp_path, "--epochs", "3")
    assert len(query("loss, accuracy if run.experiment == digits_torch", tmp_path)) == 3
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.iter_runs()
        assert run["hparams"] == {"epochs": 3, "lr": 0.003, "batch_size": 64}
        loss = run.get_metric("loss", {"subset": "train"})
        assert (loss.steps.tolist(), run.status) == (list(range(3 * 23)), "finished")
        assert run.get_metric("accuracy", {"subset": "val"}).values[-1] > 0.7


@pytest.mark.requires("torch", "lightning")
def test_pytorch_lightning_example(tmp_path: Path) -> None:
    run_example("pytorch_lightning_track", tmp_path, "--epochs", "2", "--lr", "0.01")
    (found,) = query("acc if context.subset == val and params.lr > 0.001", tmp_path)
    assert found["context"] == {"subset": "val"}
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.query_runs("run.experiment == digits_lightning")
        assert run["hparams"] == {"width": 64, "lr": 0.01, "batch_size": 64}
        counts = {(m.name, m.context.get("subset")): len(m.values) for m in run.metrics()}
        assert counts == {
            ("loss", "train"): 8,
            ("acc", "train"): 2,
            ("loss", "val"): 2,
            ("acc", "val"): 2,
            ("loss", "test"): 1,
            ("acc", "test"): 1,
            ("lr-Adam", None): counts["lr-Adam", None],
        }
        assert run.get_metric("acc", {"subset": "test"}).values[0] > 0.7
        assert run.status == "finished"
        kept = run.records["checkpoint"][-1]
        assert Path(kept["path"]).exists()
        assert Path(kept["path"]).is_relative_to(tmp_path / "lightning_logs" / "digits_lightning" / run.hash)


@pytest.mark.requires("keras", "torch")
def test_keras_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    run_example("keras_track", tmp_path, "--epochs", "3", "--lr", "0.01")
    (found,) = query("accuracy if context.subset == val and params.learning_rate > 0.001", tmp_path)
    assert found["context"] == {"subset": "val"}
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.query_runs("run.experiment == digits_keras")
        assert run.status == "finished"
        assert {(m.name, m.context.get("subset")): m.epochs.tolist() for m in run.metrics()} == {
            ("loss", "train"): [0, 1, 2],
            ("accuracy", "train"): [0, 1, 2],
            ("loss", "val"): [0, 1, 2],
            ("accuracy", "val"): [0, 1, 2],
            ("learning_rate", None): [0, 1, 2],
            ("loss", "test"): [2],
            ("accuracy", "test"): [2],
        }
        assert run.get_metric("loss", {"subset": "train"}).steps.tolist() == [18, 36, 54]
        assert run.get_metric("accuracy", {"subset": "test"}).values[0] > 0.85
        assert run["hparams", "batch_size"] == 64
        assert run["hparams", "framework", "backend"] == "torch"


@pytest.mark.requires("tensorflow")
def test_tensorflow_keras_example(tmp_path: Path) -> None:
    run_example("tensorflow_keras_track", tmp_path, "--epochs", "2")
    assert len(query("learning_rate, loss", tmp_path)) == 4
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.query_runs("run.experiment == digits_tensorflow and params.data.train == 1437")
        assert run.status == "finished"
        assert [fit["first_step"] for fit in run.records["fit"]] == [0, 46]
        epochs = run.get_metric("accuracy", {"subset": "val"})
        assert (epochs.steps.tolist(), epochs.epochs.tolist()) == ([23, 46, 69, 92], [0, 1, 2, 3])
        assert epochs.values[-1] > 0.85
        batches = run.get_metric("loss", {"subset": "train", "interval": "step"})
        assert batches.steps.tolist() == list(range(1, 93))
        rates = run.get_metric("learning_rate").values
        assert 0.01 > rates[0] > rates[1] > rates[2] > rates[3] >= 0
