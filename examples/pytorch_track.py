"""Record a PyTorch loop: tensors can be passed directly.

Handwritten digits (scikit-learn, 1797 images of 8x8), a small convolutional network. Takes seconds on a CPU; then look
with ``aim up``, or query: aim query 'loss, accuracy if run.experiment == digits_torch'

    python examples/pytorch_track.py [--epochs 5] [--lr 0.003]
"""

from __future__ import annotations

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

import aim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.003)
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()
    torch.manual_seed(0)

    images, labels = load_digits(return_X_y=True)
    data = TensorDataset(
        torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels, dtype=torch.int64)
    )
    train_data, val_data = random_split(data, [0.8, 0.2])
    train_loader = DataLoader(train_data, batch_size=options.batch_size, shuffle=True)
    val_images, val_labels = val_data[:]

    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 4 * 4, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    step = 0
    with aim.Session(experiment="digits_torch") as session:
        session.set_params(vars(options), name="hparams")
        for epoch in range(options.epochs):
            for batch, targets in train_loader:
                loss = nn.functional.cross_entropy(model(batch), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                session.track(loss, name="loss", step=step, epoch=epoch, subset="train")
                step += 1
            with torch.no_grad():
                scores = model(val_images)
            val_loss = nn.functional.cross_entropy(scores, val_labels)
            accuracy = (scores.argmax(dim=1) == val_labels).float().mean()
            session.track(val_loss, name="loss", step=step, epoch=epoch, subset="val")
            session.track(accuracy, name="accuracy", step=step, epoch=epoch, subset="val")
            print(f"epoch {epoch}: loss {val_loss:.3f}, accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
