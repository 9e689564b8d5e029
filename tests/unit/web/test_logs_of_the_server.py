"""What a server writes about itself cannot fill the disk that recordings need."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aim.errors import AimError
from aim.storage.repo.layout import RepoLayout
from aim.web.process.logs import Seldom, open_log


def test_what_fails_thousands_of_times_a_second_is_said_ten_times_a_minute() -> None:
    now = [0.0]
    logger = logging.Logger("seldom")
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.addFilter(Seldom(lambda: now[0]))
    for i in range(5_000):
        logger.warning("no room for %d", i)
        if i % 1_000 == 0:
            logger.warning("something else: %d", i)
    assert [text for text in said if "no room" in text] == [f"no room for {i}" for i in range(10)]
    assert sum("something else" in text for text in said) == 5
    now[0] = 61.0
    logger.warning("no room for %d", 7)
    logger.warning("no room for %d", 8)
    assert said[-2:] == ["no room for 7 (and 4,990 more like this since)", "no room for 8"]
    for i in range(3_000):
        logger.warning(f"of its own kind {i}")  # what is remembered is bounded


def test_two_logs_of_bounded_size_are_the_most_that_there_is(layout: RepoLayout) -> None:
    code = (
        "import os, sys\n"
        "from aim.storage.repo.repo_files import open_repo\n"
        "from aim.web.process.logs import change_log_if_full, open_log\n"
        "layout = open_repo(sys.argv[1])\n"
        "fd = open_log(layout)\n"
        "os.dup2(fd, 1); os.dup2(fd, 2)\n"
        "for i in range(500):\n"
        "    print('line', i, flush=True)\n"
        "    os.write(2, b'x' * 99 + b'\\n')\n"
        "    change_log_if_full(layout, max_bytes=10_000)\n"
        "print('end', flush=True)\n"
    )
    subprocess.run([sys.executable, "-c", code, layout.root], check=True, timeout=60)
    logs = sorted(path for path in Path(layout.root).iterdir() if path.name.startswith("web.log"))
    assert [path.name for path in logs] == ["web.log", "web.log.1"]
    assert all(path.stat().st_size < 10_200 and path.stat().st_mode & 0o777 == 0o600 for path in logs)
    text = logs[1].read_text() + logs[0].read_text()
    assert text.endswith("end\n")
    numbers = [int(line.split()[1]) for line in text.splitlines() if line.startswith("line")]
    assert numbers == list(range(numbers[0], 500)), "nothing is lost between the two"


@pytest.mark.parametrize("what", ["link", "second name", "pipe", "directory"])
def test_a_log_that_is_no_file_of_its_own_is_not_written_to(layout: RepoLayout, tmp_path: Path, what: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    victim.chmod(0o644)
    path = Path(layout.root) / "web.log"
    if what == "link":
        path.symlink_to(victim)
    elif what == "second name":
        path.hardlink_to(victim)
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(AimError, match=r"cannot write .*web\.log"):
        open_log(layout)
    assert victim.read_text() == "mine\n" and victim.stat().st_mode & 0o777 == 0o644
