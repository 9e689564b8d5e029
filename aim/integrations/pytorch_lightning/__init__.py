"""PyTorch Lightning and Fabric.

Supported versions: see :mod:`aim.integrations._support`. Recorded, and from which hook of the logger:

- ``log_metrics``: every value that is logged with ``logger=True``. ``val_loss`` is ``loss`` with ``subset="val"``; step
  and epoch are Lightning's. A metric logged by step and by epoch has ``interval="step"`` or ``"epoch"``; of several
  data loaders ``dataloader`` tells which.
- ``log_hyperparams``: ``save_hyperparameters()`` of module and data module, under ``params.hparams``.
- ``log_graph``: the model's class, layers and numbers of parameters (record ``model``, and ``params.model``).
- ``after_save_checkpoint``: path, monitored score, best and last of each file (records ``checkpoint``).
- ``finalize``: how the run ended.

    from aim.pytorch_lightning import AimLogger

    trainer = Trainer(logger=AimLogger(experiment="digits"))
    trainer.fit(model, loader)
    trainer.test(model, test_loader)    # the same run
"""

from aim.integrations.pytorch_lightning.logger import AimLogger

__all__ = ["AimLogger"]
