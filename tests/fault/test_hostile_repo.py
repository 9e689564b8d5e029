"""A repo from somebody else: whatever lies in it, every command answers, and nothing outside of it is touched."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from aim.cli.main import cli
from aim.errors import RepoError
from aim.schema.records import POINT_RECORD
from aim.storage.repo.repo_files import open_repo
from aim.web.app import create_app
from tests.unit.cli.support import record
from tests.unit.web.support import ADDRESS, CHANGE

BAD = "b" * 24
WRITER = "1-aaaaaaaa"
POINTS = 5
LONG_AGO = (1_600_000_000, 1_600_000_000)

# -- what a stranger may have put there --------------------------------------------------------------------------------

numbers = st.sampled_from(
    [0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 10**300, 0.5, -0.0, 1e300, -9.9e10, 9e10, 1e11, 1.8e9]
)
texts = st.sampled_from(
    [
        "",
        "a",
        "loss",
        "train",
        "\0",
        "\n",
        "../../x",
        "/",
        "\ud800",
        "x" * 3000,
        "=cmd|' /C calc'!A0",
        "a\u202eb",
        "$float",
        "nan",
    ]
) | st.text(st.characters(codec=None), max_size=4)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3),
    max_leaves=6,
)
deep = st.builds(
    lambda text, times: text * times, st.sampled_from(["[", '{"a":', '[{"a":']), st.sampled_from([90, 200_000])
)

KEYS = (
    "path value replace id name context field add remove text kind role attempt rank experiment source host pid beside "
    "job reason exit_code error sizes loss causes lost_points lost_events rejected unsynced run writer format argv type"
).split()
LOSS = {"lost_points": 1, "lost_events": 1, "rejected": 1, "unsynced": 1, "causes": {"EIO": 2}}
EVENTS: dict[str, dict[str, Any]] = {
    "opened": {"format": 1, "run": BAD, "writer": WRITER, "role": "train", "attempt": 1, "rank": 0, "experiment": "e",
               "name": "n", "host": "h", "pid": 1, "argv": ["x"]},
    "params": {"path": ["a"], "value": {"lr": 0.1}},
    "deleted": {"path": ["a"]},
    "sequence": {"id": 1, "name": "loss", "context": {"subset": "train"}},
    "set": {"field": "name", "value": "m"},
    "tag": {"add": ["a"], "remove": ["b"]},
    "note": {"id": "1", "text": "x"},
    "record": {"kind": "checkpoint", "value": {"step": 1}},
    "loss": LOSS,
    "status": {"value": "finished"},
    "closed": {"reason": "failed", "exit_code": 1, "error": {"type": "E", "message": "m"}, "loss": LOSS,
               "sizes": {"points": 32, "events.jsonl": 900}},
}  # fmt: skip
MARKER = {
    "host": "h", "boot": "b", "pid_ns": "4026531836", "pid": 1, "start": "1", "opened_at": 1.7e9, "inode": "1", **LOSS
}  # fmt: skip
OUTSIDE = ["x/../../../../outside/victim.points", "../../../outside/victim.points", "points", "2.points"]


@st.composite
def mutated(draw: st.DrawFn, fields: dict[str, Any]) -> dict[str, Any]:
    """`fields` with up to three of them, or others, replaced or left out."""
    found = dict(fields)
    for key in draw(st.lists(st.sampled_from([*fields, *fields, *KEYS]), max_size=3)):
        if draw(st.integers(0, 4)):
            found[key] = draw(numbers | values)
        else:
            found.pop(key, None)
    return found


@st.composite
def events(draw: st.DrawFn, kind: str = "") -> bytes:
    """One line of an events file, nearly as Aim writes it."""
    kind = kind or draw(st.sampled_from([*EVENTS, "else"]))
    fields = {"type": kind, "time": draw(st.just(1.7e9) | numbers)} | draw(mutated(EVENTS.get(kind, {})))
    if kind == "closed" and draw(st.booleans()):
        fields["sizes"] = draw(st.dictionaries(st.sampled_from(OUTSIDE), st.just(0) | numbers, max_size=3))
    return json.dumps(fields).encode() + b"\n"


raw = (
    st.binary(max_size=80)
    | deep.map(str.encode)
    | st.sampled_from([b"\0" * 200, b"\n" * 50, b"{}\n", b'{"type":"tag","time":1}', b"\xff\xfe\n", b"null\n1\n[]\n"])
)
event_files = st.builds(
    lambda head, rest: head + b"".join(rest), events("opened") | raw, st.lists(events() | events() | raw, max_size=8)
)
odd_floats = st.floats() | st.sampled_from([1.7e9, 1e300, -1e300, 9e18])
points = st.builds(
    POINT_RECORD.pack, st.sampled_from([0, 1, 1, 1, 2, 2**32 - 1]), st.floats(width=32),
    st.integers(-(2**63), 2**63 - 1), odd_floats, odd_floats,
)  # fmt: skip
points_files = st.lists(points, max_size=6).map(b"".join) | st.binary(max_size=100)
FIELDS = (
    "tf_logs experiment experiments headlines url pid host port page state boot start opened_at lost_points pid_ns"
).split()
json_files = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=4).map(lambda value: json.dumps(value).encode()),
    raw,
)
markers = mutated(MARKER).map(lambda fields: json.dumps(fields).encode()) | raw

RUN_FILES = [
    f"{WRITER}.events.jsonl", f"{WRITER}.points", f"{WRITER}.2.points", f"{WRITER}.2.events.jsonl", f"{WRITER}.x",
    "999999-aaaaaaaa.events.jsonl", "999999-aaaaaaaa.points", "2-bbbbbbbb.events.jsonl", "0-00000000.points", "x.tmp",
]  # fmt: skip
RUN = f"runs/{BAD}"
OTHER_FILES = [
    f"active/{BAD}.{WRITER}", f"active/{BAD}.999999-aaaaaaaa", "active/x", f"closed/2020-01-01/{BAD}.{WRITER}",
    "closed/x", "views/" + "0" * 32 + ".json", "names/" + "0" * 40, "names/x.tmp", "aside/acknowledged.jsonl",
    f"trash/{BAD}/{WRITER}.events.jsonl", "import.lock", ".clock", "web.json", "web.log", "x.tmp", "runs/x.tmp",
    "config.lock", "index/v9.sqlite",
]  # fmt: skip
WHOLE_REPO = ["VERSION", "config.json", "runs", "active", "closed", "names", "trash", "views", "aside", "index"]

Plant = Callable[[Path, Path], None]
"""Puts something into a ``.aim`` directory, given a folder outside."""


def put(place: str, content: bytes, size: int | None = None) -> Plant:
    def plant(root: Path, outside: Path) -> None:
        path = _clear(root / place)
        path.write_bytes(content)
        if size is not None:
            os.truncate(path, size)

    return plant


def link(place: str, target: str) -> Plant:
    def plant(root: Path, outside: Path) -> None:
        _clear(root / place).symlink_to(outside / target)

    return plant


def pipe(place: str) -> Plant:
    return lambda root, outside: os.mkfifo(_clear(root / place))


def folder(place: str) -> Plant:
    return lambda root, outside: _clear(root / place).mkdir()


def _line(kind: str, time: float = 1.7e9, **fields: Any) -> bytes:
    return json.dumps({**EVENTS.get(kind, {}), "type": kind, "time": time, **fields}).encode() + b"\n"


def known_attacks() -> list[Plant]:
    """What did harm before: each in a run of its own."""
    opened, declared = _line("opened"), _line("sequence")
    point = POINT_RECORD.pack(1, 0.0, 0, 1e300, 0.5)

    def of(run: str, name: str, *, writer: str = WRITER) -> str:
        return f"runs/{run * 24}/{writer}.{name}"

    plants = [
        put(of("b", "events.jsonl"), opened),
        # a text of a link that is longer than a record
        link(of("0", "points"), "./././././././././victim.points"),
        put(of("0", "events.jsonl"), opened + _line("closed", sizes={"points": 1})),
        put(of("1", "events.jsonl"), opened + _line("closed", sizes=dict.fromkeys(OUTSIDE, 0))),
        folder(of("1", "x")),
        put(of("2", "events.jsonl"), _line("opened", -9.9e10)),
        put(of("3", "events.jsonl"), opened + b"[" * 200_000 + b"\n" + _line("closed", 9.9e10, exit_code=10**300)),
        put(of("4", "events.jsonl"), opened + _line("tag", add=[f"t{number}" for number in range(3_000)])),
        put(of("5", "events.jsonl"), opened + b"".join(_line("note", id=str(number)) for number in range(2_000))),
        put(of("6", "events.jsonl", writer="999999-aaaaaaaa"), opened + declared),
        put(of("6", "points", writer="999999-aaaaaaaa"), point * 3),
        pipe(of("7", "events.jsonl")),
        pipe(of("7", "points")),
        link(of("8", "events.jsonl"), "victim.txt"),
        link(of("8", "2.points"), "nowhere"),
        link(f"runs/{'9' * 24}", "folder"),
        put(of("a", "events.jsonl"), opened + declared, 3 * 2**30),
        put(of("a", "points"), point, 2**37),
        put(of("c", "points"), point, 2**42),
        pipe(".clock"),
        pipe("aside/acknowledged.jsonl"),
        pipe("names/" + "0" * 40),
        link("import.lock", "victim.txt"),
        link("trash", "folder"),
        link("index", "folder"),
    ]
    for number in range(100):
        loss = opened + _line("loss", lost_points=2**53)
        plants.append(put(of("d", "events.jsonl", writer=f"{number}-aaaaaaaa"), loss))
    for number, absurd in enumerate([10**30, -(10**30), 1e300, 10**300]):
        marker = json.dumps({**MARKER, "pid": absurd, "opened_at": absurd, "lost_points": absurd})
        plants.append(put(f"active/{BAD}.{number}-aaaaaaaa", marker.encode()))
    return plants


def _clear(path: Path) -> Path:
    """Where something is to be put: what was there is gone, what is above it is a directory of the repo."""
    for above in reversed(path.parents):
        if above.is_symlink() or above.is_file() or above.is_fifo():
            above.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path


run_places = st.sampled_from([f"{RUN}/{name}" for name in RUN_FILES])
sizes = st.none() | st.sampled_from([2**20, 3 * 2**30, 2**35, 2**42])
targets = st.sampled_from(["", "victim.txt", "folder", "nowhere", "folder/visits.sqlite"])
in_a_run = st.one_of(
    st.builds(put, st.just(f"{RUN}/{WRITER}.events.jsonl"), event_files, st.none() | sizes),
    st.builds(put, st.just(f"{RUN}/{WRITER}.points"), points_files, st.none() | sizes),
    st.builds(put, st.just(f"active/{BAD}.{WRITER}"), markers),
    st.builds(put, run_places, event_files | points_files, sizes),
    st.builds(put, run_places, points_files, sizes),
    st.builds(put, st.sampled_from(OTHER_FILES), json_files),
    st.builds(link, run_places | st.sampled_from([*OTHER_FILES, RUN]), targets),
    st.builds(pipe, run_places | st.sampled_from([*OTHER_FILES, RUN])),
    st.builds(folder, run_places | st.sampled_from([*OTHER_FILES, RUN])),
)
in_the_repo = st.one_of(
    st.builds(put, st.sampled_from(WHOLE_REPO), json_files),
    st.builds(link, st.sampled_from(WHOLE_REPO), targets),
    st.builds(pipe, st.sampled_from(WHOLE_REPO)),
)

# -- what is done with it ----------------------------------------------------------------------------------------------

OTHER = "other repo"
"""Stands for the path of one."""

READING = [
    ("runs", "ls"), ("runs", "ls", "--all", "--json"), ("runs", "ls", "--trash"), ("runs", "show", BAD, "--all"),
    ("runs", "show", "good"), ("query", "--json"), ("query", "loss if run.duration > 1 or 'a' in run.tags"),
    ("export",), ("experiment", "ls"), ("doctor", "--verbose"),
]  # fmt: skip
CHANGING = [
    ("runs", "archive", BAD), ("runs", "close", BAD), ("runs", "cp", BAD, "--to", OTHER, "--force"),
    ("experiment", "checkout", "-n", "default"), ("runs", "rm", BAD, "--force"), ("runs", "restore", BAD),
    ("runs", "mv", BAD, "--to", OTHER, "--force"), ("doctor", "--repair"), ("doctor", "--acknowledge"),
    ("doctor", "--reindex"), ("storage", "prune", "-y"), ("down",),
]  # fmt: skip


def run_aim(repo: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(cli, [*arguments, "--repo", str(repo)])
    told = (arguments, result.output[-3000:], result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), told
    assert result.exit_code in (0, 1, 2, 3, 4), told
    assert "bug in Aim" not in result.output and "unexpected" not in result.output, told
    return result


def ask_web(repo: Path) -> None:
    """Ask the server for its pages."""
    try:
        layout = open_repo(repo)
    except RepoError:  # `aim up` says so and ends
        return
    app = create_app(layout)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        app.state.aim.service.wait_until_caught_up(60)
        answers = [client.get(f"/api/v1/{path}") for path in ("info", "home", f"runs/{BAD}", f"runs/{BAD}/notes/1")]
        for path in ("runs/search", "metrics/search"):
            answers.append(client.post(f"/api/v1/{path}", json={"q": ""}, headers=CHANGE))
        for answer in answers:
            told = (answer.request.url, answer.status_code, answer.text[:1000])
            assert answer.status_code < 500 or "cannot read" in answer.text, told
            answer.json()


def tree(folder: Path) -> dict[str, Any]:
    """Everything in a folder: kinds, contents, links, times."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo with two good runs, beside a folder that is none of its business."""
    base = tmp_path_factory.mktemp("template")
    record(base / "repo", name="good", points=POINTS)
    record(base / "repo", name="other", points=POINTS)
    outside = base / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "victim.txt").write_text("precious\n" * 20)
    (outside / "victim.points").write_bytes(b"precious" * 20)
    for name in ("visits.sqlite", "v1.sqlite", "old.tmp", f"{BAD}.{WRITER}", f"{WRITER}.points"):
        (outside / "folder" / name).write_text("precious\n")
        os.utime(outside / "folder" / name, LONG_AGO)
    return base


