"""``aim down``."""

from __future__ import annotations

import click

from aim.cli.context import common_options, options
from aim.errors import AimError


@click.command()
@common_options
def down() -> None:
    """End the web UI of the nearest repo, wherever it was started."""
    from aim.web.process.instance import find_instance, hidden_server, moved_instance, stop_instance

    layout = options().layout()
    running = find_instance(layout)
    if running is None:
        moved = moved_instance(layout)
        if moved is not None:
            raise AimError(
                f"process {moved.pid} was started for this repo at {moved.place}, which it goes on serving; "
                f"end it with: kill {moved.pid}"
            )
        hidden = hidden_server(layout)
        if hidden:
            raise AimError(f"{layout.root}: {hidden}; only that user, or root, can end it")
        click.echo(f"Nothing serves {layout.root}")
        return
    try:
        has_ended = stop_instance(running)
    except OSError as error:
        raise AimError(f"cannot end process {running.pid}: {error.strerror or error}") from error
    if not has_ended:
        raise AimError(f"process {running.pid} was asked to end and still runs")
    click.echo(f"Ended the server at {running.url.partition('?')[0]}")
