"""How public code for Aim 2 and 3 looks, in our own words: each script runs as it is, in a process of its own.

Where a script needs a framework that is not installed it stops at that framework, not at us; trainings with the real
ones are in tests/integration.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from aim.compat.to_come import TO_COME
from tests.unit.sdk.reading import hashes_in, read_back

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    """What a script printed."""

    out: str
    err: str


def run_script(folder: Path, script: str, *, status: int = 0, **environment: str) -> Outcome:
    """Run a script in `folder`, not in strict mode: as users do."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIM_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return Outcome(done.stdout, done.stderr)


GUARDED = """
try:
    from aim import Run, Image, Text, Audio, Figure, Distribution
    HAS_AIM = True
except ImportError:
    HAS_AIM = False

class Recorder:
    def __init__(self, repo):
        self.run = Run(repo=repo, experiment="gan") if HAS_AIM else None

    def step(self, step, losses, samples):
        if self.run is None:
            return
        for name, value in losses.items():
            self.run.track(value, name=name, step=step, context={"subset": "train"})
        self.run.track(Image(samples, caption="sample", quality=80), name="samples", step=step)
        self.run.track([Image(one) for one in samples], name="many", step=step)
        self.run.track(Text("words"), name="words")
        self.run.track(Audio(b"", rate=16_000, format="wav"), name="sound")
        self.run.track(Figure(object()), name="plot")
        self.run.track(Distribution([1, 2, 3], bin_count=8), name="weights")

recorder = Recorder(".")
for step in range(3):
    recorder.step(step, {"g": 0.5, "d": 0.25}, [[0, 1], [1, 0]])
recorder.run.close()
print(HAS_AIM)
"""


def test_objects_can_be_made_and_are_refused_with_one_warning_a_line_and_a_count(tmp_path: Path) -> None:
    done = run_script(tmp_path, GUARDED)
    assert done.out.strip() == "True"
    run = read_back(tmp_path)
    assert (run.status, run.values("g", subset="train"), run.steps("d", subset="train")) == (
        "finished",
        [0.5] * 3,
        [0, 1, 2],
    )
    assert run.loss.rejected == 18
    assert "this version of Aim records numbers only, no images (not recorded; counted on the run)" in done.err
    assert done.err.count("not recorded; counted on the run") == 6


PATHS = [
    "from aim.ext.resource.configs import DEFAULT_SYSTEM_TRACKING_INT; assert DEFAULT_SYSTEM_TRACKING_INT == 10",
    "from aim.ext.tensorboard_tracker import Run",
    "from aim.sdk.adapters.pytorch_lightning import AimLogger",
    "from aim.sdk.adapters.keras import AimCallback, AimTracker",
    "from aim.sdk.adapters.tensorflow import AimCallback",
    "from aim.keras import AimTracker",
    "from aim.tensorflow import AimTracker",
    "from aim.storage.context import Context; assert Context({'subset': 'val'}).to_dict() == {'subset': 'val'}",
    "from aim.sdk.objects import Audio, Distribution, Figure, Image, Text",
    "from aim.sdk.objects.image import Image; import aim; assert Image is aim.Image",
    "from aim.sdk.objects.distribution import Distribution",
    "from aim.sdk.types import AimObject, AimObjectKey, AimObjectPath, QueryReportMode",
    "from aim.sdk.num_utils import convert_to_py_number, is_number; assert is_number(3) and not is_number('3')",
    "from aim.sdk.utils import clean_repo_path, generate_run_hash, get_aim_repo_name, search_aim_repo",
    "from aim.sdk.repo import Repo",
    "from aim.sdk.run import Run",
    "from aim.sdk.session import Session",
    "from aim.sdk.metric import Metric",
    "from aim.sdk.sequence_collection import QueryRunSequenceCollection, QuerySequenceCollection",
    "from aim.sdk.errors import MissingRunError, RepoIntegrityError",
    "from aim.sdk.configs import AIM_REPO_NAME; assert AIM_REPO_NAME == '.aim'",
    "from aim.sdk import Image, Repo, Run, Session, track",
    "from aim.pytorch import track_gradients_dists, track_params_dists",
    "from aim.sdk.adapters.pytorch import track_gradients_dists",
    "import aim; aim.hugging_face.AimCallback; aim.ext; aim.Distribution",
]


def test_module_paths_of_aim_3_are_there(tmp_path: Path) -> None:
    """In one process, to be quick: none of them may depend on another."""
    run_script(
        tmp_path,
        "import importlib, sys\n"
        f"for line in {PATHS!r}:\n"
        "    for name in [name for name in sys.modules if name == 'aim' or name.startswith('aim.')]:\n"
        "        del sys.modules[name]\n"
        "    exec(line)\n",
    )


@pytest.mark.parametrize("name", TO_COME)
def test_adapters_to_come_can_be_imported_and_say_on_use_what_to_do(name: str, tmp_path: Path) -> None:
    import importlib

    module, old = importlib.import_module(f"aim.{name}"), importlib.import_module(f"aim.sdk.adapters.{name}")
    for member in TO_COME[name].members:
        assert getattr(old, member) is getattr(module, member)
        with pytest.raises(ImportError, match=f"aim.{name}: .* no adapter for .* yet") as error:
            getattr(module, member)(repo=".", experiment="e")
        assert TO_COME[name].until in str(error.value)


