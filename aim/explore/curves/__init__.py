"""Curves: which sequences there are, where their points are on an axis, frames."""
