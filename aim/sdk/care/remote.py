"""Runs copied to and from a repo on another machine, over ssh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aim.sdk.care.peers import RemoteRepo, remote_command
from aim.storage.care.replica import LocalReplica, Replica, sync_run
from aim.storage.repo.repo_files import create_repo

if TYPE_CHECKING:
    import os

    from aim.sdk.care.runs import Progress

__all__ = ["Synced", "pull_runs", "push_runs"]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a push or pull did.

    Attributes:
        place: The repo that the runs were copied to.
        new, updated, same: Numbers of runs that were not there, lacked something, and were as they are here.
        same_named: Hashes of runs whose name another run has there.
    """

    place: str
    new: int
    updated: int
    same: int
    same_named: tuple[str, ...]


def push_runs(
    repo: str,
    hashes: Sequence[str],
    address: str,
    *,
    ssh: str = "ssh",
    aim: str = "aim",
    progress: Progress | None = None,
) -> Synced:
    """Copy runs into the repo at `address`, ``user@host:path``, which is made if it is not there.

    Only bytes that are not there are sent: run again it continues what was interrupted, and brings runs that went on
    up to date. Runs that record may be among them.

    Args:
        repo: The ``.aim`` directory.
        hashes: Which runs.
        ssh: The ssh program, with options.
        aim: The ``aim`` command there.

    Raises:
        RepoError: the other machine does not answer.
        StorageError: it refuses, or the connection ended.
    """
    with RemoteRepo(remote_command(address, ssh=ssh, aim=aim), is_push=True) as other:
        return _sync(LocalReplica(create_repo(repo)), other, hashes, other.path, progress)


def pull_runs(
    repo: str | os.PathLike[str],
    address: str,
    *,
    query: str | None = None,
    named: Sequence[str] = (),
    ssh: str = "ssh",
    aim: str = "aim",
    progress: Progress | None = None,
) -> Synced:
    """Copy runs from the repo at `address` into `repo`, which is made if it is not there.

    Args:
        query: AimQL: the runs that it finds there; None: all, or those that are `named`.
        named: Hashes, beginnings of hashes, or names.

    Other arguments and errors: as for :func:`push_runs`.
    """
    with RemoteRepo(remote_command(address, ssh=ssh, aim=aim), is_push=False) as other:
        hashes = other.hashes(query, named)
        layout = create_repo(repo)
        return _sync(other, LocalReplica(layout), hashes, layout.root, progress)


def _sync(source: Replica, target: Replica, hashes: Sequence[str], place: str, progress: Progress | None) -> Synced:
    counts = {"new": 0, "updated": 0, "same": 0}
    same_named = []
    for done, run_hash in enumerate(hashes, 1):
        counts[sync_run(source, target, run_hash)] += 1
        if source.holds_name(run_hash) and not target.claim_name(run_hash):
            same_named.append(run_hash)
        if progress is not None:
            progress(done, len(hashes))
    return Synced(place, counts["new"], counts["updated"], counts["same"], tuple(same_named))
