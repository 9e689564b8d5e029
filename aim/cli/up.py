"""``aim up``, also ``aim ui``: the web UI of a repo."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from aim.cli.context import common_options, options, tf_logs_option
from aim.cli.output import plural, print_left_out, print_unreadable
from aim.cli.progress import progress_bar
from aim.errors import AimError
from aim.sdk.reading.sources import check_log_folders, logs_only_repo
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo, find_repo, is_repo, locate_repo, open_repo, resolve_repo

if TYPE_CHECKING:
    from aim.explore.service import Service
    from aim.web.http.access import Access
    from aim.web.http.query_limit import QueryLimit
    from aim.web.process.instance import Instance

_T = TypeVar("_T")

DEFAULT_PORT = 43800
_READY_S = 30.0
_PROBLEMS = 5
"""Places in logs that are named at the start; the pages name more."""
_TOKEN_VARIABLE = "AIM_UI_TOKEN"
_MADE_TOKEN_VARIABLE = "AIM_UP_MADE_TOKEN"
"""The token that `aim up -d` made up, for the server that it starts."""
_TOKEN_FILE_CHARS = 10_000
_ANCESTORS_VARIABLE = "AIM_UI_FRAME_ANCESTORS"


@click.command(context_settings={"help_option_names": ["--help"]})
@click.option("-h", "--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port; the next free one if it is taken. 0: any.",
)
@click.option("-d", "--detach", is_flag=True, help="Serve in the background; `aim down` ends it.")
@click.option("--base-path", default="", metavar="PATH", help="Serve everything below this path.")
@click.option("--read-only", is_flag=True, help="Let nothing be changed through this server.")
@click.option("--open/--no-open", "is_opened", default=None, help="Open a browser.  [default: if there is one]")
@click.option(
    "--token", metavar="TEXT", help="Demand this of everybody. Users of this machine can read it in the process list."
)
@click.option("--token-file", type=click.File("r"), metavar="FILE", help="Read it from here; -: from standard input.")
@click.option("--no-token", is_flag=True, help="Let in everybody who reaches the server.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A further name to answer to, such as a proxy's; repeatable.",
)
@click.option(
    "--query-limit",
    default="20s,200MB",
    show_default=True,
    metavar="LIMIT",
    help="What one question may cost: seconds of a processor, size of the answer; none: any amount.",
)
@click.option("-y", "--yes", is_flag=True, help="Make a repo here without asking if there is none.")
@tf_logs_option
@common_options
def up(
    host: str,
    port: int,
    detach: bool,
    base_path: str,
    read_only: bool,
    is_opened: bool | None,
    token: str | None,
    token_file: IO[str] | None,
    no_token: bool,
    allowed_hosts: tuple[str, ...],
    query_limit: str,
    yes: bool,
    tf_logs: tuple[str, ...],
) -> None:
    """Serve the web UI of the nearest repo, until Ctrl-C. With --tf_logs no repo is needed.

    Your own user on this machine needs no token (Linux); everybody else does. It is made up if none is given, with
    --token-file or the environment variable AIM_UI_TOKEN, and stands in the address that is printed. The environment
    variable AIM_UI_FRAME_ANCESTORS says who may show the pages in a frame.
    """
    # late: the other commands do not need what these load
    from aim.web.http.access import choose_access
    from aim.web.http.hosts import read_allowed_host
    from aim.web.http.query_limit import read_query_limit
    from aim.web.http.settings import normal_base_path

    base_path = _checked(normal_base_path, base_path, "--base-path")
    for name in allowed_hosts:
        _checked(read_allowed_host, name, "--allowed-host")
    limit = _checked(read_query_limit, query_limit, "--query-limit")
    token = _read_token(token, token_file, no_token)
    folders = check_log_folders(tf_logs)
    layout = _find_or_make(yes, folders)
    from aim.web.process.instance import find_instance

    running = find_instance(layout, tell=click.echo)
    if running is not None:
        _tell_running(layout, running)
        if folders:
            click.echo("It shows the logs that it was started with; for others end it first.")
        if is_opened and running.is_here:
            webbrowser.open(running.url)
        return
    access = choose_access(
        host, base_path=base_path, token=token, no_token=no_token, made_token=os.environ.get(_MADE_TOKEN_VARIABLE)
    )
    if detach:
        _detach(layout, access, is_opened)
        return
    _serve(layout, host, port, base_path, read_only, is_opened, access, allowed_hosts, folders, limit)


def _checked(read: Callable[[str], _T], text: str, option: str) -> _T:
    """What an option says.

    Raises:
        click.BadParameter: it cannot be read.
    """
    try:
        return read(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _read_token(token: str | None, file: IO[str] | None, no_token: bool) -> str | None:
    """The token that the user demands; None: none is given.

    Raises:
        click.UsageError: it cannot be one, or more than one way is taken to give it.
    """
    from aim.web.http.tokens import check_token

    if (token is not None) + (file is not None) + no_token > 1:
        raise click.UsageError("give one of --token, --token-file and --no-token.")
    if no_token:
        return None
    if token is not None:
        return _checked(check_token, token, "--token")
    if file is not None:
        try:
            text = file.read(_TOKEN_FILE_CHARS)
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"it cannot be read: {error}", param_hint="--token-file") from None
        return _checked(check_token, text.removesuffix("\n").removesuffix("\r"), "--token-file")
    token = os.environ.get(_TOKEN_VARIABLE)
    return None if token is None else _checked(check_token, token, _TOKEN_VARIABLE)


def _find_or_make(yes: bool, folders: tuple[str, ...]) -> RepoLayout:
    """The repo to serve; where there is none, one is made if the user wants it, or if there are logs to look at."""
    found = options()
    layout = find_repo() if found.named is None else resolve_repo(found.named)
    if layout is not None and is_repo(layout):
        return open_repo(layout.root)
    if found.repo is None and folders:
        return logs_only_repo(folders)
    place = layout or resolve_repo(found.place())
    where = "here or above" if found.named is None else f"at {place.root}"
    if not yes:
        click.echo(f"There is no Aim repo {where}.", err=True)
        click.confirm(f"Make one at {place.root}?", abort=True, err=True)
    layout = create_repo(place.root)
    click.echo(f"Empty repo at {layout.root}")
    return layout


def _tell_running(layout: RepoLayout, running: Instance) -> None:
    how = _how_to_end(layout) if running.is_here else "End it there."
    click.echo(f"Aim already serves this repo at {running.url} ({running.where}). {how}")
    if running.others_token and not running.token:
        click.echo(f"Others need the token: {running.url_for_others}")


def _how_to_end(layout: RepoLayout) -> str:
    try:
        is_nearest = os.path.realpath(locate_repo().root) == os.path.realpath(layout.root)
    except AimError:
        is_nearest = False
    return "End it with: aim down" + ("" if is_nearest else f" --repo {shlex.quote(layout.root)}")


def _serve(
    layout: RepoLayout,
    host: str,
    port: int,
    base_path: str,
    read_only: bool,
    is_opened: bool | None,
    access: Access,
    allowed_hosts: tuple[str, ...],
    folders: tuple[str, ...],
    query_limit: QueryLimit,
) -> None:
    # late: the other commands do not need what these load
    from aim.web.app import create_app
    from aim.web.http.static_files import has_ui
    from aim.web.process.addresses import make_url, with_token
    from aim.web.process.instance import Instance, record_instance
    from aim.web.process.logs import change_log_if_full
    from aim.web.process.serve import bind, serve

    sock = bind(host, port)
    bound_port = sock.getsockname()[1]
    url = make_url(host, bound_port, base_path=base_path, token=access.token_in_address)
    is_detached = bool(os.environ.get("AIM_UP_DETACHED"))
    app = create_app(
        layout,
        read_only=read_only,
        base_path=base_path,
        token=access.token,
        own_user_is_free=access.own_user_is_free,
        host=host,
        allowed_hosts=allowed_hosts,
        frame_ancestors=os.environ.get(_ANCESTORS_VARIABLE) or "'self'",
        tf_logs=folders,
        query_limit=query_limit,
    )
    lease = None
    with _ended_by_signals():
        try:
            try:
                recorded = record_instance(
                    layout,
                    address=sock.getsockname()[0],
                    port=bound_port,
                    base_path=base_path,
                    token=access.token_in_address,
                    detached=is_detached,
                    others_token=access.token,
                )
            except OSError as error:  # a read-only repo is served all the same
                if is_detached:
                    raise AimError(f"cannot write to {layout.root}: {error.strerror or error}") from error
                click.echo(f"`aim down` will not know of this server. {layout.root}: {error.strerror or error}.")
            else:
                if isinstance(recorded, Instance):
                    sock.close()
                    if is_detached:  # who started it says more; this goes to the log
                        click.echo("Another server was faster.")
                    else:
                        _tell_running(layout, recorded)
                    return
                lease = recorded
            if port and bound_port != port:
                click.echo(f"Port {port} is taken, port {bound_port} it is.")
            # what a detached server says stands in its log, where no token belongs
            bare = make_url(host, bound_port, base_path=base_path)
            click.echo(f"Aim serves {' and '.join((layout.root, *folders))} at {bare if is_detached else url}")
            click.echo(access.sentence(None if is_detached else with_token(bare, access.token)))
            if not has_ui(app.state.settings):
                click.echo("The pages of the UI were not built into this installation: only the API answers.", err=True)
            if not is_detached:
                click.echo("Ctrl-C ends it.")
            sys.stdout.flush()
            threading.Thread(target=_show_progress, args=(app.state.service,), daemon=True).start()
            if not is_detached and _wants_browser(is_opened):
                webbrowser.open(url)
            serve(
                app,
                sock,
                on_tick=(lambda: change_log_if_full(layout)) if is_detached else None,
                before_exit=lease.release if lease is not None else lambda: None,
            )
        finally:
            if lease is not None:
                lease.release()
    click.echo("Ended.")


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end what is within in order also where no server handles them yet, or no longer."""
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
    except AimError:  # the pages say what is wrong with the index
        return
    print_unreadable(index.unreadable)
    if report.places:
        found = f"{plural(report.runs, 'run')} found" if report.runs else "no event files as yet"
        click.echo(f"TensorBoard logs: {found}.")
    if report.places or report.problems:
        print_left_out(report.not_shown, report.problems, most=_PROBLEMS, rest="stand on the first page")


