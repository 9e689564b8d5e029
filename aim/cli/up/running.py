"""What is printed about a server that runs: where others reach it, and what it does not do that was asked for."""

from __future__ import annotations

import getpass
import os
import shlex
from typing import TYPE_CHECKING

import click

from aim.errors import AimError
from aim.sdk.care.places import find_place

if TYPE_CHECKING:
    from collections.abc import Collection

    from aim.cli.up.wanted import Wanted
    from aim.sdk.reading.repo import Repo
    from aim.web.process.instance import Instance

__all__ = ["how_to_stop", "print_for_others", "print_running", "unused_options"]


def print_running(repo: Repo, running: Instance) -> None:
    """Where the server of a repo runs, and how to stop it."""
    how = how_to_stop(repo) if running.is_here else "Stop it there."
    click.echo(f"Aim already serves this repo at {running.url} ({running.where}). {how}")
    if running.others_token and not running.token:
        click.echo(f"Others need the token: {running.url_for_others}")
    print_for_others(running.address, running.port, running.base_path, running.others_token)


def print_for_others(host: str, port: int, base_path: str, token: str | None) -> None:
    """The addresses that other machines can open; over ssh, how to open the one of this machine.

    Args:
        host: What is listened at.
        port: Of the socket.
        base_path: In normal form.
        token: Where it may be shown.
    """
    from aim.web.http.hosts import is_loopback
    from aim.web.process.addresses import make_url, urls_for_other_machines

    for url in urls_for_other_machines(host, port, base_path=base_path, token=token):
        click.echo(f"From other machines: {url}")
    ssh = os.environ.get("SSH_CONNECTION", "").split()
    if len(ssh) == 4 and is_loopback(host):
        target = f"{getpass.getuser()}@{ssh[2]}" + ("" if ssh[3] == "22" else f" -p {ssh[3]}")
        local = make_url("127.0.0.1", port, base_path=base_path, token=token)
        click.echo(
            f"Over ssh: run `ssh -L {port}:{host}:{port} {target}` on your own machine, then open {local} there."
        )


def unused_options(wanted: Wanted, given: Collection[str], running: Instance) -> list[str]:
    """The options of this `aim up` that a running server does not follow, as they are typed.

    Args:
        wanted: What was asked for.
        given: The names of the parameters that were typed.
        running: The server.
    """
    follows = set(zip(running.options, running.options[1:], strict=False))
    unused = []
    if "host" in given and wanted.host != running.address and ("--host", wanted.host) not in follows:
        unused.append(f"--host {wanted.host}")
    if "port" in given and wanted.port not in (0, running.port) and ("--port", str(wanted.port)) not in follows:
        unused.append(f"--port {wanted.port}")
    if "base_path" in given and wanted.base_path != running.base_path:
        unused.append(f"--base-path {wanted.base_path or '/'}")
    if wanted.is_read_only and "--read-only" not in running.options:
        unused.append("--read-only")
    if wanted.no_token and running.others_token:
        unused.append("--no-token")
    for name in ("token", "token_file"):
        if name in given and wanted.access.token != running.others_token:
            unused.append(f"--{name.replace('_', '-')}")
    unused += [f"--allowed-host {one}" for one in wanted.allowed_hosts if ("--allowed-host", one) not in follows]
    if "query_limit" in given and ("--query-limit", wanted.query_limit) not in follows:
        unused.append(f"--query-limit {wanted.query_limit}")
    for each in wanted.in_place:
        option = f"--{each.kind}"
        unused += [f"{option} {folder}" for folder in each.folders if (option, folder) not in follows]
    return unused


def how_to_stop(repo: Repo) -> str:
    """The command that stops the server of a repo, typed in this directory."""
    try:
        nearest = find_place()
        is_nearest = nearest.is_repo and os.path.realpath(nearest.path) == os.path.realpath(repo.path)
    except AimError:
        is_nearest = False
    return "Stop it with: aim down" + ("" if is_nearest else f" --repo {shlex.quote(repo.path)}")
