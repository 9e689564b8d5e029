"""Record a PyTorch Lightning training with one argument of the Trainer.

Handwritten digits (scikit-learn, 1797 images of 8x8), a small network. Takes seconds on a CPU; then look with
``aim up``, or query: aim query 'acc if context.subset == val and params.lr > 0.001'

    python examples/pytorch_lightning_track.py [--epochs 5] [--lr 0.003]
"""

from __future__ import annotations

import argparse

import lightning.pytorch as pl
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from aim.pytorch_lightning import AimLogger


class Digits(pl.LightningDataModule):
    """The images, in three parts."""

    def __init__(self, batch_size: int = 64) -> None:
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage: str) -> None:
        images, labels = load_digits(return_X_y=True)
        data = TensorDataset(torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels, dtype=torch.int64))
        split = random_split(data, [0.7, 0.15, 0.15], torch.Generator().manual_seed(0))
        self.train_data, self.val_data, self.test_data = split

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.train_data, self.hparams.batch_size, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.val_data, self.hparams.batch_size)

    def test_dataloader(self) -> DataLoader:
        return DataLoader(self.test_data, self.hparams.batch_size)


class Classifier(pl.LightningModule):
    """Two layers."""

    def __init__(self, width: int = 64, lr: float = 0.003) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def _step(self, batch: tuple[Tensor, Tensor], subset: str) -> Tensor:
        images, labels = batch
        scores = self.net(images)
        loss = nn.functional.cross_entropy(scores, labels)
        self.log(f"{subset}_loss", loss)
        self.log(f"{subset}_acc", (scores.argmax(dim=1) == labels).float().mean(), on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        return self._step(batch, "train")

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        self._step(batch, "val")

    def test_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        self._step(batch, "test")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.003)
    options = parser.parse_args()
    pl.seed_everything(0)

    trainer = pl.Trainer(
        logger=AimLogger(experiment="digits_lightning"),  # the line that this is about
        max_epochs=options.epochs,
        accelerator="cpu",
        log_every_n_steps=5,
        callbacks=[pl.callbacks.ModelCheckpoint(monitor="val_loss"), pl.callbacks.LearningRateMonitor()],
    )
    model, digits = Classifier(lr=options.lr), Digits()
    trainer.fit(model, digits)
    trainer.test(model, digits)  # the same run


if __name__ == "__main__":
    main()
