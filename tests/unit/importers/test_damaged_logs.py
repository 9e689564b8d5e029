"""A folder with every kind of bad input: each has a line in the report, and everything else is shown."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import aim
from aim.cli.main import cli
from aim.importers.tensorboard import convert, log_file
from aim.importers.tensorboard.convert import import_logdir
from aim.importers.tensorboard.format.event_file import read_event_file
from tests.unit.importers.event_bytes import record, scalar

FILE = "events.out.tfevents.1700000000.host"
GOOD = [record(scalar("loss", float(10 - step), step)) for step in (1, 2, 3, 4)]
SIZE = len(GOOD[0])


def crc_of(data: bytes) -> bytes:
    """The masked checksum of a length that no record of the tests has, as `record` makes it for data."""
    from aim.importers.tensorboard.format.crc import masked_crc

    return struct.pack("<I", masked_crc(data))


def with_length(length: int) -> bytes:
    """The beginning of a record that says to be so long, and is right as far as can be expected."""
    field = struct.pack("<Q", length)
    return field + crc_of(field)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


WHOLE = b"".join(GOOD)
BAD: dict[str, tuple[bytes, list[int], list[str]]] = {
    # name: (the file, steps that are shown, what the report says of it)
    "zero-length": (b"", [], []),
    "truncated": (WHOLE[:-5], [1, 2, 3], ["the last record still lacks 5 bytes"]),
    "cut-in-a-header": (WHOLE + GOOD[0][:7], [1, 2, 3, 4], ["the last record still lacks 5 bytes"]),
    "wrong-checksum-of-data": (
        flipped(WHOLE, SIZE + 20), [1, 3, 4],
        [f"the checksum does not match the data at byte {SIZE}; {SIZE} bytes were skipped"],
    ),
    "wrong-checksum-of-length": (
        flipped(WHOLE, SIZE + 9), [1, 3, 4], [f"no record starts here at byte {SIZE}; {SIZE} bytes were skipped"],
    ),
    "two-gigabytes-long": (
        GOOD[0] + with_length(2**31) + b"x" * 30 + GOOD[1], [1, 2],
        [f"a record of over 256 MiB at byte {SIZE}; 42 bytes were skipped"],
    ),
    "endlessly-long": (
        GOOD[0] + with_length(2**64 - 1) + GOOD[1], [1, 2],
        [f"a record of over 256 MiB at byte {SIZE}; 12 bytes were skipped"],
    ),
    "garbage-between": (
        GOOD[0] + b"\xff\x00" * 40 + GOOD[1], [1, 2],
        [f"no record starts here at byte {SIZE}; 80 bytes were skipped"],
    ),
    "no-event-in-a-record": (
        GOOD[0] + record(b"\xff" * 20) + GOOD[1], [1, 2], [f"not an event at byte {SIZE}; 36 bytes were skipped"],
    ),
    "text": (b"Notes of a training.\n" * 50, [], ["no record starts here at byte 0; 1,039 bytes were skipped"]),
    "picture": (
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)), [], ["no record starts here at byte 0; 253 bytes were skipped"],
    ),
    "zeros": (bytes(500), [], ["no record starts here at byte 0; 489 bytes were skipped"]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder; reading `denied` and listing `closed` is refused, to root as well."""
    folder = tmp_path / "logs"
    contents = {name: data for name, (data, _, _) in BAD.items()}
    for name, data in {**contents, "good": WHOLE, "denied": WHOLE}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / FILE).write_bytes(data)
        os.utime(folder / name / FILE, (1.6e9, 1.6e9))
    (folder / "closed").mkdir()
    os.mkfifo(folder / "good" / "tfevents.fifo")  # opening it would wait for a writer for good
    (folder / "good" / "tfevents.gone").symlink_to(tmp_path / "nowhere")
    (folder / "good" / "loop").symlink_to(folder)
    (folder / "itself").symlink_to("itself")

    def refusing(path: str, *arguments: Any, **more: Any) -> Any:
        if os.sep + "denied" + os.sep in path:
            raise PermissionError(13, "Permission denied", path)
        return read_event_file(path, *arguments, **more)

    monkeypatch.setattr(log_file, "read_event_file", refusing)
    monkeypatch.setattr(convert, "read_event_file", refusing)
    listing: Callable[[str | int], Any] = os.scandir

    def refusing_to_list(path: str | int) -> Any:
        if str(path).endswith(os.sep + "closed"):
            raise PermissionError(13, "Permission denied", path)
        return listing(path)

    monkeypatch.setattr("aim.importers.tensorboard.logdir.os.scandir", refusing_to_list)
    return folder


def expected_problems(logs: Path) -> list[str]:
    expected = {name: lines for name, (_, _, lines) in BAD.items()}
    expected["zero-length"] = ["is empty"]
    expected["denied"] = ["cannot be read: Permission denied"]
    lines = [f"{logs / name / FILE}: {line}" for name in expected for line in expected[name]]
    lines.append(f"{logs / 'closed'}: cannot be read: Permission denied")
    lines.append(f"{logs / 'itself'}: cannot be read: Too many levels of symbolic links")
    lines.append(f"{logs / 'good' / 'tfevents.fifo'}: cannot be read: it is not a regular file")
    lines.append(f"{logs / 'good' / 'tfevents.gone'}: cannot be read: its link is broken")
    return sorted(lines)


def expected_steps() -> dict[str, list[int]]:
    steps = {name: steps for name, (_, steps, _) in BAD.items() if steps}
    return {**steps, "good": [1, 2, 3, 4]}


def shown(repo: aim.Repo) -> dict[str, list[int]]:
    found = {metric.run.name: (metric.steps.tolist(), metric.values.tolist()) for metric in repo.query_metrics("loss")}
    for steps, values in found.values():
        assert values == [10.0 - step for step in steps]
    return {name: steps for name, (steps, _) in found.items()}


def test_in_place(logs: Path) -> None:
    for _ in ("first start", "later start, which reads no file again"):
        with aim.Repo(tf_logs=[logs]) as repo:
            assert shown(repo) == expected_steps()
            assert sorted(repo.report().problems) == expected_problems(logs)


def test_imported(logs: Path, tmp_path: Path) -> None:
    report = import_logdir(logs, tmp_path / "repo")
    assert sorted(report.problems) == expected_problems(logs)
    with aim.Repo(tmp_path / "repo") as repo:
        assert shown(repo) == expected_steps()
    assert CliRunner().invoke(cli, ["doctor", "--repo", str(tmp_path / "repo")]).exit_code == 0
    again = import_logdir(logs, tmp_path / "repo")
    assert (again.runs, again.points) == (0, 0)


def test_by_the_command(logs: Path) -> None:
    done = CliRunner().invoke(cli, ["query", "--tf_logs", str(logs), "tf:loss"])
    assert done.exit_code == 0, done.output
    runs = {line.split()[1] for line in done.stdout.splitlines()[1:-1]}
    assert runs == set(expected_steps())
    assert sorted(done.stderr.splitlines()) == expected_problems(logs)


def test_a_folder_without_event_files_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "nothing here").mkdir()
    done = CliRunner().invoke(cli, ["query", "--tf_logs", str(tmp_path / "nothing here"), "tf:loss"])
    assert (done.exit_code, done.stdout) == (0, "No sequences.\n")
    assert f"No event files below {tmp_path / 'nothing here'}." in done.stderr
