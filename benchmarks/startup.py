"""Start-up: what ``import aim`` adds to a script, and how soon its first point is kept."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from benchmarks.corpus import Corpora
from benchmarks.figures import Figure
from benchmarks.isolated import child_environment, isolated, until_printed

__all__ = ["first_point", "import_time"]

_TIMES = 15
_HEAVY = (
    "numpy",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "click",
    "pandas",
    "torch",
    "tensorflow",
    "jax",
    "keras",
    "sklearn",
)


def import_time(corpora: Corpora) -> list[Figure]:
    """``import aim`` over an interpreter that imports nothing."""
    folder = corpora.new_folder("import")
    until_printed("import aim\ndone()", folder)  # the first import writes the bytecode
    pairs = [(until_printed("done()", folder), until_printed("import aim\ndone()", folder)) for _ in range(_TIMES)]
    loaded = isolated(_loaded_by_import)
    bare = median(pair[0] for pair in pairs) * 1e3
    note = f"bare: {bare:.0f} ms; loaded of numpy, SQLAlchemy, FastAPI, frameworks: {', '.join(loaded) or 'none'}"
    return [
        Figure(
            "`import aim` over bare Python",
            median(aim - bare for bare, aim in pairs) * 1e3,
            "ms",
            40,
            note,
            "173-1,800 ms",
        ),
    ]


def _loaded_by_import() -> list[str]:
    code = f"import aim, sys; print(*[name for name in {_HEAVY!r} if name in sys.modules])"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=True).stdout.split()


def first_point(corpora: Corpora) -> list[Figure]:
    """From the start of the process to the first point, in a new repo each time."""
    code = "import aim\naim.track(0.5, 'loss', subset='train')\n"
    until_printed(code + "done()", corpora.new_folder("first"))
    kept, synced = [], []
    for _ in range(_TIMES):
        kept.append(until_printed(code + "done()", corpora.new_folder("first")))
        synced.append(until_printed(code + "aim.flush()\ndone()", corpora.new_folder("first")))
    return [
        Figure(
            "process start to first point on disk, new repo",
            median(synced) * 1e3,
            "ms",
            100,
            f"after `aim.flush()`; {median(kept) * 1e3:.0f} ms until `track` returned",
            "120 ms",
        )
    ]
