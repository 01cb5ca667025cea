"""Answers in every format, told from one another by what kind of answer they can hold."""

from __future__ import annotations

import csv
import io
import json
import pickle
from xml.etree import ElementTree

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Variable, parse

from kg import terms
from kg.context import Context
from kg.errors import QueryError, QuerySyntaxError
from kg.formats import RDF_FORMATS
from kg.results import (
    GRAPH_FORMATS,
    SOLUTION_FORMATS,
    Dataset,
    run_query,
    write_answer,
    write_standard,
)

BASE = "https://example.org/"
CONTEXT = Context.parse(
    {"skos": terms.SKOS, "label": {"@id": "skos:prefLabel", "@language": "en"}}, BASE
)
IRON = NamedNode(BASE + "mineral/iron")
SELECT = "SELECT ?s ?o { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?o } ORDER BY ?o"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"


@pytest.fixture
def store() -> Store:
    store = Store()
    one, two = NamedNode(BASE + "graph/1"), NamedNode(BASE + "graph/2")
    store.add(Quad(IRON, terms.PREF_LABEL, Literal("Iron", language="en"), one))
    odd = Literal('a "b",\n\x1b[31mc', language="de")
    store.add(Quad(BlankNode("b"), terms.PREF_LABEL, odd, two))
    return store


def answer(store: Store, query: str, format_: str = "", width: int = 80) -> str:
    sent: list[bytes] = []
    found = run_query(store, query, {}, BASE)
    write_answer(store, found, format_, CONTEXT, width, sent.append)
    return b"".join(sent).decode()


def test_a_query_sees_the_union_of_all_graphs(store: Store) -> None:
    assert answer(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "csv") == "n\r\n2\r\n"


def test_relative_iris_resolve_against_the_base(store: Store) -> None:
    assert answer(store, "ASK { <mineral/iron> ?p ?o }") == "yes\n"


def test_a_table_shows_labels_beside_short_names(store: Store) -> None:
    text = answer(store, SELECT)
    assert "Iron" in text
    assert "mineral/iron" in text
    assert BASE not in text
    assert text.endswith("2 rows\n")


def test_a_table_lets_no_data_steer_the_terminal(store: Store) -> None:
    assert "\x1b" not in answer(store, SELECT)


def test_one_row_and_none(store: Store) -> None:
    assert answer(store, "SELECT ?s { <a:a> ?p ?s }").endswith("0 rows\n")
    assert answer(store, "SELECT (1 AS ?one) {}").endswith("1 row\n")


def test_csv_is_read_by_a_csv_reader(store: Store) -> None:
    rows = list(csv.reader(io.StringIO(answer(store, SELECT, "csv"), newline="")))
    assert rows[0] == ["s", "o"]
    assert sorted(row[1] for row in rows[1:]) == ["Iron", 'a "b",\n\x1b[31mc']


def test_json_and_xml_hold_the_terms(store: Store) -> None:
    query = "SELECT ?s ?o { ?s ?p ?o FILTER(ISIRI(?s)) }"
    (row,) = json.loads(answer(store, query, "json"))["results"]["bindings"]
    assert row["s"] == {"type": "uri", "value": IRON.value}
    assert row["o"] == {"type": "literal", "value": "Iron", "xml:lang": "en"}
    root = ElementTree.fromstring(answer(store, query, "xml"))
    uri = root.find(".//{http://www.w3.org/2005/sparql-results#}uri")
    assert uri is not None
    assert uri.text == IRON.value


@pytest.mark.parametrize(
    ("format_", "expected"),
    [("", "no"), ("table", "no"), ("csv", "false"), ("tsv", "false")],
)
def test_yes_and_no(store: Store, format_: str, expected: str) -> None:
    assert answer(store, "ASK { <a:a> ?p ?o }", format_) == f"{expected}\n"
    opposite = {"no": "yes", "false": "true"}[expected]
    assert answer(store, "ASK {}", format_) == f"{opposite}\n"


def test_yes_and_no_in_json(store: Store) -> None:
    assert json.loads(answer(store, "ASK {}", "json"))["boolean"] is True


