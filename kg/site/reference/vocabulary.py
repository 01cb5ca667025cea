"""The terms of an ontology: what each means, where it stands, and how much data use it.

A term is what the ontology's own graph describes. Terms of other vocabularies that it describes as
well, such as a property it gives a domain, are listed with the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.dumps.layout import term_order
from kg.site.content import Content
from kg.site.listed import CLASSES, CONCEPT, IN_SCHEME, PROPERTIES, SCHEME
from kg.terms import text_of
from kg.things import data_quads, expressions
from kg.view import Value

_RDFS: Final = terms.RDFS
_OWL: Final = terms.OWL
_SKOS: Final = terms.SKOS


def _named(namespace: str, *names: str) -> tuple[NamedNode, ...]:
    return tuple(NamedNode(namespace + name) for name in names)


_DEFINITIONS: Final = (terms.DEFINITION, *_named(_RDFS, "comment"))
_EXAMPLE: Final = NamedNode(_SKOS + "example")
_NOTES: Final = _named(_SKOS, "editorialNote", "scopeNote", "note", "historyNote", "changeNote")
_MAPPINGS: Final = _named(
    _SKOS, "exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"
) + _named(_OWL, "equivalentClass", "equivalentProperty")
_PLACES: Final = {
    NamedNode(_RDFS + "subClassOf"): "is a kind of",
    NamedNode(_RDFS + "subPropertyOf"): "is a kind of",
    NamedNode(_RDFS + "domain"): "of",
    NamedNode(_RDFS + "range"): "leads to",
    NamedNode(_OWL + "inverseOf"): "reads backwards as",
    NamedNode(_OWL + "disjointWith"): "never also a",
    NamedNode(_SKOS + "broader"): "broader",
    NamedNode(_RDFS + "seeAlso"): "values from",
}
_UNION: Final = NamedNode(_OWL + "unionOf")
_FIRST: Final = NamedNode(terms.RDF + "first")
_REST: Final = NamedNode(terms.RDF + "rest")
_NIL: Final = NamedNode(terms.RDF + "nil")
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Term:
    """A term; `places` are its relations to other terms, by what they are called.

    `below` are the terms that say they are kinds of it, `uses` how often data use it.
    """

    iri: str
    anchor: str
    label: str
    name: str
    definition: str
    examples: tuple[str, ...]
    notes: tuple[str, ...]
    places: tuple[tuple[str, tuple[Value, ...]], ...]
    below: tuple[Value, ...]
    mappings: tuple[tuple[str, tuple[Value, ...]], ...]
    uses: int
    concepts: tuple[Term, ...] = ()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """A class with those below it, for the tree."""

    term: Value
    uses: int
    below: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Terms of one sort."""

    key: str
    title: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class OntologyPage:
    """The ontology: what it says of itself, its classes as a tree, and its terms by sort."""

    iri: str
    title: str
    description: str
    version: str
    license: str
    tree: tuple[Branch, ...]
    groups: tuple[Group, ...]
    prefix: tuple[str, str]


SECTIONS: Final = (
    "about",
    "tree",
    "classes",
    "vocabularies",
    *(f"properties-{n}" for n in range(1, 5)),
)


