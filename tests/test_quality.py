"""The numbers on the quality of the data are those that SPARQL gives, on any project."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Store
from tiny import BASE, write_tiny

from kg import Release, build_release, load_project, open_release
from kg.quality import Gap, Quality, measure

ROOT = Path(__file__).parent.parent
PREFIXES = """
PREFIX le: <https://w3id.org/linked-evidence/ontology#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


@pytest.fixture(scope="module")
def store(project_release: Release) -> Store:
    return project_release.open_store()


@pytest.fixture(scope="module")
def quality(project_release: Release, store: Store) -> Quality:
    return measure(store, load_project(ROOT).base, project_release.manifest)


def rows(store: Store, query: str) -> set[tuple[str, ...]]:
    found = store.query(PREFIXES + query, use_default_graph_as_union=True)
    return {tuple(term.value for term in row) for row in found}


def gap(quality: Quality, name: str) -> Gap:
    (found,) = [gap for gap in quality.gaps if gap.name == name]
    return found


def iris(gap: Gap) -> set[tuple[str]]:
    return {(item.iri,) for item in gap.items}


def test_statements_by_class(quality: Quality, store: Store) -> None:
    found = rows(
        store,
        """SELECT ?class (COUNT(DISTINCT ?s) AS ?n) {
          ?class rdfs:subClassOf* le:Statement . ?s a ?class } GROUP BY ?class""",
    )
    assert {(c.iri, str(c.count)) for c in quality.statements} == found


def test_statements_and_passages_of_each_document_and_paragraph(
    quality: Quality, store: Store
) -> None:
    where = """{ ?s le:passage ?p ; a/rdfs:subClassOf* le:Statement .
        ?p oa:hasSource ?d ; le:paragraph ?n }"""
    documents = rows(
        store,
        "SELECT ?d (COUNT(DISTINCT ?s) AS ?said) (COUNT(DISTINCT ?p) AS ?places)"
        f"{where} GROUP BY ?d",
    )
    assert {(d.iri, str(d.statements), str(d.passages)) for d in quality.documents} == documents
    paragraphs = rows(store, f"SELECT ?d ?n (COUNT(DISTINCT ?s) AS ?said) {where} GROUP BY ?d ?n")
    assert {
        (d.iri, str(number), str(count))
        for d in quality.documents
        for number, count in d.paragraphs
    } == paragraphs
    for document in quality.documents:
        told = {number for number, _ in document.paragraphs}
        assert told | set(document.silent) == set(range(1, max(told) + 1))
        assert not told & set(document.silent)


def test_entities_by_class_and_those_without_a_mapping(quality: Quality, store: Store) -> None:
    entity = "?e a ?class . ?class rdfs:subClassOf* le:Entity ."
    total = rows(store, f"SELECT ?class (COUNT(DISTINCT ?e) AS ?n) {{ {entity} }} GROUP BY ?class")
    assert {(m.iri, str(m.total)) for m in quality.mappings} == total
    unmapped = rows(
        store,
        f"""SELECT ?class ?e {{ {entity} FILTER NOT EXISTS {{
          ?e skos:exactMatch|skos:closeMatch|skos:broadMatch|skos:relatedMatch ?other }} }}""",
    )
    assert {(m.iri, item.iri) for m in quality.mappings for item in m.unmapped} == unmapped


@pytest.mark.parametrize(
    ("name", "query"),
    [
        (
            "certainty",
            """SELECT DISTINCT ?x { { ?x a le:Finding } UNION { ?x a le:Hypothesis }
               OPTIONAL { ?x le:certainty ?c }
               FILTER(!BOUND(?c) || ?c = le:certainty-not-rated) }""",
        ),
        (
            "p-value",
            """SELECT ?x { ?x a le:Finding
               FILTER NOT EXISTS { ?x le:pValue|le:pValueBelow ?p } }""",
        ),
        (
            "significance",
            "SELECT ?x { ?x a le:Finding ; le:significance le:significance-not-reported }",
        ),
        (
            "publication",
            """SELECT ?x { ?x a/rdfs:subClassOf* le:Study
               FILTER NOT EXISTS { ?x le:publication ?p } }""",
        ),
        (
            "use",
            """SELECT DISTINCT ?x { ?x a/rdfs:subClassOf* le:Entity
               FILTER NOT EXISTS { ?y ?p ?x FILTER(?y != ?x) } }""",
        ),
    ],
)
def test_what_is_missing(name: str, query: str, quality: Quality, store: Store) -> None:
    assert iris(gap(quality, name)) == rows(store, query)


def test_hedges_add_up_to_the_passages(quality: Quality) -> None:
    assert sum(c.count for c in quality.hedges) == quality.passages.total > 100
    assert quality.hedges[0].label == "asserted"


def test_what_the_build_checked_is_what_its_manifest_says(store: Store) -> None:
    manifest = {"summary": {"passages": {"checked": 7, "wrong": 1, "not_checked": 3}}}
    passages = measure(store, load_project(ROOT).base, manifest).passages
    assert (passages.checked, passages.wrong, passages.not_checked) == (7, 1, 3)


def test_another_project_has_the_numbers_that_make_sense_there(tmp_path: Path) -> None:
    """No statements, documents or findings; what is referred to counts as an entity."""
    tiny = write_tiny(tmp_path)
    tiny.edit("facts/iron.yaml", "label: Iron", "altLabel: Fe")
    tiny.write("shapes/shapes.ttl", "<a:s> a <http://www.w3.org/ns/shacl#NodeShape> .")
    build_release(tiny.project)
    quality = measure(open_release(tiny.build).open_store(), BASE)
    assert [(c.label, c.count) for c in quality.things] == [(f"{BASE}ontology#Mineral", 2)]
    assert quality.statements == quality.documents == quality.hedges == ()
    assert [(m.total, len(m.unmapped)) for m in quality.mappings] == [(2, 2)]
    assert [(g.name, g.of, len(g.items)) for g in quality.gaps] == [
        ("use", 2, 1),
        ("definition", 2, 2),
        ("label", 2, 1),
        ("ontology", 3, 3),
    ]
    assert gap(quality, "label").items[0].label == f"{BASE}mineral/iron"


def test_nothing_at_all() -> None:
    quality = measure(Store(), BASE)
    assert quality.quads == 0
    assert quality.gaps == quality.things == ()
