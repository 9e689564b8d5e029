"""Which server runs for a repo: the file ``web.json`` beside the runs, and how to end it."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from typing import Final

from aim.storage.layout import RepoLayout
from aim.storage.process import boot_id, host_name, pid_namespace, process_start

__all__ = ["Instance", "find_instance", "forget_instance", "log_path", "record_instance", "stop_instance"]

_FILE: Final = "web.json"
_LOG: Final = "web.log"


@dataclass(frozen=True, slots=True)
class Instance:
    """A server that serves a repo."""

    pid: int
    start: str
    """When the process started, in the kernel's ticks: a later process of the same id is another one."""
    boot: str
    pid_ns: str
    host: str
    """The machine it runs on."""
    url: str
    """To open; holds the token if one is needed."""
    detached: bool

    @property
    def is_here(self) -> bool:
        """Whether it runs where we could see and signal it."""
        return self.host == host_name() and self.boot == boot_id() and self.pid_ns == pid_namespace()

    @property
    def is_alive(self) -> bool:
        """Whether it runs; True also where it cannot be known (on another machine)."""
        if self.host != host_name():
            return True
        if self.boot != boot_id():
            return False
        if self.pid_ns != pid_namespace():
            return True
        if self.start:
            return process_start(self.pid) == self.start
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True


def _path(layout: RepoLayout) -> str:
    return os.path.join(layout.root, _FILE)


def log_path(layout: RepoLayout) -> str:
    """Where a detached server writes what it has to say."""
    return os.path.join(layout.root, _LOG)


def find_instance(layout: RepoLayout) -> Instance | None:
    """The server that runs for a repo; None if there is none, or it ended without a word."""
    try:
        with open(_path(layout), encoding="utf-8") as file:
            found = Instance(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.is_alive else None


def record_instance(layout: RepoLayout, url: str, *, detached: bool) -> Instance:
    """Say that this process serves the repo.

    Returns:
        The server that serves it: another process if one was faster.

    Raises:
        OSError: the repo cannot be written to.
    """
    pid = os.getpid()
    instance = Instance(pid, process_start(pid), boot_id(), pid_namespace(), host_name(), url, detached)
    path = _path(layout)
    aside = f"{path}.{os.urandom(4).hex()}.tmp"
    # for the owner alone: the address may hold the token
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        with open(fd, "w", encoding="utf-8") as file:
            json.dump(asdict(instance), file)
        while True:
            try:
                os.link(aside, path)  # of two that start at once, one succeeds
                return instance
            except FileExistsError:
                other = find_instance(layout)
                if other is not None:
                    return other
                stale = f"{path}.{os.urandom(4).hex()}.tmp"
                try:
                    os.rename(path, stale)
                    os.unlink(stale)
                except FileNotFoundError:
                    pass
    finally:
        os.unlink(aside)


def forget_instance(layout: RepoLayout) -> None:
    """Take back what :func:`record_instance` said, if it was this process that said it."""
    try:
        with open(_path(layout), encoding="utf-8") as file:
            if json.load(file).get("pid") == os.getpid():
                os.unlink(_path(layout))
    except (OSError, ValueError, AttributeError):
        pass


def stop_instance(instance: Instance, *, timeout_s: float = 10.0) -> bool:
    """Ask a server to end and wait until it has; False if it has not.

    Raises:
        OSError: it may not be signalled.
    """
    try:
        os.kill(instance.pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not instance.is_alive:
            return True
        time.sleep(0.02)
    return False
