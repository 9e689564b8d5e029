"""No name, context, tag, param or hash makes a path outside the repo."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimError
from aim.schema.names import has_unusable_characters
from aim.storage.repo.layout import RepoLayout, parse_marker_name, parse_stream_name
from tests.fault.support import read_back, run_hashes

_HOSTILE = [
    "../../escaped",
    "../escaped",
    "..",
    ".",
    "/",
    "/etc/passwd",
    "/tmp/escaped",
    "a/../../../escaped",
    "~/escaped",
    "~root",
    "$HOME/escaped",
    "C:\\escaped",
    "\\\\server\\share",
    "..\\..\\escaped",
    "file:///etc/passwd",
    "con",
    "nul",
    "a" * 1000,
    "é" * 500,
    "name\u202etxt.exe",
    "%2e%2e%2fescaped",
    ".aim",
    "-rf",
    "*",
    "a;b|c&d`e`$(f)",
    "x\udcff",
]
_UNPRINTABLE = ["", "a\0b", "a\nb", "\x1b[31m", "a\rb", "\u2028"]


def _outside(folder: Path) -> set[str]:
    """Every path around the repo, outside of it."""
    return {str(path) for path in folder.rglob("*") if ".aim" not in path.relative_to(folder).parts[:2]}


def _around(repo: Path) -> Path:
    return repo.parent


@pytest.mark.parametrize("text", [*_HOSTILE, *_UNPRINTABLE], ids=ascii)
def test_a_hostile_text_stays_text(text: str, repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_STRICT", "")
    before = _outside(_around(repo_path))
    accepted = 0
    for options in ({"experiment": text}, {"run": text}, {"experiment": text, "run": text}):
        with contextlib.suppress(AimError):
            aim.Session(repo=repo_path, **options).close()
            accepted += 1
    run = aim.Run(repo=repo_path, strict=False)
    with contextlib.suppress(Warning):
        run.track(1.0, text)
    with contextlib.suppress(Warning):
        run.track(1.0, "loss", context={text: text})
    with contextlib.suppress(Warning):
        run.track({text: 1.0, "fine": 2.0})
    with contextlib.suppress(Warning):
        run[text] = {text: text}
    with contextlib.suppress(Warning, AimError):
        run.add_tag(text)
    with contextlib.suppress(Warning, AimError):
        run.name = text
    with contextlib.suppress(Warning, AimError):
        run.experiment = text
    run.close()
    assert _outside(_around(repo_path)) == before
    found = read_back(repo_path, run.hash)
    assert found.state.params == {text: {text: text}}
    if text in _HOSTILE and not has_unusable_characters(text):
        assert found.points[text, "{}"][0] == (0, 1.0)
        assert accepted >= 1
        assert text in found.state.tags
    assert all(len(run_hash) == 24 for run_hash in run_hashes(repo_path))


_NO_HASHES: list[Any] = [
    *_HOSTILE,
    *_UNPRINTABLE,
    "0123456789ABCDEF01234567",
    "0123456789abcdef0123456",
    "0123456789abcdef012345678",
    "0123456789abcdef01234567\n",
    "0123456789abcdef0123456g",
    "../0123456789abcdef012345",
    b"0123456789abcdef01234567",
    123,
]


@pytest.mark.parametrize("text", _NO_HASHES, ids=ascii)
def test_a_hostile_hash_is_no_hash(text: Any, repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aim.Session(repo=repo_path).close()
    before = {str(path) for path in _around(repo_path).rglob("*")}
    with pytest.raises(AimError):
        aim.Session(repo=repo_path, run_hash=text)
    with pytest.raises(AimError):
        RepoLayout(repo_path / ".aim").run_dir(text)
    with aim.Repo(repo_path) as repo:
        with pytest.raises(AimError):
            repo.get_run(text)
        if isinstance(text, str):
            with pytest.raises(AimError):
                repo.delete_runs([text])
    new = {str(path) for path in _around(repo_path).rglob("*")} - before
    assert [path for path in new if "/index" not in path and not path.endswith((".clock", "/trash"))] == []


@pytest.mark.parametrize("text", _NO_HASHES, ids=ascii)
def test_a_hostile_text_names_a_run_inside_the_repo_or_none(text: Any, repo_path: Path) -> None:
    aim.Session(repo=repo_path).close()
    before = _outside(_around(repo_path))
    with contextlib.suppress(AimError):
        run = aim.Run(text, repo=repo_path)
        run.close()
        assert run.name == text
    assert _outside(_around(repo_path)) == before
    assert all(len(run_hash) == 24 for run_hash in run_hashes(repo_path))


@pytest.mark.parametrize("text", _HOSTILE, ids=ascii)
def test_a_hostile_file_name_is_neither_stream_nor_marker(text: str) -> None:
    assert parse_stream_name(text) is None
    assert parse_stream_name(f"1-0123abcd{text}.points") is None
    assert parse_stream_name(f"{text}.points") is None
    assert parse_marker_name(text) is None
    assert parse_marker_name(f"0123456789abcdef01234567.{text}") is None


def test_symbolic_links_in_place_of_a_run_are_not_followed_by_a_delete(repo_path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    with aim.Session(repo=repo_path) as session:
        session.track(1.0, name="loss")
    link = Path(RepoLayout(repo_path / ".aim").runs) / "0123456789abcdef01234567"
    link.symlink_to(precious, target_is_directory=True)
    with aim.Repo(repo_path) as repo, contextlib.suppress(AimError):
        repo.delete_runs(["0123456789abcdef01234567"])
    assert (precious / "file").read_text() == "keep me"
    link.unlink(missing_ok=True)
