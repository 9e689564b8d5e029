"""Names of runs: readable ones, unique ones, and who holds one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aim.errors import RunNameTakenError
from aim.schema import events as ev
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.open_run import open_edit_writer, open_run
from aim.storage.writing.request import RunRequest
from aim.storage.writing.run_names import claim_run_name, claimed_run, find_run_named, readable_run_name
from aim.storage.writing.writer import new_run_hash


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path)


def record_run(
    layout: RepoLayout, name: str, *, claim: bool = True, experiment: str = "e", created_at: float = 0
) -> str:
    run_hash = new_run_hash()
    if claim:
        claim_run_name(layout, experiment, name, run_hash)
    clock = (lambda: created_at) if created_at else time.time
    open_run(layout, RunRequest(run_hash, name=name, experiment=experiment, is_new=True), clock=clock).close("finished")
    return run_hash


def rename(layout: RepoLayout, run_hash: str, name: str) -> None:
    with open_edit_writer(layout, run_hash) as edit:
        edit.event({"type": ev.SET, "field": "name", "value": name})


def age_claims(layout: RepoLayout) -> None:
    for path in Path(layout.names).iterdir():
        os.utime(path, (0, 0))


def test_name_made_up_is_readable_and_hardly_ever_the_same() -> None:
    names = {readable_run_name() for _ in range(50)}
    assert len(names) > 45
    assert all(len(name.split("-")) == 3 and name.isascii() and name.islower() for name in names)


def test_seeded_training_code_does_not_get_the_same_name_twice() -> None:
    import random

    random.seed(0)
    first = readable_run_name()
    random.seed(0)
    assert readable_run_name() != first


def test_name_in_use_is_refused_and_the_holder_named(layout: RepoLayout) -> None:
    holder = record_run(layout, "a")
    with pytest.raises(RunNameTakenError, match=rf"'e' already has a run named 'a' \({holder}\)\. .*resume=True"):
        claim_run_name(layout, "e", "a", new_run_hash())
    assert claimed_run(layout, "e", "a") == holder


def test_other_names_and_other_experiments_are_free(layout: RepoLayout) -> None:
    record_run(layout, "a")
    claim_run_name(layout, "e", "b", new_run_hash())
    claim_run_name(layout, "f", "a", new_run_hash())


def test_claiming_twice_for_one_run_is_harmless(layout: RepoLayout) -> None:
    run_hash = new_run_hash()
    claim_run_name(layout, "e", "a", run_hash)
    claim_run_name(layout, "e", "a", run_hash)
    assert len(os.listdir(layout.names)) == 1


def test_claim_counts_for_a_while_before_there_is_a_run(layout: RepoLayout) -> None:
    run_hash = new_run_hash()
    claim_run_name(layout, "e", "a", run_hash)
    assert claimed_run(layout, "e", "a") == run_hash
    with pytest.raises(RunNameTakenError):
        claim_run_name(layout, "e", "a", new_run_hash())
    age_claims(layout)
    assert claimed_run(layout, "e", "a") is None
    claim_run_name(layout, "e", "a", new_run_hash())


def test_claim_of_a_run_counts_before_its_first_event_is_written(layout: RepoLayout) -> None:
    run_hash = new_run_hash()
    claim_run_name(layout, "e", "n", run_hash)
    Path(layout.run_dir(run_hash)).mkdir()
    Path(layout.run_dir(run_hash), stream_name("1-0123abcd", "events")).touch()
    with pytest.raises(RunNameTakenError):
        claim_run_name(layout, "e", "n", new_run_hash())


@pytest.mark.parametrize("how", ["deleted", "renamed", "moved to another experiment"])
def test_name_of_a_run_that_gave_it_up_is_free(how: str, layout: RepoLayout) -> None:
    former = record_run(layout, "a")
    age_claims(layout)
    if how == "deleted":
        shutil.rmtree(layout.run_dir(former))
    elif how == "renamed":
        rename(layout, former, "b")
    else:
        with open_edit_writer(layout, former) as edit:
            edit.event({"type": ev.SET, "field": "experiment", "value": "f"})
    assert claimed_run(layout, "e", "a") is None
    new = record_run(layout, "a")
    assert claimed_run(layout, "e", "a") == new
    with pytest.raises(RunNameTakenError, match=new):
        claim_run_name(layout, "e", "a", new_run_hash())


def test_name_can_be_given_up_again_and_again(layout: RepoLayout) -> None:
    for _ in range(5):
        run_hash = record_run(layout, "a")
        assert claimed_run(layout, "e", "a") == run_hash
        age_claims(layout)
        shutil.rmtree(layout.run_dir(run_hash))


def test_run_that_was_renamed_back_has_its_name_again(layout: RepoLayout) -> None:
    run_hash = record_run(layout, "a")
    rename(layout, run_hash, "b")
    rename(layout, run_hash, "a")
    assert claimed_run(layout, "e", "a") == run_hash


def test_run_that_was_restored_takes_its_name_back_from_a_later_one(layout: RepoLayout, tmp_path: Path) -> None:
    first = record_run(layout, "a")
    age_claims(layout)
    shutil.move(layout.run_dir(first), tmp_path / "away")
    second = record_run(layout, "a")
    assert claimed_run(layout, "e", "a") == second
    shutil.move(tmp_path / "away", layout.run_dir(first))
    assert claimed_run(layout, "e", "a") == first


def test_of_many_threads_that_want_a_name_that_was_given_up_one_gets_it(layout: RepoLayout) -> None:
    former = record_run(layout, "a")
    age_claims(layout)
    shutil.rmtree(layout.run_dir(former))
    barrier = threading.Barrier(8)
    won: list[str] = []

    def want() -> None:
        run_hash = new_run_hash()
        barrier.wait()
        try:
            claim_run_name(layout, "e", "a", run_hash)
        except RunNameTakenError:
            return
        won.append(run_hash)

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert claimed_run(layout, "e", "a") == won[0]


def test_claim_found_stale_is_not_taken_from_who_was_quicker(
    layout: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have judged the old claim stale; the other makes its claim before we make ours."""
    former = record_run(layout, "a")
    age_claims(layout)
    shutil.rmtree(layout.run_dir(former))
    other, link = new_run_hash(), os.link

    def slow_link(source: str, target: str, **folders: int | None) -> None:
        monkeypatch.setattr(os, "link", link)
        claim_run_name(layout, "e", "a", other)
        link(source, target)

    monkeypatch.setattr(os, "link", slow_link)
    with pytest.raises(RunNameTakenError, match=other):
        claim_run_name(layout, "e", "a", new_run_hash())
    assert claimed_run(layout, "e", "a") == other


