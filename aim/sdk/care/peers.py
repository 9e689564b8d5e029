"""A repo on another machine, over the input and output of a process there: ``ssh HOST aim runs peer``.

A message is its length (4 bytes, little-endian), so many bytes of JSON, and after them as many bytes of data as the
JSON's ``data`` says. One side asks, the other answers; an answer has ``value`` or ``error``. What comes from the other
machine is not trusted: names, offsets and lengths are checked before anything is written.
"""

from __future__ import annotations

import json
import shlex
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Final, Self

from aim.errors import AimError, RepoError, StorageError
from aim.schema.names import is_run_hash
from aim.storage.care.replica import BLOCK_BYTES, FileSizes, LocalReplica, MarkerCopy
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo, open_repo

__all__ = ["PROTOCOL", "RemoteRepo", "answer_peer", "remote_command", "split_address"]

PROTOCOL: Final = 1
_LENGTH: Final = struct.Struct("<I")
_MAX_JSON_BYTES: Final = 64 * 2**20
_MAX_DATA_BYTES: Final = 4 * BLOCK_BYTES


class _RefusedError(StorageError):
    """What the other machine's aim could not do."""


def split_address(address: str) -> tuple[str, str]:
    """``user@host:path`` as (user@host, path); the path is relative to the user's home there unless it begins with /.

    Raises:
        RepoError: it is not such an address.
    """
    host, colon, path = address.partition(":")
    if not colon or not host or host.startswith("-") or "/" in host or any(c.isspace() for c in host):
        raise RepoError(f"{address!r:.200} is not an address of a repo on another machine; write user@host:path")
    if path.startswith("~/"):
        path = path[2:]
    return host, path or "."


def remote_command(address: str, *, ssh: str, aim: str) -> list[str]:
    """The command that runs ``aim runs peer`` for the repo at `address`.

    Args:
        ssh: The ssh program, with options.
        aim: The ``aim`` command there, with options; the shell there splits it.
    """
    host, path = split_address(address)
    return [*shlex.split(ssh), "--", host, f"{aim} runs peer --repo {shlex.quote(path)}"]