def attack(template: Path, base: Path, plants: list[Plant], *, is_whole: bool) -> None:
    """Put `plants` into a copy of the template, and run every command.

    Args:
        template, base: What is copied, and where to.
        plants: Put in one after the other.
        is_whole: The repo itself is as it should be: the good runs must be shown whole by every command that reads.
    """
    shutil.copytree(template, base, symlinks=True)
    repo, outside = base / "repo", base / "outside"
    root = repo / ".aim"
    good = {run.name: tree(root / "runs" / run.name) for run in (root / "runs").iterdir()}
    for plant in plants:
        plant(root, outside)
    before = tree(outside)
    for command in READING:
        result = run_aim(repo, *command)
        if is_whole and command == ("query", "--json"):
            assert result.exit_code == 0, result.output
            lines = [json.loads(line) for line in result.stdout.splitlines()]
            shown = {(line["run"], line["context"]["subset"]): line["values"] for line in lines if line["run"] in good}
            expected = {"train": [1 / n for n in range(1, POINTS + 1)], "val": [2 / n for n in range(1, POINTS + 1)]}
            assert shown == {(run, subset): value for run in good for subset, value in expected.items()}
        if is_whole and command in (("runs", "ls"), ("export",), ("experiment", "ls"), ("runs", "show", "good")):
            assert result.exit_code == 0, result.output
    ask_web(repo)
    for command in CHANGING:
        run_aim(repo, *(str(base / "other") if text is OTHER else text for text in command))
    assert tree(outside) == before
    if is_whole:
        assert {run: tree(root / "runs" / run) for run in good} == good


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


