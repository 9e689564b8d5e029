"""``aim runs rename``, ``tag``, ``note`` and ``describe``: what people say about a run."""

from __future__ import annotations

import click

from aim.cli.completing import complete_runs
from aim.cli.context import common_options, options
from aim.cli.output import plural
from aim.cli.runs.arguments import QUERY, RUNS, YES, chosen_runs
from aim.cli.selecting import select_runs

__all__ = ["describe", "note", "rename", "tag"]

_RUN = click.argument("text", metavar="RUN", shell_complete=complete_runs)


@click.command()
@_RUN
@click.argument("name")
@common_options
def rename(text: str, name: str) -> None:
    """Give a run another name."""
    with options().open_repo() as repo:
        (run_hash,) = select_runs(repo, [text])
        repo.get_run(run_hash).name = name
        others = [other for other in repo.runs_named(name) if other != run_hash]
    click.echo(f"{run_hash}: {name}")
    if others:
        click.echo(f"{plural(len(others), 'other run')} of the repo has this name: tell them apart by hash", err=True)


@click.command()
@RUNS
@QUERY
@click.option("--add", multiple=True, metavar="TAG", help="Add this tag; repeatable.")
@click.option("--remove", multiple=True, metavar="TAG", help="Remove this tag; repeatable.")
@YES
@common_options
def tag(
    texts: tuple[str, ...], query_text: str | None, add: tuple[str, ...], remove: tuple[str, ...], yes: bool
) -> None:
    """Add tags to runs, or remove them."""
    if not add and not remove:
        raise click.UsageError("say which tags: --add TAG or --remove TAG")
    with options().open_repo() as repo:
        hashes = chosen_runs(repo, texts, query_text, "Change the tags of", yes=yes)
        for run_hash in hashes:
            run = repo.get_run(run_hash)
            for one in add:
                run.add_tag(one)
            for one in remove:
                run.remove_tag(one)
    click.echo(f"{plural(len(hashes), 'run')} tagged")


@click.command()
@_RUN
@click.argument("note_text", metavar="TEXT")
@click.option("--replace", "note_id", metavar="ID", help="The text of this note instead; an empty TEXT deletes it.")
@common_options
def note(text: str, note_text: str, note_id: str | None) -> None:
    """Add a note in Markdown to a run, and print its id. `aim runs show` prints the notes."""
    with options().open_repo() as repo:
        (run_hash,) = select_runs(repo, [text])
        run = repo.get_run(run_hash)
        if note_id is None:
            click.echo(run.add_note(note_text))
            return
        if note_id not in {one.id for one in run.notes}:
            raise click.UsageError(f"run {run_hash} has no note {note_id!r:.80}: aim runs show --json lists them")
        run.set_note(note_id, note_text or None)
        click.echo(note_id)


@click.command()
@_RUN
@click.argument("description", metavar="TEXT")
@common_options
def describe(text: str, description: str) -> None:
    """Set the description of a run; an empty TEXT removes it."""
    with options().open_repo() as repo:
        (run_hash,) = select_runs(repo, [text])
        repo.get_run(run_hash).description = description
    click.echo(f"{run_hash}: described" if description else f"{run_hash}: description removed")
