"""A query never opens a connection: checked against the engine and an endpoint that listens."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator

import pytest
from pyoxigraph import NamedNode, Quad, Store

from kg.answer import no_connections
from kg.errors import QueryError
from kg.results import run_query
from kg.sparql import refuse_federation, unescape


class Endpoint:
    """A port of this machine that notes whether anybody knocked."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.iri = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    def knocked(self) -> bool:
        """Whether there was a connection since this was last asked."""
        found = False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                found = True
        return found


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        listener.setblocking(False)
        yield Endpoint(listener)


@pytest.fixture(scope="module")
def store() -> Store:
    """One triple, of an IRI that is valid with and without letters behind it."""
    odd = NamedNode("http://h:")
    store = Store()
    store.add(Quad(odd, odd, odd))
    return store


def evaluate(store: Store, query: str) -> None:
    """Evaluate a query to its end, whatever comes of it."""
    with contextlib.suppress(SyntaxError, RuntimeError, OSError, ValueError):
        answer = store.query(query, use_default_graph_as_union=True)
        if not isinstance(answer, bool):
            for _ in answer if hasattr(answer, "__iter__") else ():
                pass


EVASIONS = [
    "SELECT * { SERVICE <EP> { ?s ?p ?o } }",
    "SELECT * { sErViCe SILENT<EP>{ ?s ?p ?o } }",
    "SELECT * { SERVICE\n# comment\n<EP> { ?s ?p ?o } }",
    r"SELECT * { \u0053ERVICE <EP> { ?s ?p ?o } }",
    r"SELECT * { \U00000053ERVICE <EP> { ?s ?p ?o } }",
    r"SELECT * { SERV\u0049CE <EP> { ?s ?p ?o } }",
    "SELECT * { VALUES ?x {1}SERVICE<EP>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE <EP> { ?a ?b ?c } }",
    "SELECT * { OPTIONAL { ?s ?p trueSERVICE<EP>{ ?a ?b ?c } } }",
    # No space where parsers want none.
    "PREFIX ex: <EP> SELECT * { SERVICEex:e { ?s ?p ?o } }",
    "PREFIX ex: <EP> SELECT * { SERVICESILENTex:e { ?s ?p ?o } }",
    "PREFIX service: <EP> SELECT * { SERVICE service: { ?s ?p ?o } }",
    "PREFIX ex: <http://h:> SELECT * { ?s ?p ex:.SERVICE <EP> { ?a ?b ?c } }",
    # The name `ex:SERVICE` is no IRI with this prefix, so parsers end it at the colon.
    "PREFIX ex: <http://h:> SELECT * { ?s ?p ex:SERVICE <EP> { ?a ?b ?c } }",
    # What looks like an IRI is an operator with a comment, or a string, behind it.
    "SELECT * { VALUES ?x {1} FILTER(?x <#>'''\n 5) SERVICE <EP> { ?s ?p ?o } #'''\n}",
    "SELECT * { VALUES ?x {1} FILTER(1<'>'||true)SERVICE<EP>{ ?s ?p ?o }#'\n}",
    # What looks like the end of a string, or of a comment, is none, or is one.
    r"SELECT * { BIND('\u005C' AS ?x) SERVICE <EP> { ?s ?p ?o } #'" "\n }",
    r"SELECT * { BIND('\\' AS ?x) SERVICE <EP> { ?s ?p ?o } #'" "\n }",
    "SELECT * { # \rSERVICE <EP> { ?s ?p ?o }\n }",
    "SELECT * { # \\u000ASERVICE <EP> { ?s ?p ?o }\n }",
    "SELECT * { BIND(''''a''' AS ?x) SERVICE <EP> { ?s ?p ?o } }",
    r"SELECT * { ?s ?p <http://h:\u0041'> SERVICE <EP> { ?a ?b ?c } #'" "\n }",
    "SELECT * { ?s ?p <http://h:#'>SERVICE <EP> { ?a ?b ?c } #'\n }",
    # Wherever a pattern may stand.
    "SELECT * { { SELECT * { { SERVICE <EP> { ?s ?p ?o } } UNION { ?s ?p ?o } } } }",
    "SELECT * { FILTER EXISTS { SERVICE <EP> { ?s ?p ?o } } VALUES ?x { 1 } }",
    "SELECT * { VALUES ?e { <EP> } SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { GRAPH ?g { SERVICE <EP> { ?s ?p ?o } } }",
    "ASK { SERVICE <EP> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <EP> { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <EP> { ?s ?p ?o } }",
]


@pytest.mark.parametrize("query", EVASIONS)
def test_federation_is_refused_however_it_is_written(query: str, endpoint: Endpoint) -> None:
    with pytest.raises(QueryError, match="SERVICE is not allowed"):
        refuse_federation(query.replace("EP", endpoint.iri))


