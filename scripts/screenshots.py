"""`make screenshots`: pictures of every page and state of the UI; those of README go to docs/images.

Each (they are listed in ``scripts/shots.py``) is taken light and dark, 1280 by 800, into --out (by default
``build/screenshots``, which git ignores); the four of README are also written to docs/images, where none may have
more than 150 KB. ``--only 'run-.*' --scheme dark`` takes only some.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aim
from scripts.need_chromium import ARGUMENTS, find_chromium
from scripts.shots import Shot, empty_shots, gone_shots, page_shots, prepare

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
MAX_BYTES = 150_000
SCHEMES = ("light", "dark")

README = {"home": "light", "runs": "dark", "metrics": "light", "run": "dark"}
"""Which theme README shows of a page."""


class Served:
    """A server that can be killed.

    Attributes:
        url: Its address, without the slash.
    """

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._process.wait()


@contextmanager
def serving(repo_path: Path) -> Iterator[Served]:
    """`aim up` on a repo, which is made if there is none."""
    command = [
        sys.executable,
        "-m",
        "aim.cli.main",
        "up",
        "--yes",
        "--repo",
        str(repo_path),
        "--port",
        "0",
        "--no-open",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r" at (http://\S+?)/?(?: |$)", line):
                yield Served(server, found[1])
                return
        raise SystemExit("aim up ended")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def training(repo_path: Path) -> Iterator[None]:
    """A training that runs meanwhile."""
    example = [sys.executable, str(ROOT / "examples" / "digits_numpy.py"), "--repo", str(repo_path)]
    process = subprocess.Popen([*example, "--lr", "0.005", "--delay", "0.05", "--epochs", "800"])
    try:
        time.sleep(10)  # until there is a curve to see
        yield
    finally:
        process.terminate()
        process.wait()


def write_for_readme(png: bytes, path: Path) -> None:
    """Write a picture with few colours, small enough for a page that is read on the way to somewhere else."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            return
    raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {MAX_BYTES}")


class Camera:
    """Takes pictures, light and dark.

    Args:
        browser: Playwright's.
        out: The folder for them.
        only: Of these names alone.
        schemes: light, dark, or both.
    """

    def __init__(self, browser: Any, out: Path, only: re.Pattern[str], schemes: tuple[str, ...]) -> None:
        self._browser = browser
        self._out = out
        self._only = only
        self._schemes = schemes
        self.taken = 0

    def wants(self, shots: Iterable[Shot]) -> bool:
        """Whether one of these is to be taken."""
        return any(self._only.fullmatch(shot.name) for shot in shots)

    def take(self, url: str, shots: Iterable[Shot], *, schemes: tuple[str, ...] = ()) -> None:
        """Take those that are wanted, each on a new page."""
        for scheme in schemes or self._schemes:
            for shot in shots:
                if self._only.fullmatch(shot.name):
                    self._take(url, shot, scheme)

    def _take(self, url: str, shot: Shot, scheme: str) -> None:
        from playwright.sync_api import expect

        context = self._browser.new_context(
            viewport=SIZE, color_scheme=scheme, reduced_motion="reduce", timezone_id="UTC", locale="en-GB"
        )
        page = context.new_page()
        page.goto(url + shot.address)
        page.locator("h1").first.wait_for()
        if shot.act is not None:
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            shot.act(page)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        page.wait_for_timeout(1500)  # charts are drawn in frames of their own; nothing is decided by this
        png: bytes = page.screenshot()
        (self._out / f"{shot.name}-{scheme}.png").write_bytes(png)
        if README.get(shot.name) == scheme:
            write_for_readme(png, IMAGES / f"{shot.name}.png")
        context.close()
        self.taken += 1


def main() -> int:
    """Record if need be, then take every picture."""
    parser = argparse.ArgumentParser(description="Pictures of the UI.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", type=re.compile, default=re.compile(".*"), metavar="PATTERN", help="of these names")
    parser.add_argument("--scheme", choices=SCHEMES, help="default: both")
    parser.add_argument("--repo", type=Path, help="keep the demo's repo in this folder, and take it from there")
    args = parser.parse_args()
    path = find_chromium()
    if path is None:
        print("no Chromium: install one, or name it in CHROMIUM", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="aim-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        camera = Camera(browser, args.out, args.only, (args.scheme,) if args.scheme else SCHEMES)
        take_empty(camera, Path(folder))
        take_pages(camera, args.repo or Path(folder) / "digits")
        browser.close()
    print(f"{camera.taken} pictures in {args.out}, those of README in {IMAGES}")
    return 0


def take_pages(camera: Camera, repo_path: Path) -> None:
    """Over the demo's repo, with a training that is running."""
    demo = [sys.executable, str(ROOT / "scripts" / "demo.py")]
    subprocess.run(demo, env={**os.environ, "CI": "true", "DEMO_REPO": str(repo_path)}, check=True)
    prepare(repo_path)
    with training(repo_path), serving(repo_path) as server:
        camera.take(server.url, page_shots(repo_path))
        with aim.Repo(repo_path) as repo:
            run_hash = next(iter(repo.iter_runs())).hash
    for scheme in SCHEMES:
        if camera.wants(gone_shots(run_hash, lambda: None)):
            with serving(repo_path) as server:
                camera.take(server.url, gone_shots(run_hash, server.kill), schemes=(scheme,))


def take_empty(camera: Camera, folder: Path) -> None:
    """Over repos without runs."""
    if not camera.wants(empty_shots()):
        return
    for scheme in SCHEMES:
        (folder / scheme).mkdir()
        with serving(folder / scheme) as server:
            camera.take(server.url, empty_shots(), schemes=(scheme,))


if __name__ == "__main__":
    raise SystemExit(main())
