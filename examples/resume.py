"""A training that can be killed and started again: one run, each step once, whatever happened.

Fits a line by gradient descent, with a checkpoint every ten steps. Takes a second; try it twice:

    python examples/resume.py --fail-at 35        # ends with an error
    python examples/resume.py                     # goes on from step 30, in the same run
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import aim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--fail-at", type=int)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint.json"))
    options = parser.parse_args()

    state = {"step": 0, "slope": 0.0, "run_hash": None}
    if options.checkpoint.exists():
        state = json.loads(options.checkpoint.read_text())

    with aim.Session(experiment="resume_example", run_hash=state["run_hash"]) as session:
        session.set_params({"steps": options.steps, "lr": 0.02})
        slope = state["slope"]
        for step in range(state["step"], options.steps):
            if step % 10 == 0:
                options.checkpoint.write_text(json.dumps({"step": step, "slope": slope, "run_hash": session.hash}))
                session.add_record("checkpoint", {"path": str(options.checkpoint), "step": step})
            if step == options.fail_at:
                raise RuntimeError(f"failed at step {step}, as asked")
            error = sum((slope * x - 3 * x) * x for x in range(1, 5)) / 4
            slope -= 0.02 * error
            session.track({"slope": slope, "loss": error**2}, step=step)
    options.checkpoint.unlink()


if __name__ == "__main__":
    main()
