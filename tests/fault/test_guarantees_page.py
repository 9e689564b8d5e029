from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_page_names_exists_and_every_fault_test_is_named() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")))
    defined = {
        name: path
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert named - set(defined) == set()
    fault = {name for name, path in defined.items() if path.parent.name == "fault"}
    left_out = fault - named
    assert len(left_out) < len(fault) // 3  # the page tells of all kinds, not of every detail
