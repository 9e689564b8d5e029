"""Serving in the background: the same command again, in a session of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import webbrowser
from typing import TYPE_CHECKING

import click

from aim.cli.up.running import how_to_stop, print_for_others, print_running
from aim.cli.up.serve import DETACHED_VARIABLE
from aim.cli.up.wanted import MADE_TOKEN_VARIABLE, TOKEN_VARIABLE
from aim.errors import AimError

if TYPE_CHECKING:
    from aim.cli.up.wanted import Wanted
    from aim.sdk.reading.repo import Repo

__all__ = ["detach_server"]

_READY_S = 30.0
_POLL_S = 0.02


def detach_server(repo: Repo, wanted: Wanted) -> None:
    """Start a server for a repo in the background, wait until it serves, and print where.

    Raises:
        AimError: it ended at once, or does not serve within 30 s.
    """
    from aim.web.process.instance import find_instance, hidden_server, log_path
    from aim.web.process.logs import read_log_end

    hidden = hidden_server(repo.layout)
    if hidden:
        raise AimError(f"{repo.path}: {hidden}. A server in the background could not be: leave out -d")
    process, log_start = _start(repo, wanted)
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        instance = find_instance(repo.layout)
        if instance is not None and instance.pid == process.pid:
            click.echo(f"Aim serves {repo.path} at {instance.url} (process {process.pid})")
            click.echo(wanted.access.sentence(instance.url_for_others))
            print_for_others(instance.address, instance.port, instance.base_path, wanted.access.token)
            click.echo(f"It writes to {log_path(repo.layout)}. {how_to_stop(repo)}")
            if wanted.wants_browser:
                webbrowser.open(instance.url)
            return
        if process.poll() is not None:
            instance = find_instance(repo.layout)
            if instance is not None:  # of two that were started at once the other one was faster
                print_running(repo, instance)
                return
            end = read_log_end(repo.layout, log_start) or "it printed nothing"
            raise AimError(f"the server ended at once: {end}")
        time.sleep(_POLL_S)
    raise AimError(f"the server did not start within {_READY_S:g} s; see {log_path(repo.layout)}")


def _start(repo: Repo, wanted: Wanted) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; returns its process, and where in the log its own lines begin."""
    from aim.web.process.logs import open_log

    environment = {**os.environ, DETACHED_VARIABLE: "1"}
    # not in the arguments, which every user of the machine can read
    for variable in (TOKEN_VARIABLE, MADE_TOKEN_VARIABLE):
        environment.pop(variable, None)
    access = wanted.access
    if access.token is not None:
        environment[MADE_TOKEN_VARIABLE if access.is_made_up else TOKEN_VARIABLE] = access.token
    command = [sys.executable, "-m", "aim.cli.main", "up", *wanted.as_arguments()]
    # appended to, so that the log of a server that crashed is still there
    with os.fdopen(open_log(repo.layout), "ab", buffering=0) as log:
        start = log.tell()
        process = subprocess.Popen(
            [*command, "--repo", repo.path, "--no-open"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )
    return process, start
