"""The project's ontology as data: its quads, and what the compiler needs to know of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from kg import terms
from kg.blank import BlankNodeError, name_blank_nodes
from kg.errors import ConfigError

_ONTOLOGY = NamedNode(terms.OWL + "Ontology")


@dataclass(frozen=True)
class Ontology:
    """Every Turtle file of the ontology folder, read.

    `iri` is the ontology's IRI (of several the first by file), and the name of its graph in the
    store; `quads` are that graph, canonical, blank nodes named; `triples` are as written.
    """

    iri: str
    quads: tuple[Quad, ...]
    triples: tuple[Quad, ...]

    @cached_property
    def known(self) -> frozenset[str]:
        """The IRIs of all that the ontology describes."""
        return frozenset(q.subject.value for q in self.triples if isinstance(q.subject, NamedNode))

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The IRIs of all ontologies in the folder: a project may have terms of its own."""
        found = {q.subject for q in self.triples if q.object == _ONTOLOGY}
        return tuple(sorted(node.value for node in found if isinstance(node, NamedNode)))

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces in which the ontology has the last word on what exists."""
        ends = [header + end for header in self.headers for end in "#/"]
        return tuple(end for end in ends if any(iri.startswith(end) for iri in self.known))

    @cached_property
    def ranges(self) -> dict[str, str]:
        """Property → the one named class that is its range (RDFS entailment rule rdfs3)."""
        found: defaultdict[str, list[object]] = defaultdict(list)
        for quad in self.triples:
            if quad.predicate == terms.RANGE and isinstance(quad.subject, NamedNode):
                found[quad.subject.value].append(quad.object)
        single = {iri: ranges[0] for iri, ranges in found.items() if len(ranges) == 1}
        return {iri: named.value for iri, named in single.items() if isinstance(named, NamedNode)}

    def subclasses(self, class_: NamedNode) -> frozenset[str]:
        """The IRIs of a class and of all below it."""
        below: defaultdict[str, set[str]] = defaultdict(set)
        for quad in self.triples:
            named = isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
            if quad.predicate == terms.SUBCLASS_OF and named:
                below[terms.text_of(quad.object)].add(terms.text_of(quad.subject))
        found: set[str] = set()
        todo = [class_.value]
        while todo:
            iri = todo.pop()
            if iri not in found:
                found.add(iri)
                todo.extend(below[iri])
        return frozenset(found)

    def foreign_to(self, iri: str) -> bool:
        """Whether `iri` is in a namespace of the ontology without being a term of it."""
        return iri.startswith(self.namespaces) and iri not in self.known


def load_ontology(folder: Path) -> Ontology:
    """Read every `.ttl` of the folder; raises `ConfigError` for one that cannot be read.

    Its blank nodes (lists, class expressions) get names as those of data do, so that the graph
    reads the same wherever it is written.
    """
    triples = read_turtle_folder(folder, "ontology")
    header = next((t.subject for t in triples if t.object == _ONTOLOGY), None)
    if not isinstance(header, NamedNode):
        raise ConfigError(f"{folder}: no ontology there: a Turtle file must declare owl:Ontology")
    try:
        quads = canonical(name_blank_nodes(triples, header.value))
    except BlankNodeError as error:
        raise ConfigError(f"{folder}: {error}") from error
    return Ontology(header.value, tuple(quads), tuple(triples))


def read_turtle_folder(folder: Path, what: str) -> list[Quad]:
    """All triples of the `.ttl` files of a folder, by file name; raises `ConfigError`."""
    triples: list[Quad] = []
    files = sorted(folder.glob("*.ttl")) if folder.is_dir() else []
    if not files:
        raise ConfigError(f"{folder}: no {what} there: it must hold Turtle files (.ttl)")
    for file in files:
        try:
            # One store's worth of blank node names per file, so that files cannot share any.
            triples += parse(path=file, format=RdfFormat.TURTLE, rename_blank_nodes=True)
        except (OSError, SyntaxError) as error:
            raise ConfigError(f"{file}: {error}") from error
    return triples


def canonical(quads: list[Quad]) -> list[Quad]:
    """The quads as the store writes them, sorted, each once.

    The store rewrites literals it understands (`"0.030"` becomes `0.03`); passing through one here
    makes data, dumps and store agree to the byte by construction.
    """
    store = Store()
    store.extend(quads)
    return sorted(store, key=str)
