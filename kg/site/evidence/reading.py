"""What the pages on evidence read from the store, over what `kg.show` reads for every thing.

Nothing here needs a class to be there: what a project does not have is an empty tuple.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.dumps.layout import term_order
from kg.show import Reader
from kg.site.content import Content
from kg.terms import text_of
from kg.view import Place, Value, View

_NOTATION: Final = NamedNode(terms.SKOS + "notation")


def le(name: str) -> NamedNode:
    """A term of the core ontology.

    >>> le("outcome").value
    'https://w3id.org/linked-evidence/ontology#outcome'
    """
    return NamedNode(terms.LE + name)


class Facts:
    """Reads a store's statements; remembers classes."""

    def __init__(self, content: Content) -> None:
        self.reader: Reader = content.reader
        self._store = content.store
        self._below: dict[NamedNode, frozenset[NamedNode]] = {}

    def nodes(self, node: NamedNode, *predicates: NamedNode) -> list[NamedNode]:
        """The things that a node has for some properties, each once, in order."""
        found = {
            value
            for predicate in predicates
            for value in self.reader.objects(node, predicate)
            if isinstance(value, NamedNode)
        }
        return sorted(found, key=term_order)

    def values(self, node: NamedNode, *predicates: NamedNode) -> tuple[Value, ...]:
        """The values that a node has for some properties, as a person reads them."""
        return tuple(
            self.reader.value(value)
            for predicate in predicates
            for value in self.reader.objects(node, predicate)
        )

    def one(self, node: NamedNode, predicate: NamedNode) -> Value | None:
        """The first value of a property, or None."""
        return next(iter(self.values(node, predicate)), None)

    def text(self, node: NamedNode, *predicates: NamedNode) -> str:
        """The values of some properties as one text."""
        return "; ".join(value.text for value in self.values(node, *predicates))

    def literals(self, node: NamedNode, predicate: NamedNode) -> tuple[str, ...]:
        """The values that are no things, as they are written."""
        values = self.reader.objects(node, predicate)
        return tuple(text_of(value) for value in values if isinstance(value, Literal))

    def subjects(self, predicate: NamedNode, node: NamedNode) -> list[NamedNode]:
        """All things that have a node as a value of a property."""
        quads = self._store.quads_for_pattern(None, predicate, node, None)
        found = {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}
        return sorted(found, key=term_order)

    def below(self, class_: NamedNode) -> frozenset[NamedNode]:
        """A class and all classes below it."""
        if class_ not in self._below:
            found: set[NamedNode] = set()
            todo = [class_]
            while todo:
                one = todo.pop()
                if one not in found:
                    found.add(one)
                    todo += self.subjects(terms.SUBCLASS_OF, one)
            self._below[class_] = frozenset(found)
        return self._below[class_]

    def instances(self, class_: NamedNode) -> list[NamedNode]:
        """Everything of a class or of one below it."""
        found = {node for one in self.below(class_) for node in self.subjects(terms.TYPE, one)}
        return sorted(found, key=term_order)

    def is_a(self, node: NamedNode, class_: NamedNode) -> bool:
        """Whether a node is of a class or of one below it."""
        return not self.below(class_).isdisjoint(self.reader.kinds(node))

    @cached_property
    def _ranks(self) -> dict[str, int]:
        """Concept → rank, as its notation says."""
        ranks = {}
        for quad in self._store.quads_for_pattern(None, _NOTATION, None, None):
            number = text_of(quad.object)
            if number.isascii() and number.isdigit():
                ranks[text_of(quad.subject)] = int(number[:9])
        return ranks

    def firmness(self, place: Place) -> int:
        """The rank of the hedge at a place; the firmest has the highest, what has none 0."""
        hedges = self.nodes(NamedNode(place.iri), terms.HEDGE) if place.iri else []
        return max((self._ranks.get(hedge.value, 0) for hedge in hedges), default=0)

    def hedges(self, places: Iterable[Place]) -> tuple[str, ...]:
        """The hedges of some places, each once, the firmest first."""
        found = {place.hedge: self.firmness(place) for place in places if place.hedge}
        return tuple(sorted(found, key=lambda text: (-found[text], text)))


def rest_of(view: View, properties: Iterable[NamedNode], mentions: Iterable[str]) -> View:
    """A view without the properties and the mentions, by IRI, that a page shows in its own way."""
    shown = {node.value for node in properties}
    known = set(mentions)
    groups = (
        replace(group, mentions=tuple(m for m in group.mentions if m.subject.iri not in known))
        for group in view.groups
    )
    return replace(
        view,
        properties=tuple(p for p in view.properties if p.iri not in shown),
        groups=tuple(group for group in groups if group.mentions),
    )


def node_of(value: Value) -> NamedNode | None:
    """The thing that a value stands for; None for a text."""
    return value.term if isinstance(value.term, NamedNode) else None
