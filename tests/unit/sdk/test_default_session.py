"""aim.track and friends: one session a process, made on first use, on rank 0 only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aim
from aim.errors import AimWarning, InvalidValueError, RepoError
from aim.sdk.recording import default_session
from aim.sdk.recording.guard import Warner
from aim.sdk.recording.ranks import environment_rank, is_distributed
from aim.storage.repo.repo_files import create_repo
from tests.unit.sdk.reading import hashes_in, read_back

RANK_VARIABLES = (
    "RANK",
    "SLURM_PROCID",
    "OMPI_COMM_WORLD_RANK",
    "PMI_RANK",
    "LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_RANK",
)


@pytest.fixture(autouse=True)
def fresh_default_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in RANK_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(default_session, "_session", None)
    monkeypatch.setattr(default_session, "_warner", Warner())
    yield
    if default_session._session is not None:
        default_session._session.close()


def test_first_use_makes_the_run_and_all_calls_go_to_it(tmp_path: Path) -> None:
    aim.flush()
    assert not (tmp_path / ".aim").exists()
    aim.set_params({"lr": 0.1}, name="hparams")
    aim.set_params({"seed": 1})
    aim.track(0.5, "loss", epoch=0, subset="train")
    aim.track(0.25, name="loss", step=3, subset="train")
    aim.flush()
    run = read_back(tmp_path)
    assert run.params == {"hparams": {"lr": 0.1}, "params": {"seed": 1}}
    assert (run.values("loss", subset="train"), run.steps("loss", subset="train")) == ([0.5, 0.25], [0, 3])
    assert run.status == "running"


def test_after_it_was_closed_the_next_call_opens_a_new_run(tmp_path: Path) -> None:
    aim.track(1, "loss")
    default_session.session().close()
    aim.track(2, "loss")
    first, second = (read_back(tmp_path, run_hash) for run_hash in hashes_in(tmp_path))
    assert sorted([first.values("loss"), second.values("loss")]) == [[1.0], [2.0]]
    assert {first.status, second.status} == {"finished", "running"}


def test_module_level_misuse_is_that_of_a_session(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="not str"):
        aim.track("x", "loss")
    assert read_back(tmp_path).points == []


@pytest.mark.parametrize("variable", RANK_VARIABLES)
def test_other_ranks_than_the_first_record_nothing(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.warns(
        AimWarning, match=rf"records nothing in this process: {variable}=1 says .* set AIM_ALL_RANKS=1 or"
    ):
        aim.track(1, "loss")
    aim.track("x", "loss")
    aim.set_params({"a": 1})
    aim.flush()
    session = default_session.session()
    session.track_many("loss", [1, 2])
    session.close()
    assert not session.active
    aim.track(2, "loss")  # no second warning
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("meeting", ["MASTER_ADDR", "TF_CONFIG"])
def test_ranks_of_a_job_that_meet_somewhere_are_silent(
    meeting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv(meeting, "127.0.0.1")
    aim.track(1, "loss")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", RANK_VARIABLES)
def test_the_first_rank_records(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "0")
    aim.track(1, "loss")
    assert read_back(tmp_path).values("loss") == [1.0]


@pytest.mark.parametrize("asked", ["1", "true", "yes"])
def test_other_ranks_record_when_asked(asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("AIM_ALL_RANKS", asked)
    aim.track(1, "loss")
    assert [writer.rank for writer in read_back(tmp_path).state.writers.values()] == [2]


@pytest.mark.parametrize("asked", ["0", "", "false", "no", "off"])
def test_other_ranks_do_not_record_when_asked_not_to(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("AIM_ALL_RANKS", asked)
    aim.track(1, "loss")
    assert list(tmp_path.iterdir()) == []


def test_session_opened_by_hand_records_on_every_rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with aim.Session() as session:
        session.track(1, "loss")
    assert read_back(tmp_path).values("loss") == [1.0]


def test_ranks_given_one_hash_share_a_run_and_write_their_own_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_hash = "0123456789abcdef01234567"
    monkeypatch.setenv("AIM_RUN_HASH", run_hash)
    monkeypatch.setenv("AIM_ALL_RANKS", "1")
    for rank in (1, 0, 2):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setattr(default_session, "_session", None)
        aim.track(rank, "loss")
    assert hashes_in(tmp_path) == [run_hash]
    run = read_back(tmp_path)
    assert sorted(run.values("loss")) == [0.0, 1.0, 2.0]
    assert run.steps("loss") == [0, 0, 0]
    assert sorted((w.rank, w.attempt) for w in run.state.writers.values()) == [(0, 1), (1, 1), (2, 1)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_ranks_of_a_job_share_an_attempt_of_their_own_whoever_made_the_run(
    order: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = aim.Run(repo=tmp_path)
    launcher.close()

    def start(world: int, ranks: tuple[int, ...]) -> None:
        monkeypatch.setenv("WORLD_SIZE", str(world))
        for rank in ranks:
            monkeypatch.setenv("RANK", str(rank))
            with aim.Run(launcher.hash, repo=tmp_path) as run:
                run.track(rank, "loss", step=rank)

    def attempts() -> set[tuple[int, int]]:
        writers = read_back(tmp_path, launcher.hash).state.writers.values()
        return {(w.attempt, w.rank) for w in writers if w.job}

    start(4, order)
    assert attempts() == {(2, 0), (2, 1), (2, 2), (2, 3)}
    shown = aim.Repo(tmp_path).query_metrics("loss")
    assert sorted(value for metric in shown for value in metric.values) == [0.0, 1.0, 2.0, 3.0]
    start(5, (4, 0, 1, 2, 3))  # resumed with one rank more, which comes first
    assert {rank for attempt, rank in attempts() if attempt == 3} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_pool_begin_no_runs(method: str, tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        "import aim, multiprocessing, sys\n"
        "def work(i):\n    aim.track(i, 'loss')\n    return i\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:\n        pool.map(work, range(4))\n"
        "    aim.track(9, 'mine')\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), method],
        cwd=tmp_path,
        env={**os.environ, "AIM_STRICT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "records nothing" in done.stderr
    assert len(hashes_in(tmp_path)) == 1
    assert read_back(tmp_path).values("mine") == [9.0]


def test_default_session_records_in_spite_of_a_damaged_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIM_STRICT")
    Path(create_repo(tmp_path).config_path).write_text("{")
    with pytest.warns(AimWarning, match="the run goes to the experiment 'default'"):
        aim.track(1, "loss")
    assert read_back(tmp_path).state.experiment == "default"


def test_rank_can_be_given(tmp_path: Path) -> None:
    with aim.Session(rank=5):
        pass
    assert [writer.rank for writer in read_back(tmp_path).state.writers.values()] == [5]


@pytest.mark.parametrize(
    ("variables", "rank", "is_ranked"),
    [
        ({}, 0, False),
        ({"RANK": ""}, 0, False),
        ({"RANK": "x"}, 0, False),
        ({"RANK": "-1"}, 0, False),
        ({"RANK": "٣"}, 0, False),
        ({"RANK": "3"}, 3, True),
        ({"RANK": "3", "LOCAL_RANK": "1"}, 3, True),
        ({"RANK": "0", "LOCAL_RANK": "1"}, 0, True),
        ({"LOCAL_RANK": "1"}, 1, True),
        ({"SLURM_PROCID": "4", "LOCAL_RANK": "0"}, 4, True),
        ({"RANK": "x", "OMPI_COMM_WORLD_RANK": "2"}, 2, True),
    ],
)
def test_rank_is_what_the_launcher_says(
    variables: dict[str, str], rank: int, is_ranked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    assert (environment_rank(), is_distributed()) == (rank, is_ranked)


def test_where_no_repo_can_be_made_training_goes_on_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".aim").touch()
    with pytest.raises(RepoError):
        aim.track(1, "loss")
    monkeypatch.delenv("AIM_STRICT")
    with pytest.warns(AimWarning, match=r"nothing is recorded: cannot make a repo at .*\.aim") as warned:
        for _ in range(3):
            aim.track(1, "loss", subset="train")
            aim.set_params({"a": 1})
            aim.flush()
    assert [warning.filename for warning in warned] == [__file__]


def test_environment_names_repo_and_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_REPO", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("AIM_EXPERIMENT", "digits")
    aim.track(1, "loss")
    assert read_back(tmp_path / "elsewhere").state.experiment == "digits"


HYDRA = """
import os
import aim
from hydra.core.hydra_config import HydraConfig
os.makedirs("outputs/job", exist_ok=True)
HydraConfig.cwd = os.getcwd()
os.chdir("outputs/job")
aim.track(1, "loss")
"""


def test_a_job_of_hydra_records_where_it_was_started(tmp_path: Path) -> None:
    # answers as Hydra 1.1 to 1.3 do: Hydra itself is not among the packages of the tests
    package = tmp_path / "packages" / "hydra" / "core"
    package.mkdir(parents=True)
    package.joinpath("hydra_config.py").write_text(
        "from types import SimpleNamespace\n"
        "class HydraConfig:\n"
        "    cwd = None\n"
        "    @classmethod\n"
        "    def initialized(cls):\n        return cls.cwd is not None\n"
        "    @classmethod\n"
        "    def get(cls):\n        return SimpleNamespace(runtime=SimpleNamespace(cwd=cls.cwd))\n"
    )
    folder = tmp_path / "project"
    folder.mkdir()
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "packages")}
    subprocess.run([sys.executable, "-c", HYDRA], cwd=folder, env=env, check=True)
    assert read_back(folder).values("loss") == [1.0]
    assert not (folder / "outputs" / "job" / ".aim").exists()


def test_script_needs_no_closing(tmp_path: Path) -> None:
    script = "import aim\nfor step in range(5):\n    aim.track(step / 2, name='loss', epoch=0, subset='train')\n"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    run = read_back(tmp_path)
    assert (run.values("loss", subset="train"), run.status) == ([0.0, 0.5, 1.0, 1.5, 2.0], "finished")
