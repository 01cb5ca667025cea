"""How good the data are, in numbers: what was read, what is mapped, and what is missing.

Every number can be had by a query as well. What a project has no classes or properties for is left
out: one that knows neither findings nor studies has no gaps in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import NamedNode, Store

from kg import terms
from kg.bulk import Bulk, Term
from kg.names import label_of
from kg.things import expressions

_MAPPINGS: Final = tuple(
    NamedNode(iri)
    for iri in (
        *(terms.SKOS + f"{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
        terms.OWL + "sameAs",
    )
)
_NOT_RATED: Final = terms.LE + "certainty-not-rated"
_NO_SIGNIFICANCE: Final = terms.LE + "significance-not-reported"
_ONTOLOGY_TERMS: Final = tuple(
    NamedNode(iri)
    for iri in (
        terms.OWL + "Class", terms.OWL + "ObjectProperty", terms.OWL + "DatatypeProperty",
        terms.SKOS + "Concept",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A thing, by its IRI and its label (its IRI again where it has none)."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something: of a class, or with a closed value."""

    iri: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Document:
    """What was taken from a document.

    `paragraphs` are the numbers of those with statements, each with how many; `silent` are those
    with none, up to the last that has any: how many there are after it, only the text knows.
    """

    iri: str
    label: str
    statements: int
    passages: int
    paragraphs: tuple[tuple[int, int], ...]
    silent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The entities of a class, and those of them that no other vocabulary's term is given for."""

    iri: str
    label: str
    total: int
    unmapped: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What some things lack: a stable `name`, a title, those that lack it, and of how many."""

    name: str
    title: str
    of: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Passages:
    """How many passages there are, and what the build found when it looked them up."""

    total: int
    checked: int
    wrong: int
    not_checked: int


@dataclass(frozen=True, slots=True)
class Quality:
    """All numbers. `things` are counted by class, as asserted; so are `statements`."""

    quads: int
    things: tuple[Count, ...]
    statements: tuple[Count, ...]
    documents: tuple[Document, ...]
    passages: Passages
    hedges: tuple[Count, ...]
    mappings: tuple[Mapped, ...]
    gaps: tuple[Gap, ...]


def measure(store: Store, base: str, manifest: Mapping[str, Any] | None = None) -> Quality:
    """The quality of the data in a store; `manifest` is the release's, for what was checked.

    >>> measure(Store(), "https://example.org/").gaps
    ()
    """
    return _Measure(store, base).run(manifest or {})


class _Measure:
    """Reads each property once, over the sheets' graphs."""

    def __init__(self, store: Store, base: str) -> None:
        self._store = store
        self._bulk = Bulk(store, base)
        self._things = self._bulk.things
        self._types = self._values(terms.TYPE)
        self._statements = self._instances(terms.STATEMENT)
        self._findings = self._instances(terms.FINDING)
        self._entities = self._find_entities()

    def run(self, manifest: Mapping[str, Any]) -> Quality:
        return Quality(
            quads=self._bulk.count(),
            things=self._by_class(self._things),
            statements=self._by_class(self._statements),
            documents=tuple(self._documents()),
            passages=self._passages(manifest),
            hedges=self._hedges(),
            mappings=tuple(self._mappings()),
            gaps=tuple(gap for gap in self._gaps() if gap.of),
        )

    def _values(self, predicate: NamedNode) -> dict[Term, set[Term]]:
        """Subject → its values of a property, as the sheets have it."""
        found: defaultdict[Term, set[Term]] = defaultdict(set)
        for subject, value in self._bulk.values(predicate):
            found[subject].add(value)
        return found

    def _classes(self, top: NamedNode) -> set[Term]:
        """A class and all below it, in the ontology as it is in the store."""
        found: set[Term] = set()
        todo: list[Any] = [top]
        while todo:
            class_ = todo.pop()
            if class_ not in found:
                found.add(class_)
                below = self._store.quads_for_pattern(None, terms.SUBCLASS_OF, class_)
                todo += [quad.subject for quad in below]
        return found

    def _instances(self, top: NamedNode) -> set[Term]:
        classes = self._classes(top)
        return {node for node, types in self._types.items() if types & classes}

    def _find_entities(self) -> set[Term]:
        """What statements speak of; without such a class, the classes that anything refers to."""
        entities = self._instances(terms.SUBJECT_MATTER)
        if entities or self._statements:
            return entities
        linked = (thing for thing in self._things if terms.text_of(thing) in self._bulk.used)
        used = set[Term]().union(*(self._types[thing] for thing in linked))
        return {thing for thing in self._things if self._types.get(thing, set()) & used}

    def _item(self, node: Term) -> Item:
        label = label_of(self._store, node) if isinstance(node, NamedNode) else ""
        return Item(terms.text_of(node), label or terms.text_of(node))

    def _items(self, nodes: Iterable[Term]) -> tuple[Item, ...]:
        return tuple(sorted(map(self._item, nodes), key=lambda item: (item.label, item.iri)))

    def _counts(self, values: Iterable[Term]) -> tuple[Count, ...]:
        """How often each value comes, the most frequent first."""
        counts: defaultdict[Term, int] = defaultdict(int)
        for value in values:
            counts[value] += 1
        items = [(self._item(value), count) for value, count in counts.items()]
        found = [Count(item.iri, item.label, count) for item, count in items]
        return tuple(sorted(found, key=lambda c: (-c.count, c.label, c.iri)))

    def _by_class(self, nodes: Iterable[Term]) -> tuple[Count, ...]:
        return self._counts(class_ for node in nodes for class_ in self._types.get(node, ()))

    def _documents(self) -> Iterator[Document]:
        sources, numbers = self._values(terms.HAS_SOURCE), self._values(terms.PARAGRAPH)
        said: defaultdict[Term, set[tuple[Term, Term]]] = defaultdict(set)
        for node, passages in self._values(terms.HAS_PASSAGE).items():
            for passage in passages if node in self._statements else ():
                for document in sources.get(passage, ()):
                    said[document].add((node, passage))
        documents = self._instances(terms.DOCUMENT) | set(said)
        for item in self._items(documents):
            pairs = said.get(NamedNode(item.iri), set())
            paragraphs: defaultdict[int, set[Term]] = defaultdict(set)
            for node, passage in pairs:
                for number in numbers.get(passage, ()):
                    if terms.text_of(number).isdecimal():
                        paragraphs[int(terms.text_of(number))].add(node)
            yield Document(
                item.iri,
                item.label,
                statements=len({node for node, _ in pairs}),
                passages=len({passage for _, passage in pairs}),
                paragraphs=tuple(sorted((n, len(nodes)) for n, nodes in paragraphs.items())),
                silent=_silent(set(paragraphs)),
            )

    def _passages(self, manifest: Mapping[str, Any]) -> Passages:
        total = len(self._values(terms.HAS_SOURCE))
        counts = manifest.get("summary", {}).get("passages", {})
        checked, wrong = int(counts.get("checked", 0)), int(counts.get("wrong", 0))
        return Passages(total, checked, wrong, int(counts.get("not_checked", total - checked)))

    def _hedges(self) -> tuple[Count, ...]:
        values = self._values(terms.HEDGE).values()
        return self._counts(hedge for hedges in values for hedge in hedges)

    def _mappings(self) -> Iterator[Mapped]:
        mapped = {node for predicate in _MAPPINGS for node in self._values(predicate)}
        for class_ in self._by_class(self._entities):
            members = {e for e in self._entities if NamedNode(class_.iri) in self._types[e]}
            unmapped = self._items(members - mapped)
            yield Mapped(class_.iri, class_.label, len(members), unmapped)

    def _gaps(self) -> Iterator[Gap]:
        def gap(name: str, title: str, of: set[Term], have: Iterable[Term]) -> Gap:
            return Gap(name, title, len(of), self._items(of - set(have)))

        rated = self._values(terms.CERTAINTY)
        may_be_rated = self._findings | self._instances(terms.HYPOTHESIS) | set(rated)
        good = [node for node, values in rated.items() if values - {NamedNode(_NOT_RATED)}]
        yield gap("certainty", "Certainty not rated", may_be_rated, good)
        numbers = {*self._values(terms.P_VALUE), *self._values(terms.P_VALUE_BELOW)}
        yield gap("p-value", "Findings without a P-value", self._findings, numbers)
        told = self._values(terms.SIGNIFICANCE).items()
        good = [node for node, values in told if values - {NamedNode(_NO_SIGNIFICANCE)}]
        yield gap("significance", "Findings whose significance is not told", self._findings, good)
        studies = self._instances(terms.STUDY)
        published = self._values(terms.PUBLICATION)
        yield gap("publication", "Studies without a publication", studies, published)
        used = {entity for entity in self._entities if terms.text_of(entity) in self._bulk.used}
        yield gap("use", "Entities that nothing refers to", self._entities, used)
        defined = self._values(terms.DEFINITION)
        yield gap("definition", "Entities without a definition", self._entities, defined)
        labelled = {*self._values(terms.PREF_LABEL), *self._values(terms.LABEL)}
        live = self._things - set(self._values(terms.DEPRECATED))
        yield gap("label", "Things without a label", live, labelled)
        vocabulary = self._vocabulary()
        explained = {
            term
            for term in vocabulary
            for predicate in (terms.DEFINITION, terms.COMMENT)
            if any(self._store.quads_for_pattern(term, predicate, None))  # type: ignore[arg-type]
        }
        title = "Terms of the ontology without a definition"
        yield gap("ontology", title, vocabulary, explained)

    def _vocabulary(self) -> set[Term]:
        """The classes, properties and closed values that the ontology has of its own.

        A union of classes, say, is a class to OWL, but only part of how another term is described.
        """
        tops = self._store.quads_for_pattern(None, terms.TYPE, NamedNode(terms.OWL + "Ontology"))
        spaces = tuple(f"{terms.text_of(q.subject)}{end}" for q in tops for end in "#/")
        found = [
            quad
            for kind in _ONTOLOGY_TERMS
            for quad in self._store.quads_for_pattern(None, terms.TYPE, kind)
            if terms.text_of(quad.subject).startswith(spaces)
        ]
        graphs = {quad.graph_name for quad in found}
        pattern = self._store.quads_for_pattern
        parts = expressions(q for graph in graphs for q in pattern(None, None, None, graph))
        return {quad.subject for quad in found if quad.subject not in parts}


def _silent(paragraphs: set[int]) -> tuple[int, ...]:
    """The paragraphs before the last one that none of these are; a far-off last one is a slip."""
    last = max(paragraphs, default=0)
    return tuple(n for n in range(1, min(last, 10_000)) if n not in paragraphs)
