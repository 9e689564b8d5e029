"""The examples and the demo run as a user would run them, and what they recorded reads back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import aim

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.requires("sklearn")


def test_digits_example_learns_and_its_curves_read_back(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "digits_numpy.py"), "--lr", "0.001", "0.1", "--hidden", "32"]
    subprocess.run([*command, "--epochs", "5"], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    repo = aim.Repo(tmp_path)
    try:
        found = {m.run.params["params"]["lr"]: m for m in repo.query_metrics("accuracy if context.subset == val")}
        assert {lr: len(metric.values) for lr, metric in found.items()} == {0.001: 5, 0.1: 5}
        assert found[0.1].epochs.tolist() == [1, 2, 3, 4, 5]
        assert found[0.1].values[-1] > 0.9 > found[0.001].values[0]
        assert {run.status.value for run in repo.iter_runs()} == {"finished"}
    finally:
        repo.close()


def test_plain_loop_example_learns_and_its_curves_read_back(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "plain_loop_track.py"), "--epochs", "8", "--alpha", "0.001"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.iter_runs()
        assert run["hparams"] == {"epochs": 8, "alpha": 0.001}
        found = {(m.name, m.context["subset"]): m for m in run.metrics()}
        assert sorted(found) == [(name, subset) for name in ("accuracy", "loss") for subset in ("train", "val")]
        assert {tuple(metric.epochs) for metric in found.values()} == {tuple(range(8))}
        assert found["accuracy", "val"].values[-1] > 0.9
        assert run.status == "finished"


def test_sweep_example_records_a_run_a_setting_and_prints_the_best_first(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "sweep.py"), "--seeds", "2"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=300)
    rows = done.stdout.splitlines()[1:]
    assert len(rows) == 6 and all(row.endswith("(2 runs)") for row in rows)
    assert rows[-1].startswith("0.01 ")
    with aim.Repo(tmp_path) as repo:
        runs = repo.query_runs("run.experiment == sweep_example")
        assert len(runs) == 12 and {run.status.value for run in runs} == {"finished"}


def test_resume_example_has_each_step_once_after_a_failure(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "resume.py")]
    failed = subprocess.run([*command, "--fail-at", "35"], cwd=tmp_path, capture_output=True, timeout=300)
    assert failed.returncode == 1
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    with aim.Repo(tmp_path) as repo:
        (run,) = repo.iter_runs()
        metric = run.get_metric("slope")
        assert metric is not None
        assert metric.steps.tolist() == list(range(60)) and metric.hidden_points == 5
        assert abs(metric.last - 3) < 0.01
        assert run.status == "finished" and run.attempt == 2


def test_sessions_example_makes_a_run_a_rate_and_goes_on_in_the_worst(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "sessions.py"), "--epochs", "10"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    with aim.Repo(tmp_path) as repo:
        runs = repo.query_runs("run.experiment == wine")
        accuracy = {
            run["hparams", "learning_rate"]: run.get_metric("accuracy", {"subset": "val"}).values for run in runs
        }
        assert {rate: len(values) for rate, values in accuracy.items()} == {0.001: 20, 0.003: 10, 0.03: 10}
        assert accuracy[0.03][-1] > 0.9
        assert {run["hparams", "learning_rate"]: run.attempt for run in runs} == {0.001: 2, 0.003: 1, 0.03: 1}
        assert {run.status.value for run in runs} == {"finished"}


def test_demo_records_queries_and_ends_by_itself_and_does_not_record_twice(tmp_path: Path) -> None:
    env = {**os.environ, "CI": "true", "DEMO_REPO": str(tmp_path / "demo")}
    texts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "demo.py")], env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        texts.append(done.stdout)
    assert "Recording 24 trainings" in texts[0]
    assert "holds the training runs already" in texts[1]
    assert all("6 sequences of 6 runs" in text and "The page answers with" in text for text in texts)
    with aim.Repo(tmp_path / "demo") as repo:
        statuses = [run.status.value for run in repo.iter_runs()]
        assert statuses == ["finished"] * 26  # each time one more
        (best,) = repo.query_runs("'best' in run.tags")
        assert [note.text.startswith("**Best so far**") for note in best.notes] == [True]


def test_demo_goes_on_after_it_was_killed_and_leaves_nothing_running(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    env = {**{k: v for k, v in os.environ.items() if k != "CI"}, "DEMO_REPO": str(place), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(ROOT / "scripts" / "demo.py")]

    def start_until(text: str) -> subprocess.Popen[str]:
        demo = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        assert demo.stdout is not None
        assert any(text in line for line in demo.stdout), f"ended before {text!r}"
        return demo

    for text, number in (("lr0.003-h64-s0", signal.SIGKILL), ("Aim serves", signal.SIGINT)):
        demo = start_until(text)
        demo.send_signal(number)
        demo.communicate(timeout=60)
    assert demo.returncode == 0
    with aim.Repo(place) as repo:
        trained = repo.query_runs("params.epochs == 30")
        assert [run.status.value for run in trained] == ["finished"] * 24
        assert not [run.name for run in repo.iter_runs() if run.active]
    assert not (place / ".aim" / "web.json").exists()
