"""What is whole in a file that others cut, or put bytes into, while we appended to it. Pure: bytes in, offsets out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aim.schema.jsonvalues import from_json

__all__ = ["is_event", "split_lines", "split_records"]


def split_records(data: bytes, record_bytes: int, is_record: Callable[[bytes], bool]) -> tuple[int, int]:
    """Where the records at the beginning of `data` end, and where those at its end begin.

    Between them is damage whose length is not a multiple of a record's, so that the records at the end are not where
    readers look.

    Args:
        data: Begins with a whole record, unless the damage is there, and ends with one.
        is_record: Whether that many bytes can be a record.
    """
    rest = len(data)
    while rest >= record_bytes and is_record(data[rest - record_bytes : rest]):
        rest -= record_bytes
    # From the end first: from the front, half a record and half of the one appended after the cut may look like one.
    whole = 0
    while whole + record_bytes <= rest and is_record(data[whole : whole + record_bytes]):
        whole += record_bytes
    return whole, rest


def split_lines(data: bytes, expected: Sequence[bytes]) -> tuple[int, list[bytes], list[bytes]]:
    """Where the lines before the damage end, these lines, and the whole lines after it.

    Args:
        data: An events file.
        expected: Lines in the order in which they were written, with others between them. If one of them is missing
            before the next, the damage is there.
    """
    place = {line: number for number, line in enumerate(expected)}
    before: list[bytes] = []
    after: list[bytes] = []
    end = 0
    next_number = 0
    is_damaged = False
    for line in data.splitlines(keepends=True):
        number = place.get(line)
        if number is None and not is_event(line):
            is_damaged = True
            continue
        if number is not None:
            is_damaged = is_damaged or number != next_number
            next_number = number + 1
        if is_damaged:
            after.append(line)
        else:
            before.append(line)
            end += len(line)
    return end, before, after


def is_event(line: bytes) -> bool:
    """Whether a line is whole and an event."""
    if not line.endswith(b"\n"):
        return False
    try:
        event = from_json(line.decode("ascii"))
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and isinstance(event.get("type"), str)
