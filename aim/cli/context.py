"""What every command shares: --repo, --json, --debug, and the exit code of each error."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from aim.errors import (
    AimError,
    ExperimentNotFoundError,
    QueryError,
    RepoNotFoundError,
    RunActiveError,
    RunNotFoundError,
)
from aim.importers._registry import in_place_kinds

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

__all__ = [
    "EXIT_BUG",
    "EXIT_FAILED",
    "EXIT_INTERRUPTED",
    "EXIT_LIVE",
    "EXIT_NOT_FOUND",
    "EXIT_USAGE",
    "Options",
    "attempts_option",
    "common_options",
    "exit_code_of",
    "in_place_options",
    "json_option",
    "options",
]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_LIVE = 4
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Options:
    """The options that may be given before or after the command."""

    repo: str | None = None
    as_json: bool = False
    debug: bool = False

    def open_repo(self) -> Repo:
        """The existing repo that --repo means, else AIM_REPO; without both the nearest one upwards.

        Raises:
            RepoNotFoundError: there is none.
            RepoFormatError: a newer version wrote it, or its VERSION is damaged.
        """
        from aim.sdk.reading.repo import Repo

        return Repo(self.repo)


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


_INSTEAD: Final[Mapping[str, str]] = {
    "export": "for JSON Lines: --format jsonl",
    "watch": "for the points: aim query --json",
}


def _refuse_json(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    found = context.find_object(Options)
    if (value or (found is not None and found.as_json)) and not context.resilient_parsing:
        instead = _INSTEAD.get(context.command.name or "", "leave it out")
        raise click.UsageError(f"{context.command_path} prints no data, and so has no --json: {instead}")


def common_options(command: F) -> F:
    """Add --repo and --debug to a command, and, unless it has --json, an answer to whoever asks for that."""
    if not any(parameter.name == "json" for parameter in getattr(command, "__click_params__", ())):
        refused = click.option("--json", is_flag=True, hidden=True, expose_value=False, callback=_refuse_json)
        command = refused(command)
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
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Print JSON; a list is one object per line.",
    )(command)


def attempts_option(command: F) -> F:
    """Add --attempts to a command that reads points."""
    return click.option(
        "--attempts",
        type=click.Choice(["latest", "all"]),
        default="latest",
        show_default=True,
        help="Of a run that was resumed at an earlier step: the latest attempt only, or all attempts.",
    )(command)


def in_place_options(command: F) -> F:
    """Add --tf_logs, and its like for other tools, to a command that reads; it gets them as `in_place`, by name."""
    kinds = in_place_kinds()

    @functools.wraps(command)
    def with_folders(*arguments: Any, **given: Any) -> Any:
        folders = {kind.name: given.pop(kind.name) for kind in kinds}
        return command(*arguments, in_place=folders, **given)

    decorated: Any = with_folders
    for kind in reversed(kinds):
        decorated = click.option(
            f"--{kind.name}",
            f"--{kind.name.replace('_', '-')}",
            kind.name,
            multiple=True,
            metavar="DIR",
            type=click.Path(),
            help=f"Read the {kind.tool} logs below this folder in place, too; repeatable.",
        )(decorated)
    return cast(F, decorated)


def exit_code_of(error: BaseException) -> int:
    """The exit code of an error."""
    if isinstance(error, QueryError):
        return EXIT_USAGE
    if isinstance(error, (RepoNotFoundError, RunNotFoundError, ExperimentNotFoundError)):
        return EXIT_NOT_FOUND
    if isinstance(error, RunActiveError):
        return EXIT_LIVE
    if isinstance(error, (AimError, OSError)):
        return EXIT_FAILED
    return EXIT_BUG
