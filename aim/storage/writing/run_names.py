"""Run names: readable ones for runs that were given none, and claims that keep a name unique in its experiment.

A claim is a small file ``names/<sha256 of experiment and name>`` with the run's hash, created only if there is none:
atomic on every file system, without lock or database. A claim whose run is gone, renamed or deleted is stale. It stays,
and the next claim is the file of the same name plus ``.<that run's hash>``: as no claim is ever removed, two processes
that find the same one stale try to create the same file, and one of them succeeds.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from itertools import count
from typing import Final

from aim.errors import RunNameTakenError, RunUnreadableError, UnsafeFileError
from aim.schema.jsonvalues import to_json
from aim.schema.names import MAX_NAME_CHARS, is_run_hash
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout

__all__ = [
    "claim_run_name",
    "claimed_run",
    "find_run_named",
    "name_taken",
    "numbered_names",
    "readable_run_name",
]

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
"""A claim is created just before its run's directory: for that long it counts without one."""


def readable_run_name() -> str:
    """A name such as ``amber-falcon-412``: for people; the run's hash is what identifies it."""
    # from the system: training code seeds Python's global generator, and seeded runs would all get one name
    dice = int.from_bytes(os.urandom(8), "big")
    dice, number = divmod(dice, 1000)
    dice, adjective = divmod(dice, len(_ADJECTIVES))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[dice % len(_NOUNS)]}-{number}"


def _claims(layout: RepoLayout, experiment: str, name: str) -> Iterator[tuple[str, str, bool]]:
    """The claims to a name from the first on: (path, hash of the holder, whether it was created just now).

    The hash is "" if there is no claim yet, which ends the chain, and "?" if the file holds none, is not a file, or may
    be read by its owner alone.
    """
    import hashlib  # here and below: only named runs pay for loading it

    digest = hashlib.sha256(f"{experiment}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
    first = path = os.path.join(layout.names, digest)
    seen: set[str] = set()
    while True:
        try:
            fd = files.open_file(layout.root, path)
            try:
                text = os.read(fd, 64).decode("ascii", "replace").strip()
                is_fresh = time.time() - os.fstat(fd).st_mtime < _CLAIM_GRACE_S
            finally:
                os.close(fd)
        except FileNotFoundError:
            yield path, "", False
            return
        except (PermissionError, IsADirectoryError, UnsafeFileError):
            if not files.exists(layout.root, path):  # the folder it is in cannot be used
                raise
            text, is_fresh = "", False
        holder = text if is_run_hash(text) else "?"
        yield path, holder, is_fresh
        if holder in seen:  # edited by hand: we add no claim for a run that is in the chain
            raise OSError(errno.ELOOP, "claims to a run name follow each other in a circle", path)
        seen.add(holder)
        path = f"{first}.{'0' if holder == '?' else holder}"


def _holds(layout: RepoLayout, experiment: str, name: str, run_hash: str, is_fresh: bool) -> bool:
    if run_hash == "?":
        return is_fresh  # it is being written
    run_dir = layout.run_dir(run_hash)
    if not files.is_folder(layout.root, run_dir):
        return is_fresh
    from aim.storage.reading.events import read_run

    try:
        state = read_run(run_dir, run_hash).state
    except RunUnreadableError:  # its claim decides; its own name is not known
        return True
    if all(writer.opened is None for writer in state.writers.values()):
        return True  # it has just begun: its events file is there, and still empty
    return state.name == name and state.experiment == experiment


def claimed_run(layout: RepoLayout, experiment: str, name: str) -> str | None:
    """The hash of the run that holds `name` in `experiment`, or None; stale claims do not count."""
    try:
        for _, holder, is_fresh in _claims(layout, experiment, name):
            if is_run_hash(holder) and _holds(layout, experiment, name, holder, is_fresh):
                return holder
    except OSError:  # no names/ that we can read: nothing is claimed
        pass
    return None


def find_run_named(layout: RepoLayout, experiment: str, name: str) -> str | None:
    """The hash of the run that holds `name` in `experiment`, else of the newest that has it without holding it.

    A name that was made up, or given to a run later, is not claimed: all runs are searched, some 10,000 per second.
    """
    holder = claimed_run(layout, experiment, name)
    if holder is not None:
        return holder
    from aim.storage.reading.events import read_run
    from aim.storage.reading.streams import list_streams, mentions

    wanted = to_json(name).encode("ascii")
    found: list[tuple[float, str]] = []
    try:
        hashes = [entry for entry in files.list_names(layout.root, layout.runs) if is_run_hash(entry)]
    except OSError:
        return None
    for run_hash in hashes:
        run_dir = layout.run_dir(run_hash)
        try:
            if not any(s.kind == "events" and mentions(s.path, wanted) for s in list_streams(run_dir)):
                continue
            state = read_run(run_dir, run_hash).state
        except RunUnreadableError:
            continue
        if state.name == name and state.experiment == experiment:
            found.append((state.created_at or 0.0, run_hash))
    return max(found)[1] if found else None


def claim_run_name(layout: RepoLayout, experiment: str, name: str, run_hash: str) -> None:
    """Make `name` the name of `run_hash` in `experiment`.

    Raises:
        RunNameTakenError: another run of the experiment has it.
        OSError: the claim cannot be written.
    """
    files.make_folders(layout.root, layout.names)
    is_made = False
    while not is_made:  # another process may create the claim that we found missing
        for path, holder, is_fresh in _claims(layout, experiment, name):
            if holder == run_hash:
                return
            if not holder:
                is_made = _create_claim(layout.root, path, run_hash)
            elif _holds(layout, experiment, name, holder, is_fresh):
                raise name_taken(experiment, name, holder)


def numbered_names(name: str) -> Iterator[str]:
    """``name``, ``name (2)``, ``name (3)`` ..., each short enough to be one."""
    yield name
    for number in count(2):
        suffix = f" ({number})"
        yield name[: MAX_NAME_CHARS - len(suffix)].rstrip() + suffix


def name_taken(experiment: str, name: str, holder: str) -> RunNameTakenError:
    """The error for a name that another run holds."""
    return RunNameTakenError(
        f"experiment {experiment!r} already has a run named {name!r} ({holder}). "
        f"Pass resume=True to continue it, or choose another name"
    )


def _create_claim(root: str, path: str, run_hash: str) -> bool:
    """Create the file unless it is there; whether it was created."""
    # Written aside and linked into place, so that no reader ever sees a claim without its hash.
    aside = f"{path}.{os.urandom(4).hex()}.tmp"
    claim = run_hash.encode("ascii")
    files.write_new(root, aside, claim)
    try:
        try:
            files.link(root, aside, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            try:
                files.write_new(root, path, claim)
            except FileExistsError:
                return False
        return True
    finally:
        files.unlink(root, aside)
