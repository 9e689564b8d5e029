"""TensorBoard's event files: read without TensorFlow and without TensorBoard.

- in place, beside the runs of a repo: :class:`aim.importers.tensorboard.source.TensorBoardSource`
- copied into a repo: :func:`import_logdir`
- as they are written, into the open session: :func:`follow`
- file by file: :func:`aim.importers.tensorboard.format.event_file.read_event_file`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aim.importers.tensorboard.convert import import_logdir as import_logdir
    from aim.importers.tensorboard.following import follow as follow

__all__ = ["follow", "import_logdir"]

_LAZY = {"follow": "aim.importers.tensorboard.following", "import_logdir": "aim.importers.tensorboard.convert"}


def __getattr__(name: str) -> Any:
    """Load the readers on first use: they need numpy and protobuf."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
