"""Run directories that vanish, repos that may not be written to, disks that are full, descriptors that are closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from aim.storage.care.checks import check_repo
from aim.storage.reading.status import read_active_markers
from tests.fault.support import (
    layout_of,
    read_back,
    run_child,
    run_hashes,
    said,
    start_child,
    warnings_in,
)

_REMOVED = """
import json, os, shutil, sys
import aim

what, when = sys.argv[1:]
run = aim.Run(name="kept", experiment="exp")
run["lr"] = 0.1
run.add_tag("t")
for step in range(10):
    run.track(float(step), "loss")
    run.track(float(step), "acc", context={"subset": "val"})
run["late"] = {"x": 1}
run_dir = os.path.join(".aim", "runs", run.hash)
(name,) = [name for name in os.listdir(run_dir) if name.endswith(".points")]
if what == "repo":
    shutil.rmtree(".aim")
elif what == "points":
    os.unlink(os.path.join(run_dir, name))
elif what == "events":
    os.unlink(os.path.join(run_dir, name.replace(".points", ".events.jsonl")))
else:
    shutil.rmtree(run_dir)
if when == "seen at once":
    run.flush()                 # looks; else the sync thread does, within 2 s
run.track(10.0, "loss")         # seen later: gone with the rest
if when == "seen at the end":
    run.track(11.0, "acc", context={"subset": "val"})
else:
    run.flush()
run.track({"loss": 12.0, "new": 0.0})
if when != "seen at the end":
    run["last"] = 2
print(json.dumps({"hash": run.hash, "loss": run.loss.lost_points}))
"""


@pytest.mark.parametrize("what", ["run directory", "repo", "points"])
def test_what_is_removed_under_a_run_is_counted_and_the_run_begun_anew(what: str, repo_path: Path) -> None:
    done = run_child(_REMOVED, what, "seen at once", cwd=repo_path)
    assert len(warnings_in(done.stderr)) == 1
    named = ".points" if what == "points" else said(done)["hash"]
    assert f"{named} was removed while the run was recording" in done.stderr
    assert "20 points written before are counted as lost" in done.stderr
    found = read_back(repo_path, said(done)["hash"])
    assert found.points == {("loss", "{}"): [(10, 10.0), (11, 12.0)], ("new", "{}"): [(0, 0.0)]}
    assert (found.loss.lost_points, found.loss.causes) == (20, (("removed", 20),))
    assert found.state.params == {"lr": 0.1, "late": {"x": 1}, "last": 2}
    assert (found.state.name, found.state.experiment, found.state.tags) == ("kept", "exp", ["t"])
    assert found.undeclared == 0
    assert found.status.value == "finished"


def test_an_events_file_removed_under_a_run_costs_no_point(repo_path: Path) -> None:
    done = run_child(_REMOVED, "events", "seen at once", cwd=repo_path)
    assert len(warnings_in(done.stderr)) == 1
    assert ".events.jsonl was removed while" in done.stderr and "no point is lost" in done.stderr
    found = read_back(repo_path, said(done)["hash"])
    assert not found.loss
    assert [value for _, value in found.points["loss", "{}"]] == [*map(float, range(11)), 12.0]
    assert len(found.points["acc", '{"subset":"val"}']) == 10
    assert found.state.params == {"lr": 0.1, "late": {"x": 1}, "last": 2}
    assert found.undeclared == 0


def test_points_tracked_before_the_removal_is_seen_are_counted_too(repo_path: Path) -> None:
    done = run_child(_REMOVED, "run directory", "seen at the end", cwd=repo_path)
    found = read_back(repo_path, said(done)["hash"])
    assert found.points == {}
    assert found.loss.lost_points == 20 + 1 + 1 + 2
    assert found.state.params == {"lr": 0.1, "late": {"x": 1}}
    assert found.status.value == "finished"
    assert len(warnings_in(done.stderr)) == 1


_REMOVED_WHILE_CLOSED = """
import os, shutil
import aim
from aim.storage.writing import descriptors

run = aim.Run()
for step in range(7):
    run.track(float(step), "loss")
others = [aim.Run() for _ in range(descriptors.MAX_OPEN_FILES)]  # makes the process close the first run's files
for other in others:
    other.track(0.0, "x")
assert run._recorder.writer.points.fd < 0
shutil.rmtree(os.path.join(".aim", "runs", run.hash))
run.flush()
run.track(7.0, "loss")
for other in others:
    other.close()
