"""A judge sees of a graph what a shape can see from a node, and names nodes as the engines do."""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import data_of, rules_of, turtle
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store
from shacl_pairs import PAIRS, PREFIXES, Pair

from kg.judge import Judge, object_of
from kg.ontology import canonical
from kg.validate import run_reference

EX = "http://example.org/"
HERE = Path(__file__).parent


def judge_of(rules: list[Quad], data: list[Quad], fast: bool = True) -> Judge:
    store = Store()
    store.extend(data)
    return Judge(rules, HERE, store, fast=fast)


def flagged(judge: Judge, data: list[Quad]) -> set[str]:
    """The nodes that are flagged when each subject is a part of its own."""
    nodes = judge.flag_nodes(sorted(set(judge.targets())))
    for subject in {quad.subject for quad in data}:
        nodes |= judge.flag([f"{quad} .\n" for quad in data if quad.subject == subject])
    return nodes


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("pair", [p for p in PAIRS if p.screened], ids=lambda p: p.name)
def test_every_constraint_is_judged_as_in_the_whole(pair: Pair, fast: bool) -> None:
    rules = rules_of(pair.shape)
    for text in (pair.good, pair.bad):
        data = canonical(data_of(text))
        judge = judge_of(rules, data, fast)
        expected = run_reference(data, rules, HERE)
        assert not expected or text == pair.bad
        assert sorted(set(judge.judge(sorted(flagged(judge, data))))) == expected


def test_what_the_fast_engine_may_not_judge_is_left_over() -> None:
    for pair in PAIRS:
        assert bool(judge_of(rules_of(pair.shape), []).rest) == (not pair.screened)


TARGETS = f"""{PREFIXES}
ex:S sh:targetClass ex:C ; sh:targetSubjectsOf ex:p ; sh:targetObjectsOf ex:q ;
    sh:targetNode ex:n ; sh:property [ sh:path ( ex:r ex:r ) ; sh:maxCount 0 ] ."""


def test_the_targets_of_shapes_that_must_see_more_than_a_part() -> None:
    data = data_of(
        'ex:a a ex:D . ex:D rdfs:subClassOf ex:C . ex:b ex:p 1 . ex:c ex:q ex:d , "e"@en , 1 .'
        "ex:f ex:r ex:f ; a ex:E . _:g ex:q _:h ; a ex:C ."
    )
    found = set(judge_of(turtle(TARGETS), data).targets())
    integer = '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert {name for name in found if name[:2] != "_:"} == {
        *(EX + name for name in "abdn"), '"e"@en', integer,
    }  # fmt: skip
    assert len(found) == 8


def test_what_a_part_refers_to_is_looked_up() -> None:
    rules = rules_of("sh:property [ sh:path ex:p ; sh:class ex:C ]")
    data = data_of("ex:a ex:p ex:b . ex:b a ex:C . ex:c ex:p ex:d .")
    judge = judge_of(rules, data)
    lines = [f"{quad} .\n" for quad in data if quad.predicate.value == f"{EX}p"]
    assert judge.flag(lines) == {f"{EX}c"}


def test_of_a_part_only_what_it_describes_is_flagged() -> None:
    """What it refers to is flagged where it is described; a literal is described nowhere."""
    rules = turtle(
        f"{PREFIXES} ex:S sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:r ; sh:minCount 1 ] ."
        f"ex:T sh:targetObjectsOf ex:q ; sh:nodeKind sh:BlankNode ."
    )
    data = data_of('ex:a ex:s ex:b . ex:b ex:p 1 . ex:c ex:q ex:d , "long text" .')
    judge = judge_of(rules, data)

    def flag(name: str) -> set[str]:
        return judge.flag([f"{q} .\n" for q in data if q.subject == NamedNode(EX + name)])

    assert flag("a") == set()
    assert flag("b") == {f"{EX}b"}
    assert flag("c") == {f"{EX}d", '"long text"'}


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["a <b", "a <b>", 'a" <b> .', "_:a b", "a ", " ", "a\nb"]
)
_OBJECTS = st.one_of(
    st.sampled_from([NamedNode("urn:o"), BlankNode("o")]),
    _TEXT.map(Literal),
    _TEXT.map(lambda text: Literal(text, language="en")),
    _TEXT.map(lambda text: Literal(text, datatype=NamedNode("urn:d"))),
)


@given(
    st.sampled_from([NamedNode("urn:s"), BlankNode("s")]),
    _OBJECTS,
    st.sampled_from([DefaultGraph(), NamedNode("urn:g"), BlankNode("g")]),
)
def test_the_object_of_a_line(
    subject: NamedNode | BlankNode,
    object_: NamedNode | BlankNode | Literal,
    graph: NamedNode | BlankNode | DefaultGraph,
) -> None:
    quad = Quad(subject, NamedNode("urn:p"), object_, graph)
    expected = object_.value if isinstance(object_, NamedNode) else str(object_)
    assert object_of(f"{quad} .\n") == expected


def onlookers(shape: str, before: str, after: str) -> set[str] | None:
    """The nodes that see one that is described otherwise than it was; names without the base."""
    old, new = data_of(before), data_of(after)
    store = Store()
    store.extend(old)
    touched = {str(quad.subject)[1:-1] for quad in {*old} ^ {*new}}
    found = judge_of(rules_of(shape), new).onlookers(store, sorted(touched))
    return found if found is None else {iri.removeprefix(EX) for iri in found}


CHAIN = "ex:a ex:p ex:b . ex:x ex:p ex:b . ex:b a ex:C ; ex:q 1 . ex:c ex:p ex:d ."


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (CHAIN, set()),
        (CHAIN.replace("a ex:C", "a ex:D"), {"a", "x"}),
        (CHAIN.replace("a ex:C ; ", ""), {"a", "x"}),
        (CHAIN.replace("ex:q 1", "ex:q 2"), set()),
        (f"{CHAIN} ex:d a ex:C .", {"c"}),
        (f"{CHAIN} ex:C rdfs:subClassOf ex:D .", None),
    ],
    ids=["nothing", "type", "no type", "not looked at", "new", "classes"],
)
def test_who_sees_a_node_that_has_changed(after: str, expected: set[str] | None) -> None:
    assert onlookers("sh:property [ sh:path ex:p ; sh:class ex:C ]", CHAIN, after) == expected


def test_shapes_that_look_backwards_may_see_any_node() -> None:
    shape = "sh:property [ sh:path [ sh:inversePath ex:p ] ; sh:maxCount 1 ]"
    assert onlookers(shape, CHAIN, CHAIN.replace("ex:q 1", "ex:q 2")) is None
