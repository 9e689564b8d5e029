"""``aim completion``: the script that a shell needs."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from aim.cli.context import common_options


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Put one of these lines into the shell's start-up file:

    \b
        eval "$(aim completion bash)"
        eval "$(aim completion zsh)"
        aim completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "aim", "_AIM_COMPLETE").source())
