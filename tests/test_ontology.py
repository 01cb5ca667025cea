"""The ontology is complete, documented, OWL 2 DL and consistent; the context says the same to all.

Terms, context, closed values and shapes are written in four places, so their agreement is tested.
"""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from pyld import jsonld
from rdflib import OWL, RDF, RDFS, SKOS, XSD, BNode, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic

ROOT = Path(__file__).parent.parent
LE = Namespace("https://w3id.org/linked-evidence/ontology#")
SH = Namespace("http://www.w3.org/ns/shacl#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
BASE = "https://example.org/data/"

MAPPINGS = (
    SKOS.exactMatch,
    SKOS.closeMatch,
    SKOS.broadMatch,
    SKOS.narrowMatch,
    SKOS.relatedMatch,
)
# The vocabularies in which OWL itself is written.
SYNTAX = tuple(str(term).rpartition("#")[0] + "#" for term in (RDF.type, RDFS.label, OWL.Class))
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)


@cache
def turtle_folder(name: str) -> Graph:
    graph = Graph()
    for file in sorted((ROOT / name).glob("*.ttl")):
        graph.parse(file)
    return graph


def ontology() -> Graph:
    return turtle_folder("ontology")


def terms() -> list[URIRef]:
    """The classes and properties of the ontology's own namespace."""
    found = {term for kind in KINDS for term in ontology().subjects(RDF.type, kind)}
    return sorted(term for term in found if term.startswith(LE))


def schemes() -> list[URIRef]:
    return sorted(ontology().subjects(RDF.type, SKOS.ConceptScheme))


def concepts(scheme: URIRef) -> set[URIRef]:
    return set(ontology().subjects(SKOS.inScheme, scheme))


@cache
def context() -> dict[str, Any]:
    text = (ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)["@context"]
    return loaded


def keys() -> dict[str, dict[str, Any]]:
    """The keys of sheets, apart from prefixes and keywords, each with its term definition."""
    found = {}
    for key, value in context().items():
        definition = value if isinstance(value, dict) else {"@id": value}
        iri = str(definition.get("@id", ""))
        if not key.startswith("@") and not iri.startswith("@") and iri[-1:] not in {"#", "/", "_"}:
            found[key] = {**definition, "@id": expanded(iri)}
    return found


def expanded(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return str(context()[prefix]) + name


# Completeness


def test_header() -> None:
    (header,) = ontology().subjects(RDF.type, OWL.Ontology)
    assert header == URIRef(LE.removesuffix("#"))
    version = ontology().value(header, OWL.versionInfo)
    assert ontology().value(header, OWL.versionIRI) == URIRef(f"{header}/{version}")
    license_ = URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert ontology().value(header, DCTERMS.license) == license_
    for personal in (DCTERMS.creator, DCTERMS.contributor, DCTERMS.publisher):
        assert (None, personal, None) not in ontology()


def test_context_and_ontology_have_the_same_terms() -> None:
    in_context = {d["@id"] for d in keys().values() if d["@id"].startswith(LE)}
    assert in_context == {str(term) for term in terms()}


def test_context_and_ontology_agree_on_what_a_property_holds() -> None:
    """A key with references or closed values is an object property; one with text is not."""
    for key, definition in keys().items():
        term = URIRef(definition["@id"])
        if term.startswith(LE) and not key[0].isupper():
            refers = definition.get("@type") in {"@id", "@vocab"}
            kind = OWL.ObjectProperty if refers else OWL.DatatypeProperty
            assert (term, RDF.type, kind) in ontology(), key


def test_every_term_of_other_vocabularies_in_the_context_is_declared() -> None:
    for key, definition in keys().items():
        kinds = set(ontology().objects(URIRef(definition["@id"]), RDF.type))
        assert len(kinds & set(KINDS)) == 1, key


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.removeprefix(LE))
def test_term_is_documented_and_mapped(term: URIRef) -> None:
    """One label, one definition, an example; a mapping, or a note that there is none."""
    for property_ in (RDFS.label, SKOS.definition):
        (text,) = ontology().objects(term, property_)
        assert text.language == "en"
    examples = list(ontology().objects(term, SKOS.example))
    assert examples
    assert all(example.language == "en" for example in examples)
    mapped = any((term, mapping, None) in ontology() for mapping in MAPPINGS)
    note = str(ontology().value(term, SKOS.editorialNote) or "")
    assert mapped != note.startswith("No mapping: ")


def test_examples_of_properties_are_lines_of_a_sheet() -> None:
    """The example of a property starts with a key that the context maps to that property."""
    for term in terms():
        if (term, RDF.type, OWL.Class) not in ontology():
            key, separator, _ = str(ontology().value(term, SKOS.example)).partition(": ")
            assert separator
            assert keys()[key]["@id"] == str(term)


