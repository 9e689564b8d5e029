"""A progress bar on the terminal for work that takes long; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

__all__ = ["progress_bar"]

_SHOWN_AFTER_S = 0.5


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield ``progress(done, total)``; the bar goes to stderr, appears after half a second, goes at the end."""
    is_terminal = sys.stderr.isatty()
    started = time.monotonic()
    last = 0.0
    shown = 0

    def progress(done: int, total: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if not is_terminal or now - started < _SHOWN_AFTER_S or now - last < 0.1:
            return
        last = now
        filled = 30 * done // total if total else 0
        text = f"{label} [{'#' * filled}{'-' * (30 - filled)}] {done:,}/{total:,}"
        shown = max(shown, len(text))
        click.echo("\r" + text, nl=False, err=True)

    try:
        yield progress
    finally:
        if shown:
            click.echo("\r" + " " * shown + "\r", nl=False, err=True)
