"""Changes of config.json: none is lost, whoever makes them."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from aim.errors import RepoError
from aim.schema.limits import MAX_CONFIG_BYTES
from aim.storage.repo import files
from aim.storage.repo.config import Config, change_config, read_config
from aim.storage.repo.kernel_lock import try_lock
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path)


def count(config: Config) -> Config:
    return {**config, "count": config.get("count", 0) + 1}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", '{"experiment": ', "\0", "[" * 200_000, '{"a":' * 200_000, " " * (MAX_CONFIG_BYTES + 1)],
    ids=lambda text: text[:10],
)
def test_damaged_config_is_said_with_what_to_do(text: str, layout: RepoLayout) -> None:
    Path(layout.config_path).write_text(text)
    with pytest.raises(RepoError, match=r"cannot read .*config\.json: .* Fix or delete the file"):
        read_config(layout)


def test_a_change_keeps_what_it_does_not_know(layout: RepoLayout) -> None:
    Path(layout.config_path).write_text(json.dumps({"of a later version": [1]}))
    change_config(layout, count)
    assert read_config(layout) == {"count": 1, "of a later version": [1]}


def test_threads_that_change_it_at_once_lose_nothing(layout: RepoLayout) -> None:
    threads = [threading.Thread(target=lambda: [change_config(layout, count) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_config(layout) == {"count": 40}


def test_a_change_that_changes_nothing_or_fails_writes_nothing(layout: RepoLayout) -> None:
    change_config(layout, count)
    before = os.stat(layout.config_path)
    change_config(layout, dict)

    def failing(config: Config) -> Config:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        change_config(layout, failing)
    change_config(layout, dict)  # the lock was given back
    assert os.stat(layout.config_path).st_ino == before.st_ino


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_process_that_dies_during_its_change_blocks_nobody(layout: RepoLayout) -> None:
    child = os.fork()
    if child == 0:
        change_config(layout, lambda config: os._exit(3))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    change_config(layout, count)
    assert read_config(layout) == {"count": 1}


def test_a_process_that_does_not_finish_its_change_is_named_as_the_reason(layout: RepoLayout) -> None:
    fd = files.open_file(layout.root, layout.config_lock, os.O_RDWR | os.O_CREAT)
    try:
        assert try_lock(fd)
        with pytest.raises(RepoError, match=r"cannot change .*config\.json: another process"):
            change_config(layout, count, wait_s=0.0)
    finally:
        os.close(fd)
    assert read_config(layout) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everything")
def test_a_repo_that_cannot_be_written_is_refused_by_name(layout: RepoLayout) -> None:
    os.chmod(layout.root, 0o555)
    try:
        with pytest.raises(RepoError, match=r"cannot write .*config\.json: Permission denied"):
            change_config(layout, count)
    finally:
        os.chmod(layout.root, 0o755)


@pytest.mark.parametrize("name", ["config.lock", "config.json"])
def test_what_the_file_system_refuses_is_said_of_the_config(name: str, layout: RepoLayout) -> None:
    Path(layout.root, name).mkdir()
    with pytest.raises(RepoError, match=r"cannot (read|write) .*config\.json: .*Is a directory"):
        change_config(layout, count)
