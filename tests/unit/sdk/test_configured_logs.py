"""Folders of logs that a repo's config.json names: which of them are read, and what is said of the others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.sdk.reading.sources import configured_folders
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from tests.unit.importers.event_bytes import scalar, write_records

NOBODY = 65534


@pytest.fixture
def layout(repo_path: Path) -> RepoLayout:
    return create_repo(repo_path)


def name_logs(layout: RepoLayout, *folders: Any) -> None:
    Path(layout.config_path).write_text(json.dumps({"tf_logs": folders}))


@pytest.mark.parametrize("folder", ["/", "/proc", "/proc/self", "/dev", "/sys/", "../../../../../../../../../.."])
def test_the_system_itself_is_no_folder_of_logs(folder: str, layout: RepoLayout) -> None:
    name_logs(layout, folder, "logs")
    folders, (problem,) = configured_folders(layout, "tf_logs")
    assert folders == (os.path.join(os.path.dirname(layout.root), "logs"),)
    assert f"names {folder!r}" in problem and "the system itself" in problem


def test_a_link_to_the_system_is_no_folder_of_logs_either(layout: RepoLayout, repo_path: Path) -> None:
    (repo_path / "logs").symlink_to("/")
    name_logs(layout, "logs")
    assert configured_folders(layout, "tf_logs")[0] == ()


def test_commands_answer_at_once_and_name_what_was_left_out(layout: RepoLayout) -> None:
    name_logs(layout, "/", ["/proc"], "/dev")
    with aim.Repo(layout.root) as repo:
        assert list(repo.query_runs()) == []
        assert len(repo.report().problems) == 3


def test_of_very_many_folders_the_first_are_read(layout: RepoLayout) -> None:
    name_logs(layout, *(f"logs{number}" for number in range(1500)))
    folders, (problem,) = configured_folders(layout, "tf_logs")
    assert len(folders) == 1000 and "more than 1000 folders" in problem


def test_another_users_config_names_nothing_outside_his_folder(
    layout: RepoLayout, tmp_path: Path, repo_path: Path
) -> None:
    secret, own = tmp_path / "secret" / "events.out.tfevents.1.host", repo_path / "logs" / "events.out.tfevents.1.host"
    for path in (secret, own):
        path.parent.mkdir()
        write_records(path, [scalar("loss", 0.5, 1, 1.5e9)])
    (repo_path / "link").symlink_to(secret.parent)
    name_logs(layout, str(secret.parent), "link", "logs")
    with aim.Repo(layout.root) as repo:
        assert len(list(repo.query_runs())) == 2
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    # as seen by another user: the file is neither his nor root's
    os.chown(layout.config_path, NOBODY, NOBODY)
    with aim.Repo(layout.root) as repo:
        assert [run.experiment for run in repo.query_runs()] == ["logs"]
        left_out = [problem for problem in repo.report().problems if "another user wrote it" in problem]
    assert len(left_out) == 2 and "--tf_logs" in left_out[0]
