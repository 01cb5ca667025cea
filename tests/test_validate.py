"""What SHACL finds is reported at the key that caused it, whatever kind of shape found it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from sample import BASE, compile_text

from kg import terms
from kg.errors import ConfigError, Problem, Severity
from kg.places import Places
from kg.validate import Result, place_results, validate

PREFIXES = """\
@prefix le: <https://w3id.org/linked-evidence/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <https://example.org/shapes#> .
"""
SHEET = """\
id: finding/x
type: Finding
label: Label
pValue: 1.2
altLabel:
  - short
  - much too long
passages:
  - document: document/000
    selector: {start: 9, end: 3}
  - document: document/001
"""


def judge(tmp_path: Path, shapes: str, sheet: str = SHEET, name: str = "a.yaml") -> list[Problem]:
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    compiled = compile_text(sheet, name)
    return place_results(validate(compiled.quads, tmp_path), Places([compiled]))


def where(problems: list[Problem]) -> list[tuple[int, int, str, str]]:
    return [(p.line, p.column, p.rule, p.component.rpartition("#")[2]) for p in problems]


def test_a_value_is_reported_at_its_key_with_all_that_is_known(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :F-p .
        :F-p sh:path le:pValue ; sh:maxInclusive 1.0 ; sh:message "at most 1"@en ."""
    (problem,) = judge(tmp_path, shapes)
    assert problem == Problem(
        file="a.yaml",
        line=4,
        column=1,
        message="at most 1, got 1.2",
        rule="F-p",
        severity=Severity.ERROR,
        focus=BASE + "finding/x",
        path=terms.LE + "pValue",
        value="1.2",
        component=terms.SH + "MaxInclusiveConstraintComponent",
        shape="https://example.org/shapes#F-p",
    )


