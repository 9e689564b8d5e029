"""Prints the figures of docs/benchmarks.md beside their bars."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("AIM_QUIET", "1")  # thousands of runs begin

from benchmarks import adapters, drawing, indexing, logs, querying, recording, rivals, serving, startup
from benchmarks.corpus import Corpora
from benchmarks.figures import BUSY, Figure, as_text, machine, write_page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"

# in the order of the page; those that share a corpus follow each other
SUBJECTS: dict[str, Callable[[Corpora], list[Figure]]] = {
    "track": recording.track,
    "dict": recording.dict_call,
    "import": startup.import_time,
    "first": startup.first_point,
    "open": recording.open_close,
    "bulk": recording.bulk,
    "adapters": adapters.hooks,
    "sizes": indexing.sizes,
    "cold": indexing.cold,
    "unchanged": indexing.unchanged,
    "live": indexing.live,
    "query": querying.thousand_runs,
    "query-10k": querying.ten_thousand_runs,
    "query-100k": querying.hundred_thousand_runs,
    "drawing": drawing.reduction,
    "web": serving.thousand_runs,
    "web-10k": serving.ten_thousand_runs,
    "web-curves": serving.searches,
    "web-live": serving.live,
    "logs": logs.tensorboard_logs,
    "memory": recording.memory,
    "memory-10k": querying.memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=[*SUBJECTS], help=f"these alone: {', '.join(SUBJECTS)}"
    )
    parser.add_argument("--write", action="store_true", help=f"put the table into docs/{PAGE.name}")
    parser.add_argument(
        "--rivals", action="store_true", help="measure other readers of event files, too: makes .venvs/rivals once"
    )
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("the page shows all figures of one call: --write goes without --only")
    if options.rivals:
        rivals.make()
    begin, load = time.monotonic(), os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > BUSY:
        print(f"the machine is busy (load {load:.1f}): times will be longer than they need be")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="aim-bench-") as folder:
        corpora = Corpora(Path(folder))
        for name in options.only or SUBJECTS:
            print(f"{time.monotonic() - begin:5.0f} s  {name} ...", flush=True)
            figures += SUBJECTS[name](corpora)
    print(f"\n{machine(load)}; {time.monotonic() - begin:.0f} s in all\n\n{as_text(figures)}")
    over = sum(figure.verdict == "over" for figure in figures)
    print(f"\n{over or 'none'} over the bar")
    if options.write:
        write_page(PAGE, figures, load)


if __name__ == "__main__":
    main()
