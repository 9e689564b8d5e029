"""A repo may come from somebody else: whatever lies in it, no file outside is touched, and every command answers."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import aim
from aim.cli.main import cli
from aim.errors import AimError
from aim.storage.repo.layout import RepoLayout
from tests.fault.support import layout_of, only_run
from tests.unit.cli.support import run_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and named pipes")

COPIED = "a" * 24
"""A run directory that somebody copied in."""
LONG_AGO_S = 10 * 86_400.0

_OPENED = '{"type":"opened","time":1796000000,"role":"train"}\n'


@pytest.fixture(autouse=True)
def _answers() -> Iterator[None]:
    """A command that waits for a named pipe is ended after a while, which fails its test."""

    def give_up(*_: object) -> None:
        pytest.fail("no answer")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """The folder of a repo with one run, named "mine"."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    with aim.Session(repo=folder, run="mine") as session:
        for value in range(10):
            session.track(float(value), name="loss")
    return folder


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder outside the repo with old files that look like those of Aim."""
    folder = tmp_path / "precious"
    (folder / COPIED).mkdir(parents=True)
    for name in ("vault.sqlite", "vault.tmp", "note.txt", f"{COPIED}/1-aaaaaaaa.points", f"{COPIED}/id_rsa"):
        (folder / name).write_text(f"keep {name} " * 8)
        os.utime(folder / name, (time.time() - LONG_AGO_S,) * 2)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_aim(repo: Path, *arguments: str) -> str:
    """What a command says; whatever comes of it, it is no bug of ours."""
    result = CliRunner().invoke(cli, [*arguments, "--repo", str(repo)])
    assert result.exit_code in (0, 1, 3), (arguments, result.output, result.exception)
    assert "bug in Aim" not in result.output
    return result.output


def everything(repo: Path, tmp_path: Path) -> str:
    """Commands that read, write, copy, repair and clean."""
    other = tmp_path / "other"
    name = COPIED if (repo / ".aim" / "runs" / COPIED).exists() else "mine"
    said = [
        run_aim(repo, *arguments)
        for arguments in (
            ("runs", "ls"),
            ("runs", "show", name),
            ("runs", "cp", name, "--to", str(other), "--force"),
            ("runs", "archive", name),
            ("query", "loss"),
            ("convert", "tensorboard", "--logdir", str(repo)),
            ("experiment", "add", "--name", "new"),
            ("doctor", "--repair", "--acknowledge"),
            ("doctor",),
            ("storage", "prune", "-y"),
        )
    ]
    aim.Session(repo=repo).close()
    return "\n".join(said)


def copied_in(repo: Path, closed_sizes: dict[str, int]) -> Path:
    """A run directory as somebody may make it."""
    folder = repo / ".aim" / "runs" / COPIED
    folder.mkdir(parents=True)
    closed = {"type": "closed", "time": 1796000000, "reason": "finished", "sizes": closed_sizes}
    (folder / "1-aaaaaaaa.events.jsonl").write_text(_OPENED + json.dumps(closed) + "\n")
    return folder


def test_a_repair_cuts_no_file_that_a_link_in_a_run_directory_leads_to(
    foreign: Path, precious: Path, tmp_path: Path
) -> None:
    before = tree(precious)
    folder = copied_in(foreign, {"points": 1})
    # the length of the link's own text is what lstat gives as its size
    (folder / "1-aaaaaaaa.points").symlink_to(f"{precious}/{'./' * 50}note.txt")
    said = everything(foreign, tmp_path)
    assert tree(precious) == before
    assert "1-aaaaaaaa.points" in said


@pytest.mark.parametrize("key", ["x/../../../../victim.points", "x/../../OTHER/POINTS", "/victim.points", ".2.points"])
def test_a_repair_cuts_no_file_that_the_sizes_of_a_run_lead_to(foreign: Path, tmp_path: Path, key: str) -> None:
    layout, mine = layout_of(foreign), only_run(foreign)
    (stream,) = Path(layout.run_dir(mine)).glob("*.points")
    victim = foreign / "victim.points"
    victim.write_bytes(b"v" * 320)
    folder = copied_in(foreign, {key.replace("OTHER", mine).replace("POINTS", stream.name): 1})
    (folder / "1-aaaaaaaa.x").mkdir()
    everything(foreign, tmp_path)
    assert victim.read_bytes() == b"v" * 320
    assert stream.stat().st_size == 320


LINKED_FOLDERS = ["index", "trash", "names", "runs", "active", "closed", "aside", "views"]


@pytest.mark.parametrize("name", LINKED_FOLDERS)
def test_no_folder_outside_is_used_through_a_link_in_place_of_one_of_the_repos_own(
    foreign: Path, precious: Path, tmp_path: Path, name: str
) -> None:
    link = foreign / ".aim" / name
    if link.exists():
        link.rename(foreign / "was")
    before = tree(precious)
    link.symlink_to(precious, target_is_directory=True)
    try:
        said = everything(foreign, tmp_path)
    except AimError as error:  # a session cannot be opened
        said = str(error)
    assert tree(precious) == before
    assert link.is_symlink()
    if name != "views":  # which no command reads
        assert name in said and "is a symbolic link" in said


@pytest.mark.parametrize(
    "name", ["import.lock", "config.lock", ".clock", "web.log", "VERSION", "config.json", "web.json"]
)
def test_no_file_outside_is_written_through_a_link_in_place_of_one_of_the_repos_own(
    foreign: Path, precious: Path, tmp_path: Path, name: str
) -> None:
    from aim.web.process.logs import open_log

    link = foreign / ".aim" / name
    link.unlink(missing_ok=True)
    before = tree(precious)
    link.symlink_to(precious / "note.txt")
    if name == "web.log":
        with pytest.raises(AimError, match=r"web.log is a symbolic link"):
            open_log(layout_of(foreign))
    try:
        said = everything(foreign, tmp_path)
    except (AimError, OSError) as error:
        said = str(error)
    assert tree(precious) == before
    if name not in (".clock", "web.json", "web.log"):
        assert name in said and "is a symbolic link" in said


def test_no_file_is_made_where_a_link_in_a_repo_leads_to_nothing(foreign: Path, precious: Path, tmp_path: Path) -> None:
    before = tree(precious)
    for name in ("import.lock", "config.lock", ".clock", "web.log", "config.json"):
        (foreign / ".aim" / name).unlink(missing_ok=True)
        (foreign / ".aim" / name).symlink_to(precious / "new")
    run_aim(foreign, "experiment", "checkout", "--name", "digits")
    everything(foreign, tmp_path)
    assert tree(precious) == before


def test_a_link_in_place_of_a_run_is_neither_copied_nor_written_to(
    foreign: Path, precious: Path, tmp_path: Path
) -> None:
    before = tree(precious)
    (foreign / ".aim" / "runs" / COPIED).symlink_to(precious / COPIED, target_is_directory=True)
    everything(foreign, tmp_path)
    assert tree(precious) == before
    assert not list((tmp_path / "other").rglob("id_rsa"))
    with pytest.raises(AimError):
        aim.Run(COPIED, repo=foreign)
    assert tree(precious) == before


def test_links_inside_a_run_directory_are_not_copied(foreign: Path, precious: Path, tmp_path: Path) -> None:
    folder = Path(layout_of(foreign).run_dir(only_run(foreign)))
    (folder / "blobs").symlink_to(precious, target_is_directory=True)
    (folder / "key").symlink_to(precious / COPIED / "id_rsa")
    run_aim(foreign, "runs", "cp", "mine", "--to", str(tmp_path / "other"))
    copy = tmp_path / "other" / ".aim" / "runs" / folder.name
    assert {path.name for path in copy.iterdir()} == {path.name for path in folder.iterdir()} - {"blobs", "key"}


def test_a_database_that_is_a_link_is_not_opened(foreign: Path, tmp_path: Path) -> None:
    run_aim(foreign, "runs", "ls")
    index = foreign / ".aim" / "index"
    (database,) = index.glob("*.sqlite")
    outside = tmp_path / "outside.sqlite"
    database.rename(outside)
    for rest in index.glob("*.sqlite-*"):
        rest.unlink()
    database.symlink_to(outside)
    before = outside.read_bytes()
    aim.Session(repo=foreign, run="later").close()
    assert "later" in run_aim(foreign, "runs", "ls")
    assert outside.read_bytes() == before


PIPES: dict[str, Callable[[RepoLayout], str]] = {
    "config.json": lambda layout: layout.config_path,
    "VERSION": lambda layout: layout.version_path,
    ".clock": lambda layout: os.path.join(layout.root, ".clock"),
    "names": lambda layout: next(entry.path for entry in os.scandir(layout.names)),
    "acknowledged.jsonl": lambda layout: os.path.join(layout.root, "aside", "acknowledged.jsonl"),
    "import.lock": lambda layout: layout.import_lock,
    "config.lock": lambda layout: layout.config_lock,
    "web.json": lambda layout: os.path.join(layout.root, "web.json"),
    "points": lambda layout: str(next(Path(layout.runs).rglob("*.points"))),
    "events": lambda layout: str(next(Path(layout.runs).rglob("*.events.jsonl"))),
    "marker": lambda layout: os.path.join(layout.active, f"{COPIED}.1-aaaaaaaa"),
    "index": lambda layout: layout.index,
}


@pytest.mark.parametrize("name", PIPES)
def test_every_command_answers_with_a_named_pipe_in_place_of_a_file(foreign: Path, tmp_path: Path, name: str) -> None:
    path = PIPES[name](layout_of(foreign))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).unlink(missing_ok=True)
    os.mkfifo(path)
    try:
        said = everything(foreign, tmp_path)
    except AimError as error:
        said = str(error)
    if name not in (".clock", "web.json", "names"):  # what only helps is done without
        assert os.path.basename(path) in said
    if name not in ("events", "config.json", "VERSION"):
        assert "mine" in said


def test_a_repo_in_a_folder_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    with aim.Session(repo=folder, run="mine") as session:
        session.track(1.0, name="loss")
    with aim.Repo(folder) as repo:
        (metric,) = repo.query_metrics("loss")
        assert metric.values.tolist() == [1.0]
    for arguments in (("runs", "ls"), ("doctor",)):
        assert "bug in Aim" not in run_process(*arguments, cwd=folder).stdout
