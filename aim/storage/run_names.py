"""Run names: readable ones for runs without, and claims that keep a given name unique in its experiment.

A claim is a small file ``names/<sha256 of experiment and name>`` holding the run's hash, made with O_EXCL: atomic on
every file system, no lock, no database. A claim whose run is gone, renamed or deleted is stale and taken over.
"""

from __future__ import annotations

import os
import time
from typing import Final

from aim.errors import RunNameTakenError
from aim.schema.names import is_run_hash
from aim.storage.layout import RepoLayout

__all__ = ["claim_run_name", "claimed_run", "readable_run_name"]

_ADJECTIVES: Final = (
    "amber ancient autumn azure bold brave bright calm clear clever cobalt coral cosmic crimson crisp dawn deep "
    "eager early fair fleet gentle gilded golden grand green hazel hidden humble indigo ivory jade keen kind late "
    "light little lively lucid lunar mellow merry misty noble olive patient plain polar proud quick quiet rapid "
    "rare rosy royal rustic sage silent silver sleek solar solid steady still sunny swift tidal tranquil vast "
    "velvet vivid warm wild winter wise"
).split()
_NOUNS: Final = (
    "acorn alder aspen aster badger beacon birch bison brook canyon cedar cliff cloud comet condor coral cove "
    "crane creek delta dune eagle ember falcon fern finch fjord forest fox gale garnet glade grove gull harbor "
    "hawk heron hill island lake lark lynx maple marsh meadow mesa moon moss oak ocean orchid osprey otter owl "
    "pebble pine plover pond quartz raven reef ridge river robin sequoia shore sparrow spruce star stone stream "
    "summit swan thistle tide trail valley willow wren"
).split()

_CLAIM_GRACE_S: Final = 60.0
"""A claim is made just before its run's directory: for that long it counts without one."""

def readable_run_name() -> str:
    """A name such as ``amber-falcon-412``: for people; the run's hash is what identifies it."""
    # from the system: training code seeds Python's global generator, and seeded runs would all get one name
    dice = int.from_bytes(os.urandom(8), "big")
    dice, number = divmod(dice, 1000)
    dice, adjective = divmod(dice, len(_ADJECTIVES))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[dice % len(_NOUNS)]}-{number}"


def _claim_path(layout: RepoLayout, experiment: str, name: str) -> str:
    import hashlib  # here and below: only named runs pay for loading it

    digest = hashlib.sha256(f"{experiment}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
    return os.path.join(layout.names, digest)


def claimed_run(layout: RepoLayout, experiment: str, name: str) -> str | None:
    """The hash of the run that holds `name` in `experiment`, or None; stale claims do not count."""
    try:
        with open(_claim_path(layout, experiment, name), encoding="ascii") as file:
            run_hash = file.read(64).strip()
            is_fresh = time.time() - os.fstat(file.fileno()).st_mtime < _CLAIM_GRACE_S
    except (OSError, ValueError):
        return None
    if not is_run_hash(run_hash):
        return None
    if not os.path.isdir(layout.run_dir(run_hash)):
        return run_hash if is_fresh else None
    from aim.storage.reader import read_run

    state = read_run(layout.run_dir(run_hash), run_hash).state
    is_same = not state.writers or (state.name == name and state.experiment == experiment)
    return run_hash if is_same else None


def claim_run_name(layout: RepoLayout, experiment: str, name: str, run_hash: str) -> None:
    """Make `name` the name of `run_hash` in `experiment`.

    Raises:
        RunNameTakenError: another run of the experiment has it.
        OSError: the claim cannot be written.
    """
    path = _claim_path(layout, experiment, name)
    os.makedirs(layout.names, exist_ok=True)
    # Written aside and linked into place, so that no reader ever sees a claim without its hash.
    aside = f"{path}.{os.urandom(4).hex()}.tmp"
    with open(aside, "x", encoding="ascii") as file:
        file.write(run_hash)
    try:
        while True:
            try:
                os.link(aside, path)
                return
            except FileExistsError:
                holder = claimed_run(layout, experiment, name)
            if holder == run_hash:
                return
            if holder is not None:
                raise RunNameTakenError(
                    f"experiment {experiment!r} already has a run named {name!r} ({holder}). "
                    f"To go on in it pass resume=True; "
                    f"else choose another name"
                )
            try:
                # Renamed aside rather than removed: of two processes that both found the claim stale only one succeeds.
                stale = f"{path}.{os.urandom(4).hex()}.stale"
                os.rename(path, stale)
                os.unlink(stale)
            except FileNotFoundError:
                pass
    finally:
        os.unlink(aside)
