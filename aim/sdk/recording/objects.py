"""Names of objects (images, audio ...) before Aim records objects: they can be made, and tracking one is refused.

``from aim import Image`` and code that makes one must not end a training: ``track`` warns once for the caller's line
and counts it as rejected on the run, as for any value that is not a number. Nothing is imported or converted here.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from aim.errors import InvalidValueError

__all__ = ["Audio", "Distribution", "Figure", "Image", "Object", "Text"]


class Object:
    """What is tracked and is not a number. This version of Aim records numbers only.

    Attributes:
        data: What it was made of, unchanged.
        caption: What people wrote about it.
    """

    holds: ClassVar[str] = "object"
    data: Any
    caption: str

    def __repr__(self) -> str:
        return f"<aim.{type(self).__name__} of {type(self.data).__name__}>"

    def __float__(self) -> NoReturn:
        raise InvalidValueError(f"this version of Aim records numbers only, no {self.holds}")


class Image(Object):
    """A picture: an array, a PIL image or a figure, with the arguments of Aim 3.

    Example:
        >>> run.track(aim.Image(array, caption="a digit"), name="samples")  # warns: not recorded
    """

    holds = "images"

    def __init__(
        self,
        image: Any,
        caption: str = "",
        format: str = "png",  # noqa: A002
        quality: int = 90,
        optimize: bool = False,
    ) -> None:
        self.data, self.caption = image, caption
        self.format, self.quality, self.optimize = format, quality, optimize


class Audio(Object):
    """A sound: samples, a path or bytes, with the arguments of Aim 3. `rate` is samples a second."""

    holds = "audio"

    def __init__(
        self,
        data: Any,
        rate: int | None = None,
        format: str = "",  # noqa: A002
        caption: str = "",
    ) -> None:
        self.data, self.caption = data, caption
        self.rate, self.format = rate, format


class Text(Object):
    """A text, with the argument of Aim 3."""

    holds = "texts"

    def __init__(self, text: str) -> None:
        self.data, self.caption = text, ""


class Figure(Object):
    """A figure of plotly or matplotlib, with the argument of Aim 3."""

    holds = "figures"

    def __init__(self, obj: Any) -> None:
        self.data, self.caption = obj, ""


class Distribution(Object):
    """A histogram of samples, or counts that were made already (`hist`, with `bin_range`), as in Aim 3."""

    holds = "distributions"

    def __init__(self, samples: Any = None, bin_count: int = 64, *, hist: Any = None, bin_range: Any = None) -> None:
        self.data, self.caption = samples if hist is None else hist, ""
        self.bin_count, self.bin_range = bin_count, bin_range

    @classmethod
    def from_samples(cls, samples: Any, bin_count: int = 64) -> Distribution:
        """Of values that are still to be counted."""
        return cls(samples, bin_count)

    @classmethod
    def from_histogram(cls, hist: Any, bin_range: Any) -> Distribution:
        """Of counts."""
        return cls(hist=hist, bin_range=bin_range)
