"""`make screenshots`: pictures of the UI's pages over what the demo records; those of README go to docs/images.

Every page is taken light and dark, 1280 by 800, into --out (by default ``build/screenshots``, which git ignores); the
four of README are written to docs/images as well, where none may have more than 150 KB.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aim
from scripts.need_chromium import ARGUMENTS, find_chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
MAX_BYTES = 150_000

README = {"home": "light", "runs": "dark", "metrics": "light", "run": "dark"}
"""Which theme README shows of a page."""


def pages(repo_path: Path) -> dict[str, str]:
    """The pages, by name, and their addresses."""
    with aim.Repo(repo_path) as repo:
        (best, *_) = repo.query_runs("'best' in run.tags")
        run = f"/runs/{best.hash}"
    found = {
        "q": "loss, accuracy if params.epochs == 30",
        "c": "params.lr",
        "y.loss": "log",
    }
    return {
        "home": "/",
        "runs": "/runs?" + urlencode({"q": "params.epochs == 30"}),
        "metrics": "/metrics?" + urlencode(found),
        "run": f"{run}?tab=metrics",
        "run-overview": run,
        "run-params": f"{run}?tab=params",
        "run-notes": f"{run}?tab=notes",
        "no-match": "/runs?" + urlencode({"q": "params.lr > 5"}),
        "bad-query": "/runs?" + urlencode({"q": "params.lr >"}),
        "no-run": "/runs/" + 24 * "0",
        "no-page": "/nothing/here",
    }


@contextmanager
def serving(repo_path: Path) -> Iterator[str]:
    """`aim up` on a repo; its address without the slash."""
    command = [sys.executable, "-m", "aim.cli.main", "up", "--repo", str(repo_path), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r" at (http://\S+?)/?(?: |$)", line):
                yield found[1]
                return
        raise SystemExit("aim up ended")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def training(repo_path: Path) -> Iterator[None]:
    """A training that goes on meanwhile."""
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


def take(page: Any, url: str) -> bytes:
    """A picture of a page when nothing of it moves any more."""
    from playwright.sync_api import expect

    page.goto(url)
    page.locator("h1").first.wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(1500)  # charts are drawn in frames of their own; nothing is decided by this
    picture: bytes = page.screenshot()
    return picture


def main() -> int:
    """Record if need be, then take every picture."""
    parser = argparse.ArgumentParser(description="Pictures of the UI.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    out = parser.parse_args().out
    path = find_chromium()
    if path is None:
        print("no Chromium: install one, or name it in CHROMIUM", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="aim-") as folder:
        repo_path = Path(folder) / "digits"
        demo = [sys.executable, str(ROOT / "scripts" / "demo.py")]
        subprocess.run(demo, env={**os.environ, "CI": "true", "DEMO_REPO": str(repo_path)}, check=True)
        with training(repo_path), serving(repo_path) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport=SIZE, color_scheme=scheme, reduced_motion="reduce", timezone_id="UTC", locale="en-GB"
                )
                page = context.new_page()
                for name, address in pages(repo_path).items():
                    png = take(page, url + address)
                    (out / f"{name}-{scheme}.png").write_bytes(png)
                    if README.get(name) == scheme:
                        write_for_readme(png, IMAGES / f"{name}.png")
                context.close()
            browser.close()
    print(f"Pictures in {out}, those of README in {IMAGES}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
