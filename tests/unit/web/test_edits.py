from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import aim
from aim.storage.reading.events import read_run
from aim.storage.repo.layout import RepoLayout
from aim.web.process.edit_writers import EditWriters
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api, record


def test_edits_are_in_the_run_directory(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    run_hash = record(repo_path)
    run = api.post(
        f"runs/{run_hash}/edit",
        {
            "name": "<b>bold</b>",
            "description": "*what*",
            "experiment": "other",
            "archived": True,
            "add_tags": ["a", "b"],
            "note": {"text": "first"},
        },
    )
    state = read_run(layout.run_dir(run_hash), run_hash).state
    assert (state.name, state.description, state.experiment) == ("<b>bold</b>", "*what*", "other")
    assert (state.is_archived, state.tags, [note.text for note in state.notes]) == (True, ["a", "b"], ["first"])
    assert run["name"] == "<b>bold</b>" and run["notes"][0]["text"] == "first" and run["archived"] is True
    # and at once in every list
    (row,) = api.post("runs/search", {"q": "run.archived and 'a' in run.tags"})["rows"]
    assert (row["name"], row["tags"]) == ("<b>bold</b>", ["a", "b"])
    again = api.post(f"runs/{run_hash}/edit", {"remove_tags": ["a", "none"], "archived": False})
    assert (again["tags"], again["archived"]) == (["b"], False)


def test_notes_keep_their_history(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path)
    (note,) = api.post(f"runs/{run_hash}/edit", {"note": {"text": "one"}})["notes"]
    for text in ("two", "two", "three"):
        api.post(f"runs/{run_hash}/edit", {"note": {"id": note["id"], "text": text}})
    assert api.post(f"runs/{run_hash}/edit", {"note": {"id": note["id"], "text": None}})["notes"] == []
    history = api.get(f"runs/{run_hash}/notes/{note['id']}")["history"]
    assert [version["text"] for version in history] == ["one", "two", "three", None]
    assert api.get(f"runs/{run_hash}/notes/none", status=404)["code"] == "not_found"
    assert api.post(f"runs/{run_hash}/edit", {"note": {}}, status=400)["code"] == "bad_request"


def test_conflicts(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path)
    version = api.get(f"runs/{run_hash}")["version"]
    api.post(f"runs/{run_hash}/edit", {"name": "theirs", "base_version": version})
    response = api.client.post(
        f"/api/v1/runs/{run_hash}/edit", json={"name": "mine", "base_version": version}, headers={"x-aim": "1"}
    )
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict" and response.json()["run"]["name"] == "theirs"
    # what nobody else touched can be edited; so can tags, which merge
    api.post(f"runs/{run_hash}/edit", {"description": "mine", "add_tags": ["x"], "base_version": version})
    api.post(f"runs/{run_hash}/edit", {"note": {"text": "mine"}, "base_version": version})
    assert api.post(f"runs/{run_hash}/edit", {"note": {"text": "late"}, "base_version": version}, status=409)
    assert api.get(f"runs/{run_hash}")["name"] == "theirs"
    assert api.post(f"runs/{run_hash}/edit", {"name": "x", "base_version": "odd"}, status=400)


def test_an_edit_that_is_sent_again_is_made_once(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path)
    version = api.get(f"runs/{run_hash}")["version"]
    edit = {"name": "mine", "description": "mine", "note": {"id": "0" * 32, "text": "mine"}, "base_version": version}
    for _ in range(2):  # the first answer was lost
        run = api.post(f"runs/{run_hash}/edit", edit)
    assert (run["name"], run["description"], [note["text"] for note in run["notes"]]) == ("mine", "mine", ["mine"])
    assert [v["text"] for v in api.get(f"runs/{run_hash}/notes/{'0' * 32}")["history"]] == ["mine"]
    other = {**edit, "note": {"id": "0" * 32, "text": "late"}}
    assert api.post(f"runs/{run_hash}/edit", other, status=409)["code"] == "conflict"


def test_edits_win_over_clocks_that_run_ahead(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    run_hash = record(repo_path)
    api.post(f"runs/{run_hash}/edit", {"name": "first"})
    # another writer, an hour ahead, while the server's own is still open
    event = {"type": "set", "time": time.time() + 3600, "field": "name", "value": "ahead"}
    Path(layout.run_dir(run_hash), "9-abcdef12.events.jsonl").write_text(json.dumps(event) + "\n")
    assert api.get(f"runs/{run_hash}")["name"] == "ahead"
    assert api.post(f"runs/{run_hash}/edit", {"name": "second"})["name"] == "second"


def test_edit_of_a_running_run(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track(1.0, name="loss")
        run = api.post(f"runs/{session.run_hash}/edit", {"name": "renamed", "add_tags": ["live"]})
        assert (run["status"], run["name"]) == ("running", "renamed")
        session.track(2.0, name="loss")
    run = api.get(f"runs/{session.run_hash}")
    assert (run["status"], run["name"], run["tags"], run["sequences"][0]["count"]) == (
        "finished",
        "renamed",
        ["live"],
        2,
    )


def test_bad_edits(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path)
    for body in ({"name": ""}, {"name": " x"}, {"name": "a\nb"}, {"add_tags": ["\t"]}, {"experiment": "x" * 2000}):
        assert api.post(f"runs/{run_hash}/edit", body, status=400)["code"] == "bad_request", body
    assert api.post(f"runs/{'0' * 24}/edit", {"name": "x"}, status=404)["code"] == "not_found"
    assert api.post("runs/nonsense/edit", {"name": "x"}, status=404)["code"] == "not_found"


def test_delete_and_undo(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    kept, deleted = record(repo_path), record(repo_path)
    api.post(f"runs/{deleted}/edit", {"name": "still open for edits"})
    none = "0" * 24
    answer = api.post("runs/bulk", {"hashes": [deleted, none], "action": "delete"})
    assert answer["done"] == [deleted] and [failure["hash"] for failure in answer["failed"]] == [none]
    assert [row["hash"] for row in api.post("runs/search")["rows"]] == [kept]
    assert api.get(f"runs/{deleted}")["deleted"] is True
    assert Path(layout.trash_dir(deleted)).is_dir()
    assert api.post("runs/bulk", {"hashes": [deleted], "action": "restore"})["done"] == [deleted]
    assert api.post("runs/search")["total"] == 2
    assert api.get(f"runs/{deleted}")["name"] == "still open for edits"


def test_a_running_run_is_not_deleted(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        answer = api.post("runs/bulk", {"hashes": [session.run_hash], "action": "delete"})
        assert answer["done"] == [] and "is being written to" in answer["failed"][0]["message"]


def test_actions_on_many(repo_path: Path, api: Api) -> None:
    hashes = [record(repo_path) for _ in range(3)]
    assert api.post("runs/bulk", {"hashes": hashes, "action": "add_tag", "tag": "x"})["done"] == hashes
    assert api.post("runs/search", {"q": "'x' in run.tags"})["matched"] == 3
    api.post("runs/bulk", {"hashes": hashes[:1], "action": "remove_tag", "tag": "x"})
    api.post("runs/bulk", {"hashes": hashes[1:], "action": "archive"})
    assert [row["hash"] for row in api.post("runs/search")["rows"]] == hashes[:1]
    api.post("runs/bulk", {"hashes": hashes, "action": "unarchive"})
    assert api.post("runs/search")["matched"] == 3
    assert api.post("runs/bulk", {"hashes": hashes, "action": "add_tag"}, status=400)
    assert api.post("runs/bulk", {"hashes": ["../../x"], "action": "delete"}, status=400)


def test_one_file_for_edits_in_a_row_and_none_left_open(repo_path: Path, layout: RepoLayout) -> None:
    run_hash = record(repo_path)
    writers = EditWriters(layout, idle_s=0.05)
    for number in range(5):
        writers.write(run_hash, lambda _, n=number: [{"type": "note", "id": "n", "text": str(n)}])
    edits = [w for w in read_run(layout.run_dir(run_hash), run_hash).state.writers.values() if w.role == "edit"]
    assert len(edits) == 1
    deadline = time.monotonic() + 10
    while list(Path(layout.active).iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not list(Path(layout.active).iterdir())
    writers.close()


def test_read_only(repo_path: Path, serve: Serve) -> None:
    run_hash = record(repo_path)
    api = Api(serve(read_only=True))
    for path, body in (
        (f"runs/{run_hash}/edit", {"name": "x"}),
        ("runs/bulk", {"hashes": [run_hash], "action": "delete"}),
        ("experiments", {"name": "x"}),
        ("experiments/checkout", {"name": "default"}),
    ):
        assert api.post(path, body, status=403)["code"] == "forbidden"
    assert api.get("info")["read_only"] is True
    assert api.post("runs/search")["matched"] == 1


_opened: Counter[str] | None = None
"""How often each file was opened by this process, by its name; None: it is not counted."""


def _count(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], str):
        _opened[arguments[0].rpartition("/")[2]] += 1


sys.addaudithook(_count)  # there is no way to remove one


def test_renaming_a_run_reads_each_of_its_files_before_and_after_and_no_more(
    repo_path: Path, api: Api, layout: RepoLayout
) -> None:
    global _opened
    run_hash = record(repo_path)
    with aim.Run(run_hash=run_hash, repo=repo_path) as run:
        run.track(1.0, name="loss")
    api.post("runs/search")
    _opened = Counter()
    try:
        answer = api.post(f"runs/{run_hash}/edit", {"name": "new name"})
        opened = _opened
    finally:
        _opened = None
    names = {path.name for path in Path(layout.run_dir(run_hash)).glob("*.events.jsonl")}
    counts = sorted(opened[name] for name in names)
    # the first to be made (the edit's own) is written, synced and read once
    assert answer["name"] == "new name" and len(answer["sequences"]) == 3
    assert len(counts) == 3 and counts[:2] == [2, 2] and counts[2] <= 3, opened


def test_the_trash_lists_what_was_deleted_the_latest_first(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    assert api.get("trash") == {"total": 0, "runs": []}
    first, second, damaged = (record(repo_path) for _ in range(3))
    for run_hash, name in ((first, "first"), (second, "second")):
        api.post(f"runs/{run_hash}/edit", {"name": name})
    for age_s, run_hash in enumerate((damaged, second, first)):
        api.post("runs/bulk", {"hashes": [run_hash], "action": "delete"})
        os.utime(layout.trash_dir(run_hash), (1_700_000_000 - age_s, 1_700_000_000 - age_s))
    for name in os.listdir(layout.trash_dir(damaged)):
        os.unlink(os.path.join(layout.trash_dir(damaged), name))
    os.utime(layout.trash_dir(damaged), (1_700_000_000, 1_700_000_000))
    found = api.get("trash")
    assert [(run["hash"], run["name"], run["deleted_at"]) for run in found["runs"]] == [
        (damaged, "", 1_700_000_000),
        (second, "second", 1_699_999_999),
        (first, "first", 1_699_999_998),
    ]
    assert found["total"] == 3 and found["runs"][0]["created_at"] is None and found["runs"][1]["created_at"] > 0
    api.post("runs/bulk", {"hashes": [first], "action": "restore"})
    assert [run["hash"] for run in api.get("trash")["runs"]] == [damaged, second]


def test_a_read_only_server_shows_its_trash_and_restores_nothing(repo_path: Path, serve: Serve) -> None:
    run_hash = record(repo_path)
    aim.Repo(repo_path).delete_run(run_hash)
    api = Api(serve(read_only=True))
    assert [run["hash"] for run in api.get("trash")["runs"]] == [run_hash]
    assert api.post("runs/bulk", {"hashes": [run_hash], "action": "restore"}, status=403)
    assert [run["hash"] for run in api.get("trash")["runs"]] == [run_hash]
