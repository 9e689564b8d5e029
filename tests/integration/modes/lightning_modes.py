"""Lightning: the Trainer of both namespaces, and Fabric."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.modes.base import Harness, Mode, Point

__all__ = ["MODES", "NOISY"]

_HERE = "tests.integration.modes.lightning_modes"

MODES = [
    Mode("lightning", "aim.pytorch_lightning", ("torch", "lightning"), f"{_HERE}:lightning"),
    Mode("pytorch_lightning", "aim.pytorch_lightning", ("torch", "pytorch_lightning"), f"{_HERE}:pytorch_lightning"),
    Mode("lightning-fabric", "aim.pytorch_lightning", ("torch", "lightning"), f"{_HERE}:fabric"),
    Mode("lightning_fabric", "aim.pytorch_lightning", ("torch", "lightning_fabric"), f"{_HERE}:lightning_fabric"),
]

NOISY = ("lightning", "pytorch_lightning", "lightning_fabric", "torch")
"""They have much to say about two cores and no GPU."""

# What Lightning calls it: what we call it. Written down again, not asked of the adapter.
NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "train_loss_step": ("loss", {"subset": "train", "interval": "step"}),
    "train_loss_epoch": ("loss", {"subset": "train", "interval": "epoch"}),
    "train_acc": ("acc", {"subset": "train"}),
    "time_per_step": ("time_per_step", {}),
    "lr-SGD": ("lr-SGD", {}),
    "val_loss/dataloader_idx_0": ("loss", {"subset": "val", "dataloader": 0}),
    "val_loss/dataloader_idx_1": ("loss", {"subset": "val", "dataloader": 1}),
    "val_acc_step/dataloader_idx_0": ("acc", {"subset": "val", "interval": "step", "dataloader": 0}),
    "val_acc_step/dataloader_idx_1": ("acc", {"subset": "val", "interval": "step", "dataloader": 1}),
    "val_acc_epoch/dataloader_idx_0": ("acc", {"subset": "val", "interval": "epoch", "dataloader": 0}),
    "val_acc_epoch/dataloader_idx_1": ("acc", {"subset": "val", "interval": "epoch", "dataloader": 1}),
}


def points_of(metrics: dict[str, float], step: int) -> list[Point]:
    """The points of one call of ``log_metrics``, by the table."""
    epoch = metrics.get("epoch")
    return [Point.of(*NAMES[name], step, epoch, value) for name, value in metrics.items() if name != "epoch"]


def lightning() -> Any:
    """The Trainer of ``lightning``."""
    return TrainerHarness("lightning.pytorch")


def pytorch_lightning() -> Any:
    """The Trainer of ``pytorch_lightning``."""
    return TrainerHarness("pytorch_lightning")


def fabric() -> Any:
    """A loop with ``lightning.fabric``."""
    return FabricHarness("lightning.fabric")


def lightning_fabric() -> Any:
    """A loop with ``lightning_fabric``."""
    return FabricHarness("lightning_fabric")


def listener_of(base: type) -> Any:
    """A logger of the framework's own kind that keeps every call."""

    class Listener(base):
        name = "listener"
        version = 0

        def __init__(self) -> None:
            super().__init__()
            self.calls: list[tuple[dict[str, float], int]] = []

        def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
            pass

        def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
            assert step is not None
            self.calls.append((dict(metrics), step))

    return Listener()


class _LoggerHarness(Harness):
    """`_loggers` is the namespace's module of the logger's base class."""

    noisy = NOISY
    _loggers: Any

    def adapter(self, session: Any = None, **arguments: Any) -> Any:
        from aim.pytorch_lightning import AimLogger

        logger = AimLogger(session=session, **arguments)
        assert isinstance(logger, self._loggers.Logger)
        return logger


class TrainerHarness(_LoggerHarness):
    """A tiny module, two validation loaders, everything that names can look like."""

    ctrl_c = SystemExit

    def __init__(self, namespace: str) -> None:
        self.hparams = {"lr": 0.1, "width": 4}
        self._pl = importlib.import_module(namespace)
        self._loggers = importlib.import_module(f"{namespace}.loggers.logger")
        self._callbacks = importlib.import_module(f"{namespace}.callbacks")
        self._listener: Any = None

    @property
    def seen(self) -> list[Point]:
        return [point for call in self._listener.calls for point in points_of(*call)]

    def train(self, adapter: Any, folder: Path, meanwhile: Callable[[], object] | None = None) -> None:
        import torch

        torch.manual_seed(0)
        self._listener = listener_of(self._loggers.Logger)
        trainer = self._pl.Trainer(
            max_epochs=2,
            log_every_n_steps=2,
            accelerator="cpu",
            devices=1,
            logger=[adapter, self._listener],
            callbacks=[self._callbacks.LearningRateMonitor("step")],
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=str(folder),
        )
        data = torch.utils.data.TensorDataset(torch.randn(24, 3), torch.randn(24, 1))
        loader = torch.utils.data.DataLoader(data, batch_size=4)
        trainer.fit(make_module(self._pl, meanwhile), loader, [loader, loader])


def make_module(pl: Any, meanwhile: Callable[[], object] | None) -> Any:
    """A module of a namespace; `meanwhile` is called in the second epoch."""
    import torch

    class Tiny(pl.LightningModule):
        def __init__(self, lr: float = 0.1, width: int = 4) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.net = torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.Linear(width, 1))

        def training_step(self, batch: Any, index: int) -> Any:
            if meanwhile is not None and self.current_epoch == 1 and index == 2:
                meanwhile()
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            self.log("train_acc", loss / 3)
            self.log("time_per_step", 0.25)
            return loss

        def validation_step(self, batch: Any, index: int, dataloader_idx: int = 0) -> None:
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            self.log("val_loss", loss)
            self.log("val_acc", loss / 7, on_step=True, on_epoch=True)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

    return Tiny()


class FabricHarness(_LoggerHarness):
    """A loop of the user's own; Fabric tells its loggers nothing of the end, so the loop does."""

    def __init__(self, namespace: str) -> None:
        self.hparams = {"lr": 0.1}
        self._fabric = importlib.import_module(namespace)
        self._loggers = importlib.import_module(f"{namespace}.loggers.logger")
        self._listener: Any = None

    @property
    def seen(self) -> list[Point]:
        names = {"train_loss": ("loss", {"subset": "train"}), "val_loss": ("loss", {"subset": "val"})}
        return [
            Point.of(*names[name], step, metrics.get("epoch"), value)
            for metrics, step in self._listener.calls
            for name, value in metrics.items()
            if name != "epoch"
        ]

    def train(self, adapter: Any, folder: Path, meanwhile: Callable[[], object] | None = None) -> None:
        import torch

        torch.manual_seed(0)
        self._listener = listener_of(self._loggers.Logger)
        fabric = self._fabric.Fabric(accelerator="cpu", devices=1, loggers=[adapter, self._listener])
        fabric.launch()
        fabric.loggers[0].log_hyperparams(self.hparams)
        model = torch.nn.Linear(3, 1)
        model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.1))
        x, y = torch.randn(24, 3), torch.randn(24, 1)
        try:
            for step in range(8):
                if step == 5 and meanwhile is not None:
                    meanwhile()
                loss = torch.nn.functional.mse_loss(model(x), y)
                optimizer.zero_grad()
                fabric.backward(loss)
                optimizer.step()
                fabric.log("train_loss", loss, step)
                if step % 4 == 3:
                    fabric.log_dict({"val_loss": loss / 2, "epoch": step // 4}, step)
        except BaseException:
            adapter.finalize("failed")
            raise
        adapter.finalize("success")
