"""Stock queries as RDF: `sh:SPARQLExecutable`, with prefixes by `sh:declare`.

The convention of the SPARQL examples of the SIB Swiss Institute of Bioinformatics, so that editors
that know it list the queries of an endpoint and complete their prefixes.
"""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.catalogue import StockQuery
from kg.downloads import Material
from kg.dumps.layout import Layout
from kg.metadata.triples import Triples

_PROLOGUE: Final = re.compile(
    r"(?:\s|#[^\n]*(?:\n|$)|BASE\s*<[^>]*>|PREFIX\s*[^\s:<]*:\s*<[^>]*>)*", re.IGNORECASE
)
_FORMS: Final = {
    "select": ("SPARQLSelectExecutable", terms.SH + "select"),
    "ask": ("SPARQLAskExecutable", terms.SH + "ask"),
    "construct": ("SPARQLConstructExecutable", terms.SH + "construct"),
    # SHACL has none for DESCRIBE; the convention has its own.
    "describe": ("", "https://purl.expasy.org/sparql-examples/ontology#describe"),
}


def describe_queries(said: Triples, material: Material) -> None:
    """Say of every stock query what it answers, how it is written, and where it may be asked."""
    prefixes = said.node("prefixes")
    endpoint = NamedNode(material.project.url + "sparql")
    for name, query in sorted(material.queries.items()):
        form = query_form(query.text)
        if not form:
            continue
        class_, predicate = _FORMS[form]
        node = NamedNode(f"{material.project.base}queries/{_segment(name)}")
        said.a(node, *(terms.SH + c for c in ("SPARQLExecutable", class_) if c))
        said.say(
            node,
            {
                # No label: data alone has names to find things by.
                terms.TITLE.value: said.text(query.title),
                terms.RDFS + "comment": said.text(_comment(query)),
                terms.SH + "prefixes": prefixes,
                predicate: Literal(query.text),
                terms.SCHEMA + "target": endpoint,
                terms.SCHEMA + "keywords": [Literal(tag) for tag in query.tags],
            },
        )
    _say_prefixes(said, prefixes, Layout.of(material.context).prefixes)


def query_form(text: str) -> str:
    r"""What kind of query a text is: select, ask, construct or describe; '' for none of these.

    >>> query_form("# all\nPREFIX select: <urn:x> ASK { ?s ?p ?o }")
    'ask'
    """
    prologue = _PROLOGUE.match(text)
    word = re.match(r"[A-Za-z]*", text[prologue.end() if prologue else 0 :])
    form = word[0].lower() if word else ""
    return form if form in _FORMS else ""


def _comment(query: StockQuery) -> str:
    return f"{query.title.rstrip('.')}. {query.description}"


def _segment(name: str) -> str:
    """The name of a query as a segment of an IRI."""
    return re.sub(r"[^A-Za-z0-9._~-]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), name)


def _say_prefixes(said: Triples, node: NamedNode, prefixes: dict[str, str]) -> None:
    said.a(node, terms.OWL + "Ontology")
    for prefix, namespace in sorted(prefixes.items()):
        declared = said.node("prefixes", prefix)
        said.say(node, {terms.SH + "declare": declared})
        said.a(declared, terms.SH + "PrefixDeclaration")
        space = Literal(namespace, datatype=NamedNode(terms.XSD + "anyURI"))
        said.say(declared, {terms.SH + "prefix": Literal(prefix), terms.SH + "namespace": space})
