"""The files of a release: dumps of the facts, tables, the ontology, vocabularies and shapes.

The same facts give the same bytes, compressed ones included. A format that cannot hold the facts
is left out, and a note says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pyoxigraph import BlankNode, NamedNode, Quad

from kg import terms
from kg.blank import BlankNodeError, name_blank_nodes
from kg.catalogue import StockQuery, load_catalogue
from kg.context import Context
from kg.downloads.csvw import FILE_NAME as CSV_METADATA
from kg.downloads.csvw import describe_tables
from kg.downloads.facts import Facts
from kg.downloads.folder import SUMS, File, Folder, read_sums
from kg.downloads.tables import Table, make_tables
from kg.dumps import dump
from kg.errors import ConfigError, KgError, Problem, Severity
from kg.formats import RDF_FORMATS, GraphFormat
from kg.ontology import Ontology, read_turtle_folder
from kg.project import Project
from kg.stats import Stats
from kg.things import is_data_graph

__all__ = [
    "CSV_METADATA", "SUMS", "Facts", "File", "Folder", "Material", "facts_of", "gather",
    "read_sums", "write_downloads",
]  # fmt: skip

_VOCABULARY_FORMATS: Final = ("turtle", "jsonld")
_CONCEPTS: Final = {terms.SKOS + "Concept", terms.SKOS + "ConceptScheme"}


@dataclass(frozen=True)
class Material:
    """What a release is made of: what all sheets say, the vocabulary, shapes and queries.

    `digest` is that of facts and ontology together; without a version it stands for one.
    """

    project: Project
    context: Context
    ontology: Ontology
    facts: Facts
    shapes: tuple[Quad, ...]
    queries: Mapping[str, StockQuery]
    digest: str

    @property
    def version(self) -> str:
        """The project's version, else the start of the digest."""
        return self.project.version or self.digest[:12]

    @property
    def title(self) -> str:
        """The project's title, else its base."""
        return self.project.title or self.project.base

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that the context has prefixes for."""
        return tuple(self.context.prefixes.values())

    @property
    def stats(self) -> Stats:
        """The counts of the facts."""
        return self.facts.stats

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The facts as tables; none where there are too many to hold in memory."""
        if self.facts.are_many:
            return ()
        return tuple(make_tables(self.facts, self.ontology, self.context))


def gather(
    project: Project, context: Context, ontology: Ontology, facts: Facts, digest: str
) -> Material:
    """The material of a release; raises `ConfigError` for shapes or queries that are not usable."""
    shapes = read_turtle_folder(project.shapes, "shapes")
    try:
        labelled = relabelled(shapes, name_blank_nodes(shapes, project.base))
    except BlankNodeError as error:
        raise ConfigError(f"{project.shapes}: {error}") from error
    queries = load_catalogue(project.queries)
    return Material(project, context, ontology, facts, tuple(labelled), queries, digest)


def relabelled(written: Iterable[Quad], named: Iterable[Quad]) -> list[Quad]:
    """Quads with their blank nodes again, whose labels depend on nothing but what they say.

    In SHACL and in OWL it counts whether a node is blank: a path that is an IRI is a property.
    """
    nodes = [{t for q in quads for t in (q.subject, q.object)} for quads in (written, named)]
    added = sorted(terms.text_of(t) for t in nodes[1] - nodes[0] if isinstance(t, NamedNode))
    labels: dict[Any, BlankNode] = {
        NamedNode(iri): BlankNode(f"b{number}") for number, iri in enumerate(added)
    }
    return [
        Quad(labels.get(q.subject, q.subject), q.predicate, labels.get(q.object, q.object))
        for q in named
    ]


def facts_of(quads: Iterable[Quad], base: str) -> list[Quad]:
    """Those of a release's quads that sheets say: neither ontology nor metadata.

    >>> from pyoxigraph import NamedNode
    >>> graphs = [NamedNode(f"https://example.org/{end}") for end in ("graph/a", "ontology", "")]
    >>> quads = [Quad(graph, terms.TYPE, terms.ENTITY, graph) for graph in graphs]
    >>> [quad.graph_name.value for quad in facts_of(quads, "https://example.org/")]
    ['https://example.org/graph/a']
    """
    return [quad for quad in quads if is_data_graph(quad.graph_name, base)]


def write_downloads(folder: Folder, material: Material) -> list[Problem]:
    """Write all files that say something of the facts; give a note for each that cannot be.

    Of facts too many for memory there is one dump, compressed N-Quads, and no table.
    """
    notes = []
    if material.facts.are_many:
        notes.append(_write_one_dump(folder, material))
    else:
        facts = list(material.facts)
        for format_ in RDF_FORMATS.values():
            notes += _write_dump(folder, "graph", "The graph", facts, format_, material)
    for table in material.tables:
        folder.add(table.file_name, table.csv(), f"Table: {table.title}", "text/csv", "tables")
    if material.tables:
        data = describe_tables(material.tables, material.title)
        folder.add(CSV_METADATA, data, "What the tables hold", "application/csvm+json", "tables")
    ontology = relabelled(material.ontology.triples, material.ontology.quads)
    types = [quad for quad in ontology if quad.predicate == terms.TYPE]
    concepts = {quad.subject for quad in types if terms.text_of(quad.object) in _CONCEPTS}
    parts: dict[str, tuple[str, Iterable[Quad]]] = {
        "ontology": ("The ontology", ontology),
        "vocabularies": ("Its vocabularies", [q for q in ontology if q.subject in concepts]),
        "shapes": ("The shapes", material.shapes),
    }
    for part, (title, quads) in parts.items():
        for name in _VOCABULARY_FORMATS if quads else ():
            notes += _write_dump(folder, part, title, quads, RDF_FORMATS[name], material)
    return notes


def _write_one_dump(folder: Folder, material: Material) -> Problem:
    format_ = RDF_FORMATS["nquads"]
    title = f"The graph as {format_.title}, compressed"
    lines = material.facts.lines()
    file = folder.add_packed_lines(f"graph.{format_.extension}", lines, title, "graph")
    message = (
        f"the graph has {material.stats.quads:,} quads, too many for tables and for dumps other "
        f"than {file.name}; `kg export --facts --format` and `kg query --format csv` write any"
    )
    return Problem("-", 0, 0, message, "not-written", Severity.INFO)


def _write_dump(
    folder: Folder,
    part: str,
    title: str,
    quads: Iterable[Quad],
    format_: GraphFormat,
    material: Material,
) -> list[Problem]:
    name = f"{part}.{format_.extension}"
    try:
        data = dump(quads, format_, material.context)
    except KgError as error:
        message = f"{name} is left out: {error}"
        return [Problem("-", 0, 0, message, "not-written", Severity.INFO)]
    file = folder.add(name, data, f"{title} as {format_.title}", format_.media_type, part)
    if part == "graph":
        folder.add_compressed(file, data)
    return []
