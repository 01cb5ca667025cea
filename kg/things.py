"""What the data describe: the graphs of the sheets, and the things in them.

A **thing** has an identifier that somebody gave it. A node nested in another is part of that one,
and neither a graph, the software nor the dataset is a thing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyoxigraph import NamedNode, Quad, Store

from kg import terms

# What a literal of `owl:deprecated` may be.
TRUE: Final = ("true", "1")
# Blank nodes of an RDF sheet get names in its graph; see kg.blank.
_ANONYMOUS: Final = re.compile(r"/node/[0-9a-f]{16}(/|$)")


def is_data_graph(graph: object, base: str) -> bool:
    """Whether a graph holds what a sheet says; the ontology's and the dataset's own do not."""
    return isinstance(graph, NamedNode) and graph.value.startswith(f"{base}graph/")


def is_provenance(node: object, base: str) -> bool:
    """Whether the build describes this, not a sheet: the dataset, the software, a sheet's graph."""
    if not isinstance(node, NamedNode) or not node.value.startswith(base):
        return False
    path = node.value[len(base) :]
    graph = path.startswith("graph/") and not _ANONYMOUS.search(path)
    return graph or not path or path.startswith("software/")


def described(store: Store) -> set[str]:
    """The IRIs of all that a store describes, in any graph."""
    # Several times as fast as to go through the quads.
    query = "SELECT DISTINCT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    solutions: Any = store.query(query)
    return {terms.text_of(row[0]) for row in solutions}


def data_graphs(store: Store, base: str) -> list[NamedNode]:
    """The graphs of the sheets, in the order of their IRIs."""
    found = [g for g in store.named_graphs() if isinstance(g, NamedNode) and is_data_graph(g, base)]
    return sorted(found, key=terms.text_of)


def data_quads(store: Store, base: str) -> Iterator[Quad]:
    """What the sheets say, without what the build says of their graphs."""
    for graph in data_graphs(store, base):
        for quad in store.quads_for_pattern(None, None, None, graph):
            if not is_provenance(quad.subject, base):
                yield quad


def is_thing(store: Store, node: NamedNode, base: str) -> bool:
    """Whether a node that sheets describe in a store is a thing under the base, and no part."""
    return may_be_thing(node.value, base) and not _is_part(store, node, base)


def may_be_thing(iri: str, base: str) -> bool:
    """Whether an IRI is one that a thing under the base may have.

    >>> [may_be_thing(f"urn:x:{end}", "urn:x:") for end in ("a", "graph/a", "software/kg-1", "")]
    [True, False, False, False]
    """
    ours = iri.startswith(base) and not iri.startswith(f"{base}graph/")
    return ours and not is_provenance(NamedNode(iri), base)


def _is_part(store: Store, node: NamedNode, base: str) -> bool:
    """Whether a sheet refers to a node from one that it is under; see `Nesting`."""
    # Not by all that refers to it: that may be much.
    return any(
        is_data_graph(quad.graph_name, base) and not is_provenance(quad.subject, base)
        for above in _above(node)
        for quad in store.quads_for_pattern(above, None, node, None)
    )


def _above(node: NamedNode) -> Iterator[NamedNode]:
    """All that a node is under by its IRI."""
    for slash in re.finditer("/", node.value):
        with contextlib.suppress(ValueError):  # the IRI of nothing, such as `https:/`
            yield NamedNode(node.value[: slash.start()])


def is_retired(store: Store, node: NamedNode) -> bool:
    """Whether a node is a tombstone: it says no more than that it is not to be used any longer."""
    quads = store.quads_for_pattern(node, terms.DEPRECATED, None, None)
    return any(terms.text_of(quad.object) in TRUE for quad in quads)


def is_under(node: object, parent: object) -> bool:
    """Whether the IRI of a node is that of another, a slash, and more.

    >>> iron = NamedNode("https://example.org/mineral/iron")
    >>> is_under(NamedNode("https://example.org/mineral/iron/dose"), iron), is_under(iron, iron)
    (True, False)
    """
    if not (isinstance(node, NamedNode) and isinstance(parent, NamedNode)):
        return False
    return node.value.startswith(f"{parent.value}/")


class Nesting:
    """Which nodes are parts of which: those that a node refers to and that are under it.

    >>> dose = Quad(NamedNode("https://e.org/a"), NamedNode("https://e.org/p"),
    ...     NamedNode("https://e.org/a/p"))
    >>> Nesting([dose]).owner(dose.object).value
    'https://e.org/a'
    """

    def __init__(self, quads: Iterable[Quad]) -> None:
        self._parents: dict[NamedNode, NamedNode] = {}
        for quad in quads:
            part, whole = quad.object, quad.subject
            if isinstance(part, NamedNode) and isinstance(whole, NamedNode):
                known = self._parents.get(part)
                if is_under(part, whole) and (known is None or whole.value > known.value):
                    self._parents[part] = whole  # the nearest, where several refer to it

    def __contains__(self, node: object) -> bool:
        return node in self._parents

    def owner(self, node: NamedNode) -> NamedNode:
        """The thing that a node is part of, or the node itself."""
        while node in self._parents:
            node = self._parents[node]
        return node


def expressions(quads: Iterable[Quad]) -> frozenset[NamedNode]:
    """The nodes that an ontology has only to describe its terms, such as a union of classes.

    They are parts of a term and go by no label; a concept below the IRI of its scheme has one.

    >>> union = Quad(NamedNode("https://e.org/p"), NamedNode("https://e.org/range"),
    ...     NamedNode("https://e.org/p/range"))
    >>> [node.value for node in expressions([union])]
    ['https://e.org/p/range']
    """
    quads = list(quads)
    nesting = Nesting(quads)
    labelled = {q.subject for q in quads if q.predicate in (terms.LABEL, terms.PREF_LABEL)}
    parts = {q.object for q in quads if q.object in nesting}
    return frozenset(p for p in parts if isinstance(p, NamedNode) and p not in labelled)
