"""From Lightning's metric names to names and contexts. Imports no framework."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["Affixes", "folder_of", "translate"]

Affixes = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""For each key of the context: its values with the prefix (or postfix) of each, in the order they are tried."""

_DATALOADER: Final = re.compile(r"/dataloader_idx_(\d+)$")
_INTERVALS: Final = (("_step", "step"), ("_epoch", "epoch"))
_MAX_FOLDER_CHARS: Final = 60
"""Four bytes each at most; file systems take 255."""


def folder_of(experiment: str) -> str:
    """A relative path for an experiment's files: never outside of where it is joined to, never too long to create."""
    parts = (part[:_MAX_FOLDER_CHARS] for part in experiment.split("/") if part not in ("", ".", ".."))
    return "/".join(parts) or "aim"


def translate(
    name: str,
    prefixes: Affixes,
    postfixes: Affixes = (),
    is_forked: Callable[[str, str], bool] = lambda name, bare: False,
    stage: str = "",
) -> tuple[str, dict[str, str | int]]:
    """Name and context of what Lightning calls `name`.

    ``train_loss_step`` is ``loss`` with ``subset="train", interval="step"``; ``val_acc/dataloader_idx_1`` is ``acc``
    with ``subset="val", dataloader=1``.

    Args:
        prefixes, postfixes: Which one means which value of the context; it is taken off. Of each key the first that
            fits counts.
        is_forked: Whether Lightning made the name out of another, of a metric logged by step and by epoch; called
            with the name and that other name.
        stage: The subset for a name without prefix, or "".
    """
    context: dict[str, str | int] = {}
    loader = _DATALOADER.search(name)
    if loader is not None:
        name = name[: loader.start()]
    interval = ""
    for suffix, word in _INTERVALS:
        bare = name.removesuffix(suffix)
        if bare and bare != name and is_forked(name, bare):
            name, interval = bare, word
            break
    for key, values in prefixes:
        for word, prefix in values:
            if name.startswith(prefix) and len(name) > len(prefix):
                name, context[key] = name[len(prefix) :], word
                break
    for key, values in postfixes:
        for word, postfix in values:
            if name.endswith(postfix) and len(name) > len(postfix):
                name, context[key] = name[: -len(postfix)], word
                break
    if stage:
        context.setdefault("subset", stage)
    if interval:
        context["interval"] = interval
    if loader is not None:
        context["dataloader"] = int(loader.group(1))
    return name, context
