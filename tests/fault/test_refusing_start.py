"""Training begins on a disk that refuses: full, another user's, with and without a repo, with and without names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.support import Found, read_back, run_child, run_hashes, said, warnings_in

_BEGIN = """
import ctypes, hashlib, json, os, sys
import aim
from aim.sdk.recording.default_session import session as default_session
from aim.storage.writing.sync import syncer

disk, kind, there = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
if kind == "full":
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        sys.exit(77)
    if libc.mount(b"tmpfs", disk.encode(), b"tmpfs", 0, b"size=512k"):
        sys.exit(77)
os.chdir(disk)
folders = {what: "." if what == "track" else what for what in ("Session", "Session named", "Run", "Run named", "track")}
for folder in folders.values():
    os.makedirs(folder, exist_ok=True)
    if there == "there":
        aim.Session(repo=folder, run="before").close()
assert syncer.wait_for_round(60)

if kind == "full":
    with open("filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
else:
    aim.Session(repo="warm").close()  # what is needed is loaded before we become somebody else
    for folder, _, _ in os.walk("."):
        os.chmod(folder, 0o555)
    if os.getuid() == 0:
        os.seteuid(65534)

made = {
    "Session": aim.Session(repo=folders["Session"]),
    "Session named": aim.Session(repo=folders["Session named"], run="mine"),
    "Run": aim.Run(repo=folders["Run"]),
    "Run named": aim.Run(repo=folders["Run named"], name="mine"),
    "track": aim,
}
for what, session in made.items():
    session.set_params({"lr": 0.1}, name="hparams")
    for step in range(5):
        session.track(float(step), "loss", step=step)
    if isinstance(session, aim.Run):
        session["late"] = {"x": 1}
        session.add_tag("t")
        # what the run was told is known, though no file has it
        assert (session["late", "x"], session.tags, session["hparams", "lr"]) == (1, ["t"], 0.1)
        assert session.name == ("mine" if "named" in what else session.name) != ""
        assert session.loss.lost_points == 5
lost = aim.Session(repo=folders["Run"], run="never recorded")
lost.track(1.0, "loss")
lost.close()

if kind == "full":
    os.unlink("filler")
else:
    if os.getuid() == 0:
        os.seteuid(0)
    for folder, _, _ in os.walk("."):
        os.chmod(folder, 0o755)
made["track"] = default_session()
for session in made.values():
    session.track(5.0, "loss", step=5)
    session.close()
assert syncer.wait_for_round(60)
if kind == "full":  # nobody else can see that file system
    from pathlib import Path
    from tests.fault.test_refusing_start import described
    print(json.dumps({what: described(Path(folder)) for what, folder in folders.items()}))
"""


def described(folder: Path) -> list[object]:
    """What there is of the run that began while the disk refused."""
    found: list[Found] = [read_back(folder, run_hash) for run_hash in run_hashes(folder)]
    (run,) = [each for each in found if each.state.name != "before"]
    return [
        run.state.params["hparams"],
        run.points["loss", "{}"],
        run.loss.lost_points,
        run.loss.lost_events,
        run.status.value,
        run.state.name == "mine",
        len(list((folder / ".aim" / "names").iterdir())),
    ]


@pytest.mark.parametrize("there", ["there", "not there"])
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_training_begins_on_a_disk_that_refuses_and_is_recorded_once_it_does_not(
    kind: str, there: str, open_folder: Path
) -> None:
    try:
        done = run_child(_BEGIN, str(open_folder), kind, there, cwd=open_folder)
    except AssertionError as error:
        if str(error).startswith("returned 77"):
            pytest.skip("needs to mount a file system of its own")
        raise
    whats = ("Session", "Session named", "Run", "Run named", "track")
    if kind == "full":
        answers = said(done)
    else:
        answers = {what: described(open_folder / ("." if what == "track" else what)) for what in whats}
    before = int(there == "there")
    for what in whats:
        is_named = "named" in what
        expected = [{"lr": 0.1}, [(5, 5.0)], 5, 0, "finished", is_named, before + is_named]
        assert answers[what] == ([*expected[:1], [[5, 5.0]], *expected[2:]] if kind == "full" else expected), what
    given = warnings_in(done.stderr)
    assert len(given) == 6, done.stderr  # one for each run
    reason = "No space left on device" if kind == "full" else "Permission denied"
    assert all(reason in line for line in given)


_TAKEN = """
import os, resource, subprocess, sys
import aim

unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, unlimited[1]))
run = aim.Run(name="mine")
run["lr"] = 0.1
run.track(0.0, "loss")
meanwhile = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)); " + sys.argv[1]
subprocess.run([sys.executable, "-c", meanwhile], check=True)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
run.track(1.0, "loss")
run.track(2.0, "loss")
run.close()
print(run.hash)
"""


def test_a_name_that_was_taken_while_the_disk_refused_is_told_and_the_run_recorded(repo_path: Path) -> None:
    done = run_child(_TAKEN, "import aim; aim.Session(run='mine').close()", cwd=repo_path)
    found = [read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)]
    assert [each.state.name for each in found] == ["mine", "mine"]
    (ours,) = [each for each in found if each.state.hash == done.stdout.strip()]
    assert (ours.points["loss", "{}"], ours.loss.lost_points) == ([(1, 1.0), (2, 2.0)], 1)
    given = warnings_in(done.stderr)
    assert len(given) == 2
    assert "File too large" in given[0]
    assert "already has a run named 'mine'" in given[1]


def test_nothing_is_written_to_a_repo_that_turns_out_to_be_of_a_newer_format(repo_path: Path) -> None:
    newer = "import os; os.makedirs('.aim', exist_ok=True); open('.aim/VERSION', 'w').write('99')"
    done = run_child(_TAKEN.replace("print", "assert run.loss.lost_points == 3\nprint"), newer, cwd=repo_path)
    assert [path.name for path in (repo_path / ".aim").rglob("*")] == ["VERSION"]
    given = warnings_in(done.stderr)
    assert len(given) == 2
    assert "written by format 99" in given[1]
    (repo_path / ".aim" / "VERSION").unlink()


def test_a_mistake_of_the_caller_is_an_error_also_where_the_disk_refuses(repo_path: Path) -> None:
    code = """
    import os, resource
    import aim
    from aim.errors import AimError
    aim.Session(run="mine").close()
    os.mkdir("newer"); os.mkdir("newer/.aim"); open("newer/.aim/VERSION", "w").write("99")
    open("file", "w").close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for mistake in (
        lambda: aim.Session(run="mine", resume="never"),
        lambda: aim.Session(repo="aim://server"),
        lambda: aim.Run(repo="newer"),
        lambda: aim.Run(repo="file"),
        lambda: aim.Session(run_hash="0" * 24),
        lambda: aim.Session(run=" x"),
        lambda: aim.Session(run="other", strict=True),
    ):
        try:
            mistake()
        except AimError as error:
            print(type(error).__name__)
    """
    done = run_child(code, cwd=repo_path)
    assert done.stdout.split() == [
        "RunNameTakenError",
        "RepoError",
        "RepoFormatError",
        "RepoError",
        "RunNotFoundError",
        "InvalidValueError",
        "RepoError",
    ]
    (repo_path / "newer" / ".aim" / "VERSION").unlink()
    assert warnings_in(done.stderr) == []


@pytest.mark.slow
def test_of_more_than_16_mib_that_wait_for_the_disk_the_oldest_are_counted_and_who_the_run_is_stays(
    repo_path: Path,
) -> None:
    code = """
    import resource
    import aim
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, unlimited[1]))
    run = aim.Run(name="mine", experiment="exp")
    for number in range(20):
        run[f"p{number}"] = "x" * 2**20
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    run.track(1.0, "loss")
    """
    done = run_child(code, cwd=repo_path)
    found = read_back(repo_path)
    assert (found.state.name, found.state.experiment, found.status.value) == ("mine", "exp", "finished")
    assert list(found.state.params) == [f"p{number}" for number in range(5, 20)]
    assert (found.loss.lost_events, found.loss.lost_points) == (5, 0)
    assert found.points == {("loss", "{}"): [(0, 1.0)]}
    assert len(warnings_in(done.stderr)) == 1
