"""What people type who come from other tools, answered with the same line in Aim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["unknown_arguments", "unknown_attribute", "unknown_function"]

_BEGIN: Final = (
    'the first aim.track(...) begins a run; to name it: aim.Session(experiment="digits", run="baseline"); '
    'its configuration: aim.set_params({"lr": 0.01})'
)
_TRACK: Final = 'aim.track(0.5, name="loss", step=10)'
_TRACK_DICT: Final = 'aim.track({"loss": 0.5, "accuracy": 0.9}, step=10)'
_PARAMS: Final = 'aim.set_params({"lr": 0.01})'
_FILES: Final = 'files cannot be recorded so far; keep the path: aim.add_record("checkpoint", {"path": "model.pt"})'
_LOCAL: Final = "runs are files in a folder (.aim): there is nothing to log in to, to sync or to switch offline"

_FUNCTIONS: Final[Mapping[str, str]] = {
    "init": _BEGIN,
    "start_run": _BEGIN,
    "start": _BEGIN,
    "create_run": _BEGIN,
    "set_experiment": 'aim.Session(experiment="digits"), or AIM_EXPERIMENT=digits in the environment',
    "log": _TRACK_DICT,
    "log_metric": _TRACK,
    "log_metrics": _TRACK_DICT,
    "log_scalar": _TRACK,
    "add_scalar": _TRACK,
    "trace": 'did you mean aim.track? aim.track(0.5, name="loss")',
    "log_param": 'aim.set("lr", 0.01)',
    "log_params": _PARAMS,
    "log_hyperparams": 'aim.set_params({"lr": 0.01}, name="hparams")',
    "config": f"{_PARAMS} records it, aim.session().params reads it",
    "params": f"{_PARAMS} records them, aim.session().params reads them",
    "run": "aim.session() is the run that aim.track records into",
    "active_run": "aim.session() is the run that aim.track records into",
    "last_active_run": "aim.session() is the run that aim.track records into",
    "summary": "the last, lowest and highest value of every metric are known without it: aim.session().metrics()",
    "end_run": "aim.finish()",
    "close": "aim.finish()",
    "end": "aim.finish()",
    "set_tag": 'aim.add_tag("baseline"); a key with a value is a param: aim.set("key", "value")',
    "set_tags": 'aim.add_tag("baseline"); keys with values are params: aim.set_params({"key": "value"})',
    "log_text": 'aim.log_info("text"), or a note in Markdown: aim.add_note("text")',
    "alert": 'aim.log_warning("text")',
    "watch": 'gradients are not watched; track what you want to see: aim.track(norm, name="grad_norm")',
    "log_artifact": _FILES,
    "log_artifacts": _FILES,
    "log_model": _FILES,
    "save": _FILES,
    "Artifact": _FILES,
    "login": _LOCAL,
    "sync": _LOCAL,
    "set_tracking_uri": 'aim.Session("path/to/folder"), or AIM_REPO in the environment',
    "search_runs": 'aim.Repo().query_runs("params.lr > 0.01").dataframe()',
    "Api": 'aim.Repo().query_runs("params.lr > 0.01")',
    "SummaryWriter": "aim.Session(); for TensorBoard's logs: aim convert tensorboard, or aim up --tf_logs FOLDER",
}
"""By what another tool, or a guess, calls it."""

_MEMBERS: Final[Mapping[str, str]] = {
    "log": 'run.track({"loss": 0.5, "accuracy": 0.9}, step=10)',
    "log_metric": 'run.track(0.5, name="loss", step=10)',
    "log_metrics": 'run.track({"loss": 0.5, "accuracy": 0.9}, step=10)',
    "add_scalar": 'run.track(0.5, name="loss", step=10)',
    "log_param": 'run["lr"] = 0.01',
    "log_params": 'run.set_params({"lr": 0.01})',
    "log_hyperparams": 'run.set_params({"lr": 0.01}, name="hparams")',
    "config": 'run["lr"] = 0.01 records, run.params reads',
    "hparams": 'run["hparams"] = {...} records, run["hparams"] reads',
    "summary": "run.metrics() has the last, lowest and highest value of every metric",
    "id": "run.hash",
    "run_id": "run.hash",
    "run_name": "run.name",
    "project": "run.experiment",
    "group": "run.experiment",
    "dir": "run.repo_path",
    "url": "aim up shows it",
    "end": "run.close()",
    "stop": "run.close()",
    "set_name": 'run.name = "baseline"',
    "set_description": 'run.description = "text"',
    "set_tag": 'run.add_tag("baseline")',
    "set_tags": 'run.add_tag("baseline")',
    "add_tags": 'run.add_tag("baseline")',
    "save": 'run.add_record("checkpoint", {"path": "model.pt"})',
    "watch": 'run.track(norm, name="grad_norm")',
    "alert": 'run.log_warning("text")',
}

_ARGUMENTS: Final[Mapping[str, str]] = {
    "project": "experiment",
    "project_name": "experiment",
    "experiment_name": "experiment",
    "group": "experiment",
    "notes": "description",
    "dir": "repo",
    "path": "repo",
    "logdir": "repo",
    "log_dir": "repo",
    "tracking_uri": "repo",
    "id": "run_hash",
    "run_id": "run_hash",
    "hash": "run_hash",
    "job_type": "tags",
    "tag": "tags",
}
"""Arguments of other tools, by what they are called here."""
_PARAM_ARGUMENTS: Final = ("config", "params", "hparams", "hyperparameters")
_NAME_ARGUMENTS: Final = ("name", "run_name", "run")


def unknown_function(name: str, known: Iterable[str]) -> str:
    """The message for ``aim.name``, which is not there."""
    return f"module 'aim' has no attribute {name!r}{_hint(name, _FUNCTIONS, known, 'aim.')}"


def unknown_attribute(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for an attribute that a handle does not have."""
    return f"aim.{kind} has no attribute {name!r}{_hint(name, _MEMBERS, known, '')}"


def _hint(name: str, table: Mapping[str, str], known: Iterable[str], prefix: str) -> str:
    if name in table:
        return f". In Aim: {table[name]}"
    near = _near(name, known)
    return f". Did you mean {prefix}{near}?" if near else ""


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # only mistakes pay for loading it

    found = get_close_matches(name, [each for each in known if not each.startswith("_")], 1)
    return found[0] if found else ""


def unknown_arguments(kind: str, given: Mapping[str, Any], constructor: Any) -> TypeError:
    """The error for arguments that ``aim.Session`` or ``aim.Run`` does not have, with the line as it is written here.

    Args:
        kind: "Session" or "Run".
        given: The arguments that are unknown, with their values.
        constructor: The method whose arguments there are.
    """
    code = constructor.__code__
    known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    arguments: list[str] = []
    params = ""
    hints: list[str] = []
    for name, value in given.items():
        shown = f"{value!r:.60}"
        if name in _PARAM_ARGUMENTS:
            params = f", then set_params({shown})"
        elif name in _NAME_ARGUMENTS:
            arguments.append(f"{'run' if kind == 'Session' else 'name'}={shown}")
        elif name in _ARGUMENTS:
            arguments.append(f"{_ARGUMENTS[name]}={shown}")
        elif near := _near(name, known):
            hints.append(f"did you mean {near}= instead of {name}=?")
        else:
            hints.append(f"leave out {name}=")
    line = f"aim.{kind}({', '.join(arguments)}){params}" if arguments or params else ""
    names = ", ".join(repr(name) for name in given)
    said = "; ".join([f"the same in Aim: {line}"] * bool(line) + hints)
    return TypeError(f"aim.{kind}() has no argument {names}: {said}")
