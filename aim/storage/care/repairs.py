"""Repair what a check found, as far as it can be repaired.

A repair only cuts torn tails, moves things aside and rewrites a lost VERSION. What it cuts is kept in
``.aim/aside/``: it never deletes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Final

from aim.schema import events as ev
from aim.storage.care.findings import ASIDE, Finding
from aim.storage.repo import files
from aim.storage.repo.extents import data_blocks
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import closed_day

__all__ = ["repair"]

_COPY_BYTES: Final = 2**20


def repair(layout: RepoLayout, findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Apply the remedies of `findings`.

    Returns:
        Each finding that has a remedy, with what was done, or with why it could not be.
    """
    done: list[tuple[Finding, str]] = []
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for finding in findings:
        if finding.remedy is None:
            continue
        try:
            done.append((finding, _REMEDIES[finding.remedy](layout, finding, stamp)))
        except OSError as error:
            done.append((finding, f"failed: {error.strerror or error}"))
        except Exception as error:  # whatever is wrong with one, the others are repaired
            if isinstance(error, MemoryError):
                raise
            done.append((finding, f"failed: unexpected {type(error).__name__}: {error!s:.200}"))
    return done


def _aside_path(layout: RepoLayout, finding: Finding, stamp: str, suffix: str = "") -> str:
    folder = os.path.join(layout.root, ASIDE, stamp, *([finding.run] if finding.run else []))
    files.make_folders(layout.root, folder)
    base = path = os.path.join(folder, os.path.basename(finding.path) + suffix)
    number = 2
    while files.exists(layout.root, path):
        path = f"{base}.{number}"
        number += 1
    return path


def _cut(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    fd = files.open_file(layout.root, finding.path, os.O_RDWR)
    try:
        found = os.fstat(fd)
        if found.st_size <= finding.offset:
            return "nothing left to cut"
        if found.st_nlink > 1:
            kept = _aside_path(layout, finding, stamp)
            files.link(layout.root, finding.path, kept)
            try:
                _replace(layout, finding.path, fd, finding.offset)
            except BaseException:
                files.unlink(layout.root, kept)
                raise
        else:
            kept = _aside_path(layout, finding, stamp, f".from-{finding.offset}")
            _copy_part(layout, fd, finding.offset, found.st_size, kept)
            try:
                os.ftruncate(fd, finding.offset)
            except BaseException:
                files.unlink(layout.root, kept)
                raise
            os.fsync(fd)
    finally:
        os.close(fd)
    return f"cut {found.st_size - finding.offset} bytes, kept in {os.path.relpath(kept, layout.root)}"


def _copy_part(layout: RepoLayout, fd: int, start: int, stop: int, path: str, end: bytes = b"") -> None:
    """Make the file `path` of a part of an open one and `end`; where that fails nothing of it stays."""
    copy = files.open_file(layout.root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        try:
            for offset, block in data_blocks(fd, start, stop, block_bytes=_COPY_BYTES):
                os.lseek(copy, offset - start, os.SEEK_SET)
                files.write_fd(copy, block)
            os.ftruncate(copy, stop - start)
            os.lseek(copy, stop - start, os.SEEK_SET)
            files.write_fd(copy, end)
            os.fsync(copy)
        finally:
            os.close(copy)
    except BaseException:
        files.unlink(layout.root, path)
        raise


def _replace(layout: RepoLayout, path: str, fd: int, size: int, end: bytes = b"") -> None:
    """Put the first bytes of an open file, and `end`, in its place: it has another name, under which it stays whole."""
    aside = f"{path}.{os.urandom(4).hex()}.tmp"
    _copy_part(layout, fd, 0, size, aside, end)
    try:
        files.rename(layout.root, aside, path)
    except BaseException:
        files.unlink(layout.root, aside)
        raise


def _end_line(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    fd = files.open_file(layout.root, finding.path, os.O_RDWR | os.O_APPEND)
    try:
        found = os.fstat(fd)
        if found.st_nlink > 1:
            _replace(layout, finding.path, fd, found.st_size, b"\n")
        else:
            files.write_fd(fd, b"\n")
            os.fsync(fd)
    finally:
        os.close(fd)
    return "ended the line"


def _move_aside(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    kept = _aside_path(layout, finding, stamp)
    files.rename(layout.root, finding.path, kept)
    return f"moved to {os.path.relpath(kept, layout.root)}"


def _retire(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    day = os.path.join(layout.closed, closed_day(files.lstat(layout.root, finding.path).st_mtime))
    files.make_folders(layout.root, day)
    files.rename(layout.root, finding.path, os.path.join(day, os.path.basename(finding.path)))
    return "moved to closed/"


def _rewrite_version(layout: RepoLayout, finding: Finding, stamp: str) -> str:
    if files.exists(layout.root, finding.path):
        _move_aside(layout, finding, stamp)
    files.publish(layout.root, layout.version_path, f"{ev.REPO_FORMAT}\n".encode("ascii"))
    return f"rewritten: format {ev.REPO_FORMAT}"


_REMEDIES: Final[dict[str, Callable[[RepoLayout, Finding, str], str]]] = {
    "cut": _cut,
    "end line": _end_line,
    "aside": _move_aside,
    "retire": _retire,
    "version": _rewrite_version,
}
