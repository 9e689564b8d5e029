"""``aim.sdk.adapters.distributed_hugging_face``: the path of Aim 3 for aim.distributed_hugging_face."""

from aim.distributed_hugging_face import AimCallback as AimCallback

__all__ = ["AimCallback"]
