"""Hyper-parameters in event files: the hparams plugin of TensorBoard."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from aim.importers.tensorboard.format.event_file import Summary
from aim.importers.tensorboard.format.proto import hparams_class

__all__ = ["Hparams"]

_PLUGIN = "hparams"
_ENDINGS = {1: "finished", 2: "failed"}


class Hparams:
    """What the hparams plugin's events of one file add up to.

    Attributes:
        values: Name to value.
        group: The session group; empty if none is named.
        ended_as: ``finished`` or ``failed`` where the session reported its end, else empty.
        revision: A number that grows with every new fact.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.group = ""
        self.ended_as = ""
        self.revision = 0

    def take(self, summary: Summary) -> bool:
        """Read a summary if it belongs to the plugin. Returns whether it does."""
        if summary.plugin != _PLUGIN:
            return False
        try:
            data = hparams_class().FromString(summary.value.metadata.plugin_data.content)
        except DecodeError:
            return False
        if data.HasField("session_start_info"):
            for entry in data.session_start_info.hparams:
                self.values[entry.key] = _plain(entry.value)
            self.group = data.session_start_info.group_name
            self.revision += 1
        if data.HasField("session_end_info"):
            self.ended_as = _ENDINGS.get(data.session_end_info.status, "")
            self.revision += 1
        return True


def _plain(value: Any) -> Any:
    if value.HasField("bool_value"):
        return value.bool_value
    if value.HasField("string_value"):
        return value.string_value
    if value.HasField("number_value"):
        number = value.number_value
        # the plugin has one kind of number; a whole one was most likely an int
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return None
