"""What the SPARQL endpoint says of itself, as RDF.

https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.project import Project

_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS: Final = "http://www.w3.org/ns/formats/"
PREFIXES: Final = {"sd": _SD, "formats": _FORMATS, "void": terms.VOID}
# How many triples each graph has, and how many they have together: the row without a graph.
COUNTS: Final = """
SELECT ?graph ?triples {
  { SELECT ?graph (COUNT(*) AS ?triples) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph }
  UNION
  { SELECT (COUNT(*) AS ?triples) { { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } } } }
} ORDER BY ?graph
"""
_RESULTS: Final = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "JSON-LD", "RDF_XML", "TriG", "N-Quads",
)  # fmt: skip


def describe_service(project: Project, counts: bytes, services: tuple[str, ...]) -> list[Quad]:
    """The description, from the answer to `COUNTS` as SPARQL JSON results.

    `services` are the endpoints that a query may ask in turn.
    """
    return list(_describe(f"{project.url}sparql", counts, bool(services)))


def _describe(service: str, counts: bytes, federates: bool) -> Iterator[Quad]:
    yield from _say(service, "type", _SD + "Service")
    yield from _say(service, "endpoint", service)
    yield from _say(service, "supportedLanguage", _SD + "SPARQL11Query")
    yield from _say(service, "feature", _SD + "UnionDefaultGraph")
    if federates:
        yield from _say(service, "feature", _SD + "BasicFederatedQuery")
    for name in _RESULTS:
        yield from _say(service, "resultFormat", _FORMATS + name)
    yield from _say(service, "defaultDataset", f"{service}#dataset")
    yield from _say(f"{service}#dataset", "type", _SD + "Dataset")
    for number, row in enumerate(json.loads(counts)["results"]["bindings"]):
        triples = row["triples"]["value"]
        if "graph" not in row:
            yield from _say(f"{service}#dataset", "defaultGraph", f"{service}#default-graph")
            yield from _graph(f"{service}#default-graph", triples)
            continue
        named = f"{service}#graph-{number}"
        yield from _say(f"{service}#dataset", "namedGraph", named)
        yield from _say(named, "type", _SD + "NamedGraph")
        yield from _say(named, "name", row["graph"]["value"])
        yield from _say(named, "graph", f"{named}-triples")
        yield from _graph(f"{named}-triples", triples)


def _graph(graph: str, triples: str) -> Iterator[Quad]:
    yield from _say(graph, "type", _SD + "Graph")
    count = Literal(triples, datatype=NamedNode(terms.XSD + "integer"))
    yield Quad(NamedNode(graph), NamedNode(terms.VOID + "triples"), count)


def _say(subject: str, name: str, value: str) -> Iterator[Quad]:
    predicate = terms.TYPE if name == "type" else NamedNode(_SD + name)
    yield Quad(NamedNode(subject), predicate, NamedNode(value))
