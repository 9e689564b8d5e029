"""What a run is opened with, from the caller down to the writer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ALLOW", "MUST", "NEVER", "NUMBER", "RunRequest"]

NUMBER: Final = "number"
"""A name in use gets a number: ``first try (2)``. A run that is named by its hash is resumed."""
ALLOW: Final = "allow"
"""Resume the run; begin it if there is none."""
MUST: Final = "must"
"""Resume the run; refuse if there is none."""
NEVER: Final = "never"
"""Begin the run; refuse if there is one."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Which run to record, and as what.

    The SDK fills in what the environment decides (experiment, rank, job) and finds the hash; a field that is still None
    when the writer opens has the default named here.
    """

    run_hash: str | None = None
    """24 hex digits; None: a new run."""
    name: str | None = None
    """Of a run that begins; None: a readable one is made up."""
    experiment: str | None = None
    """Of a run that begins; None: ``default``."""
    resume: str = NUMBER
    """What to do about a run of this name, or of this hash, that is there already: one of the words above."""
    is_new: bool = False
    """The run begins with this writer, so nothing of it is read."""
    may_begin: bool = False
    """The run begins here unless another writer has begun it: ranks that share a hash made elsewhere."""
    rank: int | None = None
    """Rank of this process in its job; None: 0."""
    job: str = ""
    """The distributed job that `rank` counts in, see :func:`aim.sdk.recording.ranks.environment_job`; "" for none."""
    attempt: int | None = None
    """Join this attempt whichever writers are in it; None: that follows from who records the run, see
    :func:`aim.storage.writing.open_run.open_run`."""
    is_import: bool = False
    """The clock is that of what another tool recorded, and events keep its times."""
    aim_version: str = ""