def test_one_of_several_values_is_reported_at_its_own_place(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :F-a .
        :F-a sh:path skos:altLabel ; sh:maxLength 8 ."""
    assert where(judge(tmp_path, shapes)) == [(7, 5, "F-a", "MaxLengthConstraintComponent")]


def test_what_is_missing_is_reported_at_the_node(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :F-n .
        :F-n sh:path skos:note ; sh:minCount 1 ."""
    assert where(judge(tmp_path, shapes)) == [(1, 1, "F-n", "MinCountConstraintComponent")]


def test_a_value_in_a_nested_node_is_reported_in_it(tmp_path: Path):
    shapes = """:S a sh:NodeShape ; sh:targetObjectsOf oa:hasSelector ; sh:property :S-s .
        :S-s sh:path oa:start ; sh:lessThan oa:end ."""
    assert where(judge(tmp_path, shapes)) == [(10, 16, "S-s", "LessThanConstraintComponent")]


def test_what_a_nested_node_lacks_is_reported_at_that_node(tmp_path: Path):
    shapes = """:P a sh:NodeShape ; sh:targetObjectsOf le:passage ; sh:property :P-s .
        :P-s sh:path oa:hasSelector ; sh:minCount 1 ."""
    assert where(judge(tmp_path, shapes)) == [(11, 5, "P-s", "MinCountConstraintComponent")]


@pytest.mark.parametrize(
    "path",
    ["( le:passage oa:hasSource )", "[ sh:inversePath le:passage ]", "[ sh:zeroOrMorePath le:x ]"],
    ids=["sequence", "inverse", "repeated"],
)
def test_a_path_that_is_no_single_property_is_reported_at_the_node(tmp_path: Path, path: str):
    shapes = f""":F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :F-p .
        :F-p sh:path {path} ; sh:minCount 5 ."""
    (problem,) = judge(tmp_path, shapes)
    assert (problem.line, problem.path, problem.rule) == (1, "", "F-p")


def test_a_shape_within_a_shape_gives_one_result_and_no_details(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ;
        sh:or ( [ sh:path le:scope ; sh:minCount 1 ] [ sh:path skos:note ; sh:minCount 1 ] ) ;
        sh:property :F-p .
        :F-p sh:path le:passage ; sh:node :P .
        :P a sh:NodeShape ; sh:property [ sh:path oa:hasSelector ; sh:minCount 1 ] ."""
    assert where(judge(tmp_path, shapes)) == [
        (1, 1, "F", "OrConstraintComponent"),
        (11, 5, "F-p", "NodeConstraintComponent"),
    ]


def test_a_sparql_constraint_is_reported_at_the_value_it_names(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:sparql [
        sh:message "no {?value} here" ;
        sh:select "SELECT $this ?path ?value { $this ?path ?value FILTER(?value = 1.2) }" ] ."""
    (problem,) = judge(tmp_path, shapes)
    assert (problem.line, problem.value) == (4, "1.2")
    assert problem.message.startswith("no 1.2 here")


def test_severities_are_kept(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :A , :B , :C .
        :A sh:path skos:note ; sh:minCount 1 ; sh:severity sh:Warning .
        :B sh:path skos:note ; sh:minCount 1 ; sh:severity sh:Info .
        :C sh:path skos:note ; sh:minCount 1 ; sh:severity :Strange ."""
    found = {p.rule: p.severity for p in judge(tmp_path, shapes)}
    assert found == {"A": Severity.WARNING, "B": Severity.INFO, "C": Severity.ERROR}


def test_of_messages_in_several_languages_the_english_one_is_told(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :A , :B .
        :A sh:path skos:note ; sh:minCount 1 ; sh:message "needs a note"@en-GB , "braucht eine"@de .
        :B sh:path skos:note ; sh:minCount 1 ; sh:message "braucht eine"@de ."""
    found = {p.rule: p.message for p in judge(tmp_path, shapes)}
    assert found == {"A": "needs a note", "B": "braucht eine"}


def test_a_result_about_what_no_sheet_describes_has_no_place(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetNode <urn:a:b> ; sh:property :A .
        :A sh:path skos:note ; sh:minCount 1 ."""
    (problem,) = judge(tmp_path, shapes)
    assert (problem.file, problem.line) == ("-", 0)


def test_a_shape_without_a_name_is_named_by_its_constraint(tmp_path: Path):
    shapes = """[] a sh:NodeShape ; sh:targetClass le:Finding ;
        sh:property [ sh:path skos:note ; sh:minCount 1 ] ."""
    assert [p.rule for p in judge(tmp_path, shapes)] == ["MinCountConstraintComponent"]


def test_rdf_sheets_are_reported_at_their_subjects(tmp_path: Path):
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :A .
        :A sh:path skos:note ; sh:minCount 1 ."""
    sheet = "@prefix le: <https://w3id.org/linked-evidence/ontology#> .\n\n<x> a le:Finding .\n"
    assert where(judge(tmp_path, shapes, sheet, "a.ttl"))[0][:2] == (3, 1)


def test_lexical_forms_are_judged_as_they_are(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    level = logging.getLogger("rdflib").level
    """A number that is none is a result, and nothing on standard error."""
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property :A .
        :A sh:path le:pValue ; sh:datatype xsd:decimal ."""
    sheet = SHEET.replace("1.2", "about 0.5") + f"sampleSize: {'9' * 5000}\nlowerExclusive: maybe\n"
    assert [p.value for p in judge(tmp_path, shapes, sheet)] == ["about 0.5"]
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert logging.getLogger("rdflib").level == level


def test_results_are_sorted_and_each_stands_once(tmp_path: Path):
    (tmp_path / "a.ttl").write_text(
        PREFIXES
        + """:A a sh:NodeShape ; sh:targetSubjectsOf :p ; sh:targetClass :T ; sh:property :B .
        :B sh:path :p ; sh:maxLength 1 ."""
    )
    ex = "https://example.org/shapes#"
    quads = [
        Quad(NamedNode(ex + name), NamedNode(ex + "p"), Literal(value))
        for name in "zyx"
        for value in ("cc", "bb")
    ]
    quads += [Quad(quad.subject, terms.TYPE, NamedNode(ex + "T")) for quad in quads]
    results = validate(quads, tmp_path)
    assert results == sorted(results)
    assert len(results) == 6
    assert isinstance(results[0], Result)


@pytest.mark.parametrize(
    "shapes",
    [
        ":F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property [ sh:minCount 1 ] .",
        ":F a sh:NodeShape ; sh:targetClass le:Finding ; sh:property [ sh:path 5 ] .",
        ":F a sh:NodeShape ; sh:targetClass le:Finding ; sh:sparql [ sh:select 'SELECT {' ] .",
        ":F a sh:NodeShape ; sh:targetClass le:Finding ;"
        " sh:property [ sh:path skos:prefLabel ; sh:pattern '(' ] .",
        ":F a sh:NodeShape ; sh:targetClass le:Finding ; sh:maxCount 1 .",
        ":F a sh:NodeShape ; sh:targetClass le:Finding ;"
        " sh:property [ sh:path le:pValue ; sh:minCount 'x' ] .",
    ],
    ids=["path", "path-5", "sparql", "pattern", "count", "count-x"],
)
def test_shapes_that_cannot_be_used_are_an_error_naming_their_file(
    tmp_path: Path, shapes: str, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "good.ttl").write_text(f"{PREFIXES} :G a sh:NodeShape ; sh:targetClass le:Study .")
    with pytest.raises(ConfigError, match=r"shapes\.ttl: the shapes cannot be used: ."):
        judge(tmp_path, shapes)
    assert capfd.readouterr().err == ""


def test_shapes_that_are_no_turtle_are_an_error_naming_the_file(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"shapes\.ttl"):
        judge(tmp_path, ":F a")


def test_without_shapes_nothing_can_be_judged(tmp_path: Path):
    with pytest.raises(ConfigError, match="shapes"):
        validate([], tmp_path)


def test_a_shape_opens_no_connection(tmp_path: Path):
    """The engine looks for SERVICE before it resolves escapes; a query may not hide it so."""
    shapes = """:F a sh:NodeShape ; sh:targetClass le:Finding ; sh:sparql [ sh:message "m" ;
        sh:select "SELECT $this { SERVIC\\\\u0045 <http://127.0.0.1:9/> { $this ?b ?c } }" ] ."""
    with pytest.raises(ConfigError, match="SERVICE is not allowed"):
        judge(tmp_path, shapes)
