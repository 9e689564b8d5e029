"""Hashes in a query: ``run.hash == x`` also means the run named x, unless x is the hash of a run. Pure."""

from __future__ import annotations

from collections.abc import Collection

from aim.query.language import tree
from aim.query.language.tree import Node
from aim.schema.names import is_run_hash

__all__ = ["possible_hashes", "with_known_hashes"]


def possible_hashes(query: tree.Query) -> list[str]:
    """The strings in a query that may be hashes of runs, each once."""
    items = [item for term in query.name_terms for item in _items(term)]
    return list(dict.fromkeys(item.value for item in items if _is_hash(item) and isinstance(item, tree.Constant)))


def with_known_hashes(query: tree.Query, known: Collection[str]) -> Node | None:
    """The condition of a query in which what is the hash of a run is not taken for a name as well.

    Args:
        query: The query.
        known: Those of :func:`possible_hashes` that runs have.
    """
    if not known or query.condition is None:
        return query.condition
    old: dict[int, Node | None] = {}
    for term in query.name_terms:
        items = _items(term)
        rest = tuple(item for item in items if not (isinstance(item, tree.Constant) and item.value in known))
        if len(rest) < len(items):
            ((op, right),) = term.rest
            names = tree.ListOf(rest, at=right.at)
            old[id(term)] = tree.Compare(term.first, ((op, names),), at=term.at) if rest else None
    return tree.replace(query.condition, old)


def _items(term: tree.Compare) -> tuple[Node, ...]:
    ((_, right),) = term.rest
    return right.items if isinstance(right, tree.ListOf) else (right,)


def _is_hash(item: Node) -> bool:
    return isinstance(item, tree.Constant) and is_run_hash(item.value)
