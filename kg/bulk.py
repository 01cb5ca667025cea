"""What sheets say, read in bulk: by queries, several times as fast as quad by quad."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg import terms
from kg.things import is_data_graph, is_provenance, may_be_thing

Term = NamedNode | BlankNode | Literal | Triple


class Bulk:
    """The graphs of the sheets in a store, without what the build says of them.

    >>> from pyoxigraph import Quad
    >>> store, iron = Store(), NamedNode("https://e.org/iron")
    >>> store.add(Quad(iron, terms.TYPE, terms.ENTITY, NamedNode("https://e.org/graph/a")))
    >>> bulk = Bulk(store, "https://e.org/")
    >>> bulk.count(), bulk.things, list(bulk.values(terms.TYPE)) == [(iron, terms.ENTITY)]
    (1, {<NamedNode value=https://e.org/iron>}, True)
    """

    def __init__(self, store: Store, base: str) -> None:
        self._store = store
        self._base = base
        others = [g for g in store.named_graphs() if not is_data_graph(g, base)]
        named = ", ".join(str(graph) for graph in others if isinstance(graph, NamedNode))
        self._only = f"FILTER(?g NOT IN ({named}))" if named else ""

    def count(self) -> int:
        """How many quads there are."""
        (row,) = self._rows("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o }", "}")
        about = (
            quad
            for iri in self._provenance
            for quad in self._store.quads_for_pattern(NamedNode(iri), None, None, None)
        )
        return int(row[0].value) - sum(is_data_graph(q.graph_name, self._base) for q in about)

    def values(self, predicate: NamedNode) -> Iterator[tuple[Term, Term]]:
        """Every subject with a value of a property."""
        pattern = f"SELECT ?s ?o {{ GRAPH ?g {{ ?s {predicate} ?o }}"
        for row in self._rows(pattern, "FILTER(!sameTerm(?s, ?g)) }"):
            yield row[0], row[1]

    @cached_property
    def things(self) -> set[Term]:
        """The things under the base; see `kg.things.is_thing`."""
        return {
            NamedNode(iri)
            for iri in self._subjects - self._references[0]
            if may_be_thing(iri, self._base)
        }

    @property
    def used(self) -> set[str]:
        """The IRIs that something else refers to."""
        return self._references[1]

    @cached_property
    def _subjects(self) -> set[str]:
        found = self._rows("SELECT DISTINCT ?s { GRAPH ?g { ?s ?p ?o }", "}")
        return {terms.text_of(row[0]) for row in found}

    @cached_property
    def _provenance(self) -> set[str]:
        """The IRIs that the build describes among the sheets' graphs."""
        return {
            iri
            for iri in self._subjects
            if iri.startswith(self._base) and is_provenance(NamedNode(iri), self._base)
        }

    @cached_property
    def _references(self) -> tuple[set[str], set[str]]:
        """The IRIs of nodes that are parts of others, and all that something else refers to."""
        parts, used, provenance = set(), set(), self._provenance
        found = self._rows("SELECT ?s ?o { GRAPH ?g { ?s ?p ?o }", "FILTER(ISIRI(?o)) }")
        for row in found:
            subject, object_ = row[0].value, row[1].value
            if subject != object_ and subject not in provenance:
                used.add(object_)
                if object_.startswith(f"{subject}/"):
                    parts.add(object_)
        return parts, used

    def _rows(self, start: str, end: str) -> Iterator[Any]:
        """The solutions of a query over the sheets' graphs; their filter goes in between."""
        solutions: Any = self._store.query(f"{start} {self._only} {end}")
        yield from solutions
