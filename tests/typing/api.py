"""Typical code of users. Nothing runs this: the type checker reads it (`make check`)."""

from __future__ import annotations

import aim


def record_with_the_default_session() -> None:
    aim.set_params({"lr": 0.1, "layers": [64, 32]}, name="hparams")
    aim.track(1, name="loss")
    aim.track(0.5, name="loss", step=3, epoch=0.5, subset="train", fold=2)
    aim.flush()


def record_with_sessions() -> str:
    with aim.Session(experiment="digits", run="first") as session:
        session.set_params({"lr": 0.1})
        session.track(0.5, name="loss", epoch=1, subset="val")
        session.track_many("loss", [0.5, 0.4], steps=[1, 2], context={"subset": "val"})
    hash_: str = session.run_hash
    return hash_


def record_with_a_run() -> None:
    run = aim.Run(experiment="digits")
    run["hparams"] = {"lr": 0.1}
    run["hparams", "batch"] = 32
    run.track(0.5, name="loss", step=1, context={"subset": "train"})
    run.track({"loss": 0.5, "accuracy": 0.9}, context={"subset": "val"})
    run.name = "first"
    run.add_tag("baseline")
    run.close()


def handle_errors() -> None:
    try:
        aim.Session(run="taken")
    except aim.errors.RunNameTakenError as error:
        print(error)


def read_back() -> None:
    repo = aim.Repo(".")
    for metric in repo.query_metrics("loss if params.lr > 0.001"):
        name: str = metric.name
        print(name, metric.run.hash, metric.steps[-1], metric.values.max(), metric.context)
    for run in repo.query_runs("run.active"):
        print(run.name, run.experiment, run.tags, run.params)