def _wants_browser(is_opened: bool | None) -> bool:
    """Whether to open one: as said, else if somebody sits at this machine."""
    if is_opened is not None:
        return is_opened
    if not sys.stdout.isatty() or os.environ.get("SSH_CONNECTION") or os.environ.get("CI"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _detach(layout: RepoLayout, access: Access, is_opened: bool | None) -> None:
    """Start the same command in a session of its own, and wait until it serves."""
    from aim.web.process.instance import find_instance, hidden_server, log_path
    from aim.web.process.logs import open_log

    hidden = hidden_server(layout)
    if hidden:
        raise AimError(f"{layout.root}: {hidden}. A server in the background could not be: leave out -d")
    arguments = _own_arguments()
    environment = {**os.environ, "AIM_UP_DETACHED": "1"}
    # not in the arguments, which everybody on the machine can read
    for variable in (_TOKEN_VARIABLE, _MADE_TOKEN_VARIABLE):
        environment.pop(variable, None)
    if access.token is not None:
        environment[_MADE_TOKEN_VARIABLE if access.is_made_up else _TOKEN_VARIABLE] = access.token
    # appended to, so that the log of a server that fell over is still there
    with os.fdopen(open_log(layout), "ab", buffering=0) as log:
        begin = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "aim.cli.main", "up", *arguments, "--repo", layout.root, "--no-open"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        instance = find_instance(layout)
        if instance is not None and instance.pid == process.pid:
            click.echo(f"Aim serves {layout.root} at {instance.url} (process {process.pid})")
            click.echo(access.sentence(instance.url_for_others))
            click.echo(f"It writes to {log_path(layout)}. {_how_to_end(layout)}")
            if _wants_browser(is_opened):
                webbrowser.open(instance.url)
            return
        if process.poll() is not None:
            instance = find_instance(layout)
            if instance is not None:  # of two that were started at once the other one was faster
                _tell_running(layout, instance)
                return
            raise AimError(f"the server ended at once: {_tail(layout, begin)}")
        time.sleep(0.02)
    raise AimError(f"the server did not start within {_READY_S:g} s; see {log_path(layout)}")


def _own_arguments() -> list[str]:
    """The options of this call that the server needs, written out."""
    context = click.get_current_context()
    values: dict[str, Any] = context.params
    found = ["--host", values["host"], "--port", str(values["port"]), "--query-limit", values["query_limit"]]
    if values["base_path"]:
        found += ["--base-path", values["base_path"]]
    for name in ("read_only", "no_token"):
        if values[name]:
            found.append("--" + name.replace("_", "-"))
    for name in values["allowed_hosts"]:
        found += ["--allowed-host", name]
    for folder in check_log_folders(values["tf_logs"]):
        found += ["--tf_logs", folder]
    return found


def _tail(layout: RepoLayout, begin: int) -> str:
    from aim.web.process.instance import log_path

    try:
        with os.fdopen(files.open_file(layout.root, log_path(layout)), "rb") as log:
            log.seek(max(begin, os.fstat(log.fileno()).st_size - 2000))
            return log.read(2000).decode("utf-8", "replace").strip() or "it said nothing"
    except OSError:
        return "it said nothing"
