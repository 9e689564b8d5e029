"""Run the adapters' tests with real frameworks: ``make test-adapters``.

Two environments in ``.venvs/``, made of the table in ``aim/integrations/_support.py`` when it or the lists below
changed: ``newest`` has what the package index gives today and runs everything marked ``adapter``; ``oldest`` has the
minimum versions and runs the contract alone. They work side by side: importing frameworks, which takes most of the
time, uses one core. Prints the modes that ran with their versions, and the slowest tests. A test that is skipped is a
failure. Where an environment cannot be made (real trainings need torch 2.13.0 for the CPU) the run fails with CI set,
and elsewhere says what was left out.

``--record`` writes the versions that each mode ran with into ``tests/adapters_tested.json``, which the column "tested
with" of the README is held against.

    python scripts/test_adapters.py [--only newest|oldest] [--make-only] [--record] [arguments for pytest]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from aim.integrations._support import ADAPTERS

ROOT = Path(__file__).resolve().parent.parent
TORCH = "torch==2.13.0"  # a plain `torch` is gigabytes of CUDA
TOOLS = ("pytest>=8.2", "hypothesis>=6.100")  # what tests/conftest.py needs


@dataclass(frozen=True)
class Environment:
    """A set of frameworks that resolves in one call of pip, and the tests that run with it."""

    name: str
    frameworks: tuple[str, ...]
    tests: tuple[str, ...]


def frameworks(*, is_oldest: bool) -> tuple[str, ...]:
    """What pip is asked for of the table of adapters."""
    needed = [f for adapter in ADAPTERS for f in adapter.frameworks if not f.comes_with]
    return tuple(dict.fromkeys(f"{f.distribution}=={f.minimum}.*" if is_oldest else f.distribution for f in needed))


ENVIRONMENTS = (
    Environment(
        "newest",
        (
            TORCH,
            *frameworks(is_oldest=False),
            "jax",  # a backend of Keras
            "omegaconf",
            "jsonargparse[signatures]",  # of LightningCLI
            "scikit-learn",
            "accelerate",
            "tensorboard",  # the writers and the reader that event files are compared with
            "tensorboardX",
            "flax",  # one more writer; 110 MB, since TensorFlow, by which it writes, is here anyway
        ),
        ("tests/integration", "tests/unit/sdk", "tests/unit/test_docs.py", "-m", "adapter"),
    ),
    Environment(
        "oldest",
        # TensorFlow 2.16 brings numpy 1.26 and protobuf 4, which our own code must run with, too
        (TORCH, *frameworks(is_oldest=True), "omegaconf"),
        ("tests/integration/test_adapter_contract.py",),
    ),
)
RECORD = ROOT / "tests" / "adapters_tested.json"
SHOWN = ("lightning", "pytorch-lightning", "keras", "tf-keras", "tensorflow", "torch", "jax", "numpy", "protobuf")


def digest(environment: Environment) -> str:
    """Changes with what the environment must hold."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = (environment.frameworks, TOOLS, project["dependencies"], project["version"], sys.version_info[:2])
    return hashlib.sha256(repr(wanted).encode()).hexdigest()


def python_of(environment: Environment) -> Path:
    """Its interpreter, whether or not it is there."""
    return ROOT / ".venvs" / environment.name / "bin" / "python"


