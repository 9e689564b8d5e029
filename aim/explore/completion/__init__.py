"""Completing a query: names and values that a repo has."""
