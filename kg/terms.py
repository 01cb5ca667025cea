"""Namespaces and the terms that the code itself needs to know.

Everything else about the model lives in `ontology/`: a term is listed here only when a module
reads or writes it.
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

LE: Final = "https://w3id.org/linked-evidence/ontology#"
SHAPES: Final = "https://w3id.org/linked-evidence/shapes#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
PROV: Final = "http://www.w3.org/ns/prov#"
OA: Final = "http://www.w3.org/ns/oa#"
SH: Final = "http://www.w3.org/ns/shacl#"
VOID: Final = "http://rdfs.org/ns/void#"
SCHEMA: Final = "https://schema.org/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
SPDX: Final = "http://spdx.org/rdf/terms#"

TYPE: Final = NamedNode(RDF + "type")
SUBCLASS_OF: Final = NamedNode(RDFS + "subClassOf")
RANGE: Final = NamedNode(RDFS + "range")
LABEL: Final = NamedNode(RDFS + "label")
PREF_LABEL: Final = NamedNode(SKOS + "prefLabel")
EXACT_MATCH: Final = NamedNode(SKOS + "exactMatch")
ALT_LABEL: Final = NamedNode(SKOS + "altLabel")
DEFINITION: Final = NamedNode(SKOS + "definition")
NOTE: Final = NamedNode(SKOS + "note")
COMMENT: Final = NamedNode(RDFS + "comment")
DEPRECATED: Final = NamedNode(OWL + "deprecated")
REPLACED_BY: Final = NamedNode(DCTERMS + "isReplacedBy")

STATEMENT: Final = NamedNode(LE + "Statement")
FINDING: Final = NamedNode(LE + "Finding")
SUBJECT_MATTER: Final = NamedNode(LE + "Entity")
STUDY: Final = NamedNode(LE + "Study")
HYPOTHESIS: Final = NamedNode(LE + "Hypothesis")
PASSAGE: Final = NamedNode(LE + "Passage")
DOCUMENT: Final = NamedNode(LE + "Document")
SHA256: Final = NamedNode(LE + "sha256")
FILE_NAME: Final = NamedNode(LE + "fileName")
HEDGE: Final = NamedNode(LE + "hedge")
HAS_PASSAGE: Final = NamedNode(LE + "passage")
PARAGRAPH: Final = NamedNode(LE + "paragraph")
REPORTED: Final = NamedNode(LE + "reported")
P_VALUE: Final = NamedNode(LE + "pValue")
P_VALUE_BELOW: Final = NamedNode(LE + "pValueBelow")
SIGNIFICANCE: Final = NamedNode(LE + "significance")
CERTAINTY: Final = NamedNode(LE + "certainty")
PUBLICATION: Final = NamedNode(LE + "publication")
GIVEN: Final = NamedNode(LE + "given")
CONTAINS: Final = NamedNode(LE + "contains")
HAS_SOURCE: Final = NamedNode(OA + "hasSource")
HAS_SELECTOR: Final = NamedNode(OA + "hasSelector")
START: Final = NamedNode(OA + "start")
END: Final = NamedNode(OA + "end")

DATASET: Final = NamedNode(VOID + "Dataset")
URI_SPACE: Final = NamedNode(VOID + "uriSpace")
TITLE: Final = NamedNode(DCTERMS + "title")
PRIMARY_TOPIC: Final = NamedNode(FOAF + "primaryTopic")
LICENSE: Final = NamedNode(DCTERMS + "license")
ENTITY: Final = NamedNode(PROV + "Entity")
SOFTWARE_AGENT: Final = NamedNode(PROV + "SoftwareAgent")
DERIVED_FROM: Final = NamedNode(PROV + "wasDerivedFrom")
ATTRIBUTED_TO: Final = NamedNode(PROV + "wasAttributedTo")
SOFTWARE_VERSION: Final = NamedNode(SCHEMA + "softwareVersion")


def text_of(term: NamedNode | BlankNode | Literal | Triple) -> str:
    """The IRI, the lexical form, the label of a blank node; a triple term as N-Triples writes it.

    >>> text_of(Literal("0.03"))
    '0.03'
    """
    return str(term) if isinstance(term, Triple) else term.value