print(run.hash)
"""


def test_a_removal_is_counted_also_where_the_process_had_closed_the_files(repo_path: Path) -> None:
    done = run_child(_REMOVED_WHILE_CLOSED, cwd=repo_path)
    found = read_back(repo_path, done.stdout.strip())
    assert found.points == {("loss", "{}"): [(7, 7.0)]}
    assert found.loss.lost_points == 7
    assert len(warnings_in(done.stderr)) == 1


def test_a_run_moved_to_the_trash_while_it_records_goes_on_there(repo_path: Path) -> None:
    code = """
    import os
    import aim
    run = aim.Run()
    run.track(1.0, "loss")
    os.makedirs(".aim/trash")
    os.rename(f".aim/runs/{run.hash}", f".aim/trash/{run.hash}")
    run.track(2.0, "loss")
    run.flush()
    os.rename(f".aim/trash/{run.hash}", f".aim/runs/{run.hash}")
    run.track(3.0, "loss")
    """
    done = run_child(code, cwd=repo_path)
    found = read_back(repo_path)
    assert found.points == {("loss", "{}"): [(0, 1.0), (1, 2.0), (2, 3.0)]}
    assert not found.loss
    (warning,) = warnings_in(done.stderr)
    assert "was moved to the trash while the run was recording" in warning


_RENAMED = """
import json, os, sys
import aim
from aim.storage.writing.sync import syncer

what = sys.argv[1]
run = aim.Run(repo="work")
for step in range(5):
    run.track(float(step), "loss")
os.rename(*{"repo": ("work", "elsewhere"), "run": (f"work/.aim/runs/{run.hash}", "work/.aim/runs/" + "ab" * 12)}[what])
assert syncer.wait_for_round(60)
run._recorder.writer.beat()
run.track(5.0, "loss")
run.track(6.0, "new")
run["late"] = 1
assert syncer.wait_for_round(60)
run.close()
left = os.path.exists("work") and os.listdir("work")
print(json.dumps({"hash": run.hash, "lost": run.loss.lost_points, "left": left}))
"""


@pytest.mark.parametrize("what", ["repo", "run"])
def test_a_repo_or_run_renamed_under_a_writer_is_told_and_costs_nothing(what: str, repo_path: Path) -> None:
    done = run_child(_RENAMED, what, cwd=repo_path)
    answer = said(done)
    (warning,) = warnings_in(done.stderr)
    assert f"{answer['hash']} was moved or renamed while the run was recording" in warning
    assert answer["lost"] == 0
    moved = repo_path / ("elsewhere" if what == "repo" else "work")
    assert answer["left"] == (False if what == "repo" else [".aim"])  # nothing is made where it was
    found = read_back(moved, answer["hash"] if what == "repo" else "ab" * 12)
    assert found.points == {("loss", "{}"): [(step, float(step)) for step in range(6)], ("new", "{}"): [(0, 6.0)]}
    assert (found.state.params, found.status.value, found.undeclared) == ({"late": 1}, "finished", 0)
    assert not found.loss


_DAMAGED = """
import json, os, shutil, sys
import aim
from aim.storage.writing.sync import syncer

how = sys.argv[1]
run = aim.Run()
for step in range(100):
    run.track(float(step), "loss", context={"subset": "train"})
assert syncer.wait_for_round(60)   # looks
for step in range(100, 130):
    run.track(float(step), "loss", context={"subset": "train"})
run.track(0.5, "acc")
writer = run._recorder.writer
path = writer.points.path

def cut(size):
    os.truncate(path, size)

def replace():
    shutil.copyfile(path, "copy")
    os.replace("copy", path)

def put_in():
    with open(path, "ab") as file:
        file.write(b"abc")

{"replaced": replace, "cut to records": lambda: cut(40 * 32), "cut in a record": lambda: cut(40 * 32 + 8),
 "cut late": lambda: cut(120 * 32 + 16), "cut to nothing": lambda: cut(0), "foreign bytes": put_in}[how]()
for step in range(130, 150):
    run.track(float(step), "loss", context={"subset": "train"})
run.track(1.5, "acc")
if "at the end" not in sys.argv:
    assert syncer.wait_for_round(60)
