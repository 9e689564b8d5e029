"""The command as a whole: options, exit codes, errors, completion, and that the docs know every command."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import aim
from aim.cli.main import cli
from aim.storage.repo import files
from tests.unit.cli.support import Aim, record, run_process

ROOT = Path(__file__).resolve().parents[3]


def commands(group: click.Group, above: str = "aim") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{above} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")


ALL = dict(commands(cli))


def test_version(run_aim: Aim) -> None:
    assert run_aim("version").stdout == f"{aim.__version__}\n"


def test_version_option(run_aim: Aim) -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"{aim.__version__}\n"


def test_run_is_kept_for_starting_programs() -> None:
    done = CliRunner().invoke(cli, ["run", "train.py"])
    assert done.exit_code == 2 and "aim runs" in done.stderr


@pytest.mark.parametrize("arguments", ["{} runs ls", "runs {} ls", "runs ls {}"])
def test_repo_and_json_may_stand_anywhere(arguments: str, repo_path: Path, two_runs: tuple[str, str]) -> None:
    line = arguments.format("--repo REPO --json").split()
    done = CliRunner().invoke(cli, [str(repo_path) if word == "REPO" else word for word in line])
    assert (done.exit_code, done.stderr) == (0, "")
    assert [json.loads(text)["name"] for text in done.stdout.splitlines()] == ["second", "first"]


@pytest.mark.parametrize("command", ["export", "watch", "up", "down", "runs rm x", "completion bash"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_json_is_refused_where_there_is_no_data(command: str, order: str, run_aim: Aim) -> None:
    words = ["--json", *command.split()] if order == "before" else [*command.split(), "--json"]
    assert "prints no data" in run_aim(*words, code=2).stderr


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "json"])
def test_export_refuses_a_format_that_it_does_not_write(
    ending: str, run_aim: Aim, tmp_path: Path, two_runs: tuple[str, str]
) -> None:
    file = tmp_path / f"points.{ending}"
    assert f"ends in .{ending}" in run_aim("export", "-o", str(file), code=2).stderr
    assert not file.exists()
    run_aim("export", "-o", str(file), "--format", "csv")


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_and_is_documented(name: str) -> None:
    command = ALL[name]
    assert command.help
    result = CliRunner().invoke(cli, [*name.split()[1:], "--help"])
    assert result.exit_code == 0
    page = (ROOT / "docs" / "cli.md").read_text()
    assert name in page
    for parameter in command.params:
        for option in (o for o in parameter.opts if o.startswith("--") and o not in ("--repo", "--debug")):
            assert option in page, f"{name} {option} is not in docs/cli.md"


@pytest.mark.parametrize("name", [n for n, c in ALL.items() if not isinstance(c, click.Group)])
def test_every_command_takes_repo_and_debug(name: str) -> None:
    assert {"repo", "debug"} <= {parameter.name for parameter in ALL[name].params}


def test_exit_codes(run_aim: Aim, tmp_path: Path, two_runs: tuple[str, str]) -> None:
    run_aim("runs", "ls", repo=tmp_path / "nowhere", code=3)
    run_aim("runs", "show", "0123456789abcdef01234567", code=3)
    run_aim("experiments", "checkout", "-n", "nope", code=3)
    run_aim("bogus", code=2)
    run_aim("runs", "rm", code=2)
    run_aim("init", code=1, answer="n\n")


def test_options_may_stand_before_the_command(repo_path: Path, two_runs: tuple[str, str]) -> None:
    result = CliRunner().invoke(cli, ["--repo", str(repo_path), "--json", "experiments", "ls"])
    assert (result.exit_code, result.stdout) == (0, '{"name": "default", "runs": 2, "active": true}\n')


def test_error_is_one_line_on_stderr_and_a_traceback_only_with_debug(tmp_path: Path) -> None:
    quiet = run_process("runs", "ls", "--repo", "nowhere", cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout) == (3, "")
    assert quiet.stderr.startswith("Error: no Aim repo at ") and quiet.stderr.count("\n") == 1
    loud = run_process("runs", "ls", "--repo", "nowhere", "--debug", cwd=tmp_path)
    assert loud.returncode == 3 and "Traceback" in loud.stderr


def test_unexpected_error_is_called_a_bug(monkeypatch: pytest.MonkeyPatch, run_aim: Aim) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(cli.commands["version"], "callback", broken)
    result = run_aim("version", code=70)
    assert "unexpected ZeroDivisionError: oops" in result.stderr


def test_reader_that_stops_early_is_no_error(repo_path: Path) -> None:
    record(repo_path, points=20_000)
    command = f"{Path(sys.executable).parent / 'aim'} export --repo {repo_path} | head -n 2; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 2, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str, run_aim: Aim) -> None:
    assert "_AIM_COMPLETE" in run_aim("completion", shell).stdout


def test_completion_completes_commands(tmp_path: Path) -> None:
    done = run_process(cwd=tmp_path, _AIM_COMPLETE="bash_complete", COMP_WORDS="aim runs ar", COMP_CWORD="2")
    assert "archive" in done.stdout


def test_completion_offers_the_runs_and_experiments_of_the_repo(tmp_path: Path) -> None:
    with aim.Session(repo=tmp_path / "r", experiment="digits", run="first try") as session:
        run_hash = session.run_hash

    def offered(words: str, repo: str = "r") -> list[str]:
        texts = f"aim --repo {repo} {words}"
        done = run_process(
            cwd=tmp_path, _AIM_COMPLETE="bash_complete", COMP_WORDS=texts, COMP_CWORD=str(len(texts.split()) - 1)
        )
        assert (done.returncode, done.stderr) == (0, "")
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    assert offered("runs show fi") == ["first try"]
    assert offered(f"runs rm {run_hash[:4]}") == [run_hash]
    assert offered("experiments checkout -n dig") == ["digits"]
    assert offered("runs show fi", repo="nowhere") == []


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_text_that_the_output_cannot_encode_is_escaped(encoding: str, tmp_path: Path) -> None:
    with aim.Session(repo=tmp_path, run="é損") as session:
        session.set_params({"awkward": "a\ud800b"})
        session.track(1.0, name="loss")
    for command in (["runs", "ls"], ["runs", "show", session.run_hash], ["query", "loss"], ["watch"], ["export"]):
        done = run_process(*command, cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, ""), command
    done = run_process("query", "loss", "--json", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["params"] == {"params": {"awkward": "a\ud800b"}}


def test_nearest_repo_upwards_is_found(tmp_path: Path) -> None:
    record(tmp_path, name="here")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    done = run_process("runs", "ls", cwd=below)
    assert done.returncode == 0 and "here" in done.stdout


def test_interrupt_at_a_question_is_told_from_a_no(
    monkeypatch: pytest.MonkeyPatch, run_aim: Aim, repo_path: Path, two_runs: tuple[str, str]
) -> None:
    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    assert "Move 2 runs to the trash?" in run_aim("runs", "rm", *two_runs, code=1, answer="n\n").output
    run_aim("runs", "rm", *two_runs, code=1, answer="")
    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main(["--repo", str(repo_path), "runs", "rm", *two_runs])
    assert ended.value.code == 130


def test_module_is_the_command(tmp_path: Path) -> None:
    result = subprocess.run([sys.executable, "-m", "aim", "version"], cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"{aim.__version__}\n")


def test_deleted_working_directory_is_named(tmp_path: Path) -> None:
    command = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m aim runs ls"
    # python -m puts the working directory on its path, and so cannot start there without -P
    command = command.replace("-m aim", "-P -m aim")
    result = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 3
    assert result.stderr.startswith("Error: the working directory was deleted")


@pytest.mark.parametrize(
    "arguments",
    [("runs", "archive", "first"), ("experiments", "add", "-n", "new"), ("runs", "close", "--force", "first")],
)
def test_read_only_repo_is_told_in_a_sentence(
    arguments: tuple[str, ...], run_aim: Aim, two_runs: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.Folder.open

    def refuse(folder: files.Folder, name: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and "index" not in folder.path:
            raise OSError(errno.EROFS, "Read-only file system", folder.full(name) + ".tmp")
        return real(folder, name, flags, mode)

    monkeypatch.setattr(files.Folder, "open", refuse)
    stderr = run_aim(*arguments, code=1).stderr
    assert "Read-only file system" in stderr
    assert "Errno" not in stderr and ".tmp" not in stderr


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_too_little_memory_is_not_called_a_bug(repo_path: Path) -> None:
    record(repo_path)
    done = limited("-v 60000", repo_path)
    assert done.returncode == 1 and "bug in Aim" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_with_too_few_descriptors_there_is_an_error_or_the_whole_answer_and_the_index_stays(repo_path: Path) -> None:
    run_hash = record(repo_path)
    run_process("runs", "ls", cwd=repo_path)
    before = indexes(repo_path)
    ends = set()
    for count in (6, 9, 12):
        done = limited(f"-n {count}", repo_path)
        ends.add(done.returncode)
        assert (run_hash[:8] in done.stdout) if done.returncode == 0 else ("too many files" in done.stderr), done
        assert indexes(repo_path) == before
    assert ends == {0, 1}


def limited(limit: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = f"ulimit {limit}; {Path(sys.executable).parent / 'aim'} runs ls"
    return subprocess.run(["bash", "-c", command], cwd=cwd, capture_output=True, text=True, timeout=120)


def indexes(repo_path: Path) -> set[str]:
    return {path.name for path in (repo_path / ".aim" / "index").glob("*.sqlite")}