def test_all_that_did_harm_before_is_answered_and_reaches_nothing_outside(template: Path, tmp_path: Path) -> None:
    attack(template, tmp_path / "base", known_attacks(), is_whole=True)


def test_a_hostile_run_hides_no_other_and_reaches_nothing_outside(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @_settings(3)
    @given(st.lists(in_a_run, min_size=4, max_size=10))
    def check(plants: list[Plant]) -> None:
        attack(template, tmp_path_factory.mktemp("hostile") / "base", plants, is_whole=True)

    check()


def test_a_hostile_repo_is_answered_and_reaches_nothing_outside(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @_settings(3)
    @given(st.lists(in_the_repo | in_a_run, min_size=3, max_size=6))
    def check(plants: list[Plant]) -> None:
        attack(template, tmp_path_factory.mktemp("hostile") / "base", plants, is_whole=False)

    check()


@pytest.mark.slow
def test_many_hostile_runs_hide_no_other_and_reach_nothing_outside(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @_settings(150)
    @given(st.lists(in_a_run, min_size=4, max_size=10))
    def check(plants: list[Plant]) -> None:
        attack(template, tmp_path_factory.mktemp("hostile") / "base", plants, is_whole=True)

    check()


@pytest.mark.slow
def test_many_hostile_repos_are_answered_and_reach_nothing_outside(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @_settings(100)
    @given(st.lists(in_the_repo | in_a_run, min_size=3, max_size=6))
    def check(plants: list[Plant]) -> None:
        attack(template, tmp_path_factory.mktemp("hostile") / "base", plants, is_whole=False)

    check()
