"""Which terms the page of the ontology lists, so that others can link to them."""

from __future__ import annotations

from typing import Final

from pyoxigraph import NamedNode, Quad, Store

from kg import terms
from kg.things import expressions

CLASSES: Final = frozenset((NamedNode(terms.OWL + "Class"), NamedNode(terms.RDFS + "Class")))
PROPERTIES: Final = {
    NamedNode(terms.OWL + "ObjectProperty"): "Properties that lead to things",
    NamedNode(terms.OWL + "DatatypeProperty"): "Properties with values",
    NamedNode(terms.OWL + "AnnotationProperty"): "Annotations",
    NamedNode(terms.RDF + "Property"): "Other properties",
}
SCHEME: Final = NamedNode(terms.SKOS + "ConceptScheme")
CONCEPT: Final = NamedNode(terms.SKOS + "Concept")
IN_SCHEME: Final = NamedNode(terms.SKOS + "inScheme")


def listed_terms(store: Store, ontology: str) -> frozenset[str]:
    """The classes, the properties, the vocabularies and what is in them, of the ontology's graph.

    Whatever else is in there, such as a second ontology's own name, has no place on the page.

    >>> listed_terms(Store(), "https://example.org/terms")
    frozenset()
    """
    if not ontology:
        return frozenset()
    quads = list(store.quads_for_pattern(None, None, None, NamedNode(ontology)))
    schemes = _of_type(quads, frozenset((SCHEME,)))
    inside = {q.subject for q in quads if q.predicate == IN_SCHEME and q.object in schemes}
    kinds = CLASSES | PROPERTIES.keys()
    listed = _of_type(quads, kinds) | schemes | (_of_type(quads, frozenset((CONCEPT,))) & inside)
    anonymous = f"{ontology}/node/"
    found = (node.value for node in listed - expressions(quads))
    return frozenset(iri for iri in found if not iri.startswith(anonymous))


def _of_type(quads: list[Quad], classes: frozenset[object]) -> set[NamedNode]:
    found = (q.subject for q in quads if q.predicate == terms.TYPE and q.object in classes)
    return {node for node in found if isinstance(node, NamedNode)}
