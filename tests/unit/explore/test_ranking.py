"""Which params and metrics come first."""

from __future__ import annotations

from aim.explore.tables.ranking import key_params, rank_metrics, rank_params, ranked_names
from aim.schema.paths import short_names


def _param(path: str, count: int, distinct: int, *kinds: str) -> dict[str, object]:
    return {"path": path, "count": count, "distinct": distinct, "kinds": list(kinds or ("number",))}


def test_params_that_tell_runs_apart_come_first() -> None:
    params = [
        _param("data.augment", 50, 2, "bool"),
        _param("data.mixup", 50, 7),
        _param("extra.knob_00", 50, 100),
        _param("params.lr", 100, 7),
        _param("params.optimizer.name", 100, 3, "text"),
        _param("params.out_dir", 100, 100, "text"),
        _param("params.run_note", 100, 100, "text"),
        _param("params.seed", 100, 5),
        _param("params.shape", 100, 4),
        _param("params.constant", 100, 1),
    ]
    ranked = rank_params(params, 100)
    assert ranked[:3] == ["params.lr", "params.optimizer.name", "params.seed"]
    assert ranked.index("params.shape") < ranked.index("data.augment")
    assert ranked[-1] == "params.constant"
    assert set(ranked[-3:]) == {"params.constant", "params.out_dir", "params.run_note"}


def test_a_param_of_few_runs_comes_after_one_of_all() -> None:
    params = [_param("a.gain", 10, 5), _param("b.gain", 100, 5)]
    assert rank_params(params, 100) == ["b.gain", "a.gain"]


def test_metrics_by_headline_validation_loss_and_score() -> None:
    val, train, none = '{"subset":"val"}', '{"subset":"train"}', "{}"
    counts = {
        ("auc", val): 100,
        ("accuracy", train): 100,
        ("accuracy", val): 100,
        ("aux_loss", val): 100,
        ("grad_norm", none): 100,
        ("loss", train): 100,
        ("loss", val): 100,
        ("lr", none): 100,
        ("layers/3/loss", val): 100,
        ("system/gpu", none): 100,
    }
    ranked = rank_metrics(counts)
    assert ranked[:3] == [("loss", val), ("aux_loss", val), ("layers/3/loss", val)]
    assert ranked[3:5] == [("accuracy", val), ("auc", val)]
    assert ranked[5:7] == [("loss", train), ("accuracy", train)]
    assert ranked[-1] == ("system/gpu", none)
    assert ranked_names(ranked)[:2] == ["loss", "aux_loss"]
    assert rank_metrics(counts, [("grad_norm", none)])[0] == ("grad_norm", none)
    assert rank_metrics({("loss", val): 1, ("nll_loss", val): 90})[0] == ("loss", val)


def test_short_names_only_where_they_mean_one_param() -> None:
    named = short_names([["hparams", "lr"], ["hparams", "opt", "lr"], ["data", "seed"], ["train", "seed"], ["top"]])
    assert named == {
        "hparams.lr": "lr",
        "hparams.opt.lr": "opt.lr",
        "data.seed": "data.seed",
        "train.seed": "train.seed",
        "top": "top",
    }
    # a name at the root would be found first
    assert short_names([["lr"], ["hparams", "lr"]]) == {"lr": "lr", "hparams.lr": "hparams.lr"}
    # a dotted name finds both
    both = short_names([["a", "x.y"], ["b", "x", "y"]])
    assert both == {'a["x.y"]': 'a["x.y"]', "b.x.y": "b.x.y"}
    assert short_names([["a", "x.y"]]) == {'a["x.y"]': '["x.y"]'}


def test_key_params_of_a_run() -> None:
    params = {"params": {"zeta": 1, "data": {"path": "/x"}, "optimizer": {"name": "adam", "betas": [0.9]}, "lr": 1e-3}}
    assert key_params(params) == [
        *("params.lr", "params.optimizer.name", "params.zeta", "params.optimizer.betas", "params.data.path"),
    ]


def test_a_run_with_forty_metrics_begins_with_its_losses_and_counts_layers_as_people_do() -> None:
    layers = [f"grad_norm/layers.{i}" for i in range(12)]
    names = [*layers, "lr", "eval/loss", "train/loss", "train/accuracy", "eval/accuracy", "gpu/0/memory"]
    ranked = [name for name, _ in rank_metrics({(name, "{}"): 3 for name in sorted(names)})]
    assert ranked[:4] == ["eval/loss", "eval/accuracy", "train/loss", "train/accuracy"]
    assert [name for name in ranked if name in layers] == layers
    assert ranked[-1] == "gpu/0/memory"
    params = [{"path": f"dims.layer{i}", "count": 3, "distinct": 3, "kinds": ["number"]} for i in (10, 9, 2)]
    assert rank_params(params, 3) == ["dims.layer2", "dims.layer9", "dims.layer10"]


def test_the_validation_is_known_by_each_of_its_names() -> None:
    for name in (
        "val_loss",
        "val/loss",
        "valid/loss",
        "validation.loss",
        "eval_loss",
        "eval/loss",
        "loss/val",
        "dev/loss",
    ):
        assert rank_metrics({("a_loss", "{}"): 3, (name, "{}"): 3})[0][0] == name
    for name in ("value_loss", "evaluator_loss", "device/loss"):  # what only begins so
        assert rank_metrics({("a_loss", "{}"): 3, (name, "{}"): 3})[0][0] == "a_loss", name
