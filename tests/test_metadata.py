"""What a release says of itself: true of its files and its graph, and to be asked in its store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse
from tiny import BASE, Tiny, write_tiny

import kg
from kg import terms
from kg.build import build_release
from kg.catalogue import load_catalogue
from kg.downloads import read_sums
from kg.errors import NonconformingError
from kg.metadata.dcat import Agent
from kg.metadata.queries import query_form
from kg.store import open_release

ROOT = Path(__file__).parent.parent
PREFIXES = """
    PREFIX dcat: <http://www.w3.org/ns/dcat#>
    PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX foaf: <http://xmlns.com/foaf/0.1/>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    PREFIX schema: <https://schema.org/>
    PREFIX sh: <http://www.w3.org/ns/shacl#>
    PREFIX spdx: <http://spdx.org/rdf/terms#>
    PREFIX void: <http://rdfs.org/ns/void#>
"""
HOSTILE = """base = "https://example.org/"
url = "https://example.org/sub/path/"
title = '"<script>alert(1)</script> & \\u202e </title>'
description = "two\\nlines \\u05e9\\u05dc\\u05d5\\u05dd '''"
license = "https://example.org/a?b=c&d=%22#e"
publisher = "  "
creators = ["日本", "Müller & Co.", "Josiah Carberry (https://orcid.org/0000-0002-1825-0097)", ""]
keywords = ["a, b", "</script>", ""]
issued = "2026-01-31"
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return write_tiny(tmp_path / "project")


@pytest.fixture(scope="module")
def store(project_release: kg.Release) -> Store:
    return project_release.open_store()


@pytest.fixture(scope="module")
def base() -> str:
    return kg.load_project(ROOT).base


def rows(store: Store, query: str) -> list[tuple[str, ...]]:
    found: Any = store.query(PREFIXES + query, use_default_graph_as_union=True)
    return [tuple(terms.text_of(value) if value else "" for value in row) for row in found]


def release_of(tiny: Tiny) -> kg.Release:
    build_release(tiny.project)
    return open_release(tiny.build)


# --- the catalogue


def test_every_distribution_is_a_file_with_that_size_and_sum(
    store: Store, project_release: kg.Release
) -> None:
    found = rows(
        store,
        """SELECT ?url ?size ?sum ?type ?packed { ?d a dcat:Distribution ; dcat:downloadURL ?url ;
        dcat:byteSize ?size ; dcat:mediaType ?type ; dcat:accessURL ?page ; dcterms:license ?terms ;
        spdx:checksum [ spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue ?sum ]
        OPTIONAL { ?d dcat:compressFormat ?packed } }""",
    )
    url = kg.load_project(ROOT).url
    for where, size, digest, _, packed in found:
        data = (project_release.files / where.removeprefix(f"{url}downloads/")).read_bytes()
        assert (int(size), digest) == (len(data), hashlib.sha256(data).hexdigest())
        assert bool(packed) is where.endswith(".gz")
    types = {where.rpartition("/")[2]: kind for where, _, _, kind, _ in found}
    assert types["graph.ttl.gz"] == "https://www.iana.org/assignments/media-types/text/turtle"
    described = {"metadata", "queries", "dataset", "croissant", "ro-crate-metadata"}
    others = {n for n in read_sums(project_release.files) if n.split(".")[0] in described}
    assert {*types} == {*read_sums(project_release.files)} - others


def test_the_catalogue_leads_to_everything(store: Store, base: str) -> None:
    query = """SELECT DISTINCT ?d { ?c a dcat:Catalog ; dcat:service ?s ; dcat:dataset ?dataset .
        ?s dcat:endpointURL ?e ; dcat:servesDataset ?main . ?main void:sparqlEndpoint ?e .
        ?dataset dcat:distribution ?d ; dcterms:title ?t ; dcterms:description ?text }"""
    assert len(rows(store, query)) == len(rows(store, "SELECT ?d { ?d a dcat:Distribution }"))
    project = kg.load_project(ROOT)
    (said,) = rows(
        store,
        f"""SELECT ?title ?version ?licence ?publisher ?creator ?issued ?standard {{ <{base}>
        a dcat:Dataset ; dcterms:title ?title ; dcat:version ?version ; dcterms:license ?licence ;
        dcterms:publisher/foaf:name ?publisher ; dcterms:creator/foaf:name ?creator ;
        dcterms:issued ?issued ; dcterms:conformsTo ?standard }}""",
    )
    assert said == (
        project.title, project.version, project.license, project.publisher, *project.creators,
        project.issued, "https://w3id.org/linked-evidence/ontology",
    )  # fmt: skip


# --- VoID


