"""Runs the contract of one mode: ``python -m tests.integration.modes.process MODE FOLDER RESULTS``.

One process a mode, since importing a framework takes longer than all clauses together. RESULTS is JSON: the name of
each clause, and the traceback of its failure or null.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

from tests.integration.modes.base import Mode, modes

__all__ = ["run"]


def run(mode: Mode, folder: Path, only: str = "") -> dict[str, str | None]:
    """What became of each clause."""
    harness = mode.make()
    results: dict[str, str | None] = {}
    for clause in mode.clauses():
        if only not in clause.__name__:
            continue
        place = folder / clause.__name__[:40]
        place.mkdir(parents=True)
        try:
            clause(harness, place)
        except BaseException:
            results[clause.__name__] = traceback.format_exc()
        else:
            results[clause.__name__] = None
    return results


def main() -> None:
    name, folder, out, *only = sys.argv[1:]
    mode = next(mode for mode in modes() if mode.name == name)
    Path(out).write_text(json.dumps(run(mode, Path(folder), *only), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
