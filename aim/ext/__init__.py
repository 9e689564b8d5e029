"""Paths of Aim 3 that copied adapters import: constants and the like."""
