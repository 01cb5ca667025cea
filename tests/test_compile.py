"""Sheets become graphs: named by the file, canonical, with their provenance and their places."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from sample import BASE, compile_text, facts_of, rules_at

from kg import __version__, terms
from kg.compile import describe_dataset
from kg.ontology import canonical
from kg.sheets import Mark

FINDING = "id: finding/x\ntype: Finding\npValue: 0.030\npassages:\n- document: document/000\n"


def test_every_quad_is_in_the_graph_of_the_sheet():
    compiled = compile_text(FINDING, "studies/A b.yaml")
    assert compiled.graph == f"{BASE}graph/studies/a-b"
    assert {q.graph_name.value for q in compiled.quads} == {compiled.graph}


def test_quads_are_sorted_and_each_stands_once():
    text = "<a:a> <a:b> 1, 01, 1.50, 1.5 .\n<a:a> <a:b> 1 .\n"
    lines = [str(quad) for quad in compile_text(text, "a.ttl").quads]
    assert lines == sorted(set(lines))
    assert len([line for line in lines if line.startswith("<a:a>")]) == 2


def test_the_provenance_names_the_sheet_its_digest_the_documents_and_the_software():
    compiled = compile_text(FINDING)
    graph = NamedNode(compiled.graph)
    said = {(q.predicate, q.object) for q in compiled.quads if q.subject == graph}
    software = NamedNode(f"{BASE}software/kg-{__version__}")
    assert {
        (terms.TYPE, terms.ENTITY),
        (terms.LABEL, Literal("a.yaml")),
        (terms.ATTRIBUTED_TO, software),
        (terms.DERIVED_FROM, NamedNode(BASE + "document/000")),
    } <= said
    assert [len(o.value) for p, o in said if p == terms.SHA256] == [64]
    dataset = NamedNode(BASE)
    said = describe_dataset(BASE)
    assert Quad(software, terms.SOFTWARE_VERSION, Literal(__version__), dataset) in said


def test_a_compiled_sheet_travels_between_processes():
    compiled = compile_text(FINDING)
    assert pickle.loads(pickle.dumps(compiled)) == compiled


def test_places_are_those_of_keys_and_of_the_items_of_lists():
    compiled = compile_text("id: a\naltLabel:\n  - b\n  - c\nlabel: d\n")
    (block,) = compiled.blocks
    assert (block.subject, block.mark) == (BASE + "a", Mark(1, 1))
    assert block.keys[terms.SKOS + "altLabel"] == Mark(2, 1)
    assert block.values[terms.SKOS + "altLabel"] == [("b", Mark(3, 5)), ("c", Mark(4, 5))]
    assert block.values[terms.SKOS + "prefLabel"] == [("d", Mark(5, 1))]


def test_places_in_rdf_are_those_of_the_subject():
    compiled = compile_text("@prefix : <x:> .\n\n:a :b 1 ;\n  :c 2 .\n", "a.ttl")
    (block,) = compiled.blocks
    assert (block.subject, block.mark, block.keys["x:c"]) == ("x:a", Mark(3, 1), Mark(3, 1))


def test_many_subjects_of_an_rdf_sheet_are_placed_in_seconds():
    text = "".join(f"<https://example.org/s/{i}> <a:b> {i} .\n" for i in range(20_000))
    blocks = compile_text(text, "a.ttl").blocks
    assert [b.mark.line for b in blocks if b.subject.endswith("/s/19999")] == [20_000]


def test_named_graphs_and_triple_terms_of_rdf_are_reported():
    text = "<g:g> { <a:a> <a:b> <<( <a:a> <a:b> 1 )>> }\n<g:h> { <a:a> <a:b> 2 }\n"
    compiled = compile_text(text, "a.trig")
    assert rules_at(compiled.problems) == [
        (1, 1, "named-graph"),
        (2, 1, "named-graph"),
        (0, 0, "triple-term"),
    ]
    assert len(facts_of(compiled)) == 1


def test_blank_nodes_that_cannot_be_named_are_reported():
    compiled = compile_text("[] <a:p> 1 . [] <a:p> 1 . <a:a> <a:p> 2 .", "a.ttl")
    assert (rules_at(compiled.problems), facts_of(compiled)) == ([(0, 0, "blank-node")], [])


def test_the_graph_a_sheet_would_get_anyway_may_be_named():
    graph = f"<{BASE}graph/a>"
    assert compile_text(f'<a:a> <a:b> "c" {graph} .\n', "a.nq").problems == ()


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("direction", "lowr", "direction-lower"),
        ("hedge", "zzzzzz", "hedge-asserted"),
        ("le:foo", "x", ""),
        ("type", "le:Mineralll", "Mineral"),
    ],
)
def test_a_term_that_the_ontology_does_not_have_is_reported_where_it_is_used(
    key: str, value: str, hint: str
):
    problem = compile_text(f"id: a\n{key}: {value}\n").problems[0]
    assert (problem.line, problem.rule) == (2, "unknown-term")
    assert hint in problem.message
    assert problem.value.startswith(terms.LE)


LEXICAL = st.sampled_from(["1", "01", "+1.50", "-0", "0.030", "1e3", "INF", "true", "1", "x", ""])
TYPES = st.sampled_from(
    ["integer", "decimal", "double", "boolean", "string", "gYear", "date", "dateTime", "duration"]
)
QUADS = st.lists(
    st.builds(
        lambda subject, text, type_: Quad(
            NamedNode(f"https://example.org/{subject}"),
            NamedNode("https://example.org/p"),
            Literal(text, datatype=NamedNode(terms.XSD + type_)),
            NamedNode("https://example.org/g"),
        ),
        st.sampled_from("ab"),
        LEXICAL | st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.text(max_size=5),
        TYPES,
    ),
    max_size=8,
)


@given(QUADS, st.randoms())
def test_canonical_quads_are_what_a_store_gives_back(quads: list[Quad], chance: random.Random):
    once = canonical(quads)
    store = Store()
    store.bulk_extend(once)
    assert sorted(map(str, store)) == [str(quad) for quad in once]
    assert canonical(once) == once
    chance.shuffle(quads)
    assert canonical(quads) == once


@pytest.mark.parametrize(
    "subject", ["le:Mineral", "le:Mine", "graph/a", "software/kg-9", BASE], ids=str
)
def test_a_sheet_describes_neither_the_ontology_nor_what_the_build_says(subject: str):
    compiled = compile_text(f"id: {subject}\nlabel: forged\n")
    assert "reserved" in [problem.rule for problem in compiled.problems]
