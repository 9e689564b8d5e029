"""Curves: which sequences there are, where their points lie on an axis, frames."""
