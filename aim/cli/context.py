"""What every command shares: --repo, --json, --debug, and how failures end the process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from aim.errors import (
    AimError,
    QueryError,
    RepoNotFoundError,
    RunActiveError,
    RunNotFoundError,
)
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import named_repo, open_repo, working_directory

__all__ = [
    "EXIT_BUG",
    "EXIT_FAILED",
    "EXIT_INTERRUPTED",
    "EXIT_LIVE",
    "EXIT_NOT_FOUND",
    "EXIT_USAGE",
    "NotFoundError",
    "Options",
    "attempts_option",
    "common_options",
    "exit_code_of",
    "json_option",
    "options",
    "tf_logs_option",
]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_LIVE = 4
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

F = TypeVar("F", bound=Callable[..., Any])


class NotFoundError(AimError):
    """The experiment, or whatever else was named, does not exist."""


@dataclass(slots=True)
class Options:
    """The options that may stand before or after the command."""

    repo: str | None = None
    as_json: bool = False
    debug: bool = False

    def layout(self) -> RepoLayout:
        """The existing repo that --repo means, else AIM_REPO; without both the nearest one upwards.

        Raises:
            RepoNotFoundError: there is none.
        """
        return open_repo(self.repo)

    @property
    def named(self) -> str | None:
        """Where --repo points, else AIM_REPO; None: neither does."""
        named = named_repo(self.repo)
        return None if named is None else os.fspath(named)

    def place(self) -> str:
        """What is named, for a repo that may not exist yet; the working directory if nothing is."""
        return self.named or working_directory()


def options() -> Options:
    """The options of the running command."""
    found = click.get_current_context().find_object(Options)
    assert found is not None
    return found


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    found = context.find_object(Options)
    if found is None:
        found = Options()
        context.find_root().obj = context.obj = found
    if value is not None and value is not False:
        setattr(found, {"json": "as_json"}.get(parameter.name or "", parameter.name or ""), value)
    return value


def common_options(command: F) -> F:
    """Add --repo and --debug to a command."""
    command = click.option(
        "--debug", is_flag=True, expose_value=False, callback=_remember, help="Show the traceback of an error."
    )(command)
    return click.option(
        "--repo",
        metavar="PATH",
        type=click.Path(),
        expose_value=False,
        callback=_remember,
        help="Folder of the .aim directory.  [default: AIM_REPO, else the nearest one upwards]",
    )(command)


def json_option(command: F) -> F:
    """Add --json to a command whose output is data."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_remember, help="Print JSON; a list is one object a line."
    )(command)


def attempts_option(command: F) -> F:
    """Add --attempts to a command that reads points."""
    return click.option(
        "--attempts",
        type=click.Choice(["latest", "all"]),
        default="latest",
        show_default=True,
        help="Of a run that went on from an earlier step: only what came of it, or what it did before as well.",
    )(command)


def tf_logs_option(command: F) -> F:
    """Add --tf_logs to a command that reads."""
    return click.option(
        "--tf_logs",
        "--tf-logs",
        "tf_logs",
        multiple=True,
        metavar="DIR",
        type=click.Path(),
        help="Read the TensorBoard logs below this folder in place, too; repeatable.",
    )(command)


def exit_code_of(error: BaseException) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, QueryError):
        return EXIT_USAGE
    if isinstance(error, (RepoNotFoundError, RunNotFoundError, NotFoundError)):
        return EXIT_NOT_FOUND
    if isinstance(error, RunActiveError):
        return EXIT_LIVE
    if isinstance(error, (AimError, OSError)):
        return EXIT_FAILED
    return EXIT_BUG