run.track(2.5, "acc")
run.close()
print(json.dumps({"hash": run.hash, "lost": run.loss.lost_points, "sizes": writer._sizes()}))
"""

_LOST = {
    "replaced": range(130, 150),
    "cut to records": range(40, 130),
    "cut in a record": range(40, 130),
    "cut late": range(120, 130),
    "cut to nothing": range(130),
    "foreign bytes": range(0),
}


@pytest.mark.parametrize("when", ["seen while recording", "seen at the end"])
@pytest.mark.parametrize("how", _LOST)
def test_points_replaced_or_changed_under_a_run_are_counted_exactly_and_it_goes_on(
    how: str, when: str, repo_path: Path
) -> None:
    done = run_child(_DAMAGED, how, when.removeprefix("seen "), cwd=repo_path)
    answer = said(done)
    found = read_back(repo_path)
    lost = set(_LOST[how])
    kept = [(step, float(step)) for step in range(150) if step not in lost]
    assert found.points["loss", '{"subset":"train"}'] == kept
    # 0.5 was tracked before the damage, 1.5 before it is seen, 2.5 after
    accuracy = {0.5, 1.5, 2.5}
    if how == "replaced":
        accuracy -= {1.5} if when == "seen while recording" else {1.5, 2.5}
    elif how.startswith("cut"):
        accuracy -= {0.5}
    assert {value for _, value in found.points["acc", "{}"]} == accuracy
    all_lost = len(lost) + 3 - len(accuracy)
    assert answer["lost"] == found.loss.lost_points == all_lost
    assert found.loss.causes == ((("damaged", all_lost),) if all_lost else ())
    (warning,) = warnings_in(done.stderr)
    assert f"{all_lost:,} points are counted as lost" in warning
    assert (found.undeclared, found.status.value) == (0, "finished")
    damage = [f for f in check_repo(layout_of(repo_path)).findings if f.kind == "points missing"]
    assert sum(finding.count for finding in damage) == all_lost  # and `aim doctor` sees it


_DAMAGED_EVENTS = """
import os, shutil, sys
import aim
from aim.storage.writing.sync import syncer

how = sys.argv[1]
run = aim.Run(name="kept")
run["lr"] = 0.1
run.track(0.0, "loss")
run.add_record("checkpoint", 1)
assert syncer.wait_for_round(60)
path = run._recorder.writer.events.path
if how == "replaced":
    shutil.copyfile(path, "copy")
    os.replace("copy", path)
elif how == "cut":
    os.truncate(path, 300)
else:
    with open(path, "ab") as file:
        file.write(b"abc")
run["late"] = 1
run.track(1.0, "new")
run.add_record("checkpoint", 2)
run.track(1.0, "loss")
assert syncer.wait_for_round(60)
run.track(2.0, "new")
run["last"] = True
"""


@pytest.mark.parametrize("how", ["replaced", "cut", "foreign bytes"])
def test_events_replaced_or_changed_under_a_run_are_written_again_where_they_are_missing(
    how: str, repo_path: Path
) -> None:
    done = run_child(_DAMAGED_EVENTS, how, cwd=repo_path)
    found = read_back(repo_path)
    assert found.points == {("loss", "{}"): [(0, 0.0), (1, 1.0)], ("new", "{}"): [(0, 1.0), (1, 2.0)]}
    assert found.state.params == {"lr": 0.1, "late": 1, "last": True}
    assert found.state.records == {"checkpoint": [1, 2]}
    assert (found.state.name, found.status.value, found.undeclared) == ("kept", "finished", 0)
    assert not found.loss
    (warning,) = warnings_in(done.stderr)
    assert "events.jsonl was" in warning


_READ_ONLY = """
import codecs, json, os, sys
import aim
from tests.fault.support import read_back  # all that is needed is loaded before we become somebody else

repo = sys.argv[1]
codecs.lookup("ascii")
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)

os.chdir(repo)
aim.set_params({"lr": 0.1})
for step in range(5):
    aim.track(float(step), "loss")
run = aim.Run()
for step in range(5):
    run.track({"loss": float(step), "acc": 0.0})
