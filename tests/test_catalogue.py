"""Stock queries: what their comments must say, and that parameters are terms, never text."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Variable

from kg.catalogue import find_query, load_catalogue, parse_query
from kg.errors import ConfigError, QueryError
from kg.results import run_query

XSD = "http://www.w3.org/2001/XMLSchema#"
HEAD = "#+ title: A question\n#+ description: What it answers.\n"


def query(params: str, body: str = "SELECT ?x { ?s ?p ?x }") -> str:
    return f"{HEAD}#+ params:\n#+   x: {params}\n{body}"


def test_metadata_is_read_wherever_it_stands() -> None:
    text = (
        "#+ title: ' A question '\n# a comment\n#+ description: >\n#+   What it\n#+   answers.\n"
        "PREFIX : <https://example.org/>\n#+ tags: [a]\n#+ params:\n"
        '#+   x: {type: integer, default: "007", example: 12, description: A number.}\n'
        "SELECT ?x { ?s ?p ?x }"
    )
    found = parse_query("name", text)
    assert (found.title, found.description) == ("A question", "What it answers.")
    (parameter,) = found.params
    # Every scalar is text: YAML's own idea of numbers does not come into it.
    assert (parameter.default, parameter.example) == ("007", "12")
    assert found.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * {}", "lack `title`"),
        ("#+ title: A\nSELECT * {}", "lack `description`"),
        ("#+ title: ''\n#+ description: x\n", "lack `title`"),
        ("#+ title: [a]\n#+ description: x\n", "lack `title`"),
        ("#+ [\nSELECT * {}", "not YAML"),
        ("#+ just words\n", "keys with values"),
        (f"{HEAD}#+ sumary: x\n", "unknown key `sumary`"),
        (f"{HEAD}#+ param: x\n", "did you mean `params`"),
        (f"{HEAD}#+ params: [x]\n", "must map each parameter's name"),
        (query("integer"), "`x` must be keys with texts"),
        (query("{type: [integer]}"), "`x` must be keys with texts"),
        (query("{}"), "must have a type: iri, string"),
        (query("{type: int}"), "must have a type: iri, string"),
        (query("{type: iri, defualt: a}"), "`x`: unknown key `defualt`; did you mean `default`"),
        (query("{type: integer, default: many}"), "`x` must be of type integer, got `many`"),
        (query("{type: date, example: today}"), "`x` must be of type date, got `today`"),
        (f"{HEAD}#+ params:\n#+   'x y': {{type: iri}}\n", "named as a variable"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.rq").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.rq: ") as caught:
        load_catalogue(tmp_path)
    assert message in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_text("")
    (tmp_path / "b.rq").write_bytes(b"\xff")
    (tmp_path / "c.rq").mkdir()
    (tmp_path / "d.rq").write_text(HEAD)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(tmp_path)
    assert len(str(caught.value).splitlines()) == 3


def test_an_empty_folder_has_no_queries(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path) == {}
    assert load_catalogue(tmp_path / "absent") == {}


def test_a_name_that_is_nearly_right(tmp_path: Path) -> None:
    (tmp_path / "p-values.rq").write_text(HEAD)
    catalogue = load_catalogue(tmp_path)
    assert find_query(catalogue, "p-values").name == "p-values"
    with pytest.raises(QueryError, match="did you mean `p-values`"):
        find_query(catalogue, "pvalues")
    with pytest.raises(QueryError, match="--list"):
        find_query(catalogue, "everything")


@pytest.mark.parametrize(
    ("type_", "text", "term"),
    [
        ("string", "a b", Literal("a b")),
        ("integer", "12", Literal("12", datatype=NamedNode(XSD + "integer"))),
        ("integer", "-3", Literal("-3", datatype=NamedNode(XSD + "integer"))),
        ("decimal", "0.05", Literal("0.05", datatype=NamedNode(XSD + "decimal"))),
        ("boolean", "true", Literal("true", datatype=NamedNode(XSD + "boolean"))),
        ("date", "2022-02-28", Literal("2022-02-28", datatype=NamedNode(XSD + "date"))),
        ("iri", "iron", NamedNode("https://example.org/iron")),
    ],
)
def test_a_value_is_bound_as_a_term_of_its_type(
    type_: str, text: str, term: Literal | NamedNode
) -> None:
    found = parse_query("q", query(f"{{type: {type_}}}"))
    bound = found.bind({"x": text}, lambda name: NamedNode(f"https://example.org/{name}"))
    assert bound == {Variable("x"): term}


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        *(("integer", text) for text in ("many", "1.5", "1e3", "0x10", "\u0661", "1 OR 1=1")),
        *(("decimal", text) for text in ("1,5", "1e3", "NaN")),
        ("boolean", "maybe"),
        *(("date", text) for text in ("2022-02-30", "28.2.2022", "2022")),
    ],
)
def test_a_value_of_another_type_is_refused(type_: str, text: str) -> None:
    found = parse_query("q", query(f"{{type: {type_}}}"))
    with pytest.raises(QueryError, match=f"`x` must be of type {type_}, got"):
        found.bind({"x": text}, NamedNode)


def test_without_a_value_the_default_holds_and_without_one_it_stays_open() -> None:
    assert parse_query("q", query("{type: string, default: a}")).bind({}, NamedNode) == {
        Variable("x"): Literal("a")
    }
    assert parse_query("q", query("{type: string}")).bind({}, NamedNode) == {}


def test_a_parameter_that_is_not_there() -> None:
    found = parse_query("q", query("{type: string}"))
    with pytest.raises(QueryError, match="`q` has no parameter `y`; it has x"):
        found.bind({"y": "1"}, NamedNode)
    with pytest.raises(QueryError, match="it has none"):
        parse_query("q", HEAD).bind({"y": "1"}, NamedNode)


INJECTIONS = [
    'x" } DROP ALL #',
    "x> } ; DROP ALL #",
    "' UNION { ?s ?p ?o } #",
    '" . } INSERT DATA { <a:a> <a:a> <a:a> } #',
    "\\u0022 }",
    '"""',
    "?s",
    "\n}\n",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_value_cannot_become_part_of_the_query(text: str) -> None:
    store = Store()
    subject = NamedNode("https://example.org/s")
    store.add(Quad(subject, subject, Literal(text)))
    store.add(Quad(subject, subject, Literal("other")))
    found = parse_query("q", query("{type: string}"))
    answer = run_query(store, found.text, found.bind({"x": text}, NamedNode), "https://e.org/")
    assert [solution["x"] for solution in answer] == [Literal(text)]  # type: ignore[union-attr,index]
    assert len(store) == 2


def test_a_parameter_that_the_query_does_not_select_is_told() -> None:
    found = parse_query("q", query("{type: string}", "SELECT ?y { ?s ?p ?y }"))
    with pytest.raises(QueryError, match="x"):
        run_query(Store(), found.text, found.bind({"x": "1"}, NamedNode), "https://e.org/")
