"""What only the whole can judge: shared graphs, references to nothing, nodes defined twice."""

from __future__ import annotations

import time

import pytest
from sample import BASE, compile_text, links_in

from kg import terms
from kg.errors import Severity
from kg.places import Places
from kg.sheets import Mark

IRON = "id: mineral/iron\ntype: Mineral\nlabel: Iron\n"


def found(files: dict[str, str]) -> list[tuple[str, int, str]]:
    problems = sorted(links_in(files).problems, key=lambda problem: problem.order)
    return [(p.file.removeprefix("facts/"), p.line, p.rule) for p in problems]


def test_references_to_what_another_sheet_describes_are_good():
    assert found({"a.yaml": "id: b\nbroader: mineral/iron\n", "b.yaml": IRON}) == []


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.yaml", "id: b\nlabel: x\nbroader: mineral/irn\n", (3, 1)),
        ("a.yaml", "id: b\nbroader: [mineral/iron, mineral/irn]\n", (2, 25)),
        ("a.yaml", "id: b\nquantity:\n  unit: mg\n  indicates: mineral/irn\n", (4, 3)),
        ("a.json", '{"id": "b",\n "broader": {"id": "mineral/irn"}}', (2, 13)),
        ("a.ttl", "<b> <a:p>\n  <mineral/irn> .", (1, 1)),
    ],
)
def test_a_reference_to_nothing_is_reported_where_it_stands(
    name: str, text: str, place: tuple[int, int]
):
    result = links_in({name: text, "b.yaml": IRON})
    (problem,) = result.problems
    assert (problem.file, problem.line, problem.column) == (f"facts/{name}", *place)
    assert (problem.rule, problem.value) == ("dangling-reference", BASE + "mineral/irn")
    assert "did you mean `mineral/iron`" in problem.message
    assert result.dangling == {BASE + "mineral/irn"}


def test_references_out_of_the_base_are_not_judged():
    assert found({"a.yaml": "id: b\nbroader: [CHEBI:1, 'https://example.org/other']\n"}) == []


def test_a_reference_to_a_nested_node_or_a_graph_is_good():
    text = "id: intervention/x\ndose: {unit: mg}\nbroader: [intervention/x/dose, graph/a]\n"
    assert found({"a.yaml": text}) == []


def test_references_are_not_judged_when_a_sheet_could_not_be_read_whole():
    """What it defines is not known; that is said once, and is no error."""
    result = links_in({"a.yaml": "id: b\nbroader: mineral/irn\n", "b.yaml": "id: [\n"})
    assert [(p.file, p.rule, p.severity.value) for p in result.problems] == [
        ("facts/b.yaml", "not-checked", "info")
    ]
    assert result.dangling


def test_the_same_said_in_two_sheets_is_unwise_but_no_conflict():
    """A triple of two graphs counts twice in their union."""
    texts = {
        "a.yaml": IRON,
        "b.json": '{"id": "mineral/iron", "label": "Iron"}',
    }
    (problem,) = links_in(texts).problems
    assert (problem.file, problem.rule) == ("facts/b.json", "repeated")
    assert problem.severity is Severity.WARNING


def test_the_same_said_twice_in_one_sheet_is_said_once():
    assert found({"a.yaml": "- {id: b, note: x}\n- {id: b, note: x}\n"}) == []


def test_different_properties_may_stand_in_different_places():
    assert found({"a.yaml": IRON, "b.yaml": "id: mineral/iron\nnote: x\n"}) == []


@pytest.mark.parametrize(
    "other",
    ["label: Ferrum", "label: [Iron, Ferrum]", "type: Symptom"],
    ids=["value", "more values", "type"],
)
def test_one_property_defined_in_two_ways_is_reported_at_the_second(other: str):
    (problem,) = links_in({"a.yaml": IRON, "b.yaml": f"id: mineral/iron\n{other}\n"}).problems
    assert (problem.file, problem.line, problem.rule) == ("facts/b.yaml", 2, "conflict")
    assert "facts/a.yaml:" in problem.message


def test_a_conflict_within_one_sheet_is_found_too():
    assert found({"a.yaml": f"{IRON}---\nid: mineral/iron\nlabel: Ferrum\n"}) == [
        ("a.yaml", 6, "conflict")
    ]


def test_values_that_differ_only_in_their_writing_are_no_conflict():
    texts = {
        "a.yaml": "id: b\npValue: 0.30\n",
        "b.yaml": "id: b\npValue: 0.3\n",
    }
    assert [rule for _, _, rule in found(texts)] == ["repeated"]


def test_values_that_differ_only_in_type_or_language_are_a_conflict():
    texts = {"a.json": '{"id": "b", "label": "Fer"}',
             "b.json": '{"id": "b", "label": {"@value": "Fer", "@language": "fr"}}'}  # fmt: skip
    assert [rule for _, _, rule in found(texts)] == ["conflict"]


def test_two_nodes_may_point_at_one_by_a_reverse_property():
    text = '{"@context": {"partOf": {"@reverse": "a:part", "@type": "@id"}},\n "@graph": [%s]}'
    nodes = (
        '{"id": "x", "note": "n", "partOf": "whole"}, {"id": "y", "note": "n", "partOf": "whole"}'
    )
    assert found({"a.json": text % nodes}) == []


@pytest.mark.parametrize("iri", ["mineral/tin", "https://elsewhere.example/tin"])
@pytest.mark.parametrize("again", ["", "- {id: %s, note: gone}\n"])
def test_who_refers_to_what_is_retired_is_told_whatever_sheet_that_is_in(iri: str, again: str):
    """Under the base or not, and also where the sheet that refers says something of it as well."""
    grave = f"- {{id: '{iri}', deprecated: true}}\n"
    refers = f"- {{id: b, label: B, broader: '{iri}'}}\n" + (again and again % f"'{iri}'")
    assert found({"a.yaml": grave + refers}) == [("a.yaml", 2, "retired")]
    assert found({"a.yaml": grave, "b.yaml": refers}) == [("b.yaml", 1, "retired")]


def test_sheets_that_would_share_a_graph_are_reported():
    files: dict[str, str | bytes] = {
        "x.yaml": IRON,
        "X.json": '{"id": "b", "label": "x"}',
        "x.ttl": "<c> <a:b> 1 .",
    }
    assert found(files) == [("x.ttl", 0, "shared-graph"), ("x.yaml", 0, "shared-graph")]


def test_thousands_of_references_to_nothing_are_reported_in_seconds():
    good = "".join(f"- {{id: mineral/some-name-{i}, label: x}}\n" for i in range(3000))
    bad = "id: b\nbroader:\n" + "".join(f"- mineral/other-name-{i}\n" for i in range(3000))
    start = time.process_time()  # others may be at work on the machine
    assert len(links_in({"a.yaml": good, "b.yaml": bad}).problems) == 3000
    assert time.process_time() - start < 10


def test_places_fall_back_from_the_value_to_the_key_to_the_subject():
    places = Places([compile_text("id: b\naltLabel:\n- x\n- y\n")])
    key = terms.SKOS + "altLabel"
    assert places.find(BASE + "b", key, "y") == ("a.yaml", Mark(4, 3))
    assert places.find(BASE + "b", key, "z") == ("a.yaml", Mark(2, 1))
    assert places.find(BASE + "b", "a:p") == ("a.yaml", Mark(1, 1))
    assert places.find(BASE + "c") == ("", Mark(0, 0))
