"""Runs the contract of one mode: ``python -m tests.integration.modes.process MODE FOLDER RESULTS``.

One process a mode, since importing a framework takes longer than all clauses together. RESULTS is JSON: the name of
each clause, and the traceback of its failure or null; written after each, so that a mode that hangs says where.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

from tests.integration.modes.base import Mode, modes

__all__ = ["run"]


def run(mode: Mode, folder: Path, out: Path, only: str = "") -> None:
    """Run the clauses, or those with `only` in their names."""
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
        aside = out.with_suffix(".new")
        aside.write_text(json.dumps(results, indent=1), encoding="utf-8")
        aside.replace(out)


def main() -> None:
    name, folder, out, *only = sys.argv[1:]
    mode = next(mode for mode in modes() if mode.name == name)
    run(mode, Path(folder), Path(out), *only)


if __name__ == "__main__":
    main()