TEMPLATE = """
from importlib import import_module

# what a YAML file of a project template says, as its instantiate() calls it
settings = {
    "repo": ".", "experiment": "template", "train_metric_prefix": "train/", "val_metric_prefix": "val/",
    "test_metric_prefix": "test/", "system_tracking_interval": 10, "log_system_params": True,
    "capture_terminal_logs": False,
}
make = getattr(import_module("aim.pytorch_lightning"), "AimLogger")
try:
    make(**settings)
except ImportError as error:
    assert "pip install" in str(error), error
"""

CALLBACK = """
from aim.keras import AimCallback, AimTracker
import aim

for make in (
    lambda: AimCallback(repo=".", experiment="scores", log_system_params=False, system_tracking_interval=10),
    lambda: AimCallback(".", "scores"),
    lambda: AimTracker.metrics(aim.Session(repo=".")),
):
    try:
        make()
    except ImportError as error:
        assert "pip install" in str(error), error
"""


@pytest.mark.parametrize("script", [TEMPLATE, CALLBACK])
def test_adapters_take_the_arguments_of_aim_2_and_3(script: str, tmp_path: Path) -> None:
    run_script(tmp_path, script)


TRACKER = """
from aim.ext.tensorboard_tracker import Run

run = Run(repo=".", sync_tensorboard_log_dir="runs/one")
run["lr"] = 0.1
run.track(0.5, name="loss")
run.close()
"""


def test_tensorboard_tracker_records_and_says_how_logs_are_read(tmp_path: Path) -> None:
    done = run_script(tmp_path, TRACKER)
    assert "aim up --tf_logs runs/one" in done.err
    assert read_back(tmp_path, hashes_in(tmp_path)[0]).values("loss") == [0.5]


WEIGHTS = """
import aim
from aim.pytorch import track_gradients_dists, track_params_dists

run = aim.Run(repo=".")
for step in range(2):
    run.track(0.5, name="loss", step=step)
    track_params_dists(object(), run)
    track_gradients_dists(object(), run)
"""


def test_distributions_of_weights_are_refused_and_counted(tmp_path: Path) -> None:
    done = run_script(tmp_path, WEIGHTS)
    run = read_back(tmp_path)
    assert (run.values("loss"), run.loss.rejected) == ([0.5, 0.5], 4)
    assert done.err.count("no distributions (not recorded; counted on the run)") == 2


SET_UP = """
import sys
from aim import Repo, Run
from aim.sdk.types import QueryReportMode

if not Repo.exists("store"):
    Repo.from_path("store", init=True)
Repo("store", init=True)
run = Run(repo="store", experiment="plots")
run["hparams"] = {"lr": 0.1}
for step in range(3):
    run.track(1.0 / (step + 1), name="loss", step=step, epoch=step, context={"subset": "val"})
repo = Repo("store", read_only=True)
assert repo.list_active_runs() == [run.hash]
run.close()

assert repo.list_all_runs() == [run.hash] and repo.total_runs_count() == 1 and repo.list_active_runs() == []
assert repo.run_exists(run.hash) and not repo.run_exists("nothing")
assert repo.collect_sequence_info(("metric",)) == {"metric": {"loss": [{"subset": "val"}]}}
assert repo.collect_params_info()["hparams"] == {"lr": 0.1}
for found in repo.query_metrics("metric.name == 'loss'", report_mode=QueryReportMode.DISABLED).iter_runs():
    for metric in found:
        steps, values = metric.values.sparse_numpy()
        indices, epochs = metric.epochs.sparse_numpy()
        assert list(indices) == list(steps) == metric.epochs.values_list() == [0, 1, 2]
        assert metric.values.last() == (2, 1.0 / 3) and metric.context.to_dict() == {"subset": "val"}
        assert len(metric.dataframe(include_name=True, include_context=True, include_run=True)) == 3
for found in repo.query_runs("run.hparams.lr > 0", report_mode=0).iter_runs():
    assert len(found.run.dataframe(include_props=True, include_params=True)) == 1
    assert [(name, context.to_dict()) for name, context, _ in found.run.iter_metrics_info()] == [
        ("loss", {"subset": "val"})
    ]
    assert found.run.collect_sequence_info(("metric",))["metric"][0]["last_value"] == 1.0 / 3
from aim.storage.context import Context
stored = repo.get_run(run.hash)
assert stored.get_metric("loss", Context({"subset": "val"})).values.first_value() == 1.0
assert repo.delete_run(run.name) is True
Repo.rm("store")
assert not Repo.exists("store")
import os
os.makedirs("work/deep")
os.chdir("work/deep")
assert Repo.default_repo_path() == os.getcwd()
assert Repo.default_repo(init=True).path == os.path.join(os.getcwd(), ".aim")
print("done")
"""


def test_set_up_and_reading_as_in_aim_3(tmp_path: Path) -> None:
    assert run_script(tmp_path, SET_UP).out.strip() == "done"