_CLAIMING = """
import sys
from aim.errors import RunNameTakenError
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.writing.run_names import claim_run_name
from aim.storage.writing.writer import new_run_hash
layout = RepoLayout(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    try:
        claim_run_name(layout, "e", f"run {number}", new_run_hash())
        print(number)
    except RunNameTakenError:
        pass
"""


def test_of_two_processes_that_want_one_name_one_gets_it(layout: RepoLayout) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _CLAIMING, layout.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [number for process in processes for number in process.communicate()[0].split()]
    assert sorted(map(int, won)) == list(range(30))
    assert all(process.returncode == 0 for process in processes)


def test_names_are_claimed_where_the_file_system_has_no_links(
    layout: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(source: str, target: str, **folders: int | None) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    run_hash = new_run_hash()
    claim_run_name(layout, "e", "a", run_hash)
    with pytest.raises(RunNameTakenError, match=run_hash):
        claim_run_name(layout, "e", "a", new_run_hash())
    assert len(os.listdir(layout.names)) == 1


@pytest.mark.parametrize("text", ["", "no hash", "../../" + "0" * 24, "\xff"])
def test_damaged_claim_counts_for_a_while_and_is_then_passed_over(text: str, layout: RepoLayout) -> None:
    claim_run_name(layout, "e", "a", new_run_hash())
    (path,) = Path(layout.names).iterdir()
    path.write_text(text, encoding="latin-1")
    assert claimed_run(layout, "e", "a") is None
    with pytest.raises(RunNameTakenError):
        claim_run_name(layout, "e", "a", new_run_hash())
    age_claims(layout)
    run_hash = new_run_hash()
    claim_run_name(layout, "e", "a", run_hash)
    assert claimed_run(layout, "e", "a") == run_hash


def test_claims_in_a_circle_end(layout: RepoLayout) -> None:
    former = new_run_hash()
    claim_run_name(layout, "e", "a", former)
    (path,) = Path(layout.names).iterdir()
    Path(f"{path}.{former}").write_text(former)
    age_claims(layout)
    assert claimed_run(layout, "e", "a") is None
    with pytest.raises(OSError, match="circle"):
        claim_run_name(layout, "e", "a", new_run_hash())


def test_nothing_is_left_beside_a_claim(layout: RepoLayout) -> None:
    record_run(layout, "a")
    with pytest.raises(RunNameTakenError):
        claim_run_name(layout, "e", "a", new_run_hash())
    assert len(os.listdir(layout.names)) == 1


# -- finding -----------------------------------------------------------------------------------------------------------


def test_run_is_found_by_a_name_that_nobody_claimed(layout: RepoLayout) -> None:
    run_hash = record_run(layout, 'made "up" ü', claim=False)
    assert find_run_named(layout, "e", 'made "up" ü') == run_hash
    assert find_run_named(layout, "f", 'made "up" ü') is None
    assert find_run_named(layout, "e", "made") is None


def test_run_is_found_by_its_new_name_only(layout: RepoLayout) -> None:
    run_hash = record_run(layout, "a", claim=False)
    rename(layout, run_hash, "b")
    assert find_run_named(layout, "e", "a") is None
    assert find_run_named(layout, "e", "b") == run_hash


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_several_runs_of_one_name_the_holder_is_found_else_the_newest(
    is_reversed: bool, layout: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_run(layout, "a", claim=False, created_at=3.0)
    newest = record_run(layout, "a", claim=False, created_at=9.0)
    record_run(layout, "a", claim=False, created_at=5.0)
    in_order = sorted(os.listdir(layout.runs), key=lambda run_hash: run_hash == newest, reverse=is_reversed)
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: in_order if path == layout.runs else listdir(path))
    assert find_run_named(layout, "e", "a") == newest
    holder = record_run(layout, "a", created_at=4.0)
    assert find_run_named(layout, "e", "a") == holder


def test_nothing_is_found_where_there_is_nothing(tmp_path: Path) -> None:
    assert find_run_named(RepoLayout(tmp_path / "nowhere"), "e", "a") is None


def lay_shut_file(path: str) -> None:
    Path(path).write_text("a" * 24)
    os.chmod(path, 0o000)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")


@pytest.mark.parametrize(
    "lay",
    [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/hostname", path), lay_shut_file],
    ids=["pipe", "folder", "link", "shut file"],
)
def test_a_claim_that_cannot_be_read_keeps_nobody_from_the_name(lay: Callable[[str], None], layout: RepoLayout) -> None:
    claim_run_name(layout, "e", "mine", "a" * 24)
    (claim,) = os.scandir(layout.names)
    os.unlink(claim.path)
    lay(claim.path)
    assert claimed_run(layout, "e", "mine") is None
    run_hash = record_run(layout, "mine")
    assert claimed_run(layout, "e", "mine") == run_hash
    with pytest.raises(RunNameTakenError):
        claim_run_name(layout, "e", "mine", "b" * 24)