def test_the_numbers_are_those_that_sparql_counts(store: Store, base: str) -> None:
    facts = f"""{{ SELECT DISTINCT ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }}
        FILTER STRSTARTS(STR(?g), "{base}graph/") }} }}"""
    (counted,) = rows(
        store,
        f"""SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o)
        AS ?objects) (COUNT(DISTINCT ?p) AS ?properties) (COUNT(DISTINCT ?own) AS ?entities)
        {{ {facts} BIND(IF(STRSTARTS(STR(?s), "{base}"), ?s, ?none) AS ?own) }}""",
    )
    (said,) = rows(
        store,
        f"""SELECT ?n ?subjects ?objects ?properties ?entities {{ <{base}> void:triples ?n ;
        void:distinctSubjects ?subjects ; void:distinctObjects ?objects ;
        void:properties ?properties ; void:entities ?entities }}""",
    )
    assert said == counted
    assert int(said[0]) > 4000
    pairs = {
        f"SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?a) (COUNT(DISTINCT ?o) AS ?b) "
        f"{{ {facts} }} GROUP BY ?p": "SELECT ?p ?n ?a ?b { ?d void:propertyPartition [ "
        "void:property ?p ; void:triples ?n ; void:distinctSubjects ?a ; "
        "void:distinctObjects ?b ] }",
        f"SELECT ?o (COUNT(DISTINCT ?s) AS ?n) {{ {facts} FILTER(?p = <{terms.TYPE.value}>) }} "
        "GROUP BY ?o": "SELECT ?c ?n { ?d void:classPartition [ void:class ?c ; "
        "void:entities ?n ] }",
    }
    for asked, told in pairs.items():
        assert sorted(rows(store, asked)) == sorted(rows(store, told))


def test_what_two_sheets_say_counts_once(tiny: Tiny) -> None:
    tiny.write("facts/again.yaml", "id: mineral/iron\ntype: Mineral\nlike: mineral/zinc\n")
    counts = {
        "SELECT (COUNT(*) AS ?n) { %s }": "void:triples",
        "SELECT (COUNT(DISTINCT ?s) AS ?n) { %s }": "void:distinctSubjects",
        "SELECT (COUNT(DISTINCT ?o) AS ?n) { %s }": "void:distinctObjects",
    }
    facts = f"""{{ SELECT DISTINCT ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }}
        FILTER STRSTARTS(STR(?g), "{BASE}graph/") }} }}"""
    store = release_of(tiny).open_store()
    for query, term in counts.items():
        assert rows(store, query % facts) == rows(store, f"SELECT ?n {{ <{BASE}> {term} ?n }}")
    classes = (
        "SELECT ?n { ?d void:class <https://example.org/ontology#Mineral> ; void:entities ?n }"
    )
    assert rows(store, classes) == [("2",)]


def test_a_linkset_for_every_vocabulary_that_is_mapped(store: Store, base: str) -> None:
    sets = rows(
        store,
        f"""SELECT ?space ?p ?n {{ ?l a void:Linkset ; void:target <{base}> , ?t ;
        void:subjectsTarget <{base}> ; void:objectsTarget ?t ; void:linkPredicate ?p ;
        void:triples ?n . <{base}> void:subset ?l . ?t void:uriSpace ?space }}""",
    )
    assert len(sets) > 5
    links = rows(
        store,
        f"""SELECT DISTINCT ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }}
        FILTER(STRSTARTS(STR(?g), "{base}graph/") && STRSTARTS(STR(?p), "{terms.SKOS}")
        && STRENDS(STR(?p), "Match")) }}""",
    )
    for space, predicate, count in sets:
        own = [o for _, p, o in links if p == predicate and o.startswith(space)]
        assert len(own) == int(count), space
    assert sum(int(count) for _, _, count in sets) == len(links)


def test_examples_are_things_that_are_described(store: Store, base: str) -> None:
    examples = rows(store, f"SELECT ?e ?label {{ <{base}> void:exampleResource ?e }}")
    assert len(examples) > 10
    for iri, _ in examples:
        assert next(store.quads_for_pattern(NamedNode(iri), terms.TYPE, None, None), None)


# --- stock queries


