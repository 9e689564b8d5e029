"""The command itself: its options, and which way it goes."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable, Mapping
from typing import IO, TypeVar

import click

from aim.cli.context import common_options, in_place_options, options
from aim.cli.up.detach import detach_server
from aim.cli.up.place import find_or_make
from aim.cli.up.running import print_running, unused_options
from aim.cli.up.serve import serve_here
from aim.cli.up.wanted import MADE_TOKEN_VARIABLE, TOKEN_VARIABLE, Wanted
from aim.errors import AimError

__all__ = ["up"]

_T = TypeVar("_T")

DEFAULT_PORT = 43800
_TOKEN_FILE_CHARS = 10_000
_ANCESTORS_VARIABLE = "AIM_UI_FRAME_ANCESTORS"


@click.command(context_settings={"help_option_names": ["--help"]})
@click.option("-h", "--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port; the next free one if it is taken. 0: any.",
)
@click.option("-d", "--detach", is_flag=True, help="Serve in the background; `aim down` stops it.")
@click.option("--base-path", default="", metavar="PATH", help="Serve everything below this path.")
@click.option("--read-only", is_flag=True, help="Let nothing be changed through this server.")
@click.option("--open/--no-open", "is_opened", default=None, help="Open a browser.  [default: if there is one]")
@click.option(
    "--token", metavar="TEXT", help="Require this token. Users of this machine can read it in the process list."
)
@click.option("--token-file", type=click.File("r"), metavar="FILE", help="Read the token from this file; -: stdin.")
@click.option("--no-token", is_flag=True, help="Let in everyone who reaches the server.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A further host name to accept, such as a proxy's; repeatable.",
)
@click.option(
    "--query-limit",
    default="20s,200MB",
    show_default=True,
    metavar="LIMIT",
    help="What one query may cost: CPU seconds, size of the answer; none: no limit.",
)
@click.option("-y", "--yes", is_flag=True, help="Make a repo here without asking if there is none.")
@click.option("--workers", type=int, hidden=True)
@click.option("--dev", "is_dev", is_flag=True, hidden=True)
@click.option("--log-level", hidden=True)
@in_place_options
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
    workers: int | None,
    is_dev: bool,
    log_level: str | None,
    in_place: Mapping[str, tuple[str, ...]],
) -> None:
    """Serve the web UI of the nearest repo, until Ctrl-C. With --tf_logs no repo is needed.

    Your own user on this machine needs no token (Linux); everyone else does. If none is given with --token-file or the
    environment variable AIM_UI_TOKEN, one is made up and printed as part of the address. The environment variable
    AIM_UI_FRAME_ANCESTORS lists the sites that may show the pages in a frame.
    """
    # late: the other commands do not need what these load
    from aim.web.http.access import choose_access
    from aim.web.http.hosts import read_allowed_host
    from aim.web.http.query_limit import read_query_limit
    from aim.web.http.settings import normal_base_path
    from aim.web.process.instance import find_instance

    _note_no_effect(workers, is_dev, log_level)
    base_path = _checked(normal_base_path, base_path, "--base-path")
    for name in allowed_hosts:
        _checked(read_allowed_host, name, "--allowed-host")
    _checked(read_query_limit, query_limit, "--query-limit")
    token = _read_token(token, token_file, no_token)
    repo, folders = find_or_make(options(), in_place, yes=yes)
    running = find_instance(repo.layout, tell=click.echo)
    wanted = Wanted(
        host=host,
        port=port,
        base_path=base_path,
        is_read_only=read_only,
        is_opened=is_opened,
        no_token=no_token,
        allowed_hosts=allowed_hosts,
        frame_ancestors=os.environ.get(_ANCESTORS_VARIABLE) or "'self'",
        query_limit=query_limit,
        in_place=folders,
        access=choose_access(
            host, base_path=base_path, token=token, no_token=no_token, made_token=os.environ.get(MADE_TOKEN_VARIABLE)
        ),
    )
    if running is not None:
        print_running(repo, running)
        if is_opened and running.is_here:
            webbrowser.open(running.url)
        unused = unused_options(wanted, _given(), running)
        if unused:
            raise AimError(
                f"not used, since it serves as it was started: {', '.join(unused)}. "
                "To serve so, stop it first (aim down), then run this again"
            )
        return
    if detach:
        detach_server(repo, wanted)
    else:
        serve_here(repo, wanted)


def _given() -> frozenset[str]:
    """The names of the parameters that were typed."""
    context = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    return frozenset(name for name in context.params if context.get_parameter_source(name) is typed)


def _note_no_effect(workers: int | None, is_dev: bool, log_level: str | None) -> None:
    named = [
        option
        for option, is_given in (
            ("--workers", workers is not None),
            ("--dev", is_dev),
            ("--log-level", log_level is not None),
        )
        if is_given
    ]
    if named:
        has = "has" if len(named) == 1 else "have"
        click.echo(
            f"{', '.join(named)} of Aim 3 {has} no effect here: one process serves, and logs warnings.", err=True
        )


def _checked(read: Callable[[str], _T], text: str, option: str) -> _T:
    """The value of an option.

    Raises:
        click.BadParameter: it cannot be read.
    """
    try:
        return read(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _read_token(token: str | None, file: IO[str] | None, no_token: bool) -> str | None:
    """The token that the user requires; None: none is given.

    Raises:
        click.UsageError: it cannot be one, or it is given in more than one way.
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
    token = os.environ.get(TOKEN_VARIABLE)
    return None if token is None else _checked(check_token, token, TOKEN_VARIABLE)
