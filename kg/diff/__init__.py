r"""What changed between two versions of the data, thing by thing.

>>> from kg import terms
>>> from pyoxigraph import Literal, NamedNode, Quad, Store
>>> base = "https://example.org/"
>>> def side(name: str, mass: str) -> Side:
...     store = Store()
...     iron, graph = NamedNode(f"{base}mineral/iron"), NamedNode(f"{base}graph/minerals")
...     store.add(Quad(iron, terms.PREF_LABEL, Literal("Iron", language="en"), graph))
...     store.add(Quad(iron, NamedNode(f"{base}mass"), Literal(mass), graph))
...     return Side(name, store, base)
>>> found = compare(side("old", "55"), side("new", "56"))
>>> found.counts["changed"], found.entries[0].thing.label, found.entries[0].changes[0].new.value
(1, 'Iron', '56')
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode

from kg.context import Context
from kg.diff.changes import Change, Diff, Entry, Kind, Thing
from kg.diff.compare import Side, compare
from kg.diff.forms import FORMS, format_json, format_text, format_turtle
from kg.diff.sides import open_side

__all__ = [
    "FORMS", "Change", "Diff", "Entry", "Kind", "Side", "Thing", "changes_files", "compare",
    "format_json", "format_text", "format_turtle", "open_side",
]  # fmt: skip


def changes_files(
    old: Side, new: Side, context: Context, graphs: Iterable[NamedNode] | None = None
) -> dict[str, bytes]:
    """The files that tell in a release what changed since the one before, by their names.

    `graphs` are those that differ, where that is known.
    """
    diff = compare(old, new, graphs)
    return {
        "changes.json": format_json(diff, context),
        "changes.ttl": format_turtle(diff, context),
    }
