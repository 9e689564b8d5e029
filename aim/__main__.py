"""``python -m aim``: the ``aim`` command."""

from __future__ import annotations

from aim.cli.main import main

if __name__ == "__main__":
    main()
