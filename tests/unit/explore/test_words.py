"""Words that runs are looked up by, as a query that finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import aim
from aim.explore.completion.words import find_words
from aim.explore.service import Service
from aim.storage.repo.repo_files import open_repo


@pytest.fixture
def found_by(tmp_path: Path) -> Any:
    for name, tag, model, lr, note in (
        ("calm-heron", "baseline", "resnet50", 0.1, None),
        ("calm-otter", "baseline", "ResNet18", 0.01, "Diverged after the warm-up"),
        ("loud-otter", 'odd "tag"', "vit", 0.1, None),
        ("gone", "baseline", "resnet50", 0.1, None),
    ):
        with aim.Run(repo=tmp_path, experiment="vision", name=name) as run:
            run["params"] = {"lr": lr, "model": {"name": model}}
            run.add_tag(tag)
            run.track(1.0, name="loss")
        if note:
            aim.Repo(tmp_path).get_run(run.hash).add_note(note)
    repo = aim.Repo(tmp_path)
    repo.archive_runs([next(iter(repo.query_runs('run.name == "gone"'))).hash])
    service = Service(open_repo(tmp_path))
    service.start()
    assert service.wait_until_caught_up(60)

    def notes_of(run_hash: str) -> list[str]:
        return [note.text for note in service.read_state(run_hash).notes if note.text]

    def find(text: str) -> tuple[list[tuple[str, str, int]], list[str]]:
        answer = find_words(service.view(), text, notes_of)
        names = sorted(run.name for run in repo.query_runs(answer["q"])) if answer["q"] else []
        # each place alone finds as many runs as it says
        for one in answer["found"]:
            assert len(list(repo.query_runs(one["q"]))) == one["runs"], one
        return [(one["what"], one["text"], one["runs"]) for one in answer["found"]], names

    yield find
    service.close()


def test_words_are_found_wherever_they_are(found_by: Any) -> None:
    assert found_by("calm") == ([("name", "calm", 2)], ["calm-heron", "calm-otter"])
    assert found_by("baseline") == ([("tag", "baseline", 2)], ["calm-heron", "calm-otter"])
    assert found_by('"tag') == ([("tag", 'odd "tag"', 1)], ["loud-otter"])
    assert found_by("resnet") == ([("param", "model.name", 2)], ["calm-heron", "calm-otter"])
    assert found_by("resnet50") == ([("param", "model.name", 1)], ["calm-heron"])
    assert found_by("0.1") == ([("param", "lr", 2)], ["calm-heron", "loud-otter"])
    assert found_by("diverged") == ([("note", "diverged", 1)], ["calm-otter"])
    assert found_by("Vision")[0] == [("experiment", "Vision", 3)]
    assert found_by("otter")[1] == ["calm-otter", "loud-otter"]
    assert found_by("100%") == ([], [])
    assert found_by("") == ([], [])
