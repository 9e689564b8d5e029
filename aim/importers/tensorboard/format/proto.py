"""The protobuf messages of event files, in a private descriptor pool, built on first use.

TensorFlow and tensorboard register files of the same names in protobuf's default pool, and code that protoc generated
works with one major version of protobuf only. Messages built at run time in a private pool avoid both.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["event_class", "hparams_class"]

_PACKAGE = "tensorboard"

# message: {field: (number, type)}. `*` repeats a field, another message's name is its type, `map` is string to Value
# of google.protobuf. `oneof` groups are left out: presence shows which one is set.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Event": {
        "wall_time": (1, "double"),
        "step": (2, "int64"),
        "file_version": (3, "string?"),
        "graph_def": (4, "bytes?"),
        "summary": (5, "Summary"),
        "log_message": (6, "bytes?"),
        "session_log": (7, "SessionLog"),
        "tagged_run_metadata": (8, "bytes?"),
        "meta_graph_def": (9, "bytes?"),
        "source_metadata": (10, "SourceMetadata"),
    },
    "SessionLog": {"status": (1, "int32"), "checkpoint_path": (2, "string"), "msg": (3, "string")},
    "SourceMetadata": {"writer": (1, "string")},
    "Summary": {"value": (1, "*SummaryValue")},
    "SummaryValue": {
        "tag": (1, "string"),
        "simple_value": (2, "float?"),
        "image": (4, "Image"),
        "histo": (5, "Histogram"),
        "audio": (6, "Audio"),
        "node_name": (7, "string"),
        "tensor": (8, "Tensor"),
        "metadata": (9, "SummaryMetadata"),
    },
    "SummaryMetadata": {
        "plugin_data": (1, "PluginData"),
        "display_name": (2, "string"),
        "summary_description": (3, "string"),
        "data_class": (4, "int32"),
    },
    "PluginData": {"plugin_name": (1, "string"), "content": (2, "bytes")},
    "Image": {
        "height": (1, "int32"),
        "width": (2, "int32"),
        "colorspace": (3, "int32"),
        "encoded_image_string": (4, "bytes"),
    },
    "Audio": {
        "sample_rate": (1, "float"),
        "num_channels": (2, "int64"),
        "length_frames": (3, "int64"),
        "encoded_audio_string": (4, "bytes"),
        "content_type": (5, "string"),
    },
    "Histogram": {
        "min": (1, "double"),
        "max": (2, "double"),
        "num": (3, "double"),
        "sum": (4, "double"),
        "sum_squares": (5, "double"),
        "bucket_limit": (6, "*double"),
        "bucket": (7, "*double"),
    },
    "Tensor": {
        "dtype": (1, "int32"),
        "tensor_shape": (2, "TensorShape"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "*float"),
        "double_val": (6, "*double"),
        "int_val": (7, "*int32"),
        "string_val": (8, "*bytes"),
        "int64_val": (10, "*int64"),
        "bool_val": (11, "*bool"),
        "half_val": (13, "*int32"),
        "uint32_val": (16, "*uint32"),
        "uint64_val": (17, "*uint64"),
    },
    "TensorShape": {"dim": (2, "*Dimension"), "unknown_rank": (3, "bool")},
    "Dimension": {"size": (1, "int64"), "name": (2, "string")},
    # tensorboard/plugins/hparams
    "HParamsPluginData": {
        "version": (1, "int32"),
        "session_start_info": (3, "SessionStartInfo"),
        "session_end_info": (4, "SessionEndInfo"),
    },
    "SessionStartInfo": {
        "hparams": (1, "map"),
        "model_uri": (2, "string"),
        "monitor_url": (3, "string"),
        "group_name": (4, "string"),
        "start_time_secs": (5, "double"),
    },
    "SessionEndInfo": {"status": (1, "int32"), "end_time_secs": (2, "double")},
    "HParamsEntry": {"key": (1, "string"), "value": (2, "HParamValue")},
    # google.protobuf.Value, as far as hparams use it
    "HParamValue": {
        "null_value": (1, "int32?"),
        "number_value": (2, "double?"),
        "string_value": (3, "string?"),
        "bool_value": (4, "bool?"),
    },
}


def event_class() -> Any:
    """The class of `Event` messages."""
    return _class("Event")


def hparams_class() -> Any:
    """The class of `HParamsPluginData` messages."""
    return _class("HParamsPluginData")


@cache
def _class(name: str) -> Any:
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="aim/event_files.proto", package=_PACKAGE, syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for field_name, (number, kind) in fields.items():
            _add_field(message, field_name, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: Any, name: str, number: int, kind: str) -> None:
    field_type = descriptor_pb2.FieldDescriptorProto
    field = message.field.add(name=name, number=number, label=field_type.LABEL_OPTIONAL)
    if kind == "map":
        # on the wire a map is a repeated message of key and value; the reader makes a dict of it
        kind = "*HParamsEntry"
    if kind.startswith("*"):
        field.label = field_type.LABEL_REPEATED
        kind = kind[1:]
    if kind.endswith("?"):
        # presence of a scalar field, which the original has by being in a oneof
        kind = kind[:-1]
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")
    if kind[0].isupper():
        field.type = field_type.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"
    else:
        field.type = getattr(field_type, f"TYPE_{kind.upper()}")
