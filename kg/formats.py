"""One table of formats: name, extension, media type, reader and writer.

`RDF_FORMATS` holds the ways to write a graph, `RESULT_FORMATS` those for the answers of a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat


@dataclass(frozen=True, slots=True)
class GraphFormat:
    """A serialization of RDF. `datasets` says whether it can carry named graphs."""

    name: str
    title: str
    extension: str
    media_type: str
    rdf: RdfFormat
    datasets: bool = False


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """A serialization of the solutions of a SELECT query, or of the answer to an ASK query."""

    name: str
    extension: str
    media_type: str
    results: QueryResultsFormat


RDF_FORMATS: Final = {
    f.name: f
    for f in (
        GraphFormat("turtle", "Turtle", "ttl", "text/turtle", RdfFormat.TURTLE),
        GraphFormat(
            "jsonld", "JSON-LD", "jsonld", "application/ld+json", RdfFormat.JSON_LD, datasets=True
        ),
        GraphFormat("ntriples", "N-Triples", "nt", "application/n-triples", RdfFormat.N_TRIPLES),
        GraphFormat(
            "nquads", "N-Quads", "nq", "application/n-quads", RdfFormat.N_QUADS, datasets=True
        ),
        GraphFormat("trig", "TriG", "trig", "application/trig", RdfFormat.TRIG, datasets=True),
        GraphFormat("rdfxml", "RDF/XML", "rdf", "application/rdf+xml", RdfFormat.RDF_XML),
    )
}

RESULT_FORMATS: Final = {
    f.name: f
    for f in (
        ResultFormat("csv", "csv", "text/csv", QueryResultsFormat.CSV),
        ResultFormat("tsv", "tsv", "text/tab-separated-values", QueryResultsFormat.TSV),
        ResultFormat("json", "srj", "application/sparql-results+json", QueryResultsFormat.JSON),
        ResultFormat("xml", "srx", "application/sparql-results+xml", QueryResultsFormat.XML),
    )
}