def _write(stream: IO[bytes], message: dict[str, Any], data: bytes = b"") -> None:
    text = json.dumps({**message, "data": len(data)}).encode()
    stream.write(_LENGTH.pack(len(text)) + text + data)
    stream.flush()


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message, None at the end.

    Raises:
        StorageError: what comes is not one.
    """
    head = _exactly(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _MAX_JSON_BYTES:
        raise StorageError(f"the other machine did not answer as aim does (it began with {head!r})")
    text = _exactly(stream, length)
    try:
        message = json.loads(text or b"")
        size = message["data"]
        if not isinstance(size, int) or not 0 <= size <= _MAX_DATA_BYTES:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StorageError("the other machine did not answer as aim does") from None
    data = _exactly(stream, size)
    if data is None:
        raise StorageError("the connection ended within an answer; run the command again to continue")
    return message, data


def _exactly(stream: IO[bytes], length: int) -> bytes | None:
    parts, missing = [], length
    while missing:
        part = stream.read(missing)
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def answer_peer(
    path: str,
    hashes: Callable[[str | None, Sequence[str]], list[str]],
    source: IO[bytes],
    sink: IO[bytes],
) -> None:
    """Answer another machine about a repo of this one, until it has no more questions.

    Args:
        path: The ``.aim`` directory; it is made if the other machine wants to push, and not there.
        hashes: The runs that a query finds (None: all), or those that are named.
        source, sink: Where its questions come from, and where the answers go.
    """
    replica = LocalReplica(RepoLayout(path))
    while (asked := _read(source)) is not None:
        message, data = asked
        value: Any = None
        out = b""
        try:
            call, args = message.get("call"), message.get("args", [])
            if call == "hello":
                layout = create_repo(path) if args[0] is True else open_repo(path)
                replica, value = LocalReplica(layout), [PROTOCOL, layout.root]
            elif call == "hashes":
                value = hashes(args[0], args[1])
            elif call == "read":
                value, out = _some(replica, *args)
            elif call == "write":
                replica.write(args[0], args[1], args[2], data)
            elif call == "markers":
                value = [[w, t, content.decode("latin-1")] for w, t, content in replica.markers(*args)]
            elif call == "add_marker":
                replica.add_marker(args[0], (args[1], args[2], data))
            elif call in ("has", "files", "digest", "begin", "finish", "publish", "holds_name", "claim_name"):
                value = getattr(replica, call)(*args)
            else:
                raise StorageError(f"this aim does not know {call!r:.40}: install the same version on both machines")
        except (AimError, OSError, TypeError, ValueError, IndexError) as error:
            _write(sink, {"error": str(error) or type(error).__name__})
        else:
            _write(sink, {"value": value}, out)


def _some(replica: LocalReplica, run_hash: str, name: str, start: int, stop: int) -> tuple[Any, bytes]:
    """About a block of a file: ([[offset, length] ...], where to go on), and those bytes."""
    pieces: list[list[int]] = []
    data: list[bytes] = []
    total, end = 0, stop
    for offset, piece in replica.read(run_hash, name, start, stop):
        pieces.append([offset, len(piece)])
        data.append(piece)
        total += len(piece)
        if total >= BLOCK_BYTES or len(pieces) >= 1000:
            end = offset + len(piece)
            break
    return [pieces, end], b"".join(data)


class RemoteRepo:
    """The repo at the other end of a process's input and output; a replica of runs as :func:`sync_run` needs it.

    Args:
        command: What to start, as of :func:`remote_command`.
        is_push: The repo is made if it is not there.

    Raises:
        RepoError: it cannot be started, or does not answer as ``aim runs peer`` does.
    """

    def __init__(self, command: Sequence[str], *, is_push: bool) -> None:
        self._command = command
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise RepoError(f"cannot start {command[0]}: {error.strerror or error}") from error
        try:
            protocol, self.path = self._ask("hello", is_push)
        except _RefusedError as error:
            self._end()
            raise RepoError(str(error)) from None
        except (StorageError, ValueError, TypeError) as error:
            self._end()
            raise RepoError(
                f"no answer from aim on the other machine ({shlex.join(command)}): {error}. Aim must be installed "
                f"there; where it is not on the PATH of ssh, name it: --remote-aim /path/to/aim"
            ) from error
        if protocol != PROTOCOL:
            self._end()
            raise RepoError(f"the other machine's aim speaks version {protocol!r:.20} of this, here it is {PROTOCOL}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # it is gone
                    pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _exchange(self, call: str, *args: Any, data: bytes = b"") -> tuple[Any, bytes]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            _write(self._process.stdin, {"call": call, "args": args}, data)
            answer = _read(self._process.stdout)
        except OSError as error:
            raise StorageError(f"the connection ended ({error.strerror or error}); run it again to continue") from error
        if answer is None:
            raise StorageError("the connection ended; run the command again to continue")
        message, payload = answer
        if message.get("error") is not None:
            raise _RefusedError(f"on the other machine: {message['error']!s:.500}")
        return message.get("value"), payload

    def _ask(self, call: str, *args: Any, data: bytes = b"") -> Any:
        return self._exchange(call, *args, data=data)[0]

    def hashes(self, query: str | None, named: Sequence[str]) -> list[str]:
        """The hashes of the runs that a query finds there (None: of all), or of those that are named."""
        found = self._ask("hashes", query, list(named))
        if not isinstance(found, list) or not all(is_run_hash(run_hash) for run_hash in found):
            raise StorageError("the other machine did not name runs as aim does")
        return found

    def has(self, run_hash: str) -> bool:
        """See :class:`aim.storage.care.replica.Replica`; so the others."""
        return bool(self._ask("has", run_hash))

    def files(self, run_hash: str) -> FileSizes:
        found: FileSizes = {}
        for name, (size, mtime) in self._ask("files", run_hash).items():
            if not isinstance(size, int) or size < 0:
                raise StorageError("the other machine gave a file no size")
            found[str(name)] = (size, float(mtime))
        return found

    def digest(self, run_hash: str, name: str, size: int) -> str:
        return str(self._ask("digest", run_hash, name, size))

    def read(self, run_hash: str, name: str, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        while start < stop:
            (pieces, end), data = self._exchange("read", run_hash, name, start, stop)
            at = 0
            for offset, length in pieces:
                if not start <= offset <= offset + length <= stop or not 0 < length <= len(data) - at:
                    raise StorageError("the other machine did not send what was asked for")
                yield offset, data[at : at + length]
                start, at = offset + length, at + length
            if not start <= end <= stop or (end < stop and not pieces):
                raise StorageError("the other machine did not send what was asked for")
            start = end

    def begin(self, run_hash: str, name: str) -> None:
        self._ask("begin", run_hash, name)

    def write(self, run_hash: str, name: str, offset: int, data: bytes) -> None:
        self._ask("write", run_hash, name, offset, data=data)

    def finish(self, run_hash: str, name: str, size: int, mtime: float) -> None:
        self._ask("finish", run_hash, name, size, mtime)

    def publish(self, run_hash: str) -> None:
        self._ask("publish", run_hash)

    def markers(self, run_hash: str) -> list[MarkerCopy]:
        return [(str(w), float(t), str(text).encode("latin-1")) for w, t, text in self._ask("markers", run_hash)]

    def add_marker(self, run_hash: str, marker: MarkerCopy) -> None:
        self._ask("add_marker", run_hash, marker[0], marker[1], data=marker[2])

    def holds_name(self, run_hash: str) -> bool:
        return bool(self._ask("holds_name", run_hash))

    def claim_name(self, run_hash: str) -> bool:
        return bool(self._ask("claim_name", run_hash))
