"""``aim down``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.errors import AimError


@click.command()
@common_options
def down() -> None:
    """Stop the web UI of the nearest repo, wherever it was started."""
    from aim.web.process.instance import find_instance, hidden_server, moved_instance, stop_instance

    layout = options().open_repo().layout
    running = find_instance(layout)
    if running is None:
        moved = moved_instance(layout)
        if moved is not None:
            raise AimError(
                f"process {moved.pid} was started for this repo at {moved.place}, which it still serves; "
                f"stop it with: kill {moved.pid}"
            )
        hidden = hidden_server(layout)
        if hidden:
            raise AimError(f"{layout.root}: {hidden}; only that user, or root, can stop it")
        click.echo(f"No server is running for {layout.root}")
        return
    try:
        has_ended = stop_instance(running)
    except OSError as error:
        raise AimError(f"cannot stop process {running.pid}: {error.strerror or error}") from error
    if not has_ended:
        raise AimError(f"process {running.pid} did not stop when asked")
    click.echo(f"Stopped the server at {running.url.partition('?')[0]}")
