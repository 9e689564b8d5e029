"""Which server runs for a repo: what is taken from its file, and what is not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.lease import HeldLease, take_lease
from aim.web.process.instance import Instance, find_instance, record_instance

SAYS = {"address": "127.0.0.1", "port": 43800, "base_path": "", "token": "", "detached": False}


def found(layout: RepoLayout, says: dict[str, Any]) -> Instance | None:
    held = take_lease(layout, layout.web_lease, says)
    assert isinstance(held, HeldLease)
    try:
        return find_instance(layout)
    finally:
        held.release()


@pytest.mark.parametrize(
    ("differing", "url"),
    [
        ({}, "http://127.0.0.1:43800/"),
        ({"address": "0.0.0.0", "port": 1}, "http://127.0.0.1:1/"),
        ({"address": "::"}, "http://[::1]:43800/"),
        ({"address": "::1", "base_path": "/a/b"}, "http://[::1]:43800/a/b/"),
        ({"address": "192.0.2.7", "token": "a b&c"}, "http://192.0.2.7:43800/?token=a%20b%26c"),
    ],
)
def test_the_address_is_made_from_its_parts(differing: dict[str, Any], url: str, layout: RepoLayout) -> None:
    instance = found(layout, {**SAYS, **differing})
    assert instance is not None and instance.url == url and instance.is_here


@pytest.mark.parametrize(
    "differing",
    [
        {"address": "evil.example"},
        {"address": "127.0.0.1@evil.example"},
        {"address": None},
        {"port": 0},
        {"port": 70_000},
        {"port": "80"},
        {"port": "80@evil.example"},
        {"base_path": "@evil.example"},
        {"base_path": "/a/"},
        {"base_path": "/../a?b"},
        {"token": None},
        {"token": "x" * 2000},
    ],
)
def test_what_is_no_address_is_no_server(differing: dict[str, Any], layout: RepoLayout) -> None:
    assert found(layout, {**SAYS, "url": "http://evil.example/", **differing}) is None


@pytest.mark.parametrize("is_alive", [True, False])
def test_the_next_sign_of_life_of_a_server_on_another_host_is_waited_for(is_alive: bool, layout: RepoLayout) -> None:
    path = Path(layout.web_lease)
    path.touch()
    path.write_text(
        json.dumps({"inode": f"{path.stat().st_ino:x}", "boot": "x", "host": "far", "pid": 7, "says": SAYS})
    )
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        mtime = path.stat().st_mtime + 1 if is_alive else 0.0
        os.utime(path, (mtime, mtime))  # what happens while it waits

    assert (find_instance(layout, tell=tell) is not None) is is_alive
    assert len(told) == 1 and "far" in told[0]


def test_of_two_servers_of_a_repo_the_second_is_told_of_the_first(layout: RepoLayout) -> None:
    first = record_instance(layout, address="127.0.0.1", port=1, base_path="", token=None, detached=False)
    assert isinstance(first, HeldLease)
    second = record_instance(layout, address="127.0.0.1", port=2, base_path="", token=None, detached=False)
    assert isinstance(second, Instance) and second.port == 1
    first.release()
    assert find_instance(layout) is None
