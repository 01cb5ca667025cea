"""Blank nodes get names that depend on what they say and where they hang, and on nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from kg.blank import BlankNodeError, name_blank_nodes

GRAPH = "https://example.org/graph/a"


def named(turtle: str) -> list[str]:
    quads = list(parse(f"@prefix : <https://example.org/> . {turtle}", RdfFormat.TURTLE))
    return sorted(
        f"{q.subject.value} {q.predicate.value.rpartition('/')[2]} {q.object.value}"
        for q in name_blank_nodes(quads, GRAPH)
    )


def test_the_only_one_at_a_place_is_named_by_the_place():
    assert named(":a :dose [ :value 1 ] .") == [
        "https://example.org/a dose https://example.org/a/dose",
        "https://example.org/a/dose value 1",
    ]


def test_one_of_several_keeps_its_name_when_a_sibling_comes_or_goes():
    few = named(":a :p [ :v 1 ] , [ :v 2 ] .")
    more = named(":a :p [ :v 1 ] , [ :v 2 ] , [ :v 3 ] .")
    assert set(few) < set(more)


def test_one_that_hangs_from_nothing_or_from_two_is_named_by_content():
    assert all("/graph/a/node/" in line for line in named("[] :v 1 .  _:x :v 2 ."))
    shared = named(":a :p _:x . :b :p _:x . _:x :v 1 .")
    assert len({line.split()[0] for line in shared if " v " in line}) == 1
    assert "/graph/a/node/" in shared[0]


def test_triples_without_blank_nodes_only_get_the_graph():
    quads = [Quad(NamedNode("a:a"), NamedNode("a:b"), Literal("c"), NamedNode("a:g"))]
    (quad,) = name_blank_nodes(quads, GRAPH)
    assert (quad.triple, quad.graph_name) == (quads[0].triple, NamedNode(GRAPH))


@pytest.mark.parametrize(
    "turtle",
    [
        "[] :v 1 . [] :v 1 .",
        ":a :p [ :v 1 ] , [ :v 1 ] .",
        "_:a :p _:b . _:b :p _:a .",
        "_:a :p _:b . _:b :p _:c . _:c :p _:a .",
    ],
)
def test_doubles_that_nothing_tells_apart_are_refused(turtle: str):
    with pytest.raises(BlankNodeError, match="doubles"):
        named(turtle)


def test_nodes_that_only_their_neighbours_tell_apart_are_told_apart():
    chain = named("_:a :p _:b . _:b :p _:c . _:c :p _:d . _:x :p _:y . _:y :p _:z .")
    assert len({term for line in chain for term in line.split()[::2]}) == 7


def test_a_node_that_names_itself_is_named():
    assert len(named("_:a :p _:a .")) == 1


def test_a_list_is_named_link_by_link():
    text = " ".join(named(":a :p ( 1 2 ) ."))
    assert "https://example.org/a/p/rest" in text


def test_blank_nodes_that_nest_too_deeply_are_refused():
    inner = "[ :p " * 250 + "1" + " ]" * 250
    assert named(f":a :p {inner[:5] * 60} 1 {' ]' * 60} .")
    quads = [Quad(NamedNode("a:a"), NamedNode("a:p"), BlankNode("n0"))]
    quads += [
        Quad(BlankNode(f"n{i}"), NamedNode("a:p"), BlankNode(f"n{i + 1}")) for i in range(300)
    ]
    random.Random(1).shuffle(quads)
    assert name_blank_nodes(quads_of_chain(256), GRAPH)
    with pytest.raises(BlankNodeError, match="deep"):
        name_blank_nodes(quads, GRAPH)
    with pytest.raises(BlankNodeError, match="deep"):
        name_blank_nodes(quads_of_chain(257), GRAPH)


def quads_of_chain(length: int) -> list[Quad]:
    ends = [NamedNode("a:a"), *(BlankNode(f"n{i}") for i in range(length))]
    return [Quad(ends[i], NamedNode("a:p"), ends[i + 1]) for i in range(length)]


TERMS = st.sampled_from(
    [*(BlankNode(name) for name in "uvwxyz"), NamedNode("https://example.org/a")]
)
GRAPHS = st.lists(
    st.builds(
        Quad,
        TERMS,
        st.sampled_from([NamedNode("https://example.org/p"), NamedNode("https://example.org/q")]),
        TERMS | st.sampled_from([Literal("1"), Literal("2"), Literal("3")]),
    ),
    max_size=12,
    unique_by=str,
)


def outcome(quads: list[Quad]) -> object:
    try:
        return sorted(map(str, name_blank_nodes(quads, GRAPH)))
    except BlankNodeError as error:
        return type(error)


@given(GRAPHS, st.permutations("uvwxyz"), st.randoms())
def test_isomorphic_graphs_get_the_same_names_whatever_the_labels_and_the_order(
    quads: list[Quad], labels: list[str], chance: random.Random
):
    renamed = dict(zip("uvwxyz", labels, strict=True))

    def rename(term: object) -> object:
        return BlankNode("n" + renamed[term.value]) if isinstance(term, BlankNode) else term

    other = [Quad(rename(q.subject), q.predicate, rename(q.object)) for q in quads]
    chance.shuffle(other)
    assert outcome(other) == outcome(quads)


@given(GRAPHS)
def test_no_two_nodes_become_one(quads: list[Quad]):
    found = outcome(quads)
    if isinstance(found, list):
        assert len(set(found)) == len(quads)
        assert "_:" not in "".join(found)
