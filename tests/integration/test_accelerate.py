"""Accelerate's own tracker for Aim, written for the reference and released unmodified, records a real loop here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import aim

pytestmark = [pytest.mark.adapter, pytest.mark.requires("accelerate", "torch", "sklearn")]


def test_loop_with_accelerates_own_tracker_reads_back(repo_path: Path) -> None:
    import torch
    from accelerate import Accelerator
    from accelerate.tracking import AimTracker
    from sklearn.datasets import load_diabetes

    torch.manual_seed(0)
    x, y = load_diabetes(return_X_y=True)
    data = torch.utils.data.TensorDataset(torch.tensor(x).float(), torch.tensor(y).float()[:, None] / 100)
    accelerator = Accelerator(log_with="aim", project_dir=str(repo_path), cpu=True)
    config = {"lr": 0.05, "batch_size": 64, "betas": [0.9, 0.99]}
    accelerator.init_trackers("diabetes", config=config)
    assert [type(tracker) for tracker in accelerator.trackers] == [AimTracker]
    model = torch.nn.Linear(10, 1)
    model, optimizer, loader = accelerator.prepare(
        model,
        torch.optim.Adam(model.parameters(), lr=config["lr"], betas=(0.9, 0.99)),
        torch.utils.data.DataLoader(data, batch_size=64, shuffle=True),
    )
    losses, step = [], 0
    for _ in range(3):
        for features, targets in loader:
            loss = torch.nn.functional.mse_loss(model(features), targets)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            accelerator.log({"loss": loss.item(), "lr": config["lr"]}, step=step)
            step += 1
        accelerator.log({"loss": losses[-1]}, step=step, log_kwargs={"aim": {"context": {"subset": "val"}}})
    accelerator.end_training()

    with aim.Repo(repo_path) as repo:
        (run,) = repo.iter_runs()
        found = {(m.name, json.dumps(dict(m.context))): m for m in run.metrics()}
        assert (run.name, run.status, run["hparams"]) == ("diabetes", "finished", config)
        assert found["loss", "{}"].values.tolist() == losses
        assert found["loss", "{}"].steps.tolist() == list(range(21))
        assert found["lr", "{}"].values.tolist() == [0.05] * 21
        assert found["loss", '{"subset": "val"}'].steps.tolist() == [7, 14, 21]
        assert run.loss.rejected == 0
