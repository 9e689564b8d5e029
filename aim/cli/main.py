"""The ``aim`` command: the group, and how errors become messages and exit codes.

Exit codes: 0 done; 1 failed, or `aim doctor` found damage, or a question was answered with no; 2 wrong usage, which
includes a query that is not AimQL; 3 no such repo, run or experiment; 4 refused because a run is being written to;
70 a bug in Aim; 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final

import click

import aim
from aim.cli.completion import completion
from aim.cli.context import EXIT_BUG, EXIT_FAILED, EXIT_INTERRUPTED, Options, common_options, exit_code_of, json_option
from aim.cli.convert import convert
from aim.cli.doctor import doctor
from aim.cli.down import down
from aim.cli.experiments import experiments
from aim.cli.export import export
from aim.cli.init import init
from aim.cli.limits import explain_limit
from aim.cli.query import query
from aim.cli.runs import runs
from aim.cli.storage import storage
from aim.cli.up import up
from aim.cli.version import version
from aim.cli.watch import watch
from aim.errors import UnsafeFileError

__all__ = ["cli", "main"]


_SINGULAR: Final = {"experiment": "experiments"}


class _ReaderGone(Exception):
    """The reader of our output has closed it (`aim query ... | head`)."""


class _Interrupted(Exception):
    """Ctrl-C."""


class _AimGroup(click.Group):
    """A group that turns errors into messages and exit codes."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, also in the singular."""
        return super().get_command(ctx, _SINGULAR.get(cmd_name, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with."""
        if args[0] == "run":
            ctx.fail("'aim run' is kept for starting programs, which it cannot do yet. For recorded runs: aim runs")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where click would end the process, raise an error of ours."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGone from error
        except KeyboardInterrupt as error:
            raise _Interrupted from error

    def main(  # type: ignore[override]  # click overloads it by standalone_mode, which is ours to choose
        self, args: Sequence[str] | None = None, prog_name: str | None = "aim", **extra: Any
    ) -> Any:
        """Run the command line and exit."""
        found = Options()
        try:
            extra["standalone_mode"] = False
            result = super().main(args, prog_name, obj=found, **extra)
            sys.stdout.flush()
        except Exception as error:
            sys.exit(_failed(error, found))
        sys.exit(result if isinstance(result, int) else 0)


def _failed(error: Exception, found: Options) -> int:
    """Print what went wrong; returns the exit code."""
    if isinstance(error, click.Abort):
        click.echo("Aborted.", err=True)
        # at a question click raises the same for Ctrl-C, the end of the input, and a no
        is_interrupt = isinstance(error.__cause__ or error.__context__, KeyboardInterrupt)
        return EXIT_INTERRUPTED if is_interrupt else EXIT_FAILED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, _Interrupted):
        return EXIT_INTERRUPTED
    if isinstance(error, (_ReaderGone, BrokenPipeError)):
        # keep the interpreter's own flush at exit silent too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if found.debug:
        traceback.print_exception(error)
    limit = explain_limit(error)
    if limit is not None:
        click.echo(f"Error: {limit}", err=True)
        return EXIT_FAILED
    code = exit_code_of(error)
    if code != EXIT_BUG:
        click.echo(f"Error: {_message(error)}", err=True)
        return code
    click.echo(f"Error: unexpected {type(error).__name__}: {error}", err=True)
    if not found.debug:
        click.echo("This is a bug in Aim. Run the command again with --debug to see where.", err=True)
    return code


def _message(error: Exception) -> str:
    if isinstance(error, UnsafeFileError) or not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"


@click.group(cls=_AimGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(aim.__version__, "--version", message="%(version)s")
@common_options
@json_option
def cli() -> None:
    """Record, search and read back what training code tracks.

    The options --repo, --json and --debug may be given before or after the command.
    """


for _command in (
    init,
    version,
    experiments,
    runs,
    query,
    export,
    watch,
    up,
    down,
    convert,
    doctor,
    storage,
    completion,
):
    cli.add_command(_command)
cli.add_command(up, "ui")  # Aim 3's name for it


def main() -> None:
    """Run the command line and exit; the entry point."""
    for stream in (sys.stdout, sys.stderr):
        # names and params may hold characters that the terminal's encoding lacks, or lone surrogates
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli.main()


if __name__ == "__main__":
    main()
