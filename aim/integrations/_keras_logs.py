"""From the logs of Keras to names, contexts and numbers. Imports no framework.

=========================  =====================================================================================
in the logs of Keras       here
=========================  =====================================================================================
``loss`` of an epoch       ``loss``, ``subset="train"``
``val_loss`` of an epoch   ``loss``, ``subset="val"``
``loss`` of a batch        ``loss``, ``subset="train"``, ``interval="step"``: the mean of the epoch so far
``loss`` of an evaluation  ``loss``, ``subset="test"``
``learning_rate``, ``lr``  ``learning_rate``, no context: put there by callbacks that change it
an array of n numbers      n sequences, ``index=0`` to ``index=n-1``: for example a metric per class
=========================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["BATCH", "LEARNING_RATE", "TEST", "TRAIN", "VAL", "learning_rate_in", "named_epoch_logs", "numbers_in"]

Context = Mapping[str, str | int]

TRAIN: Final[Context] = {"subset": "train"}
VAL: Final[Context] = {"subset": "val"}
TEST: Final[Context] = {"subset": "test"}
BATCH: Final[Context] = {"subset": "train", "interval": "step"}

LEARNING_RATE: Final = "learning_rate"
_LEARNING_RATE_KEYS: Final = ("learning_rate", "lr")
"""Of Keras 3 and Keras 2: LearningRateScheduler and ReduceLROnPlateau add it to the logs of later callbacks."""
_VAL_PREFIX: Final = "val_"
_MAX_INDEX: Final = 1_000
"""Longer arrays are not metrics; tracking them is refused."""


def named_epoch_logs(logs: Mapping[str, Any]) -> Iterator[tuple[str, Context, Any]]:
    """(name, context, number) of every metric in the logs of an epoch, without the learning rate."""
    for key, value in logs.items():
        if is_learning_rate(key, logs):
            continue
        # a training metric may itself be called val_...: its validation value is val_val_... then
        if key.startswith(_VAL_PREFIX) and len(key) > len(_VAL_PREFIX) and _VAL_PREFIX + key not in logs:
            yield from numbers_in(key[len(_VAL_PREFIX) :], VAL, value)
        else:
            yield from numbers_in(key, TRAIN, value)


def numbers_in(name: str, context: Context, value: Any) -> Iterator[tuple[str, Context, Any]]:
    """(name, context, number) of a value in logs: itself, or each number of an array of one dimension."""
    shape = None if value.__class__ is float else getattr(value, "shape", None)
    if shape is None or len(shape) != 1 or not 1 < shape[0] <= _MAX_INDEX:
        yield name, context, value
        return
    to_list = getattr(value, "tolist", None)  # TensorFlow's have none
    for index, number in enumerate(to_list() if to_list is not None else value.numpy().tolist()):
        yield name, {**context, "index": index}, number


def is_learning_rate(key: str, logs: Mapping[str, Any]) -> bool:
    """Whether callbacks put the key there, rather than a metric of the model with that name."""
    return key in _LEARNING_RATE_KEYS and _VAL_PREFIX + key not in logs


def learning_rate_in(logs: Mapping[str, Any]) -> Any:
    """The learning rate that an earlier callback put into the logs of an epoch; None if there is none.

    It is the one that the epoch was trained with: ReduceLROnPlateau puts it there before reducing it.
    """
    return next((logs[key] for key in _LEARNING_RATE_KEYS if key in logs and is_learning_rate(key, logs)), None)
