"""``aim.sdk.adapters.hugging_face``: the path of Aim 3 for aim.hugging_face."""

from aim.hugging_face import AimCallback as AimCallback

__all__ = ["AimCallback"]
