"""Completions of the shell for runs and experiments: those of the repo."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from aim.cli.context import Options

__all__ = ["complete_experiments", "complete_runs"]

_MAX_ITEMS = 200
"""A shell asks before it shows more."""


def complete_runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names and hashes that begin with `incomplete`, newest first."""
    try:
        with (context.find_object(Options) or Options()).open_repo() as repo:
            runs = list(repo.iter_runs())
    except Exception:  # completion must never print an error
        return []
    names = [CompletionItem(run.name, help=run.hash[:8]) for run in reversed(runs) if run.name.startswith(incomplete)]
    hashes = [CompletionItem(run.hash, help=run.name) for run in reversed(runs) if run.hash.startswith(incomplete)]
    return [*names, *(hashes if incomplete else [])][:_MAX_ITEMS]


def complete_experiments(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Experiments whose names begin with `incomplete`."""
    try:
        with (context.find_object(Options) or Options()).open_repo() as repo:
            return [CompletionItem(name) for name in repo.experiments() if name.startswith(incomplete)]
    except Exception:
        return []
