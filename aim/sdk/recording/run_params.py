"""The params of a run that is recorded: set, and read back from memory."""

from __future__ import annotations

from typing import Any

from aim.schema import events as ev
from aim.sdk.recording.params import params_path
from aim.sdk.recording.recorder import Recorder

__all__ = ["DEFAULT_PARAMS_NAME", "RunParams"]

DEFAULT_PARAMS_NAME = "params"

_MISSING: Any = object()


class RunParams:
    """The part of a handle that is about params."""

    _recorder: Recorder
    _params: dict[str, Any] | None
    """All params as they stand, once somebody asked for one."""

    def set_params(self, params: Any, name: str | None = None) -> None:
        """Record what the run is configured with; several calls with one name merge deeply.

        Args:
            params: Nested dicts, lists, dataclasses, namespaces, OmegaConf configs, numpy scalars and small arrays,
                enums, paths. Anything else is kept as its repr, with a warning.
            name: Name of the set, e.g. "hparams"; by default "params".
        """
        kept = self._recorder.set_params(name if name is not None else DEFAULT_PARAMS_NAME, params)
        if kept is not None and self._params is not None:
            from aim.schema.runstate import merge_params  # only code that reads loads it

            path, plain = kept
            for part in reversed(path):
                plain = {part: plain}
            merge_params(self._params, plain)

    def __setitem__(self, key: str | tuple[str, ...], value: Any) -> None:
        self.set(key, value)

    def set(self, key: str | tuple[str, ...], value: Any, strict: bool = True) -> None:
        """Record a param; what was at `key` is replaced. ``run[key] = value`` does the same.

        Args:
            key: Name, or a tuple of names from the outermost in; ``()`` or ``...`` is the whole of the params.
            value: As for :meth:`set_params`.
            strict: Accepted for code written for Aim 3: unknown types are kept as their repr either way.
        """
        kept = self._recorder.set_params(key, value, replace=True)
        if kept is not None and self._params is not None:
            _put(self._params, *kept)

    def __delitem__(self, key: str | tuple[str, ...]) -> None:
        if key not in self:
            raise KeyError(key)
        path = params_path(key)
        if not path:
            self.set(key, {})
        elif self._recorder.event(lambda: {"type": ev.DELETED, "path": path}):
            parent = self._known_params()
            for part in path[:-1]:
                parent = parent[part]
            parent.pop(path[-1], None)

    def __getitem__(self, key: str | tuple[str, ...]) -> Any:
        """The param at `key`, as plain data: a copy, so that only ``run[key] = ...`` changes the run.

        Args:
            key: Name, or a tuple of names from the outermost in. A name that is not there is looked for as a query
                looks for ``params.<name>``: ``run["lr"]`` is ``run["hparams", "lr"]`` if there is no other lr.

        Raises:
            KeyError: there is none, or there are several.
        """
        value = self.get(key, _MISSING)
        if value is _MISSING and isinstance(key, str):
            from aim.schema.paths import find_param  # only code that reads loads it

            is_there, found = find_param(self._known_params(), key)
            value = _copied(found) if is_there else _MISSING
        if value is _MISSING:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return self.get(key, _MISSING) is not _MISSING  # type: ignore[arg-type]

    def get(self, key: str | tuple[str, ...], default: Any = None, strict: bool = True) -> Any:
        """The param at exactly `key`, or `default`. `strict` is accepted as by :meth:`set`."""
        here: Any = self._known_params()
        for part in params_path(key):
            if not isinstance(here, dict) or part not in here:
                return default
            here = here[part]
        return _copied(here)

    @property
    def params(self) -> dict[str, Any]:
        """All params, nested; a copy."""
        copied: dict[str, Any] = _copied(self._known_params())
        return copied

    def _known_params(self) -> dict[str, Any]:
        if self._params is None:
            self._params = self._recorder.read_state().params
        return self._params


def _copied(value: Any) -> Any:
    """A copy of plain data."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put(params: dict[str, Any], path: list[str], value: Any) -> None:
    if not path:
        params.clear()
        params.update(value if isinstance(value, dict) else {})
        return
    for part in path[:-1]:
        below = params.get(part)
        if not isinstance(below, dict):
            below = params[part] = {}
        params = below
    params[path[-1]] = value
