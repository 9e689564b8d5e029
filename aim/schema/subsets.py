"""How other tools name the parts of a data set, and what each is called here."""

from __future__ import annotations

from typing import Final

__all__ = ["SUBSETS"]

SUBSETS: Final = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
"""Names in lower case, to the subset that they mean."""
