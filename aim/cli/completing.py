"""What the shell offers where a run or an experiment is meant: those of the repo."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from aim.cli.context import Options

__all__ = ["complete_experiments", "complete_runs"]

_MAX_ITEMS = 200
"""A shell asks before it shows more."""


def complete_runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names that begin so, and hashes that do, newest first."""
    try:
        from aim.sdk.reading.repo import Repo

        with Repo((context.find_object(Options) or Options()).layout().root) as repo:
            runs = list(repo.iter_runs())
    except Exception:  # a question to a shell is no place for an error
        return []
    names = [CompletionItem(run.name, help=run.hash[:8]) for run in reversed(runs) if run.name.startswith(incomplete)]
    hashes = [CompletionItem(run.hash, help=run.name) for run in reversed(runs) if run.hash.startswith(incomplete)]
    return [*names, *(hashes if incomplete else [])][:_MAX_ITEMS]


def complete_experiments(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Experiments whose names begin so."""
    try:
        from aim.sdk.reading.repo import Repo

        with Repo((context.find_object(Options) or Options()).layout().root) as repo:
            return [CompletionItem(name) for name in repo.experiments() if name.startswith(incomplete)]
    except Exception:
        return []