def test_every_stock_query_is_found_and_answers(store: Store, base: str) -> None:
    catalogue = load_catalogue(ROOT / "queries")
    found = rows(
        store,
        """SELECT ?q ?comment ?text ?target { ?q a sh:SPARQLExecutable , sh:SPARQLSelectExecutable ;
        rdfs:comment ?comment ; sh:select ?text ; schema:target ?target ; sh:prefixes ?p .
        FILTER(LANG(?comment) != "") FILTER EXISTS { ?p sh:declare ?d } }""",
    )
    assert {iri.removeprefix(f"{base}queries/") for iri, *_ in found} == set(catalogue)
    for iri, comment, text, target in found:
        query = catalogue[iri.rpartition("/")[2]]
        assert text == query.text
        assert query.description in comment
        assert target == f"{base}sparql"
        store.query(text, use_default_graph_as_union=True)
    tags = rows(store, "SELECT DISTINCT ?tag { ?q a sh:SPARQLExecutable ; schema:keywords ?tag }")
    assert {tag for (tag,) in tags} == {t for query in catalogue.values() for t in query.tags}


def test_declared_prefixes_are_those_of_the_context(store: Store) -> None:
    found = rows(
        store,
        "SELECT ?prefix ?space { ?o sh:declare [ sh:prefix ?prefix ; sh:namespace ?space ] }",
    )
    assert dict(found)["le"] == terms.LE
    assert len(found) == len(dict(found)) > 20


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * { ?s ?p ?o }", "select"),
        ("#+ title: ASK\nprefix ask: <urn:ask>\nBASE <urn:x>\n select * {}", "select"),
        ("PREFIX : <urn:SELECT>ASK{}", "ask"),
        ("construct where { ?s ?p ?o }", "construct"),
        ("# c\r\nDESCRIBE <urn:x>", "describe"),
        ("INSERT DATA {}", ""),
        ("", ""),
        ("PREFIX", ""),
    ],
)
def test_the_form_of_a_query(text: str, form: str) -> None:
    assert query_form(text) == form


def test_queries_of_every_form_and_name(tiny: Tiny) -> None:
    head = "#+ title: T\n#+ description: D.\n#+ tags: [x]\n"
    for name, text in {"ask": "ASK {}", "a b": "DESCRIBE ?s {?s ?p ?o}", "no": "INSERT {}"}.items():
        tiny.write(f"queries/{name}.rq", head + text)
    store = release_of(tiny).open_store()
    found = rows(store, "SELECT ?q ?p ?text { ?q a sh:SPARQLExecutable ; ?p ?text }")
    texts = {(q, p): text for q, p, text in found if text.startswith("#+")}
    describe = "https://purl.expasy.org/sparql-examples/ontology#describe"
    assert {(q.removeprefix(f"{BASE}queries/"), p) for q, p in texts} == {
        ("ask", terms.SH + "ask"), ("a%20b", describe), ("heavier", terms.SH + "select"),
    }  # fmt: skip


# --- the metadata as a whole


def test_metadata_is_one_graph_without_blank_nodes(store: Store, base: str) -> None:
    quads = list(store.quads_for_pattern(None, None, None, NamedNode(base)))
    assert len(quads) > 1000
    assert not any(isinstance(term, BlankNode) for q in quads for term in (q.subject, q.object))
    own = ("metadata/", "queries/", "software/", "downloads/")
    for quad in quads:
        iri = terms.text_of(quad.subject)
        if iri.startswith(base):
            assert iri == base or iri[len(base) :].startswith(own), iri
        else:  # of others, no more than what they are
            assert quad.predicate in (terms.TYPE, NamedNode(terms.FOAF + "name")), iri
    # Names by label are for things.
    assert not any(q.predicate == terms.PREF_LABEL for q in quads)


@pytest.mark.parametrize(
    ("name", "format_"),
    [("metadata.ttl", RdfFormat.TURTLE), ("metadata.jsonld", RdfFormat.JSON_LD)],
)
def test_the_files_hold_what_the_store_holds(
    name: str, format_: RdfFormat, store: Store, base: str, project_release: kg.Release
) -> None:
    read = Store()
    graph = NamedNode(base)
    for quad in parse((project_release.files / name).read_bytes(), format_):
        read.add(Quad(quad.subject, quad.predicate, quad.object, graph))
    assert set(read) == set(store.quads_for_pattern(None, None, None, graph))


def test_the_order_of_the_facts_changes_nothing(tiny: Tiny) -> None:
    before = release_of(tiny)
    for path in (tiny.root / "queries/heavier.rq", tiny.root / "facts/zinc.yaml"):
        text = path.read_bytes()
        path.unlink()
        path.write_bytes(text)
    assert release_of(tiny).digest == before.digest


