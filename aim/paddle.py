"""PaddlePaddle: an adapter comes with a later version; using it says what to do until then."""

from aim.compat.to_come import Later

__all__ = ["AimCallback"]


class AimCallback(Later):
    """Of Aim 3: making one raises :class:`aim.errors.MissingDependencyError`."""

    _module = "paddle"
