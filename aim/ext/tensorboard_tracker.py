"""``from aim.ext.tensorboard_tracker import Run`` of Aim 3, which copies TensorBoard logs while they are written.

Here logs are read in place: ``aim up --tf_logs DIR``, ``aim.Repo(tf_logs=["DIR"])``. To copy them: ``aim convert
tensorboard``.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from aim.sdk.recording.run import Run as _Run

__all__ = ["Run"]


class Run(_Run):
    """An :class:`aim.Run` that also takes the folder of TensorBoard logs, and says how they are read.

    Args:
        run_hash: As for :class:`aim.Run`.
        sync_tensorboard_log_dir: The folder of logs.
        keywords: As for :class:`aim.Run`.
    """

    def __init__(
        self,
        run_hash: str | None = None,
        *,
        sync_tensorboard_log_dir: str | os.PathLike[str] | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__(run_hash, **keywords)
        if sync_tensorboard_log_dir is not None:
            logging.getLogger("aim").warning(
                "TensorBoard logs are not copied while they are written. Read them in place: aim up --tf_logs %s",
                os.fspath(sync_tensorboard_log_dir),
            )