def test_a_project_that_tells_nothing(tiny: Tiny) -> None:
    tiny.write("kg.toml", f'base = "{BASE}"\n')
    release = release_of(tiny)
    store = release.open_store()
    (said,) = rows(
        store,
        f"""SELECT ?t ?d ?v {{ <{BASE}> dcterms:title ?t ; dcterms:description ?d ;
        dcat:version ?v }}""",
    )
    assert said[0] == BASE
    assert said[2] == release.manifest["data"][:12]
    for gone in ("dcterms:license", "dcterms:issued", "dcterms:publisher", "dcat:keyword"):
        assert rows(store, f"SELECT * {{ ?s {gone} ?o }}") == []
    for name in ("dataset.jsonld", "croissant.json", "ro-crate-metadata.json"):
        text = (release.files / name).read_text(encoding="utf-8")
        assert "license" not in json.loads(text)
        assert "datePublished" not in text


def test_a_project_that_tells_odd_things(tiny: Tiny) -> None:
    tiny.write("kg.toml", HOSTILE)
    release = release_of(tiny)
    store = release.open_store()
    project = tiny.project
    names = rows(store, "SELECT DISTINCT ?a ?n { ?a a foaf:Agent ; foaf:name ?n }")
    assert {name for _, name in names} == {"日本", "Müller & Co.", "Josiah Carberry"}
    assert ("https://orcid.org/0000-0002-1825-0097", "Josiah Carberry") in names
    (title,) = rows(store, f"SELECT ?t {{ <{BASE}> dcterms:title ?t }}")
    assert title == (project.title,)
    for (url,) in rows(store, "SELECT ?u { ?d dcat:downloadURL ?u }"):
        assert url.startswith("https://example.org/sub/path/downloads/")
    described = json.loads((release.files / "dataset.jsonld").read_text(encoding="utf-8"))
    assert described["name"] == project.title
    assert described["@id"] == BASE
    assert described["url"] == project.url
    people = {person["name"]: person["@type"] for person in described["creator"]}
    assert people == {
        "日本": "Organization", "Müller & Co.": "Organization", "Josiah Carberry": "Person",
    }  # fmt: skip


def test_titles_are_in_the_language_of_the_facts(tiny: Tiny) -> None:
    tiny.edit("ontology/context.jsonld", '"en"', '"de"')
    store = release_of(tiny).open_store()
    titles = store.quads_for_pattern(NamedNode(BASE), terms.TITLE, None, None)
    assert [quad.object for quad in titles] == [Literal("Minerals", language="de")]
    (language,) = rows(store, f"SELECT ?l {{ <{BASE}> dcterms:language ?l }}")
    assert language == ("http://id.loc.gov/vocabulary/iso639-1/de",)


@pytest.mark.parametrize("name", ["metadata/part/graph", "queries/heavier", "metadata/service"])
def test_sheets_do_not_describe_what_the_build_describes(name: str, tiny: Tiny) -> None:
    tiny.write("facts/forged.yaml", f"id: {name}\ntype: Mineral\nlabel: Forged\n")
    with pytest.raises(NonconformingError, match="described by the build"):
        build_release(tiny.project)


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("Jane Doe", Agent("Jane Doe")),
        (" Jane <https://orcid.org/0000-0002-1825-009X> ", Agent("Jane", "https://orcid.org/0000-0002-1825-009X")),
        ("https://orcid.org/0000-0002-1825-0097", Agent("https://orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097")),
        ("Jane <https://orcid.org/1>", Agent("Jane <https://orcid.org/1>")),
    ],
)  # fmt: skip
def test_who_made_it(text: str, agent: Agent) -> None:
    assert Agent.parse(text) == agent


def test_the_command_line_answers_from_the_metadata(tiny: Tiny) -> None:
    build_release(tiny.project)
    query = PREFIXES + "SELECT ?t ?n { ?d a dcat:Dataset ; dcterms:title ?t ; void:triples ?n }"
    answer = tiny.kg("query", "-", "--format", "csv", stdin=query)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Minerals," in answer.stdout


def test_a_release_tells_its_data_and_the_one_before(tiny: Tiny) -> None:
    first = release_of(tiny)
    assert first.manifest["before"] == ""
    assert not (first.path / "changes.json").exists()
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    second = release_of(tiny)
    assert second.manifest["before"] == first.digest
    assert second.manifest["data"] != first.manifest["data"]
    changes = json.loads((second.path / "changes.json").read_text(encoding="utf-8"))
    assert (changes["old"], changes["new"]) == (first.digest[:12], second.digest[:12])
    assert changes["counts"]["changed"] == 1
    # Built again from the same facts, it still says what it replaced.
    tiny.write("documents/a.txt", "one")
    build_release(tiny.project, documents=tiny.root / "documents")
    again = open_release(tiny.build)
    assert (again.digest, again.manifest["before"]) == (second.digest, first.digest)
    report = json.loads((again.path / "report.json").read_text(encoding="utf-8"))
    assert report["conforms"] is True
    assert (again.path / "report.ttl").read_text(encoding="utf-8").startswith("@prefix")
