"""Records what training code does while it runs, keeps it, and gives it back."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
