"""What is kept of a model and its checkpoints. Reads the objects; imports no framework."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["checkpoint_of", "plain_hparams", "summary_of"]

_MAX_REPR_CHARS: Final = 2_000


def plain_hparams(value: Any) -> Any:
    """Hyper-parameters without modules (a loss, a backbone): their ``repr`` says what matters."""
    if isinstance(value, dict):
        return {key: plain_hparams(item) for key, item in value.items()}
    if callable(getattr(value, "named_parameters", None)) and not isinstance(value, type):
        return repr(value)[:_MAX_REPR_CHARS]
    return value


def summary_of(module: Any) -> dict[str, Any]:
    """Class, numbers of parameters, and the layers one level down."""
    return {
        "class": _class_name(module),
        **_counts(module),
        "layers": [
            {"name": name, "class": _class_name(child), **_counts(child)} for name, child in module.named_children()
        ],
    }


def _class_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _counts(module: Any) -> dict[str, int]:
    total = trainable = 0
    for parameter in module.parameters():
        try:
            size = int(parameter.numel())
        except Exception:  # a lazy layer has no shape before its first batch
            continue
        total += size
        trainable += size if parameter.requires_grad else 0
    return {"parameters": total, "trainable_parameters": trainable}


def checkpoint_of(callback: Any) -> dict[str, Any]:
    """What a ``ModelCheckpoint`` has just saved.

    Returns:
        path, monitor, mode, score (of this file), step, is_best, is_last, best_path, best_score.
    """
    best, last = str(callback.best_model_path), str(callback.last_model_path)
    # Not public, and the only way to know which of its files the callback means.
    path = str(getattr(callback, "_last_checkpoint_saved", "") or last or best)
    scores = getattr(callback, "best_k_models", None) or {}
    score = scores.get(path, getattr(callback, "current_score", None) if path == last else None)
    return {
        "path": path,
        "monitor": callback.monitor,
        "mode": getattr(callback, "mode", None),
        "score": _number(score),
        "step": getattr(callback, "_last_global_step_saved", None),
        "is_best": bool(best) and path == best,
        "is_last": bool(last) and path == last,
        "best_path": best,
        "best_score": _number(callback.best_model_score),
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
