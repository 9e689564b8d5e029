"""``from aim.storage.context import Context``: the path of Aim 3; the class lies in aim.schema.contexts."""

from aim.schema.contexts import Context

__all__ = ["Context"]