def test_every_term_is_used_by_a_shape_a_query_or_a_fact() -> None:
    used = {str(node) for triple in turtle_folder("shapes") for node in triple}
    for query in (ROOT / "queries").glob("**/*.rq"):
        used |= {LE + name for name in re.findall(r"\ble:(\w+)", query.read_text("utf-8"))}
    for sheet in (ROOT / "facts").glob("**/*.yaml"):
        text = sheet.read_text("utf-8")
        written = {*re.findall(r"^[ -]*(\w+):", text, re.M), *re.findall(r"type: (\w+)", text)}
        used |= {keys()[name]["@id"] for name in written & set(keys())}
    assert [term for term in terms() if str(term) not in used] == []


# Closed values


def test_schemes_and_concepts_are_documented() -> None:
    assert schemes()
    for scheme in schemes():
        assert concepts(scheme)
        for node in {scheme, *concepts(scheme)}:
            for property_ in (SKOS.prefLabel, SKOS.definition):
                (text,) = ontology().objects(node, property_)
                assert text.language == "en"
        assert concepts(scheme) == set(ontology().subjects(SKOS.topConceptOf, scheme))
    every = set(ontology().subjects(RDF.type, SKOS.Concept))
    assert every == {concept for scheme in schemes() for concept in concepts(scheme)}


def closed_properties() -> list[tuple[URIRef, URIRef]]:
    """Each property with closed values and the scheme that its rdfs:seeAlso names."""
    found = [(p, s) for p, s in ontology().subject_objects(RDFS.seeAlso) if s in schemes()]
    assert {scheme for _, scheme in found} == set(schemes())
    return sorted(found)


def test_closed_values_are_the_same_in_ontology_context_and_shapes() -> None:
    scoped = {d["@id"]: d for d in keys().values() if d.get("@type") == "@vocab"}
    assert set(scoped) == {str(property_) for property_, _ in closed_properties()}
    for property_, scheme in closed_properties():
        vocabulary = scoped[str(property_)]["@context"]["@vocab"]
        assert all(concept.startswith(vocabulary) for concept in concepts(scheme))
        shapes = turtle_folder("shapes")
        lists = [
            set(Collection(shapes, values))
            for shape in shapes.subjects(SH.path, property_)
            if isinstance(shape, URIRef)
            for values in shapes.objects(shape, SH["in"])
        ]
        assert lists
        assert all(values == concepts(scheme) for values in lists), property_


def test_hedges_are_ranked() -> None:
    ranks = {
        str(concept).rpartition("-")[2]: ontology().value(concept, SKOS.notation)
        for concept in concepts(LE.HedgeScheme)
    }
    order = ["unresolved", "theoretical", "possible", "qualified", "asserted"]
    assert ranks == {name: Literal(rank) for rank, name in enumerate(order, 1)}


# The context in three readers


def every_key() -> dict[str, Any]:
    """A document that uses every key, and every closed value of each."""
    samples = {
        "xsd:integer": "82",
        "xsd:decimal": "0.5",
        "xsd:boolean": "true",
        "xsd:gYear": "2022",
        "xsd:duration": "P1M",
    }
    by_property = dict(closed_properties())
    node: dict[str, Any] = {"id": "a/node", "type": sorted(k for k in keys() if k[0].isupper())}
    for key, definition in keys().items():
        type_ = definition.get("@type")
        if key[0].isupper():
            continue
        if type_ == "@vocab":
            vocabulary = definition["@context"]["@vocab"]
            values = concepts(by_property[URIRef(definition["@id"])])
            node[key] = sorted(concept.removeprefix(vocabulary) for concept in values)
        elif type_ == "@id":
            node[key] = ["another/node", "CHEBI:25107", "MESH:D008274"]
        else:
            node[key] = samples[type_] if type_ else ["some text", "other text"]
    return {"@context": [{"@base": BASE}, context()], "@graph": [node]}


def read_by_pyoxigraph(text: str) -> Graph:
    quads = pyoxigraph.parse(text, pyoxigraph.RdfFormat.JSON_LD)
    triples = "".join(f"{quad.triple} .\n" for quad in quads)
    return Graph().parse(data=triples, format="nt")


def read_by_rdflib(text: str) -> Graph:
    return Graph().parse(data=text, format="json-ld")


def read_by_pyld(text: str) -> Graph:
    quads = jsonld.to_rdf(json.loads(text), {"format": "application/n-quads"})
    data = Dataset()
    data.parse(data=quads, format="nquads")
    graph = Graph()
    for subject, predicate, object_, _ in data.quads():
        graph.add((subject, predicate, object_))
    return graph


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_context_means_the_same_to_every_reader() -> None:
    text = json.dumps(every_key())
    reference = read_by_pyoxigraph(text)
    node = URIRef(BASE + "a/node")
    for key, definition in keys().items():
        if not key[0].isupper():
            assert (node, URIRef(definition["@id"]), None) in reference, key
    for property_, scheme in closed_properties():
        assert set(reference.objects(node, property_)) == concepts(scheme)
    assert (
        node,
        SKOS.exactMatch,
        URIRef("http://purl.obolibrary.org/obo/CHEBI_25107"),
    ) in reference
    assert isomorphic(reference, read_by_rdflib(text))
    assert isomorphic(reference, read_by_pyld(text))


