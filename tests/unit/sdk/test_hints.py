"""What people type who come from other tools is answered with the same line in Aim."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.sdk.recording import default_session, hints


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("init", 'aim.Session(experiment="digits", run="baseline")'),
        ("log", 'aim.track({"loss": 0.5, "accuracy": 0.9}, step=10)'),
        ("log_metric", 'aim.track(0.5, name="loss", step=10)'),
        ("trace", 'aim.track(0.5, name="loss")'),
        ("config", 'aim.set_params({"lr": 0.01})'),
        ("end_run", "aim.finish()"),
        ("trakc", "Did you mean aim.track?"),
        ("set_parmas", "Did you mean aim.set_params?"),
        ("Reop", "Did you mean aim.Repo?"),
    ],
)
def test_a_function_that_is_not_there_is_answered(name: str, line: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'aim' has no attribute '{name}'.*{re.escape(line)}"):
        getattr(aim, name)
    assert not hasattr(aim, name)


def test_every_answer_is_a_line_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_session, "_session", None)
    aim.track(0.5, name="loss")
    lines = {
        line
        for table in (hints._FUNCTIONS, hints._MEMBERS)
        for text in table.values()
        for line in re.findall(r"(?:aim|run)(?:\.\w+|\[)(?:\((?:[^()]|\([^()]*\))*\)|[^\s,;:?()]*)+", text)
    }
    for line in sorted(lines):
        if "..." not in line and "path/to" not in line:
            with aim.Run() as run:
                run["hparams"], run["lr"] = {}, 0.1
                exec(line, {"aim": aim, "run": run, "norm": 1.0})
    assert len(lines) > 25
    aim.finish()


def test_names_that_a_tool_asks_for_stay_plain() -> None:
    with pytest.raises(AttributeError, match=r"^module 'aim' has no attribute '__wrapped__'$"):
        aim.__wrapped__  # noqa: B018
    session = aim.Session(mode="disabled")
    for name in ("_repr_html_", "__wrapped__"):
        with pytest.raises(AttributeError, match=rf"^'Session' object has no attribute '{name}'$"):
            getattr(session, name)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("log", 'In Aim: run.track({"loss": 0.5, "accuracy": 0.9}, step=10)'),
        ("id", "In Aim: run.hash"),
        ("config", 'In Aim: run["lr"] = 0.01 records, run.params reads'),
        ("add_tga", "Did you mean add_tag?"),
    ],
)
@pytest.mark.parametrize("kind", [aim.Session, aim.Run])
def test_an_attribute_that_is_not_there_is_answered(kind: Any, name: str, answer: str) -> None:
    message = f"aim.{kind.__name__} has no attribute {name!r}. {answer}"
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$"):
        getattr(kind(mode="disabled"), name)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (
            lambda: aim.Session(project="digits", name="first", config={"lr": 0.1}),  # type: ignore[arg-type]
            "aim.Session() has no argument 'project', 'name', 'config': the same in Aim: "
            "aim.Session(experiment='digits', run='first'), then set_params({'lr': 0.1})",
        ),
        (
            lambda: aim.Run(project="digits", run_name="first", entity="me"),  # type: ignore[arg-type]
            "aim.Run() has no argument 'project', 'run_name', 'entity': the same in Aim: "
            "aim.Run(experiment='digits', name='first'); leave out entity=",
        ),
        (
            lambda: aim.Session(expriment="e"),  # type: ignore[arg-type]
            "aim.Session() has no argument 'expriment': did you mean experiment= instead of expriment=?",
        ),
    ],
)
def test_an_argument_that_is_not_there_is_answered(call: Any, answer: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(answer)}$"):
        call()
    assert list(tmp_path.iterdir()) == []