ALLOWED = [
    "SELECT ?service { ?service ?p ?o }",
    "SELECT $service { $service ?p ?o }",
    "SELECT * { ?s ?p 'SERVICE <EP> { }' }",
    'SELECT * { ?s ?p """it said "SERVICE" here""" }',
    "SELECT * { ?s ?p '''it's a SERVICE''' }",
    r"SELECT * { ?s ?p 'don\'t SERVICE <EP> {}' }",
    "SELECT * { ?s <https://example.org/service> ?o }",
    "SELECT * { ?s <https://example.org/service#SERVICE> ?o }",
    "SELECT * { ?s <EP> ?o } # SERVICE <EP> { ?s ?p ?o }",
    "# a service\nSELECT * { ?s ?p ?o }",
    "SELECT * { # \x0bSERVICE <EP> { ?s ?p ?o }\n }",
    "SELECT * { # \u2028SERVICE <EP> { ?s ?p ?o }\n }",
    'SELECT * { ?s ?p "x"@en-service }',
    "SELECT * FROM <EP> { ?s ?p ?o }",
    "SELECT * FROM NAMED <EP> { GRAPH <EP> { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<?b && ?c>?a) }",
    "SELECT * { GRAPH <EP> { ?s ?p ?o } }",
    "DESCRIBE <EP>",
]


@pytest.mark.parametrize("query", ALLOWED)
def test_what_is_no_federation_is_allowed_and_opens_nothing(
    query: str, endpoint: Endpoint, store: Store
) -> None:
    text = query.replace("EP", endpoint.iri)
    refuse_federation(text)
    evaluate(store, text)
    assert not endpoint.knocked()


@pytest.mark.parametrize(
    "update",
    ["LOAD <EP>", "INSERT DATA { <EP> <EP> <EP> }", "DELETE WHERE { ?s ?p ?o }", "DROP ALL"],
)
def test_updates_are_no_queries(update: str, endpoint: Endpoint, store: Store) -> None:
    with pytest.raises(QueryError, match=r"not valid SPARQL 1\.1"):
        run_query(store, update.replace("EP", endpoint.iri), {}, "https://example.org/")
    assert not endpoint.knocked()
    assert len(store) == 1


_PIECES = [
    *("'", '"', "'''", '"""', "#", "\n", "\r", "<", ">", "<#>", "<'>", "<a#b>", "<a'b>"),
    *(r"\u0027", r"\u005C", r"\u000A", r"\u003E", "\\", r"\'", "ex:", "ex:.", "ex:a", "ex:%41"),
    *("ex:\\'", "ex:\\#", "_:b", "1", "1.", "1e", "true", "a", ".", ";", ",", "{", "}", "(", ")"),
    *("[]", "()", "?o", "?", "$x", "@en", "^^", "FILTER(1<", "FILTER(?s<?p)", "BIND(", " AS ?x)"),
    *("OPTIONAL{", "UNION{", "VALUES ?v {1}", " ", "\t", "||true", "&&", "!", "-", "<http://h:>"),
    *(
        "?s ?p ",
        "?s ?p ex:",
        "SILENT ",
        "é",
        "\u0300",
        "\u00b7",
        "\u2028",
        "<<",
        ">>",
        "<<(",
        ")>>",
    ),
]


def test_random_queries_open_nothing(endpoint: Endpoint, store: Store) -> None:
    """Whatever the gate lets through and the engine can parse opens no connection."""
    chance = random.Random(7)
    passed = 0
    for _ in range(3000):
        before, between, after = (
            "".join(chance.choices(_PIECES, k=chance.randint(0, most))) for most in (5, 1, 4)
        )
        text = (
            f"PREFIX ex: <http://h:> SELECT * {{ {before}SERVICE{between}<{endpoint.iri}>"
            f"{{?a ?b ?c}}{after} }}"
        )
        try:
            refuse_federation(text)
        except QueryError:
            continue
        passed += 1
        evaluate(store, text)
        assert not endpoint.knocked(), text
    assert passed > 100


def test_the_second_line_of_defence_holds_alone(endpoint: Endpoint, store: Store) -> None:
    """Were a query to get past the gate, the process could open no socket for it."""
    query = f"SELECT * {{ SERVICE <{endpoint.iri}> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="Too many open files"), no_connections():
        list(_raising(store, query))
    assert not endpoint.knocked()
    with socket.socket():
        pass


def _raising(store: Store, query: str) -> Iterator[object]:
    try:
        yield from store.query(query)  # type: ignore[misc]
    except OSError as error:
        raise QueryError(str(error)) from error


def test_escapes_are_resolved_as_the_standard_says() -> None:
    assert unescape(r"\u0041\U0001F600\u00e9 \u12 \U00110000") == "A\U0001f600é \\u12 \\U00110000"


def test_a_megabyte_of_doubt_is_judged_in_time() -> None:
    refuse_federation("SELECT * { } # " + "<a'b>'" * 150_000 + "service")
    with pytest.raises(QueryError):
        refuse_federation("<a'b>" * 100_000 + " service")
