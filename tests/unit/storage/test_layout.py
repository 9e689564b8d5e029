"""Where things lie; and that nothing a user or a file can say leads out of the repo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.errors import RunNotFoundError
from aim.storage.repo.layout import RepoLayout, parse_marker_name, parse_stream_name, stream_name
from aim.storage.writing.run_names import claim_run_name, claimed_run

HASH = "0123456789abcdef01234567"
ESCAPES = [
    "..",
    "../..",
    "/etc/passwd",
    "../../" + HASH,
    "a/../" + HASH,
    HASH + "/..",
    HASH + "\0",
    HASH + "\n",
    "~",
    "",
]

odd_texts = st.text(st.characters(categories=None), max_size=30) | st.sampled_from(ESCAPES)


@pytest.mark.parametrize("run_hash", [*ESCAPES, None, 5, HASH.upper(), b"0" * 24])
def test_what_is_no_hash_makes_no_path(run_hash: Any) -> None:
    layout = RepoLayout("/repo/.aim")
    with pytest.raises(RunNotFoundError, match="is not a run hash"):
        layout.run_dir(run_hash)
    with pytest.raises(RunNotFoundError, match="is not a run hash"):
        layout.trash_dir(run_hash)


@given(odd_texts)
def test_any_text_is_a_path_inside_the_repo_or_none(text: str) -> None:
    layout = RepoLayout("/repo/.aim")
    try:
        path = layout.run_dir(text)
    except RunNotFoundError:
        return
    assert os.path.dirname(path) == layout.runs


def test_hash_has_its_places() -> None:
    layout = RepoLayout("/repo/.aim")
    assert layout.run_dir(HASH) == f"/repo/.aim/runs/{HASH}"
    assert layout.trash_dir(HASH) == f"/repo/.aim/trash/{HASH}"
    assert layout.marker_path(HASH, "1-ab12cd34") == f"/repo/.aim/active/{HASH}.1-ab12cd34"


@given(
    name=st.text(min_size=1, max_size=20) | st.sampled_from(ESCAPES),
    experiment=st.text(max_size=20) | st.sampled_from(ESCAPES),
)
def test_claims_to_any_name_lie_in_names(tmp_path_factory: pytest.TempPathFactory, name: str, experiment: str) -> None:
    layout = RepoLayout(tmp_path_factory.mktemp("repo") / ".aim")
    claim_run_name(layout, experiment, name, HASH)
    assert claimed_run(layout, experiment, name) == HASH
    files = [path for path in Path(layout.root).parent.rglob("*") if path.is_file()]
    assert [path.parent for path in files] == [Path(layout.names)]


@pytest.mark.parametrize("kind", ["points", "events"])
@pytest.mark.parametrize("part", [1, 2, 10, 123])
def test_stream_name_is_read_as_it_was_made(kind: str, part: int) -> None:
    assert parse_stream_name(stream_name("12-ab12cd34", kind, part)) == ("12-ab12cd34", kind, part)


@pytest.mark.parametrize(
    "name",
    [
        "1-ab12cd34.1.points",
        "1-ab12cd34.0.points",
        "1-ab12cd34.02.points",
        "1-ab12cd34.points.tmp",
        "1-ab12cd34.points\n",
        "1-ab12cd34.console",
        "1-AB12CD34.points",
        "x.points",
        ".points",
        "1-ab12cd34.events",
        "",
    ],
)
def test_other_names_are_no_streams(name: str) -> None:
    assert parse_stream_name(name) is None


@given(odd_texts)
def test_names_of_files_are_read_without_an_error(name: str) -> None:
    parsed = parse_stream_name(name)
    assert parsed is None or stream_name(*parsed) == name
    assert parse_marker_name(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"{HASH}.1-ab12cd34", (HASH, "1-ab12cd34")),
        (f"{HASH}.1-ab12cd34.tmp", None),
        (HASH, None),
        ("..1-ab12cd34", None),
    ],
)
def test_marker_name_is_hash_and_writer(name: str, expected: Any) -> None:
    assert parse_marker_name(name) == expected


def test_relative_root_is_fixed_when_the_layout_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = RepoLayout(".aim")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert layout.runs == str(tmp_path / ".aim" / "runs")
