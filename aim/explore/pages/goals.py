"""Whether a metric is meant to be low or high, guessed by its name: for `best` columns. The user may say otherwise."""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["Goal", "goal_of"]

Goal = Literal["min", "max"]

_LOW: Final = frozenset(
    "loss losses error errors err mse rmse mae mape msle nll ce bce ppl perplexity bpc bpb wer cer ter fid kid kl"
    " divergence latency regret distance penalty".split()
)
_HIGH: Final = frozenset(
    "acc accuracy f1 fbeta auc auroc auprc roc ap map precision recall sensitivity specificity bleu chrf rouge meteor"
    " iou miou dice psnr ssim r2 reward rewards return returns score ndcg mrr hits hit top1 top5 correct kappa mcc elo"
    " winrate throughput".split()
)


def goal_of(name: str) -> Goal | None:
    """Either, or None where the name does not say.

    The last word of a name says what it is: ``accuracy_loss`` is a loss.
    """
    words = re.findall(r"[A-Z]?[a-z]+\d?|[A-Z]+\d?(?![a-z])|\d+", name)
    for word in reversed([word.lower() for word in words]):
        if word in _LOW:
            return "min"
        if word in _HIGH:
            return "max"
    return None