print(json.dumps({"lost": run.loss.lost_points}))
"""


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_training_goes_on_in_a_repo_of_another_user(open_folder: Path) -> None:
    repo = open_folder / "repo"
    repo.mkdir()
    run_child("import aim\naim.track(1.0, 'loss')", cwd=repo)
    folders = [repo, *[path for path in repo.rglob("*") if path.is_dir()]]
    for folder in folders:
        folder.chmod(0o555)
    before = _files(repo)
    try:
        done = run_child(_READ_ONLY, str(repo), cwd=open_folder)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert said(done)["lost"] == 10
    given = warnings_in(done.stderr)
    assert len(given) == 2, done.stderr  # one for each run
    assert all("Permission denied" in line for line in given)
    assert _files(repo) == before


_MADE_READ_ONLY_LATER = """
import codecs, os, sys
import aim
from tests.fault.support import read_back  # all that is needed is loaded before we become somebody else

repo = sys.argv[1]
codecs.lookup("ascii")
os.chdir(repo)
if os.getuid() == 0:
    os.chown(repo, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
aim.Session(experiment="first").close()
for name in ("runs", "active"):
    os.chmod(f".aim/{name}", 0o555)
run = aim.Run()
run["lr"] = 0.1
run.track(0.0, "loss")
for name in ("runs", "active"):
    os.chmod(f".aim/{name}", 0o755)
run["later"] = 1
run.track(1.0, "loss")
print(run.hash, flush=True)
sys.stdin.readline()
"""


def test_a_repo_that_becomes_writable_takes_the_run_from_then_on(open_folder: Path) -> None:
    repo = open_folder / "repo"
    repo.mkdir()
    child = start_child(_MADE_READ_ONLY_LATER, str(repo), cwd=open_folder)
    assert child.stdout is not None
    run_hash = child.stdout.readline().strip()
    if not run_hash:
        raise AssertionError(child.communicate()[1])
    assert read_back(repo, run_hash).status.value == "running"
    _, errors = child.communicate("\n")
    found = read_back(repo, run_hash)
    assert found.points == {("loss", "{}"): [(1, 1.0)]}
    assert found.state.params == {"lr": 0.1, "later": 1}
    assert found.loss.lost_points == 1
    assert found.status.value == "finished"
    assert len(warnings_in(errors)) == 1


_FULL = """
import ctypes, json, os, sys
import aim
from aim.storage.repo.layout import RepoLayout
from aim.storage.reading.status import read_active_markers

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
    sys.exit(77)
disk = sys.argv[1].encode()
if libc.mount(b"tmpfs", disk, b"tmpfs", 0, b"size=256k"):
    sys.exit(77)
os.chdir(disk)

run = aim.Run()
run["lr"] = 0.1
tracked = 0
while not run.loss.lost_points:
    run.track({f"m{i}": float(tracked) for i in range(50)})
    tracked += 1
lost = run.loss.lost_points
for _ in range(20):
    run.track({f"m{i}": -1.0 for i in range(50)})
    run.track(-1.0, "m0")
run["while"] = {"full": "x" * 5000}
while_full = run.loss.lost_points
(marker,) = read_active_markers(RepoLayout(".aim"))
in_marker = marker.lost_points
libc.mount(b"tmpfs", disk, b"tmpfs", 32, b"size=1m")  # MS_REMOUNT: somebody makes room
run.track({f"m{i}": float(tracked) for i in range(50)})
run.close()

from tests.fault.support import read_back
from pathlib import Path
found = read_back(Path("."), run.hash)
print(json.dumps({
    "first lost": lost, "lost": while_full, "in marker": in_marker, "tracked": tracked,
    "found": found.loss.lost_points, "causes": dict(found.loss.causes), "events": found.loss.lost_events,
    "points": sum(len(points) for points in found.points.values()),
    "false": sum(value == -1.0 for points in found.points.values() for _, value in points),
    "params": found.state.params, "undeclared": found.undeclared, "status": found.status.value,
}))
"""


def test_a_disk_that_is_really_full_and_then_has_room_again(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        done = run_child(_FULL, str(folder), cwd=tmp_path)
    except AssertionError as error:
        if str(error).startswith("returned 77"):
            pytest.skip("needs to mount a file system of its own")
        raise
    answer = said(done)
    assert 0 < answer["first lost"] <= 50
    assert answer["lost"] == answer["first lost"] + 20 * 51
    assert answer["in marker"] == answer["found"] == answer["lost"]
    assert answer["causes"] == {"ENOSPC": answer["lost"]}
    assert answer["points"] == 50 * (answer["tracked"] + 1) - answer["first lost"]
    assert (answer["false"], answer["undeclared"], answer["events"]) == (0, 0, 0)
    assert answer["params"] == {"lr": 0.1, "while": {"full": "x" * 5000}}
    assert answer["status"] == "finished"
    assert len(warnings_in(done.stderr)) == 1


_CLOSED_DESCRIPTORS = """
import os, sys
import aim

aim.track(0.0, "loss")
run = aim.Run()
run["a"] = 1
run.track(0.0, "loss")
os.closerange(3, 4096)
mine = [open(f"mine {i}", "w+b") for i in range(8)]
aim.track(1.0, "loss")
run.track(1.0, "loss")
run["b"] = 2
os.closerange(3, 4096)
run.track({"loss": 2.0, "new": 3.0})
run.track_many("loss", [3.0, 4.0])
aim.track(2.0, "loss")
print([os.path.getsize(f"mine {i}") for i in range(8)])
"""


def test_a_program_that_closes_all_descriptors_loses_nothing_and_its_own_files_stay_clean(repo_path: Path) -> None:
    done = run_child(_CLOSED_DESCRIPTORS, cwd=repo_path)
    assert done.stdout == f"{[0] * 8}\n"
    found = sorted((read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)), key=lambda f: len(f.points))
    assert found[0].points == {("loss", "{}"): [(0, 0.0), (1, 1.0), (2, 2.0)]}
    assert found[1].points == {
        ("loss", "{}"): [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)],
        ("new", "{}"): [(0, 3.0)],
    }
    assert found[1].state.params == {"a": 1, "b": 2}
    for each in found:
        assert not each.loss
        assert each.status.value == "finished"
    assert warnings_in(done.stderr) == []


_NO_DESCRIPTORS = """
import json, os, resource
import aim
from aim.storage.writing import descriptors
from aim.storage.writing.sync import syncer

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
runs = [aim.Run(name=f"run {i}") for i in range(30)]      # makes more files than may be open
for run in runs:
    run.track(0.0, "loss")
held = len(descriptors._open_files)
mine = []
try:
    while True:
        mine.append(open("mine", "a"))
except OSError:
    pass
late = aim.Run(name="late")
late["lr"] = 0.1
for run in (*runs, late):
    run.track(1.0, "loss")
    run.track(2.0, "new")
assert syncer.wait_for_round(60)
for file in mine:
    file.close()
print(json.dumps({"held": held, "mine": len(mine), "lost": sum(run.loss.lost_points for run in (*runs, late))}))
for run in (*runs, late):
    run.close()
"""


def test_a_program_without_descriptors_records_and_keeps_most_of_them_for_itself(repo_path: Path) -> None:
    done = run_child(_NO_DESCRIPTORS, cwd=repo_path)
    answer = said(done)
    assert answer["held"] <= 16
    assert answer["mine"] >= 30
    assert answer["lost"] == 0
    for run_hash in run_hashes(repo_path):
        found = read_back(repo_path, run_hash)
        late = found.state.name == "late"
        assert found.points == {("loss", "{}"): [(0, 1.0)] if late else [(0, 0.0), (1, 1.0)], ("new", "{}"): [(0, 2.0)]}
        assert not found.loss
        assert (found.status.value, found.state.params) == ("finished", {"lr": 0.1} if late else {})
    assert len(run_hashes(repo_path)) == 31
    given = warnings_in(done.stderr)
    assert 0 < len(given) <= 31  # one for each run at most
    assert all("has as many files open as it may" in line for line in given)


_DAEMON = """
import os, sys
import aim

aim.track(0.0, "before")
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(3, 4096)
run = aim.Run(name="daemon")
run.track(1.0, "loss")
run.close()
os.write(1, b"done")
"""


def test_a_program_that_daemonises_records_in_a_run_of_its_own(repo_path: Path) -> None:
    done = run_child(_DAEMON, cwd=repo_path)  # returns when the daemon closes its output
    assert done.stdout == "done"
    found = [read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)]
    (daemon,) = [f for f in found if f.state.name == "daemon"]
    assert daemon.points == {("loss", "{}"): [(0, 1.0)]}
    assert daemon.status.value == "finished"


_FSYNC_FAILS = """
import errno, json
import aim
from tests.fault.refusing import refuse

run = aim.Run()
run.track_many("loss", [1.0, 2.0, 3.0])
run.flush()
refuse(["fsync", "fdatasync"], errno.EIO)
run.track_many("loss", [4.0, 5.0])
run.flush()
run.track(6.0, "loss")
run.flush()
run.flush()
print(json.dumps({"unsynced": run.loss.unsynced, "lost": run.loss.lost_points}))
run.track(7.0, "loss")
"""


_FSYNC_FAILS_AT_THE_END = """
import errno, sys
import aim
from aim.storage.writing.sync import syncer
from aim.storage.repo.repo_files import create_repo
from tests.fault.refusing import refuse

create_repo(".")
if sys.argv[1] == "short run":
    refuse(["fsync", "fdatasync"], errno.EIO)
run = aim.Run()
run.track_many("loss", list(range(1000)))
if sys.argv[1] != "short run":
    run.flush()
    refuse(["fsync", "fdatasync"], errno.EIO)
    run.track_many("loss", list(range(1000)))
    run.flush()
    run.track_many("loss", list(range(1000)))
"""


@pytest.mark.parametrize("kind", ["short run", "long run"])
def test_the_last_sync_that_fails_is_told_and_counted(kind: str, repo_path: Path, refusing: None) -> None:
    done = run_child(_FSYNC_FAILS_AT_THE_END, kind, cwd=repo_path)
    found = read_back(repo_path)
    count = 1000 if kind == "short run" else 2000
    assert (found.loss.unsynced, found.loss.lost_points, found.loss.causes) == (count, 0, (("EIO", count),))
    assert found.status.value == "finished"
    (warning,) = warnings_in(done.stderr)
    assert "Input/output error" in warning


def test_a_failing_fsync_is_told_once_and_counted_as_not_known_to_be_on_disk(repo_path: Path, refusing: None) -> None:
    done = run_child(_FSYNC_FAILS, cwd=repo_path)
    assert said(done) == {"unsynced": 3, "lost": 0}
    found = read_back(repo_path)
    assert [value for _, value in found.points["loss", "{}"]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert (found.loss.unsynced, found.loss.lost_points) == (4, 0)  # the last one at the end
    assert found.loss.causes == (("EIO", 4),)
    (warning,) = warnings_in(done.stderr)
    assert "syncing" in warning
    assert "Input/output error" in warning


def test_a_heartbeat_that_cannot_be_written_stops_nothing(repo_path: Path, refusing: None) -> None:
    code = """
    import errno
    import aim
    from tests.fault.refusing import refuse
    run = aim.Run()
    run.track(1.0, "loss")
    refuse(["utimensat"], errno.EROFS)
    run._recorder.writer.beat()
    run._recorder.writer.beat()
    run.track(2.0, "loss")
    """
    done = run_child(code, cwd=repo_path)
    assert len(warnings_in(done.stderr)) == 1
    found = read_back(repo_path)
    assert found.points == {("loss", "{}"): [(0, 1.0), (1, 2.0)]}
    assert found.status.value == "finished"


def test_warnings_made_errors_do_not_stop_the_thread_that_syncs(repo_path: Path) -> None:
    """`python -W error` is the user's wish; the heart must go on beating all the same."""
    code = """
    import os, shutil, sys, threading, warnings
    import aim
    from aim.storage.writing.sync import syncer
    warnings.simplefilter("error")
    run = aim.Run()
    run.track(1.0, "loss")
    shutil.rmtree(f".aim/runs/{run.hash}")
    assert syncer.wait_for_round(60)      # the thread itself finds that it is gone, and warns
    assert syncer.wait_for_round(60)
    run.track(2.0, "loss")
    assert any(thread.name == "aim-sync" for thread in threading.enumerate())
    """
    run_child(code, cwd=repo_path)
    found = read_back(repo_path)
    assert found.points == {("loss", "{}"): [(1, 2.0)]}
    assert found.loss.lost_points == 1


def test_a_marker_that_somebody_removed_is_made_again(repo_path: Path) -> None:
    code = """
    import os, sys
    import aim
    run = aim.Run()
    run.track(1.0, "loss")
    (name,) = os.listdir(".aim/active")
    os.unlink(f".aim/active/{name}")
    run._recorder.writer.beat()
    print("ready", flush=True)
    sys.stdin.readline()
    """
    child = start_child(code, cwd=repo_path)
    assert child.stdout is not None
    child.stdout.readline()
    assert read_back(repo_path).status.value == "running"
    assert len(read_active_markers(layout_of(repo_path))) == 1
    child.communicate("\n")
    assert read_back(repo_path).status.value == "finished"
