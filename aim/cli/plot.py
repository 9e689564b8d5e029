"""Curves in a terminal, with braille dots: two across and four down in each cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aim.cli.output import cell_width, digits_of, format_number

__all__ = ["COLORS", "Curve", "draw"]

COLORS = ("cyan", "yellow", "magenta", "green", "red", "blue", "white")
"""Of click.style; further curves start again at the first."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in the order of drawing; NaN breaks the line."""

    xs: Sequence[float]
    ys: Sequence[float]
    color: str | None = None


class _Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[0] * width for _ in range(height)]
        self.colors: list[list[str | None]] = [[None] * width for _ in range(height)]

    def dot(self, x: int, y: int, color: str | None) -> None:
        """Set a dot; y counts from the bottom."""
        row, column = self.height - 1 - y // 4, x // 2
        if 0 <= row < self.height and 0 <= column < self.width:
            self.cells[row][column] |= _DOTS[x % 2][3 - y % 4]
            self.colors[row][column] = color

    def line(self, x0: int, y0: int, x1: int, y1: int, color: str | None) -> None:
        """Set the dots between two dots, ends included."""
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for i in range(steps + 1):
            self.dot(round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps), color)


def draw(curves: Sequence[Curve], *, width: int, height: int, styled: bool = True) -> list[str]:
    """Draw `curves` into a frame with the range of both axes.

    Args:
        curves: What to draw; points that are not finite are not drawn.
        width, height: Terminal cells in all, the axes included.
        styled: Whether to colour the curves with ANSI codes.

    Returns:
        `height` lines.
    """
    import click

    points = [(x, y) for c in curves for x, y in zip(c.xs, c.ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
    if not points or height < 3:
        text = "(only NaN and infinite values)" if any(len(c.ys) for c in curves) else "(no points yet)"
        return [text[:width].ljust(width)] + [""] * (height - 1)
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    labels = [format_number(value, digits_of((low, high))) for value in (high, low)]
    margin = max(cell_width(label) for label in labels)
    canvas = _Canvas(max(4, width - margin - 2), height - 1)
    across, up = canvas.width * 2 - 1, canvas.height * 4 - 1

    def column(x: float) -> int:
        return round((x / 2 - left / 2) / (right / 2 - left / 2) * across) if right > left else 0

    def row(y: float) -> int:
        return round((y / 2 - low / 2) / (high / 2 - low / 2) * up) if high > low else up // 2

    for curve in curves:
        before: tuple[int, int] | None = None
        for x, y in zip(curve.xs, curve.ys, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                before = None
                continue
            here = column(x), row(y)
            canvas.line(*(before or here), *here, curve.color)
            before = here
    lines = []
    for number, (cells, colors) in enumerate(zip(canvas.cells, canvas.colors, strict=True)):
        label = labels[0] if number == 0 else labels[1] if number == canvas.height - 1 else ""
        text = ""
        for cell, color in zip(cells, colors, strict=True):
            character = chr(_BLANK + cell) if cell else " "
            text += click.style(character, fg=color) if styled and color and cell else character
        lines.append(f"{label:>{margin}} │{text}".rstrip())
    ends = [format_number(x, digits_of((left, right))) for x in (left, right)]
    gap = max(1, canvas.width - len(ends[0]) - len(ends[1]))
    lines.append(" " * (margin + 2) + ends[0] + " " * gap + ends[1])
    return lines
