"""YAML and JSON nodes become the quads that JSON-LD says, and what it drops is a problem."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from sample import BASE, compile_text, facts_of, rules_at, vocabulary

from kg import terms
from kg.compile import compile_sheet
from kg.context import Context
from kg.ontology import canonical
from kg.sheets import Limits, parse_sheet

LE = terms.LE


def values(text: str, key: str, name: str = "a.yaml") -> list[str]:
    compiled = compile_text(text, name)
    assert compiled.problems == ()
    return sorted(str(q.object) for q in compiled.quads if q.predicate.value == key)


# The same as JSON-LD's own processors, for sheets whose nodes all have ids

SLUGS = st.sampled_from(
    ["mineral/iron", "study/x-1", "symptom/ä", "a//b", "a/../c", "./d", "e?f=g"]
)
REFERENCES = SLUGS | st.sampled_from(["CHEBI:18248", "https://example.org/x#y", "urn:a:b"])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)
VALUES = {
    "label": WORDS,
    "altLabel": WORDS,
    "identifier": WORDS,
    "skos:note": WORDS,
    "pValue": st.decimals(-5, 5, places=3).map(str),
    "sampleSize": st.integers(-(10**20), 10**20).map(str),
    "lowerExclusive": st.sampled_from(["true", "false", "1"]),
    "year": st.sampled_from(["2022", "1999"]),
    "broader": REFERENCES,
    "exactMatch": REFERENCES,
    "direction": st.sampled_from(["lower", "higher", "mixed"]),
    "scope": st.sampled_from(["subgroup", "whole-sample"]),
    "dimension": st.sampled_from(["scope", "dose", "hedge"]),
}
TYPES = st.sampled_from(["Mineral", "Finding", "le:Study", "https://example.org/v#T"])


@st.composite
def nodes(draw: st.DrawFn, depth: int = 2) -> dict[str, object]:
    node: dict[str, object] = {"id": draw(SLUGS), "type": draw(TYPES)}
    for key in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=5, unique=True)):
        node[key] = draw(VALUES[key] | st.lists(VALUES[key], min_size=1, max_size=3))
    if depth and draw(st.booleans()):
        node["quantity"] = draw(nodes(depth - 1))
    if depth and draw(st.booleans()):
        node["skos:related"] = draw(st.lists(nodes(depth - 1), min_size=1, max_size=2))
    return node


SHEETS = st.lists(nodes(), min_size=1, max_size=3)


def reference(sheet: object) -> dict[str, object]:
    context, _ = vocabulary()
    return {"@context": [context.source, {"@base": BASE}], "@graph": sheet}


def lines(quads: list[Quad]) -> list[str]:
    return sorted({f"{q.subject} {q.predicate} {q.object} ." for q in canonical(quads)})


def ours(text: str, name: str) -> list[str]:
    compiled = compile_text(text, name)
    assert compiled.problems == ()
    ending = f" <{compiled.graph}> ."
    return sorted(line.removesuffix(ending) + " ." for line in facts_of(compiled))


@given(SHEETS)
def test_quads_are_those_of_pyld(sheet: list[dict[str, object]]):
    nquads = jsonld.to_rdf(reference(sheet), {"format": "application/n-quads"})
    theirs = lines(list(parse(nquads, RdfFormat.N_QUADS)))
    assert ours(json.dumps(sheet), "a.json") == theirs
    assert ours(yaml.safe_dump(sheet, allow_unicode=True), "a.yaml") == theirs


@given(SHEETS)
def test_quads_are_those_of_oxigraph(sheet: list[dict[str, object]]):
    theirs = lines(list(parse(json.dumps(reference(sheet)), RdfFormat.JSON_LD)))
    assert ours(json.dumps(sheet), "a.jsonld") == theirs


def shuffled(value: object, draw: st.DrawFn) -> object:
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(sorted(value)))}
    if isinstance(value, list):
        return [shuffled(item, draw) for item in draw(st.permutations(value))]
    return value


@given(SHEETS, st.data())
def test_the_order_of_nodes_keys_and_values_changes_nothing(
    sheet: list[dict[str, object]], data: st.DataObject
):
    other = shuffled(sheet, data.draw)
    assert ours(json.dumps(other), "a.json") == ours(json.dumps(sheet), "a.json")


@given(SHEETS)
def test_names_of_nested_nodes_do_not_depend_on_the_order_of_keys(sheet: list[dict[str, object]]):
    def without_ids(node: object, top: bool = True) -> object:
        if isinstance(node, list):
            return [without_ids(item, top) for item in node]
        if not isinstance(node, dict):
            return node
        kept = {k: without_ids(v, False) for k, v in node.items() if top or k != "id"}
        return dict(reversed(kept.items()))

    once, twice = without_ids(sheet), without_ids(without_ids(sheet))
    assert facts_of(compile_text(json.dumps(once), "a.json")) == facts_of(
        compile_text(json.dumps(twice), "a.json")
    )
    assert "_:" not in " ".join(facts_of(compile_text(json.dumps(once), "a.json")))


# Values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"0.030"', '"0.03"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("0.030", '"0.03"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("3e-2", '"3e-2"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("-0.0", '"0"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
    ],
)
def test_a_number_is_typed_by_the_context_and_written_canonically(value: str, expected: str):
    assert values(f'{{"id": "a", "pValue": {value}}}', LE + "pValue", "a.json") == [expected]


def test_an_untyped_number_of_json_has_the_type_of_its_syntax():
    text = '{"id": "a", "identifier": [1, 1.5, true, "x"]}'
    found = values(text, terms.DCTERMS + "identifier", "a.json")
    kinds = [value.rpartition("#")[2].rstrip(">") for value in found]
    assert kinds == ["integer", "double", "boolean", '"x"']


def test_a_number_too_large_for_the_store_keeps_its_digits():
    digits = "9" * 6000
    (value,) = values(f"id: a\nsampleSize: {digits}", LE + "sampleSize")
    assert digits in value


def test_control_characters_in_a_label_survive_as_they_are():
    (value,) = values('id: a\nlabel: "a\\0b\\e[31m\\n"', terms.SKOS + "prefLabel")
    assert value == str(Literal("a\0b\x1b[31m\n", language="en"))


def test_nested_lists_are_flat():
    assert len(values("id: a\naltLabel: [a, [b, [c]]]", terms.SKOS + "altLabel")) == 3


def test_a_key_may_be_a_compact_or_a_whole_iri():
    text = f"id: a\nskos:note: x\n'{terms.SKOS}note': y\nhttps://example.org/p: z\n"
    assert len(values(text, terms.SKOS + "note")) == 2
    assert values(text, "https://example.org/p") == ['"z"']


def test_a_nested_node_without_type_gets_the_range_of_its_property():
    text = "id: intervention/x\ndose: {unit: mg}\n"
    assert f"<{LE}Quantity>" in " ".join(facts_of(compile_text(text)))
    own = "id: intervention/x\ndose: {unit: mg, type: le:Dose2}\n"
    assert f"<{LE}Quantity>" not in " ".join(facts_of(compile_text(own)))


def test_a_nested_node_is_named_by_its_parent_and_key_and_one_of_several_by_content():
    one = values("id: intervention/x\ndose: {unit: mg}\n", LE + "dose")
    several = values("id: intervention/x\ndose: [{unit: mg}, {unit: g}]\n", LE + "dose")
    fewer = values("id: intervention/x\ndose: [{unit: g}]\n", LE + "dose")
    assert one == [f"<{BASE}intervention/x/dose>"]
    assert set(fewer) < set(several)


# Refusals; the golden cases have more of them


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label: x", [(1, 1, "missing-id")]),
        ("id: ''\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: [a]\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: ~\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: a\n'@id': b\nlabel: x", [(2, 1, "duplicate-key")]),
        ("id: ' a'\nlabel: x", [(1, 5, "invalid-iri")]),
        ('id: "a\\nb"\nlabel: x', [(1, 5, "invalid-iri")]),
        ("id: ../x\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: /x\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: //[\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: http://[\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: _:x\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: a%2\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: a\\b\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: CHEBL:1\nlabel: x", [(1, 5, "invalid-iri")]),
        ("id: a\ntype: [[Mineral, {a: b}]]", [(2, 18, "unknown-type")]),
        ("id: a\ntype: CHEBL:1", [(2, 7, "unknown-type")]),
        ("id: a\ntype: [label, le]", [(2, 8, "unknown-type"), (2, 15, "unknown-type")]),
        ("id: a\nFinding: x\nle: y", [(2, 1, "unknown-key"), (3, 1, "unknown-key")]),
        ("id: a\n'': x\nlabel: x", [(2, 1, "unknown-key")]),
        ("id: a\nlabel: {'@value': ~}", [(2, 8, "value-object")]),
        ("id: a\nlabel: {'@value': x, '@type': rdf:langString}", [(2, 31, "value-object")]),
        ("id: a\nlabel: {'@value': x, '@type': '@json'}", [(2, 31, "value-object")]),
        ("id: a\nlabel: {'@value': x, '@type': CHEBL:1}", [(2, 31, "value-object")]),
        ("id: a\nlabel: {'@value': x, '@language': ''}", [(2, 35, "language")]),
        ("id: a\nlabel: {'@value': x, '@direction': ltr}", [(2, 8, "value-object")]),
        ("[[[x]]]", [(1, 4, "not-a-node")]),
        ("id: a\nlabel: x\n'@graph': []", [(1, 1, "named-graph"), (2, 1, "named-graph")]),
    ],
)
def test_what_json_ld_would_drop_or_mend_is_refused_at_its_place(
    text: str, expected: list[tuple[int, int, str]]
):
    assert rules_at(compile_text(text).problems) == expected


def test_a_boolean_is_no_reference():
    problems = compile_text('{"id": "a", "broader": true}', "a.json").problems
    assert rules_at(problems) == [(1, 24, "invalid-iri")]


def test_a_misspelt_key_is_read_as_the_one_it_must_have_meant():
    """So that one mistake does not look like several: type, language and names stay."""
    right = "id: finding/x\nlabel: x\npValue: 0.5\ndose: {unit: mg}\n"
    wrong = right.replace("label", "lable").replace("pValue", "pvalue").replace("dose", "dosse")
    compiled = compile_text(wrong)
    assert [(p.line, p.rule) for p in compiled.problems] == [
        (2, "unknown-key"),
        (3, "unknown-key"),
        (4, "unknown-key"),
    ]
    assert facts_of(compiled) == facts_of(compile_text(right))


def test_a_key_under_an_unknown_prefix_names_the_prefix():
    (problem,) = compile_text("id: a\nskso:note: x\nlabel: y").problems
    assert "`skso`" in problem.message


# Contexts of a sheet's own


def with_context(own: object, **keys: object) -> str:
    return json.dumps({"@context": own, "id": "a", **keys})


def test_a_sheet_may_bring_its_own_context():
    text = with_context({"@version": 1.1, "name": "https://example.org/name"}, name="x")
    assert values(text, "https://example.org/name", "a.json") == ['"x"']


def test_what_is_no_text_in_a_context_may_be_written_in_yaml():
    text = "'@context': {'@version': 1.1, ex: {'@id': https://example.org/, '@prefix': true}}\n"
    assert values(f"{text}id: a\nex:p: x", "https://example.org/p") == ['"x"']


def test_a_default_language_holds_for_text_without_one():
    own = {"@language": "de", "p": "https://example.org/p",
           "q": {"@id": "https://example.org/q", "@language": None}}  # fmt: skip
    text = with_context(own, p="x", q="y")
    assert values(text, "https://example.org/p", "a.json") == ['"x"@de']
    assert values(text, "https://example.org/q", "a.json") == ['"y"']


def test_a_map_of_languages_gives_a_text_in_each():
    own = {"p": {"@id": "https://example.org/p", "@container": "@language"}}
    text = with_context(own, p={"en": ["a", "b"], "de": "c"})
    assert values(text, "https://example.org/p", "a.json") == ['"a"@en', '"b"@en', '"c"@de']
    bad = with_context(own, p={"en": {"x": "y"}, "no tag": "c", "fr": None})
    assert [p.rule for p in compile_text(bad, "a.json").problems] == ["language"] * 3


def test_a_reverse_property_points_the_other_way():
    own = {"partOf": {"@reverse": "https://example.org/part", "@type": "@id"}}
    text = with_context(own, partOf=["whole/x"])
    compiled = compile_text(text, "a.json")
    assert facts_of(compiled) == [
        f"<{BASE}whole/x> <https://example.org/part> <{BASE}a> <{compiled.graph}> ."
    ]
    literal = with_context({"partOf": {"@reverse": "https://example.org/part"}}, partOf="x")
    assert [p.rule for p in compile_text(literal, "a.json").problems] == ["not-a-node"]


def test_keys_inside_a_property_or_a_type_may_have_a_context_of_their_own():
    own = {
        "T": {"@id": "https://example.org/T", "@context": {"k": "https://example.org/in-type"}},
        "p": {"@id": "https://example.org/p", "@context": {"k": "https://example.org/in-p"}},
    }
    text = with_context(own, p={"id": "b", "k": "x"}, type="T", k="y")
    assert values(text, "https://example.org/in-p", "a.json") == ['"x"']
    assert values(text, "https://example.org/in-type", "a.json") == ['"y"']


@pytest.mark.parametrize(
    "own",
    [
        "https://example.org/context.jsonld",
        "file:///etc/passwd",
        5,
        {"": "https://example.org/"},
        {"p": {"@id": "https://example.org/p", "@type": "@json"}},
        {"p": {"@id": "https://example.org/p", "@language": "no tag"}},
        {"p": {"@id": "https://example.org/p", "@container": "@list"}},
        {"p": {"@id": "https://example.org/p", "@context": "https://example.org/"}},
        {"p": "_:b"},
        {"@language": "no tag"},
        {"@base": "http://["},
        {"@import": "https://example.org/"},
        {"@version": "1.0"},
        {"a": "b:c", "b": "a:c"},
        {"@vocab": None},
        {"@prefix": "https://example.org/"},
        {"p": {"@id": "https://example.org/p", "@prefix": 5}},
        {"@type": "https://example.org/p"},
        {"p": ["x"]},
    ],
    ids=str,
)
def test_a_context_that_cannot_be_used_is_refused_and_nothing_is_fetched(own: object):
    problems = compile_text(with_context(own, label="x"), "a.json").problems
    assert [p.rule for p in problems] == ["context"]


def test_a_context_inside_a_property_that_cannot_be_used_is_refused_where_it_is_needed():
    own = {"p": {"@id": "https://example.org/p", "@context": {"q": {"@id": "_:x"}}}}
    assert "context" in {p.rule for p in compile_text(with_context(own, p="x"), "a.json").problems}


JUNK_KEYS = """@id @type @vocab @base @language @container @context @reverse @prefix @version
    @protected @propagate @import @nest @index @none p ex label id"""
JUNK = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["@id", "@vocab", "@type", "ex:x", "", "_:b"]),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(st.sampled_from([*JUNK_KEYS.split(), "x y", ""]), below, max_size=4)
    ),
    max_leaves=8,
)


@given(JUNK, JUNK)
def test_no_context_and_no_node_raises_an_exception(own: object, value: object):
    text = json.dumps({"@context": own, "id": "a", "p": value, "label": value, "type": "Finding"})
    compile_text(text, "a.json")


def test_a_term_set_to_null_means_nothing():
    text = with_context({"label": None}, label="x")
    assert [p.rule for p in compile_text(text, "a.json").problems] == ["unknown-key"]


def test_the_base_of_a_context_is_where_its_references_lead():
    text = with_context({"@base": "https://example.org/other/"}, broader="x")
    assert values(text, terms.SKOS + "broader", "a.json") == ["<https://example.org/other/x>"]


def test_a_project_needs_no_core_vocabulary():
    context = Context.parse({"id": "@id", "p": "https://example.org/p"}, "https://example.org/b/")
    _, ontology = vocabulary()
    sheet = parse_sheet("x.yaml", b"id: a\np: b\n", Limits())
    compiled = compile_sheet(sheet, PurePosixPath("x.yaml"), context, ontology)
    assert NamedNode("https://example.org/b/a") in {q.subject for q in compiled.quads}
