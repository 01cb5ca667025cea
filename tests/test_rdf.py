"""RDF texts are read as any parser reads them; places are searched for."""

from __future__ import annotations

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from kg.formats import RDF_FORMATS
from kg.sheets import Limits, Mark
from kg.sheets.rdf import Mentions, parse_rdf

BASE = "https://example.org/topic/"
TURTLE = """\
@prefix ex: <https://example.org/v#> .
<mineral/iron> a ex:Mineral ;
    ex:label "Iron"@en , 'Fer'@fr ; ex:number 01.50 ; ex:part [ ex:label "x" ] .
"""


def test_turtle_gives_the_triples_that_rdflib_finds():
    quads, problem = parse_rdf("a.ttl", TURTLE, BASE)
    ours, theirs = Graph(), Graph()
    ours.parse(data="".join(f"{quad.triple} .\n" for quad in quads), format="nt")
    theirs.parse(data=TURTLE, format="turtle", publicID=BASE)
    assert problem is None
    assert isomorphic(ours, theirs)


def test_without_a_base_a_relative_iri_is_refused():
    assert parse_rdf("a.ttl", "<a> <b:b> 1 .")[1] is not None


def test_of_a_text_with_a_syntax_error_nothing_is_kept():
    """Half a node would be blamed for what it lacks."""
    quads, problem = parse_rdf("a.nt", "<a:a> <a:b> <a:c> .\n<a:a> <a:b>\n")
    assert quads == ()
    assert problem.rule == "syntax"
    assert problem.line in (2, 3)


def test_more_triples_than_the_limit_are_refused():
    text = "".join(f"<a:a> <a:b> <a:{i}> .\n" for i in range(4))
    assert parse_rdf("a.nt", text, limits=Limits(nodes=4))[1] is None
    assert parse_rdf("a.nt", text, limits=Limits(nodes=3))[1].rule == "too-many-values"


def test_json_ld_is_read_with_the_context_it_brings_along():
    """As a sheet it would be read with the project's; nothing is fetched."""
    jsonld = RDF_FORMATS["jsonld"]
    text = '{"@context": {"p": "urn:p"}, "@id": "mineral/iron", "p": 1, "q": 2}'
    (quad,), problem = parse_rdf("a.json", text, BASE, format_=jsonld)
    assert (quad.subject.value, quad.predicate.value, problem) == (
        BASE + "mineral/iron",
        "urn:p",
        None,
    )
    remote = '{"@context": "https://schema.org/", "name": "x"}'
    assert "nothing is fetched" in parse_rdf("a.json", remote, format_=jsonld)[1].message
    broken = parse_rdf("a.json", '{\n"@id": }', format_=jsonld)[1]
    assert (broken.rule, broken.line) == ("syntax", 2)


def test_a_term_of_many_megabytes_is_refused():
    text = f'<a:a> <a:b> "{"x" * 17_000_000}" .'
    assert parse_rdf("a.ttl", text)[1].rule == "too-large"


XML = """<?xml version="1.0"?>{doctype}
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">
<rdf:Description rdf:about="http://x/a"><x:p>{text}</x:p></rdf:Description></rdf:RDF>
"""


def test_rdf_xml_is_read():
    quads, problem = parse_rdf("a.rdf", XML.format(doctype="", text="&lt;b&#x41;"))
    assert (problem, [q.object.value for q in quads]) == (None, ["<bA"])


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "x">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY a PUBLIC "p" "https://example.org/">',
        '<!ENTITY % a "x">',
        '<!ENTITY a0 "ha"><!ENTITY a "&a0;&a0;&a0;&a0;">',
    ],
    ids=["internal", "file", "remote", "parameter", "nested"],
)
def test_rdf_xml_with_entities_is_refused_and_nothing_is_read(declaration: str):
    text = XML.format(doctype=f"<!DOCTYPE r [{declaration}]>", text="&a;")
    quads, problem = parse_rdf("a.rdf", text)
    assert (quads, problem.rule, problem.line) == ((), "entity", 1)


@pytest.mark.parametrize("end", [-1, -12, -40, 120])
def test_rdf_xml_that_breaks_off_is_refused(end: int):
    """The RDF parser takes a file that ends too soon for a whole one."""
    _, problem = parse_rdf("a.rdf", XML.format(doctype="", text="b").rstrip()[:end])
    assert problem.rule == "syntax"


def test_rdf_xml_that_is_no_rdf_is_refused():
    _, problem = parse_rdf("a.rdf", XML.format(doctype="", text="<x:a/><x:b/>"))
    assert problem.rule == "syntax"


@pytest.mark.parametrize(
    ("iri", "mark"),
    [
        ("https://example.org/topic/mineral/iron", Mark(2, 1)),
        ("https://example.org/v#Mineral", Mark(2, 20)),
        ("https://example.org/v#number", Mark(3, 39)),
        ("https://example.org/v#", Mark(1, 13)),
        ("https://example.org/v#nothing", Mark(0, 0)),
        ("https://example.org/v#lab", Mark(0, 0)),
        ("", Mark(0, 0)),
    ],
)
def test_a_term_is_found_where_it_is_first_mentioned(iri: str, mark: Mark):
    assert Mentions(TURTLE).find(iri) == mark


def test_columns_of_mentions_count_code_points():
    assert Mentions('<a:a> <a:b> "😀é" .\n<a:a> <a:b> "😀" , <a:c> .').find("a:c") == Mark(2, 19)
