"""Which server runs for a repo: the lease ``web.json`` beside the runs, and how to end it."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aim.errors import AimError
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.lease import LEASE_S, HeldLease, Lease, Standing, find_lease, take_lease
from aim.storage.repo.process import Seen, boot_id, look_for
from aim.web.http.settings import normal_base_path
from aim.web.process.addresses import with_token

__all__ = [
    "Instance",
    "find_instance",
    "hidden_server",
    "log_path",
    "moved_instance",
    "record_instance",
    "stop_instance",
]

_LOG: Final = "web.log"
_MAX_TOKEN_CHARS: Final = 1000
_PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Instance:
    """A server that serves a repo, or may.

    Its address is put together from checked parts: the file could come from another user.
    """

    lease: Lease
    address: str
    """Of the socket, in numbers."""
    port: int
    base_path: str
    token: str
    """That the address needs; "" for none."""
    others_token: str
    """Required of every client that is not the user it runs as; "" for none."""
    detached: bool
    options: tuple[str, ...] = ()
    """Of `aim up`, as it was started, without the token; () where an earlier version started it."""

    @property
    def pid(self) -> int:
        """Its process, in its own pid namespace."""
        return self.lease.pid

    @property
    def url(self) -> str:
        """To open; holds the token if one is needed."""
        found = ipaddress.ip_address(self.address)
        if found.is_unspecified:
            found = ipaddress.ip_address("::1" if found.version == 6 else "127.0.0.1")
        name = f"[{found}]" if found.version == 6 else str(found)
        return with_token(f"http://{name}:{self.port}{self.base_path}/", self.token)

    @property
    def url_for_others(self) -> str:
        """For those whom the server does not know by their user."""
        return with_token(self.url.partition("?")[0], self.others_token)

    @property
    def is_here(self) -> bool:
        """Whether it is a process that we see."""
        return self.lease.is_seen if boot_id() else self.lease.is_of_this_boot

    @property
    def where(self) -> str:
        """Its process in words."""
        return f"process {self.pid}" + ("" if self.is_here else f" on {self.lease.host or 'an unknown host'}")


def log_path(layout: RepoLayout) -> str:
    """Where a detached server writes its log."""
    return os.path.join(layout.root, _LOG)


def find_instance(layout: RepoLayout, *, tell: Callable[[str], None] | None = None) -> Instance | None:
    """The server that runs for a repo; None if there is none, or it ended without a word.

    Args:
        layout: The repo.
        tell: Where nobody can look whether a server lives, its next sign of life is waited for, and this is told. None:
            it counts as living as long as its lease holds.
    """
    lease = find_lease(layout, layout.web_lease)
    if tell is not None and lease is not None and lease.standing is Standing.UNPROVEN and lease.says is not None:
        lease = _await_beat(layout, lease, tell)
    if lease is None or lease.standing not in (Standing.HELD, Standing.UNPROVEN):
        return None
    return _instance(lease)


def _await_beat(layout: RepoLayout, first: Lease, tell: Callable[[str], None]) -> Lease | None:
    tell(
        f"A server on {first.host or 'another host'} gave a sign of life less than {LEASE_S:g} s ago, and its process "
        f"cannot be seen from here: waiting for its next one, or until that time is over."
    )
    found: Lease | None = first
    while found is not None and found.standing is Standing.UNPROVEN and found.mtime == first.mtime:
        time.sleep(_PAUSE_S)
        found = find_lease(layout, layout.web_lease)
    return found


def _instance(lease: Lease) -> Instance | None:
    """None if what the holder says of itself cannot be an address."""
    says = lease.says or {}
    address, port, base_path, token = (says.get(key) for key in ("address", "port", "base_path", "token"))
    others = says.get("others_token", token)  # an earlier version had one for all
    if not (
        isinstance(address, str) and isinstance(base_path, str) and isinstance(token, str) and isinstance(others, str)
    ):
        return None
    if not (isinstance(port, int) and 0 < port < 65_536 and max(len(token), len(others)) <= _MAX_TOKEN_CHARS):
        return None
    try:
        numbers = str(ipaddress.ip_address(address))
        if normal_base_path(base_path) != base_path:
            return None
    except ValueError:
        return None
    options = says.get("options")
    named = tuple(one for one in options if isinstance(one, str)) if isinstance(options, list) else ()
    return Instance(lease, numbers, port, base_path, token, others, says.get("detached") is True, named)


def hidden_server(layout: RepoLayout) -> str:
    """Whose server is recorded where we may not read of it, in words; "" if none is."""
    lease = find_lease(layout, layout.web_lease)
    return _hidden(lease) if lease is not None and lease.standing is Standing.UNPROVEN and lease.says is None else ""


def _hidden(lease: Lease) -> str:
    return f"a server of another user (uid {lease.owner}) is recorded there"


def moved_instance(layout: RepoLayout) -> Lease | None:
    """The server that was started for this repo when it lay elsewhere, and still serves that place."""
    lease = find_lease(layout, layout.web_lease)
    return lease if lease is not None and lease.standing is Standing.MOVED else None


def record_instance(
    layout: RepoLayout,
    *,
    address: str,
    port: int,
    base_path: str,
    token: str | None,
    detached: bool,
    others_token: str | None = None,
    options: Sequence[str] = (),
) -> HeldLease | Instance:
    """Say that this process serves the repo, until the lease is released.

    Args:
        layout: The repo.
        address, port: Of the listening socket, in numbers.
        base_path: In normal form.
        token: That the address needs.
        detached: Whether it runs in the background.
        others_token: That everybody else needs.
        options: Of `aim up`, without the token.

    Returns:
        The lease; or the server that serves the repo, if another process was faster.

    Raises:
        OSError: the repo cannot be written to.
        AimError: another process has the lease and does not say where it serves.
    """
    says: dict[str, Any] = {
        "address": address,
        "port": port,
        "base_path": base_path,
        "token": token or "",
        "others_token": others_token or "",
        "detached": detached,
        "options": list(options),
    }
    taken = take_lease(layout, layout.web_lease, says)
    if isinstance(taken, Lease):
        if taken.says is None:
            raise PermissionError(errno.EACCES, _hidden(taken), layout.web_lease)
        found = _instance(taken)
        if found is None:
            raise AimError(f"process {taken.pid} keeps {layout.web_lease}, and does not say where it serves")
        return found
    taken.keep()
    return taken


def stop_instance(instance: Instance, *, timeout_s: float = 15.0) -> bool:
    """Ask a server to end and wait until it has; False if it has not.

    Raises:
        AimError: the process is not proven to be that server, so that it is not touched.
        OSError: it may not be signalled.
    """
    _check_is_server(instance)
    try:
        os.kill(instance.pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not _runs(instance):
            return True
        time.sleep(0.02)
    return False


def _check_is_server(instance: Instance) -> None:
    """A file that anybody could have put there is not to end a process of ours.

    One from elsewhere cannot know boot id, namespace and start of a process here. One by another user of this machine
    can, but it belongs to that user, as the process must.
    """
    lease = instance.lease
    if not boot_id():  # a system without /proc
        if lease.is_of_this_boot and lease.owner == _own_user():
            return
    elif lease.is_seen:
        if lease.owner == _user_of(lease.pid):
            return
        raise AimError(
            f"web.json and process {lease.pid} belong to different users, so that it may be another process; "
            f"if it is the server, stop it with: kill {lease.pid}"
        )
    raise AimError(f"the server runs as {instance.where}; stop it there")


def _own_user() -> int:
    return os.getuid() if sys.platform != "win32" else 0


def _user_of(pid: int) -> int | None:
    """The user as whom a process makes files; None if it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            (line,) = (line for line in file if line.startswith("Uid:"))
    except (OSError, ValueError):
        return None
    return int(line.split()[4])


def _runs(instance: Instance) -> bool:
    lease = instance.lease
    if boot_id():
        return look_for(boot=lease.boot, pid_ns=lease.pid_ns, pid=lease.pid, start=lease.start) is Seen.LIVES
    if sys.platform == "win32":  # there the signal ends a process at once
        return False
    try:
        os.kill(lease.pid, 0)
    except OSError:
        return False
    return True
