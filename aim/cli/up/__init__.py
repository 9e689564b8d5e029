"""``aim up``, also ``aim ui``: the web UI of a repo."""

from aim.cli.up.command import up

__all__ = ["up"]