@pytest.mark.parametrize("format_", GRAPH_FORMATS)
def test_a_graph_is_written_and_reads_back(store: Store, format_: str) -> None:
    readers = {
        "turtle": RdfFormat.TURTLE,
        "ntriples": RdfFormat.N_TRIPLES,
        "jsonld": RdfFormat.JSON_LD,
        "rdfxml": RdfFormat.RDF_XML,
    }
    query = "CONSTRUCT WHERE { <mineral/iron> ?p ?o }"
    found = list(parse(answer(store, query, format_), readers[format_]))
    assert [(q.subject, q.predicate, q.object) for q in found] == [
        (IRON, terms.PREF_LABEL, Literal("Iron", language="en"))
    ]


@pytest.mark.parametrize(
    ("query", "formats", "words"),
    [
        (CONSTRUCT, SOLUTION_FORMATS, "the answer is a graph: choose turtle"),
        (SELECT, GRAPH_FORMATS, "the answer is a table: choose table, csv"),
        ("ASK {}", GRAPH_FORMATS, "the answer is a table: choose table, csv"),
    ],
)
def test_a_format_that_cannot_hold_the_answer_is_refused(
    store: Store, query: str, formats: tuple[str, ...], words: str
) -> None:
    for format_ in formats:
        with pytest.raises(QueryError, match=words):
            answer(store, query, format_)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT",
        "SELECT * { ?s ?p }",
        "SELECT * { a:b ?p ?o }",
        "SELECT ?x { } GROUP BY ?y",
        "\0",
    ],
)
def test_a_query_that_is_none_is_refused_in_the_parsers_words(store: Store, query: str) -> None:
    with pytest.raises(QueryError, match=r"not valid SPARQL 1\.1: "):
        answer(store, query)


def test_a_bound_variable_keeps_its_term(store: Store) -> None:
    found = run_query(store, "SELECT ?s ?o { ?s ?p ?o }", {Variable("s"): IRON}, BASE)
    assert [solution["s"] for solution in found] == [IRON]  # type: ignore[union-attr,index]


def test_a_query_is_about_the_graphs_that_it_names(store: Store) -> None:
    count = "SELECT (COUNT(*) AS ?n) {} {{ {} }}"
    one, named = "FROM <graph/1>", "FROM NAMED <graph/1>"
    assert answer(store, count.format(one, "?s ?p ?o"), "csv") == "n\r\n1\r\n"
    assert answer(store, count.format(one, "GRAPH ?g { ?s ?p ?o }"), "csv") == "n\r\n0\r\n"
    assert answer(store, count.format(named, "?s ?p ?o"), "csv") == "n\r\n0\r\n"
    assert answer(store, count.format(named, "GRAPH ?g { ?s ?p ?o }"), "csv") == "n\r\n1\r\n"


def test_a_dataset_overrides_the_graphs_that_a_query_names(store: Store) -> None:
    either = "{ { ?s ?p ?d } UNION { GRAPH ?g { ?s ?p ?o } } }"
    query = f"SELECT ?d ?g FROM <graph/1> {either} ORDER BY ?g"
    dataset = Dataset(default=(BASE + "graph/2",), named=(BASE + "graph/1",))
    found = run_query(store, query, {}, BASE, dataset)
    rows = [(row["d"], row["g"]) for row in found]  # type: ignore[union-attr,index]
    assert [d is None for d, _ in rows] == [False, True]
    assert rows[1][1] == NamedNode(BASE + "graph/1")


@pytest.mark.parametrize("format_", GRAPH_FORMATS)
def test_a_large_graph_leaves_as_it_is_computed(format_: str) -> None:
    store = Store()
    graph = NamedNode(BASE + "graph/1")
    numbers = [NamedNode(f"{BASE}{number}") for number in range(3000)]
    store.extend(Quad(n, terms.PREF_LABEL, Literal("a" * 50), graph) for n in numbers)
    sent: list[bytes] = []
    write_standard(run_query(store, CONSTRUCT, {}, BASE), format_, CONTEXT, sent.append, 2000)
    assert len(sent) > 2
    found = parse(b"".join(sent), RDF_FORMATS[format_].rdf)
    assert {quad.subject for quad in found} == set(numbers)


def test_the_parser_says_where(store: Store) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        answer(store, "SELECT *\n{ ?s ?p }")
    assert (caught.value.line, caught.value.column) == (2, 10)
    assert pickle.loads(pickle.dumps(caught.value)).line == 2
