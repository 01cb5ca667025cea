"""The SPARQL 1.1 Protocol, against a running server."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from serving import Got, Server, serving
from tiny import BASE, Tiny, write_tiny

from kg.build import build_release

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
ASK = "ASK { ?s ?p ?o }"
SELECT = "SELECT ?s ?mass { ?s <https://example.org/ontology#mass> ?mass } ORDER BY ?mass"
CONSTRUCT = "CONSTRUCT WHERE { <mineral/iron> ?p ?o }"
IRON, ZINC = BASE + "graph/iron", BASE + "graph/zinc"
COUNT = "SELECT (COUNT(DISTINCT ?mass) AS ?n) { ?s <https://example.org/ontology#mass> ?mass }"
IN_GRAPHS = (
    "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s <https://example.org/ontology#mass> ?m } }"
)
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    tiny = write_tiny(tmp_path_factory.mktemp("sparql"))
    build_release(tiny.project)
    with serving(tiny.root) as server:
        yield server


def get(server: Server, query: str = "", *, also: str = "", **headers: str) -> Got:
    asked = f"query={quote(query)}" if query else ""
    return server.ask(f"/sparql?{asked}{also}", **headers)


def post(server: Server, body: bytes | str, type_: str, path: str = "/sparql", **more: str) -> Got:
    data = body.encode() if isinstance(body, str) else body
    return server.ask(path, "POST", data, Content_Type=type_, **more)


def number(got: Got) -> int:
    assert got.status == 200, got.text
    (row,) = got.json["results"]["bindings"]
    return int(row["n"]["value"])


# --- the three ways to ask


@pytest.mark.parametrize("way", ["get", "form", "query"])
def test_a_query_is_asked_in_any_of_three_ways(server: Server, way: str) -> None:
    if way == "get":
        got = get(server, ASK)
    elif way == "form":
        got = post(server, urlencode({"query": ASK}), FORM)
    else:
        got = post(server, ASK, QUERY)
    assert (got.status, got.json["boolean"]) == (200, True)
    assert got.headers["content-type"] == "application/sparql-results+json"
    assert "Accept" in got.headers["vary"]


@pytest.mark.parametrize(
    "type_", [f"{QUERY}; charset=utf-8", f'{QUERY};charset="UTF-8"', QUERY.upper()]
)
def test_a_posted_query_is_utf_8(server: Server, type_: str) -> None:
    got = post(server, "SELECT ('ä→\N{GRINNING FACE}' AS ?x) {}", type_)
    assert got.json["results"]["bindings"][0]["x"]["value"] == "ä→\N{GRINNING FACE}"
    assert get(server, "SELECT ('ä→\N{GRINNING FACE}' AS ?x) {}").json == got.json


def test_the_length_of_a_query_may_exceed_that_of_an_address(server: Server) -> None:
    query = f"ASK {{ }} #{'x' * 100_000}"
    assert post(server, query, QUERY).status == 200
    assert post(server, urlencode({"query": query}), FORM).status == 200
    assert get(server, query).status == 414


# --- which graphs


def test_the_default_graph_is_the_union_of_all(server: Server) -> None:
    assert number(get(server, COUNT)) == 2
    assert number(get(server, IN_GRAPHS)) == 2


@pytest.mark.parametrize("way", ["get", "form", "query"])
@pytest.mark.parametrize(
    ("query", "graphs", "expected"),
    [
        (COUNT, [("default-graph-uri", IRON)], 1),
        (COUNT, [("default-graph-uri", IRON), ("default-graph-uri", ZINC)], 2),
        (COUNT, [("named-graph-uri", IRON)], 0),
        (IN_GRAPHS, [("default-graph-uri", IRON)], 0),
        (IN_GRAPHS, [("named-graph-uri", IRON)], 1),
        (IN_GRAPHS, [("named-graph-uri", IRON), ("named-graph-uri", ZINC)], 2),
        (COUNT, [("default-graph-uri", IRON), ("named-graph-uri", ZINC)], 1),
        (COUNT, [("default-graph-uri", "urn:nothing")], 0),
        (COUNT.replace("{", f"FROM <{ZINC}> {{", 1), [("default-graph-uri", IRON)], 1),
        (COUNT.replace("{", f"FROM <{IRON}> {{", 1), [("named-graph-uri", IRON)], 0),
    ],
)  # fmt: skip
def test_graphs_named_in_the_request_are_the_dataset(
    server: Server, way: str, query: str, graphs: list[tuple[str, str]], expected: int
) -> None:
    if way == "get":
        got = get(server, query, also=f"&{urlencode(graphs)}")
    elif way == "form":
        got = post(server, urlencode([("query", query), *graphs]), FORM)
    else:
        got = post(server, query, QUERY, f"/sparql?{urlencode(graphs)}")
    assert number(got) == expected


@pytest.mark.parametrize(
    ("clauses", "query", "expected"),
    [
        (f"FROM <{IRON}>", COUNT, 1),
        (f"FROM NAMED <{IRON}>", COUNT, 0),
        (f"FROM NAMED <{IRON}>", IN_GRAPHS, 1),
        ("FROM <graph/iron> from <graph/zinc>", COUNT, 2),
    ],
)
def test_graphs_named_in_the_query_are_the_dataset(
    server: Server, clauses: str, query: str, expected: int
) -> None:
    select, _, where = query.partition("{")
    assert number(get(server, f"{select} {clauses} {{{where}")) == expected


# --- which format


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/xml"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.6", "application/sparql-results+xml"),
        ("image/png, text/*;q=0.1", "text/csv; charset=utf-8; header=present"),
        ("text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8; header=present"),
    ],
)
def test_solutions_come_in_the_format_accepted(server: Server, accept: str, type_: str) -> None:
    got = get(server, SELECT, **({"Accept": accept} if accept else {}))
    assert (got.status, got.headers["content-type"]) == (200, type_)
    assert "55.845" in got.text


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        *[("json", "application/sparql-results+json"), ("srj", "application/sparql-results+json")],
        *[("xml", "application/sparql-results+xml"), ("csv", "text/csv"), ("CSV", "text/csv")],
        *[("tsv", "text/tab-separated-values"), ("text/csv", "text/csv")],
        ("application/sparql-results%2Bxml", "application/sparql-results+xml"),
    ],
)
@pytest.mark.parametrize("parameter", ["format", "output"])
def test_a_parameter_names_the_format(
    server: Server, parameter: str, name: str, type_: str
) -> None:
    got = get(server, SELECT, also=f"&{parameter}={name}", Accept="image/png")
    assert got.headers["content-type"].partition(";")[0] == type_


def test_solutions_are_the_same_in_every_format(server: Server) -> None:
    expected = [(f"{BASE}mineral/iron", "55.845"), (f"{BASE}mineral/zinc", "65.38")]
    rows = get(server, SELECT).json["results"]["bindings"]
    assert [(row["s"]["value"], row["mass"]["value"]) for row in rows] == expected
    table = list(csv.reader(io.StringIO(get(server, SELECT, Accept="text/csv").text, newline="")))
    assert table == [["s", "mass"], *map(list, expected)]
    lines = get(server, SELECT, also="&format=tsv").text.splitlines()
    assert lines == ["?s\t?mass", *(f"<{iri}>\t{mass}" for iri, mass in expected)]
    root = ElementTree.fromstring(get(server, SELECT, also="&format=xml").body)
    found = [e.text for e in root.iter() if e.tag.rpartition("}")[2] in ("uri", "literal")]
    assert found == [text for row in expected for text in row]


@pytest.mark.parametrize("format_", ["csv", "tsv", "json", "xml"])
def test_yes_or_no_in_every_format(server: Server, format_: str) -> None:
    assert "true" in get(server, ASK, also=f"&format={format_}").text
    assert "false" in get(server, "ASK { <a:a> ?p ?o }", also=f"&format={format_}").text


@pytest.mark.parametrize("type_", GRAPHS)
@pytest.mark.parametrize("query", [CONSTRUCT, "DESCRIBE <mineral/iron>"])
def test_a_graph_comes_in_the_format_accepted(server: Server, type_: str, query: str) -> None:
    got = get(server, query, Accept=type_)
    assert got.headers["content-type"].partition(";")[0] == type_
    found = {quad.subject for quad in parse(got.body, GRAPHS[type_])}
    assert found == {NamedNode(f"{BASE}mineral/iron")}


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        *[("turtle", "text/turtle"), ("ttl", "text/turtle"), ("nt", "application/n-triples")],
        *[("jsonld", "application/ld+json"), ("json", "application/ld+json")],
        *[("rdf", "application/rdf+xml"), ("xml", "application/rdf+xml"), ("", "text/turtle")],
    ],
)
def test_a_parameter_names_the_format_of_a_graph(server: Server, name: str, type_: str) -> None:
    got = get(server, CONSTRUCT, also=f"&format={name}")
    assert got.headers["content-type"].partition(";")[0] == type_


# --- what is refused


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [("SELECT", 1, 7), ("SELECT *\n{ ?s ?p }", 2, 10), ("nonsense", 1, 9), ("ASK {} }", 1, 9)],
)
def test_a_syntax_error_has_its_place(server: Server, query: str, line: int, column: int) -> None:
    got = get(server, query, Accept="application/sparql-results+json")
    assert got.headers["content-type"] == "application/problem+json"
    problem = got.json
    assert (got.status, problem["status"], problem["title"]) == (400, 400, "Bad Request")
    assert (problem["line"], problem["column"]) == (line, column)
    text = get(server, query)
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text.startswith(f"not valid SPARQL 1.1: error at {line}:{column}: ")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/sparql?query=", "not valid SPARQL"),
        (f"/sparql?query={quote(ASK)}&query={quote(ASK)}", "more than one `query`"),
        (f"/sparql?query={quote(ASK)}&update=DROP%20ALL", "exclude each other"),
        (f"/sparql?query={quote(ASK)}&default-graph-uri=no%20iri", "must be an IRI"),
        (f"/sparql?query={quote(ASK)}&named-graph-uri=", "must be an IRI"),
        (f"/sparql?query={quote(ASK)}&format=odt", "there is no format `odt`"),
        ("/sparql?default-graph-uri=urn:a", "no `query`"),
        ("/sparql?query=%FF", "UTF-8"),
        ("/sparql?" + "a=b&" * 2000, "1000 parameters"),
        (f"/sparql?query={quote('SELECT ?x { } GROUP BY ?y')}", "not valid SPARQL"),
    ],
)
def test_what_is_no_query_is_refused(server: Server, path: str, words: str) -> None:
    got = server.ask(path)
    assert got.status == 400
    assert words in got.text


@pytest.mark.parametrize(
    ("body", "type_", "path", "status"),
    [
        ("", FORM, "/sparql", 400),
        ("other=1", FORM, "/sparql", 400),
        ("query=ASK{}&query=ASK{}", FORM, "/sparql", 400),
        ("query=ASK{}", FORM, "/sparql?query=ASK{}", 400),
        ("ASK {}", QUERY, "/sparql?query=ASK{}", 400),
        (b"ASK { <a:a> <a:a> '\xe4' }", QUERY, "/sparql", 400),
        (b"query=%E4", FORM, "/sparql", 400),
        ("ASK {}".encode("utf-16"), f"{QUERY}; charset=UTF-16", "/sparql", 415),
        ("ASK {}", f"{QUERY}; charset=iso-8859-1", "/sparql", 415),
        ("ASK {}", "text/plain", "/sparql", 415),
        ("ASK {}", "", "/sparql", 415),
        ('{"query": "ASK {}"}', "application/json", "/sparql", 415),
        ("query=ASK{}", "multipart/form-data; boundary=x", "/sparql", 415),
        ("DROP ALL", "application/sparql-update", "/sparql", 403),
        ("update=DROP ALL", FORM, "/sparql", 403),
        ("update=DROP ALL&query=ASK{}", FORM, "/sparql", 400),
    ],
)
def test_posts_that_are_no_query(
    server: Server, body: str | bytes, type_: str, path: str, status: int
) -> None:
    got = post(server, body, type_, path)
    assert got.status == status
    assert got.text


@pytest.mark.parametrize(
    "update",
    [
        *["INSERT DATA { <a:a> <a:a> <a:a> }", "LOAD <http://127.0.0.1/>", "DROP ALL"],
        *["prefix a: <a:> # c\nDELETE WHERE { ?s ?p ?o }", "WITH <a:a> DELETE { } WHERE { }"],
    ],
)
def test_updates_are_refused_in_plain_words(server: Server, update: str) -> None:
    assert get(server, update).text == "updates are refused: this endpoint is read-only\n"
    assert get(server, update).status == 400
    got = server.ask(f"/sparql?update={quote(update)}")
    assert (got.status, "read-only" in got.text) == (403, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_methods_that_change_something(server: Server, method: str) -> None:
    got = server.ask("/sparql?query=ASK{}", method)
    assert got.status == 405
    assert got.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    ("query", "accept"),
    [(SELECT, "text/turtle"), (ASK, "application/ld+json"), (CONSTRUCT, "text/csv"),
     (SELECT, "image/png"), (CONSTRUCT, "application/sparql-results+json")],
)  # fmt: skip
def test_what_no_format_accepted_can_hold(server: Server, query: str, accept: str) -> None:
    assert get(server, query, Accept=accept).status == 406


def test_a_body_over_the_limit(server: Server) -> None:
    got = post(server, b"ASK {} #" + b"x" * (10 << 20), QUERY)
    assert got.status == 413


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        r"SELECT * { \u0053ERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "ASK { { SELECT * { SERVICE ?g { } } } }",
    ],
)
def test_federation_is_refused(server: Server, query: str) -> None:
    got = get(server, query)
    assert got.status == 403
    assert got.text.startswith("SERVICE is not allowed")


# --- HTTP


def test_head_has_the_headers_of_get(server: Server) -> None:
    path = f"/sparql?query={quote(SELECT)}"
    head, whole = server.ask(path, "HEAD"), server.ask(path)
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length", "etag", "vary"):
        assert head.headers[name] == whole.headers[name]
    assert server.ask("/sparql?query=nonsense", "HEAD").status == 400


def test_an_answer_that_a_client_has_is_not_sent_again(server: Server) -> None:
    for query in (SELECT, f"{SELECT} # another"):
        first = get(server, query)
        again = get(server, query, If_None_Match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        other = get(server, query, Accept="text/csv", If_None_Match=first.headers["etag"])
        assert other.status == 200
        assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("call", ["RAND()", "NOW()", "STRUUID()", "uuid ()", "RAND#\n()"])
def test_what_differs_from_time_to_time_is_asked_anew(server: Server, call: str) -> None:
    answers = [get(server, f"SELECT ({call} AS ?x) {{}}") for _ in range(2)]
    assert answers[0].body != answers[1].body
    assert all(a.headers["cache-control"] == "no-store" for a in answers)
    assert all("etag" not in a.headers for a in answers)


def test_browsers_of_other_sites_may_ask(server: Server) -> None:
    got = server.ask("/sparql", "OPTIONS", Origin="https://example.com",
                     Access_Control_Request_Method="POST")  # fmt: skip
    assert got.status == 204
    assert "POST" in got.headers["access-control-allow-methods"]
    assert get(server, ASK).headers["access-control-allow-origin"] == "*"
    assert get(server, "nonsense").headers["access-control-allow-origin"] == "*"


def test_an_empty_query_is_called_that(server: Server) -> None:
    for body in ("", " \n"):
        got = post(server, body, QUERY)
        assert (got.status, got.text) == (400, "not valid SPARQL 1.1: the query is empty\n")


@pytest.mark.parametrize("limit", [1, 1500, 60_000], ids=["small", "whole", "streamed"])
def test_an_answer_is_zipped_for_who_takes_that(server: Server, limit: int) -> None:
    """The same answer, one that is as short as its headers left as it is."""
    query = f"SELECT ?a ?b ?c {{ ?a ?p ?o . ?b ?q ?r . ?c ?s ?t }} LIMIT {limit}"
    plain = get(server, query, Accept="text/csv")
    for _ in range(2):
        got = get(server, query, Accept="text/csv", Accept_Encoding="br;q=1, gzip;q=0.5")
        assert got.headers["vary"] == plain.headers["vary"] == "Accept, Accept-Encoding"
        assert got.headers["etag"] == plain.headers["etag"]
        zipped = got.headers.get("content-encoding") == "gzip"
        assert zipped == (limit > 1)
        assert (gzip.decompress(got.body) if zipped else got.body) == plain.body
        assert not zipped or len(got.body) < len(plain.body) / 2
    refused = get(server, query, Accept="text/csv", Accept_Encoding="gzip;q=0")
    assert "content-encoding" not in refused.headers
    assert refused.body == plain.body


def test_a_large_answer_comes_whole(server: Server) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 20000"
    got = get(server, query, Accept="text/csv")
    assert got.text.count("\r\n") == 20001
    assert len(get(server, f"{query} #", Accept="text/csv").body) == len(got.body)


# --- the service itself


@pytest.mark.parametrize("type_", GRAPHS)
def test_the_service_describes_itself(server: Server, type_: str) -> None:
    got = get(server, Accept=type_)
    assert got.headers["content-type"].partition(";")[0] == type_
    sd = "http://www.w3.org/ns/sparql-service-description#"
    triples = [(q.subject, q.predicate, q.object) for q in parse(got.body, GRAPHS[type_])]
    service = NamedNode(f"{BASE}sparql")
    assert (service, NamedNode(sd + "endpoint"), service) in triples
    assert (service, NamedNode(sd + "feature"), NamedNode(sd + "UnionDefaultGraph")) in triples
    names = {o.value for _, p, o in triples if p == NamedNode(sd + "name")}
    assert {IRON, ZINC} < names
    (whole,) = [
        int(o.value)
        for s, p, o in triples
        if s.value.endswith("#default-graph") and p.value.endswith("triples")
    ]
    query = "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }"
    assert whole == number(get(server, query))
    assert get(server, also="format=turtle", Accept="image/png").status == 200


def test_the_description_needs_a_format(server: Server) -> None:
    assert get(server, Accept="text/csv").status == 406
    assert json.loads(get(server, Accept="application/json").text)


def test_an_answer_that_nests_too_deeply_for_a_page(server: Server) -> None:
    depth = 1000
    term = "<<( <a:s> <a:p> " * depth + "1" + " )>>" * depth
    query = f"SELECT ?x {{ VALUES ?x {{ {term} }} }}".encode()
    type_ = "application/sparql-query"
    got = server.ask("/sparql", "POST", query, Content_Type=type_, Accept="text/html")
    assert (got.status, "nests too deeply for a page" in got.text) == (406, True)
    got = server.ask("/sparql", "POST", query, Content_Type=type_)
    assert (got.status, got.text.count("triple")) == (200, depth)


def test_no_message_tells_of_the_machine(server: Server) -> None:
    for query in ("SELECT", "SELECT (<urn:f>(1) AS ?x) {}", "SELECT * { SERVICE <x> {} }"):
        assert "Traceback" not in get(server, query).text
        assert "/work" not in get(server, query).text


# --- a list of endpoints that may be asked


def test_an_endpoint_on_the_list_is_asked_and_no_other(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tiny: Tiny = write_tiny(tmp_path_factory.mktemp("federation"))
    build_release(tiny.project)
    other = f"{server.url}/sparql"
    with serving(tiny.root, "--allow-service", other) as asking:
        query = f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ SERVICE <{other}> {{ ?s a ?c ; ?p ?o }} }}"
        assert number(get(asking, query)) > 0
        for text in (
            query.replace(other, f"{other}/"),
            query.replace(f"<{other}>", "?s"),
            f"PREFIX o: <{other}> " + query.replace(f"<{other}>", "o:"),
            query.replace("SERVICE", "SERVICE #\n"),
            query.replace("{ ?s a", f"{{ SERVICE <{server.url}/> {{ ?x ?y ?z }} ?s a"),
        ):
            got = get(asking, text)
            assert (got.status, "is allowed for" in got.text) == (403, True)
        assert "BasicFederatedQuery" in get(asking, Accept="text/turtle").text