# OWL 2 DL

BUILT_IN_ANNOTATIONS = {
    *(RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy),
    *(OWL.versionInfo, OWL.deprecated),
}
# Datatypes of the OWL 2 datatype map that this ontology may need (OWL 2 Syntax, section 4).
OWL_DATATYPES = {XSD.string, XSD.integer, XSD.decimal, XSD.boolean, XSD.anyURI, RDFS.Literal}


def test_every_property_that_the_ontology_uses_is_declared_once() -> None:
    """OWL 2 DL: what a triple says must follow from declarations, and kinds must not overlap."""
    for predicate in set(ontology().predicates()) - BUILT_IN_ANNOTATIONS:
        if not str(predicate).startswith(SYNTAX):
            assert set(ontology().objects(predicate, RDF.type)) & set(KINDS[1:]), predicate
    for term in {s for kind in KINDS for s in ontology().subjects(RDF.type, kind)}:
        declared = list(ontology().objects(term, RDF.type))
        assert isinstance(term, BNode) or len(declared) == 1, term


def test_classes_and_properties_are_annotated_only() -> None:
    """A class or property must not be the subject of an object or datatype property."""
    for term in terms():
        for predicate in ontology().predicates(term):
            if not str(predicate).startswith(SYNTAX):
                assert (predicate, RDF.type, OWL.AnnotationProperty) in ontology()


def test_domains_and_ranges_are_classes_and_datatypes() -> None:
    classes = set(ontology().subjects(RDF.type, OWL.Class))
    for property_ in ontology().subjects(RDF.type, OWL.ObjectProperty):
        for axiom in (RDFS.domain, RDFS.range):
            assert set(ontology().objects(property_, axiom)) <= classes
    for property_ in ontology().subjects(RDF.type, OWL.DatatypeProperty):
        assert set(ontology().objects(property_, RDFS.range)) <= OWL_DATATYPES
        assert set(ontology().objects(property_, RDFS.domain)) <= classes


@pytest.mark.parametrize("name", ["passage", "threshold", "dose", "quantity", "arm"])
def test_nested_nodes_get_their_type_from_the_range(name: str) -> None:
    """Sheets leave the type out there, so the range must be one named class."""
    (range_,) = ontology().objects(LE[name], RDFS.range)
    assert isinstance(range_, URIRef)
    assert (range_, RDF.type, OWL.Class) in ontology()


def reason(graph: Graph) -> list[str]:
    """The classes that HermiT finds unsatisfiable; raises when the graph is inconsistent.

    HermiT knows neither xsd:gYear nor xsd:duration, which no class of the ontology depends on.
    """
    if shutil.which("java") is None:
        pytest.skip("HermiT needs Java, and there is no java on the path: consistency NOT checked")
    owlready2 = pytest.importorskip("owlready2")
    world = owlready2.World()
    triples = graph.serialize(format="nt").encode()
    world.get_ontology(BASE).load(fileobj=BytesIO(triples))
    owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    return [str(class_) for class_ in world.inconsistent_classes()]


@pytest.mark.filterwarnings("default")
def test_ontology_is_consistent_with_an_example_of_everything() -> None:
    example = ROOT / "tests" / "shape_examples" / "passing.ttl"
    assert reason(ontology() + Graph().parse(example)) == []


@pytest.mark.filterwarnings("default")
def test_reasoner_finds_a_contradiction() -> None:
    """A document with an outcome would be a Finding or a Hypothesis, and can be neither."""
    import owlready2

    data = Graph()
    data.add((URIRef(BASE + "x"), RDF.type, LE.Document))
    data.add((URIRef(BASE + "x"), LE.outcome, URIRef(BASE + "y")))
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reason(ontology() + data)


# The page about it


def test_the_page_names_every_class_scheme_and_closed_value() -> None:
    """docs/ontology.md has tables for readers; the long list of relations is the one left out."""
    page = (ROOT / "docs" / "ontology.md").read_text(encoding="utf-8")
    for term in terms():
        if (term, RDF.type, OWL.Class) in ontology():
            assert f"`{term.removeprefix(LE)}`" in page
    told = dict(re.findall(r"^\| .* \| `(\w+Scheme)` \| (.*) \|$", page, re.MULTILINE))
    assert set(told) == {scheme.removeprefix(LE) for scheme in schemes()}
    for property_, scheme in closed_properties():
        vocabulary = next(
            d["@context"]["@vocab"] for d in keys().values() if d["@id"] == str(property_)
        )
        values = {concept.removeprefix(vocabulary) for concept in concepts(scheme)}
        written = {
            value.strip().split(" ")[0] for value in told[scheme.removeprefix(LE)].split(", ")
        }
        assert written == values or scheme == LE.RelationScheme
