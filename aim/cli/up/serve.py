"""Serving in this process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from aim.cli.output import plural, print_left_out, print_unreadable
from aim.cli.progress import progress_bar
from aim.cli.up.running import print_for_others, print_running
from aim.errors import AimError

if TYPE_CHECKING:
    from aim.cli.up.wanted import Wanted
    from aim.explore.service import Service
    from aim.sdk.reading.repo import Repo
    from aim.web.process.instance import Instance

__all__ = ["DETACHED_VARIABLE", "serve_here"]

DETACHED_VARIABLE = "AIM_UP_DETACHED"
"""Set for the server that `aim up -d` starts: what it prints goes to its log."""
_PROBLEMS = 5
"""Places in logs that are named at the start; the pages name more."""


def serve_here(repo: Repo, wanted: Wanted) -> None:
    """Serve a repo until the process is asked to stop, and print where.

    Raises:
        AimError: the address cannot be listened on, or the repo cannot be written to by a server in the background.
    """
    # late: the other commands do not need what these load
    from aim.web.app import create_app
    from aim.web.http.query_limit import read_query_limit
    from aim.web.http.static_files import has_ui
    from aim.web.process.instance import Instance
    from aim.web.process.logs import change_log_if_full
    from aim.web.process.serve import bind, serve
    from aim.web.state import state_of

    is_detached = bool(os.environ.get(DETACHED_VARIABLE))
    sock = bind(wanted.host, wanted.port)
    app = create_app(
        repo.layout,
        read_only=wanted.is_read_only,
        base_path=wanted.base_path,
        token=wanted.access.token,
        own_user_is_free=wanted.access.own_user_is_free,
        host=wanted.host,
        allowed_hosts=wanted.allowed_hosts,
        frame_ancestors=wanted.frame_ancestors,
        in_place=wanted.in_place,
        query_limit=read_query_limit(wanted.query_limit),
    )
    state = state_of(app)
    release: Callable[[], None] | None = None
    with _stopped_by_signals():
        try:
            recorded = _record(repo, wanted, sock, is_detached)
            if isinstance(recorded, Instance):
                sock.close()
                if is_detached:  # the process that started it prints more; this goes to the log
                    click.echo("Another server was faster.")
                else:
                    print_running(repo, recorded)
                return
            release = recorded
            url = _print_start(repo, wanted, sock.getsockname()[1], is_detached, has_ui=has_ui(state.settings))
            threading.Thread(target=_show_progress, args=(state.service,), daemon=True).start()
            if not is_detached and wanted.wants_browser:
                webbrowser.open(url)
            serve(
                app,
                sock,
                stop=state.stop,
                on_tick=(lambda: change_log_if_full(repo.layout)) if is_detached else None,
                before_exit=release,
            )
        finally:
            if release is not None:
                release()
    click.echo("Stopped.")


def _record(repo: Repo, wanted: Wanted, sock: socket.socket, is_detached: bool) -> Callable[[], None] | Instance:
    """Write down that this process serves the repo.

    Returns:
        What ends the record; or the server that was faster.

    Raises:
        AimError: the repo cannot be written to, and this is a server in the background.
    """
    from aim.web.process.instance import Instance, record_instance

    address, port = sock.getsockname()[:2]
    try:
        recorded = record_instance(
            repo.layout,
            address=address,
            port=port,
            base_path=wanted.base_path,
            token=wanted.access.token_in_address,
            detached=is_detached,
            others_token=wanted.access.token,
            options=wanted.as_arguments(),
        )
    except OSError as error:  # a read-only repo is served all the same
        if is_detached:
            raise AimError(f"cannot write to {repo.path}: {error.strerror or error}") from error
        click.echo(f"`aim down` will not know of this server. {repo.path}: {error.strerror or error}.")
        return lambda: None
    return recorded if isinstance(recorded, Instance) else recorded.release


def _print_start(repo: Repo, wanted: Wanted, port: int, is_detached: bool, *, has_ui: bool) -> str:
    """Print where the server is and who may use it; returns the address to open."""
    from aim.web.process.addresses import make_url, with_token

    access = wanted.access
    url = make_url(wanted.host, port, base_path=wanted.base_path, token=access.token_in_address)
    if wanted.port and port != wanted.port:
        click.echo(f"Port {wanted.port} is taken; using port {port}.")
    # what a detached server prints goes to its log, where no token belongs
    bare = make_url(wanted.host, port, base_path=wanted.base_path)
    served = [repo.path, *(folder for each in wanted.in_place for folder in each.folders)]
    click.echo(f"Aim serves {' and '.join(served)} at {bare if is_detached else url}")
    click.echo(access.sentence(None if is_detached else with_token(bare, access.token)))
    print_for_others(wanted.host, port, wanted.base_path, None if is_detached else access.token)
    if not has_ui:
        click.echo("The pages of the UI were not built into this installation: only the API answers.", err=True)
    if not is_detached:
        click.echo("Press Ctrl-C to stop.")
    sys.stdout.flush()
    return url


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block in order, also where no server handles them yet, or no longer."""
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_progress(service: Service) -> None:
    """A bar while the index catches up for the first time, and then what of other tools' logs is not shown."""
    with progress_bar("Catching up") as progress:
        while not service.wait_until_caught_up(0.1):
            done, total = service.catching_up or (0, 0)
            progress(done, total)
    try:
        index = service.view(fresh=False).index
        report = index.report()
    except AimError:  # the pages show what is wrong with the index
        return
    print_unreadable(index.unreadable)
    if report.places:
        found = f"{plural(report.runs, 'run')} found" if report.runs else "no event files so far"
        click.echo(f"TensorBoard logs: {found}.")
    if report.places or report.problems:
        print_left_out(report.not_shown, report.problems, most=_PROBLEMS, rest="are listed on the first page")
