"""What a run is opened with, from the caller down to the writer."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RunRequest"]


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
    resume: bool = False
    """Without a hash: record into the run of this name, if there is one."""
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