def make(environment: Environment) -> None:
    """Make or renew an environment; quick if nothing changed.

    Raises:
        CalledProcessError: pip gave up.
    """
    inner = python_of(environment)
    stamp = inner.parent.parent / ".stamp"
    if stamp.exists() and stamp.read_text() == digest(environment):
        return
    print(f"making .venvs/{environment.name}: {' '.join(environment.frameworks)}", flush=True)
    if not inner.exists():
        subprocess.run([sys.executable, "-m", "venv", str(inner.parent.parent)], check=True)
    # the package's own UI is not looked at here
    variables = {**os.environ, "AIM_UI_BUILD": "skip"}
    install = [str(inner), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *environment.frameworks, *TOOLS, "-e", "."], check=True, cwd=ROOT, env=variables)
    subprocess.run([str(inner), "-m", "pip", "check"], check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(digest(environment))


def versions(environment: Environment) -> str:
    """What is installed there of the packages that matter."""
    code = (
        "import sys\nfrom importlib.metadata import distributions\n"
        "found = {d.metadata['Name'].lower().replace('_', '-'): d.version for d in distributions()}\n"
        f"print(', '.join(f'{{n}} {{found[n]}}' for n in {SHOWN!r} if n in found))"
    )
    return subprocess.run([str(python_of(environment)), "-c", code], capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class Outcome:
    """One test.

    Attributes:
        seconds: What it took. The first clause of a mode waits for the process that runs them all.
        own_seconds: What the clause itself took in there; of another test the same.
    """

    environment: str
    name: str
    result: str
    seconds: float
    own_seconds: float


@dataclass(frozen=True)
class Report:
    """What an environment's tests gave.

    Attributes:
        status: pytest's exit status.
        text: What it printed.
        outcomes: What became of each test.
        versions: By mode of the contract, of those that passed: the packages that it had imported.
    """

    status: int
    text: str
    outcomes: list[Outcome]
    versions: dict[str, dict[str, str]] = field(default_factory=dict)


def make_and_run(environment: Environment, arguments: list[str], only_make: bool) -> Report:
    """All that is done with one environment."""
    try:
        make(environment)
    except subprocess.CalledProcessError as error:
        left_out = f"LEFT OUT: .venvs/{environment.name} could not be made: {error}"
        return Report(1 if os.environ.get("CI") else 0, left_out, [])
    return Report(0, f"{environment.name} is there", []) if only_make else run(environment, arguments)


def run(environment: Environment, arguments: list[str]) -> Report:
    """Run pytest there."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [str(python_of(environment)), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        command += ["-o", "junit_family=xunit1"]  # which has properties of a test case
        versions = Path(folder, "versions")
        versions.mkdir()
        variables = {
            **os.environ,
            "ADAPTER_ENVIRONMENT": environment.name,
            "ADAPTER_RECORD": str(versions),
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        command += [*environment.tests, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
        outcomes = [outcome_of(environment, case) for case in cases]
        ran = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in versions.glob("*.json")}
        return Report(done.returncode, f"-- {environment.name}\n{done.stdout}", outcomes, ran)


def outcome_of(environment: Environment, case: ElementTree.Element) -> Outcome:
    """Of a ``testcase`` of pytest's report."""
    kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
    result = "failed" if kinds & {"failure", "error"} else "skipped" if kinds else "passed"
    name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
    own = next((p.get("value") for p in case.iter("property") if p.get("name") == "seconds"), None)
    seconds = float(case.get("time", 0))
    return Outcome(environment.name, name, result, seconds, float(own) if own is not None else seconds)


def subject_of(outcome: Outcome) -> str:
    """The mode of a test of the contract; the module of another test."""
    module, _, test = outcome.name.partition("::")
    if module == "test_adapter_contract" and "[" in test:
        return "mode " + test.partition("[")[2].rpartition("-")[0]
    return module


def show(outcomes: Iterable[Outcome]) -> None:
    """The table of what ran, and the slowest tests."""
    outcomes = list(outcomes)
    print(f"\n{'environment':<12} {'what ran':<40} {'passed':>7} {'failed':>7} {'skipped':>7} {'s':>6}")
    for name, subject in dict.fromkeys((outcome.environment, subject_of(outcome)) for outcome in outcomes):
        rows = [o for o in outcomes if (o.environment, subject_of(o)) == (name, subject)]
        counts = Counter(row.result for row in rows)
        seconds = sum(row.seconds for row in rows)
        numbers = " ".join(f"{counts[result]:>7}" for result in ("passed", "failed", "skipped"))
        print(f"{name:<12} {subject:<40} {numbers} {seconds:>6.1f}")
    print("\nten slowest")
    for outcome in sorted(outcomes, key=lambda outcome: -outcome.own_seconds)[:10]:
        print(f"{outcome.own_seconds:6.1f} s  {outcome.environment}  {outcome.name}")


def record(versions: dict[str, dict[str, dict[str, str]]]) -> None:
    """Write what ran: environment -> mode -> package -> version. Modes that did not run keep what they have."""
    kept: dict[str, dict[str, dict[str, str]]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name, modes in versions.items():
        kept[name] = {**kept.get(name, {}), **modes}
    RECORD.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    """0 if everything that belongs to this machine passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[environment.name for environment in ENVIRONMENTS])
    parser.add_argument("--make-only", action="store_true", help="make the environments and run nothing")
    parser.add_argument("--record", action="store_true", help=f"write the versions that ran into {RECORD.name}")
    options, arguments = parser.parse_known_args()
    begin = time.monotonic()
    chosen = [environment for environment in ENVIRONMENTS if options.only in (None, environment.name)]
    outcomes: list[Outcome] = []
    versions_of_modes: dict[str, dict[str, dict[str, str]]] = {}
    status = 0
    with ThreadPoolExecutor(len(chosen)) as pool:
        tasks = {pool.submit(make_and_run, each, arguments, options.make_only): each for each in chosen}
        for task in as_completed(tasks):
            report = task.result()
            versions_of_modes[tasks[task].name] = report.versions
            print(report.text, flush=True)
            status = status or report.status
            outcomes += report.outcomes
    if outcomes:
        show(outcomes)
        for environment in chosen:
            print(f"\n{environment.name}: {versions(environment)}")
    if options.record:
        record(versions_of_modes)
    skipped = [outcome for outcome in outcomes if outcome.result == "skipped"]
    if skipped:
        print(f"\n{len(skipped)} skipped, which counts as failed here, the first: {skipped[0].name}")
        status = status or 1
    print(f"\nthe adapters' tests took {time.monotonic() - begin:.0f} s", flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
