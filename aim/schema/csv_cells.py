"""Texts as cells of a CSV file."""

from __future__ import annotations

from typing import Final

__all__ = ["csv_text"]

_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(text: str) -> str:
    """A text behind a quote, ``'``, where a spreadsheet would take it for a formula and run it.

    Names, params and tags come from people who are not always those who open the file. Numbers are no texts.
    """
    return "'" + text if text.startswith(_FORMULA_BEGINS) else text
