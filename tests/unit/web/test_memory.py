from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# What is freed lies between what is used, as after many requests; prints by how many MB that made the process smaller.
_FREEING = """
    from aim.web.process.memory import keep_little_memory

    def resident_mb():
        return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6

    keep_little_memory()
    bytearray(32 << 20)  # freeing it would let glibc put the next ones into its arenas
    blocks = [bytearray(b"x" * (512 << 10)) for _ in range(200)]
    before = resident_mb()
    del blocks[::2]
    print(before - resident_mb())
"""


def _freed_mb(**environment: str) -> float:
    code = "\n".join(line.removeprefix("    ") for line in _FREEING.splitlines())
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    output = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return float(output)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about glibc")
def test_what_is_freed_goes_back_unless_the_environment_says_otherwise() -> None:
    assert _freed_mb() > 40
    assert _freed_mb(MALLOC_MMAP_THRESHOLD_=str(32 << 20)) < 40


_GARBAGE = """
    import gc, weakref
    from aim.web.process.memory import give_back_memory, keep_little_memory

    class Cycle:
        def __init__(self):
            self.itself = self

    def is_left():
        cycle = weakref.ref(Cycle())
        give_back_memory()
        return cycle() is not None

    gc.disable()
    print(is_left())
    keep_little_memory()
    print(is_left(), gc.get_freeze_count() > 1_000, len(gc.get_objects()) < 1_000)
"""


def test_in_a_process_of_ours_garbage_is_found_now_and_then_without_looking_at_what_was_imported() -> None:
    code = "\n".join(line.removeprefix("    ") for line in _GARBAGE.splitlines())
    output = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert output.split() == ["True", "False", "True", "True"]