class Reader:
    """Reads the ontology's graph once."""

    def __init__(self, content: Content, quads: Iterable[Quad]) -> None:
        self._content = content
        self._about: dict[NamedNode, dict[NamedNode, list[object]]] = {}
        self._below: dict[NamedNode, list[NamedNode]] = {}
        quads = sorted(quads, key=lambda quad: term_order(quad.object))
        self._expressions = expressions(quads)
        for quad in quads:
            subject = quad.subject
            if isinstance(subject, NamedNode):
                self._about.setdefault(subject, {}).setdefault(quad.predicate, []).append(
                    quad.object
                )
            if quad.predicate == terms.SUBCLASS_OF and isinstance(quad.object, NamedNode):
                self._below.setdefault(quad.object, []).append(subject)  # type: ignore[arg-type]
        self._uses = _uses(content)
        self._anchors = {"main"} | {f"section-{key}" for key in SECTIONS}

    def page(self) -> OntologyPage:
        """All that the page shows."""
        header = NamedNode(self._content.ontology)
        properties = [
            Group(f"properties-{number}", title, self._terms(self._of(class_)))
            for number, (class_, title) in enumerate(PROPERTIES.items(), start=1)
        ]
        classes = self._of(*CLASSES)
        vocab = "http://purl.org/vocab/vann/"
        return OntologyPage(
            iri=header.value,
            title=self._text(header, NamedNode(terms.DCTERMS + "title"), terms.LABEL),
            description=self._text(
                header, NamedNode(terms.DCTERMS + "description"), terms.DEFINITION
            ),
            version=self._text(header, NamedNode(_OWL + "versionInfo")),
            license=self._text(header, terms.LICENSE),
            tree=self._tree(classes),
            groups=tuple(
                group
                for group in (
                    Group("classes", "Classes", self._terms(classes)),
                    *properties,
                    Group("vocabularies", "Vocabularies", self._schemes()),
                )
                if group.terms
            ),
            prefix=(
                self._text(header, NamedNode(vocab + "preferredNamespacePrefix")),
                self._text(header, NamedNode(vocab + "preferredNamespaceUri")),
            ),
        )

    def _of(self, *classes: NamedNode) -> list[NamedNode]:
        """The named subjects of some classes, by label."""
        found = [
            node
            for node, said in self._about.items()
            if not set(classes).isdisjoint(said.get(terms.TYPE, ()))
            and not self._is_expression(node)
        ]
        return sorted(found, key=lambda node: (self._label(node).casefold(), node.value))

    def _terms(self, nodes: Iterable[NamedNode]) -> tuple[Term, ...]:
        return tuple(map(self._term, nodes))

    def _schemes(self) -> tuple[Term, ...]:
        """Each vocabulary with its concepts, and the concepts of none."""
        members: dict[object, list[NamedNode]] = {}
        for concept in self._of(CONCEPT):
            for scheme in self._about[concept].get(IN_SCHEME, ()):
                members.setdefault(scheme, []).append(concept)
        return tuple(
            self._term(scheme, self._terms(members.get(scheme, ()))) for scheme in self._of(SCHEME)
        )

    def _term(self, node: NamedNode, concepts: tuple[Term, ...] = ()) -> Term:
        said = self._about[node]
        return Term(
            iri=node.value,
            anchor=self._anchor(node),
            label=self._label(node),
            name=self._content.context.shorten(node.value),
            definition=self._text(node, *_DEFINITIONS),
            examples=self._texts(node, _EXAMPLE),
            notes=self._texts(node, *_NOTES),
            places=tuple(
                (title, values)
                for predicate, title in _PLACES.items()
                if (values := self._members(said.get(predicate, ())))
            ),
            below=tuple(self._value(below) for below in self._below.get(node, ())),
            mappings=tuple(
                (self._content.reader.property_name(predicate.value), values)
                for predicate in _MAPPINGS
                if (values := self._members(said.get(predicate, ())))
            ),
            uses=sum(one.uses for one in concepts) if concepts else self._uses[node.value],
            concepts=concepts,
            retired=Literal(True) in said.get(terms.DEPRECATED, ()),
        )

    def _anchor(self, node: NamedNode) -> str:
        """The anchor of a term, unless something else on the page has it already."""
        anchor = self._content.anchor_of(node.value)
        if anchor in self._anchors:
            return ""
        self._anchors.add(anchor)
        return anchor

    def _tree(self, classes: Iterable[NamedNode]) -> tuple[Branch, ...]:
        """The classes below those that stand below no other of them."""
        known = set(classes)

        def branch(node: NamedNode, above: frozenset[NamedNode]) -> Branch:
            within = above | {node}
            below = [b for b in self._below.get(node, ()) if b in known and b not in within]
            ordered = sorted(below, key=lambda one: self._label(one).casefold())
            return Branch(
                self._value(node),
                self._uses[node.value],
                tuple(branch(one, within) for one in ordered),
            )

        tops = [c for c in classes if known.isdisjoint(self._about[c].get(terms.SUBCLASS_OF, ()))]
        return tuple(branch(node, frozenset()) for node in tops)

    def _members(self, values: Iterable[object]) -> tuple[Value, ...]:
        """Things by name; a union as the classes in it, any other expression left out."""
        found: list[Value] = []
        for value in values:
            if isinstance(value, NamedNode) and self._is_expression(value):
                for union in self._about.get(value, {}).get(_UNION, ()):
                    found += self._members(self._items(union))
            elif isinstance(value, NamedNode):
                found.append(self._value(value))
        return tuple(found)

    def _is_expression(self, node: NamedNode) -> bool:
        """Whether a node is part of the description of another, and no term."""
        anonymous = f"{self._content.ontology}/node/"
        return node in self._expressions or node.value.startswith(anonymous)

    def _items(self, items: object) -> Iterator[object]:
        """The items of an RDF list."""
        for _ in range(_LONGEST):
            if not isinstance(items, NamedNode) or items == _NIL:
                return
            said = self._about.get(items, {})
            yield from said.get(_FIRST, ())
            items = next(iter(said.get(_REST, ())), None)

    def _value(self, node: NamedNode) -> Value:
        return self._content.reader.value(node)

    def _label(self, node: NamedNode) -> str:
        return self._content.name_of(node.value)

    def _texts(self, node: NamedNode, *predicates: NamedNode) -> tuple[str, ...]:
        said = self._about.get(node, {})
        values = [value for predicate in predicates for value in said.get(predicate, ())]
        return tuple(text_of(v) for v in values if isinstance(v, (Literal, NamedNode)))

    def _text(self, node: NamedNode, *predicates: NamedNode) -> str:
        return " ".join(self._texts(node, *predicates))


def _uses(content: Content) -> Counter[str]:
    """How often data use a term: as a class, as a property, or as a value."""
    uses: Counter[str] = Counter()
    for quad in data_quads(content.store, content.project.base):
        uses[quad.predicate.value] += 1
        if isinstance(quad.object, NamedNode):
            uses[quad.object.value] += 1
    return uses
