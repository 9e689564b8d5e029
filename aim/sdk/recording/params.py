"""From what people configure a run with to plain JSON data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Set
from itertools import islice
from typing import Any, Final

from aim.errors import InvalidValueError
from aim.schema import events as ev

__all__ = ["MAX_ARRAY_ELEMENTS", "MAX_VALUES", "params_path", "to_plain"]

MAX_ARRAY_ELEMENTS: Final = 1_000
"""Arrays of up to this many elements are kept as lists."""
MAX_VALUES: Final = 250_000
"""More are left out: a few dicts that hold each other twice would exceed any memory."""
_MAX_DEPTH: Final = 60
_MAX_REPR_CHARS: Final = 2_000
_KEPT_AS_TEXT: Final = {
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("torch", "device"),
    ("torch", "dtype"),
    ("uuid", "UUID"),
}
"""Types, by package and name, whose ``str`` is what people want to read."""
_MAX_INT_BITS: Final = 10_000
"""Python itself refuses to read decimal integers of over 4,300 digits."""

Report = Callable[[str], None]


def to_plain(value: Any, report: Report | None = None) -> Any:
    """Return `value` as dicts, lists, str, int, float, bool and None.

    Mappings (also OmegaConf's, with interpolations resolved), dataclasses, namespaces, attrs classes and pydantic
    models become dicts; tuples and sets become lists; numpy and tensor scalars and small arrays, enums (by value),
    paths, Decimal and Fraction become what they hold. Keys become strings.

    Args:
        report: Called once for each kind of object that had to be kept as its ``repr``.
    """
    return _plain(value, _Walk(report or (lambda message: None)), 0)


class _Walk:
    """The state of one walk through params."""

    __slots__ = ("above", "left", "report")

    def __init__(self, report: Report) -> None:
        self.report = report
        self.above: set[int] = set()
        """Ids of the objects that we are inside of."""
        self.left = MAX_VALUES

    @property
    def room(self) -> int:
        """How many items of a container are read: what is left, and one that shows that there were more."""
        return max(self.left, 0) + 1


def _plain(value: Any, walk: _Walk, depth: int) -> Any:
    walk.left -= 1
    if walk.left < 0:
        walk.report(f"params have more than {MAX_VALUES:,} values; the rest is left out")
        return "<left out>"
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str or kind is float or (kind is int and value.bit_length() <= _MAX_INT_BITS):
        return value
    if depth > _MAX_DEPTH:
        walk.report(f"params nested deeper than {_MAX_DEPTH} levels are kept as strings")
        return _text(value)
    if id(value) in walk.above:
        walk.report("params that contain themselves are kept as strings")
        return "<recursion>"
    walk.above.add(id(value))
    try:
        return _convert(value, kind, walk, depth + 1)
    except Exception as error:  # an object whose own attributes raise
        walk.report(
            f"a param of type {kind.__qualname__} could not be read "
            f"({type(error).__name__}: {error!s:.100}); its repr is kept"
        )
        return _text(value)
    finally:
        walk.above.discard(id(value))


def _convert(value: Any, kind: type, walk: _Walk, depth: int) -> Any:
    report = walk.report

    def below(item: Any) -> Any:
        return _plain(item, walk, depth)

    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return below(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        if value.bit_length() <= _MAX_INT_BITS:
            return int(value)
        report(f"an integer param of {value.bit_length()} bits is kept as a hexadecimal string")
        return hex(value)
    if isinstance(value, float):
        return float(value)
    omegaconf = sys.modules.get("omegaconf")
    if omegaconf is not None and isinstance(value, (omegaconf.DictConfig, omegaconf.ListConfig)):
        try:
            value = omegaconf.OmegaConf.to_container(value, resolve=True)
        except Exception as error:
            report(f"a config could not be resolved ({error!s:.100}); it is kept unresolved")
            value = omegaconf.OmegaConf.to_container(value, resolve=False)
        return below(value)
    if isinstance(value, Mapping):
        return _with_text_keys(((key, below(item)) for key, item in islice(value.items(), walk.room)), report)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: below(item) for name, item in zip(value._fields, value, strict=False)}
    if isinstance(value, (list, tuple)):
        return [below(item) for item in islice(value, walk.room)]
    if isinstance(value, Set):
        items = [below(item) for item in islice(value, walk.room)]
        return sorted(items, key=lambda item: (type(item).__name__, str(item)))
    if isinstance(value, os.PathLike):
        return os.fsdecode(os.fspath(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, type) or callable(value):
        name = getattr(value, "__qualname__", None)
        if isinstance(name, str):
            return f"{getattr(value, '__module__', None) or ''}.{name}".lstrip(".")
    names = _field_names(kind)
    if names is not None:
        return {name: below(getattr(value, name)) for name in names if hasattr(value, name)}
    dump = getattr(value, "model_dump", None)  # pydantic
    if callable(dump) and hasattr(kind, "model_fields"):
        return below(dump())
    if kind.__name__ in ("Namespace", "SimpleNamespace") or kind.__module__ == "argparse":
        return _with_text_keys(((key, below(item)) for key, item in vars(value).items()), report)
    array = _array_as_list(value)
    if array is not None:
        if isinstance(array[0], str) and getattr(value, "shape", None):
            report(f"an array of over {MAX_ARRAY_ELEMENTS} elements is kept as its shape and type only")
        return below(array[0])
    if (kind.__module__.partition(".")[0], kind.__name__) in _KEPT_AS_TEXT or kind.__module__ == "numpy.dtypes":
        return str(value)
    if kind.__name__ in ("Decimal", "Fraction") and kind.__module__ in (
        "decimal",
        "fractions",
        "_decimal",
        "_pydecimal",
    ):
        return float(value)
    if callable(getattr(value, "keys", None)) and hasattr(kind, "__getitem__") and not hasattr(value, "shape"):
        # what behaves as a mapping without being one, e.g. ml_collections.ConfigDict
        return _with_text_keys(((key, below(value[key])) for key in value.keys()), report)  # noqa: SIM118 - it may not be iterable
    report(
        f"a param of type {kind.__module__}.{kind.__qualname__} is kept as its repr; convert it yourself to keep more"
    )
    return _text(value)


def _array_as_list(value: Any) -> tuple[Any] | None:
    """A small array or tensor as (nested list or scalar,); None for what is not an array or too large."""
    shape = getattr(value, "shape", None)
    to_list = getattr(value, "tolist", None)
    if shape is None or not (callable(to_list) or callable(getattr(value, "numpy", None))):
        return None
    size = 1
    for length in shape:
        size *= int(length)
    if size > MAX_ARRAY_ELEMENTS:
        return (f"<{type(value).__name__} of shape {tuple(int(n) for n in shape)}, {getattr(value, 'dtype', '')}>",)
    return (to_list() if callable(to_list) else value.numpy().tolist(),)


def _field_names(kind: type) -> list[str] | None:
    """The names of the fields of a dataclass or attrs class; None for other classes."""
    fields = getattr(kind, "__dataclass_fields__", None)
    if isinstance(fields, dict):
        # what dataclasses.fields() gives; that module is slow to import
        return [name for name, field in fields.items() if getattr(field._field_type, "name", "") == "_FIELD"]
    attributes = getattr(kind, "__attrs_attrs__", None)
    return None if attributes is None else [attribute.name for attribute in attributes]


def _with_text_keys(items: Iterable[tuple[Any, Any]], report: Report) -> dict[str, Any]:
    """A dict whose keys are str. Keys that are equal as strings (1 and "1") are distinguished by type; none is lost."""
    given = [(key, _key(key), item) for key, item in items]
    taken = {text for key, text, _ in given if isinstance(key, str)}
    plain: dict[str, Any] = {}
    alike = ""
    for key, text, item in given:
        if not isinstance(key, str):
            kind = type(key).__name__
            name = text
            while name in taken:
                name += f" ({kind})"
            if name != text and not alike:
                alike = f"params have keys that are equal as strings: {key!r:.60} is kept as {name!r:.80}"
            taken.add(name)
            text = name
        plain[text] = item
    if alike:
        report(alike)
    return plain


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(key, enum.Enum):
        return str(key.value)
    return str(key)


def _text(value: Any) -> str:
    try:
        return repr(value)[:_MAX_REPR_CHARS]
    except Exception as error:
        return f"<{type(value).__name__}, whose repr failed: {type(error).__name__}>"


def params_path(key: Any) -> list[str]:
    """The keys, from the outermost in, that `key` means: a name, a tuple of names, ``()`` or ``...`` for the whole.

    Raises:
        InvalidValueError: it is too deep.
    """
    if key is Ellipsis:
        return []
    path = [str(part) for part in key] if isinstance(key, tuple) else [str(key)]
    if len(path) > ev.MAX_PATH_KEYS:
        raise InvalidValueError(f"params are kept at most {ev.MAX_PATH_KEYS} keys deep, not {len(path)}")
    return path
