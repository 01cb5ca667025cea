"""What is a thing, and what is part of one."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.things import Nesting, data_graphs, data_quads, is_thing

BASE = "https://example.org/"
P = NamedNode(f"{BASE}p")


def quad(subject: str, value: str, graph: str = "graph/a", *, literal: bool = False) -> Quad:
    object_ = Literal(value) if literal else NamedNode(BASE + value)
    return Quad(NamedNode(BASE + subject), P, object_, NamedNode(BASE + graph))


def test_a_node_is_part_of_what_refers_to_it_from_above() -> None:
    nesting = Nesting([quad("a", "a/p"), quad("a/p", "a/p/q"), quad("a", "a/p/q"), quad("b", "a")])
    assert nesting.owner(NamedNode(BASE + "a/p/q")).value == BASE + "a"
    assert NamedNode(BASE + "a/p") in nesting
    assert NamedNode(BASE + "a") not in nesting


def test_an_identifier_below_another_that_does_not_refer_to_it_is_its_own_thing() -> None:
    nesting = Nesting([quad("a", "x", literal=True), quad("a/b", "x", literal=True)])
    assert nesting.owner(NamedNode(BASE + "a/b")).value == BASE + "a/b"


def test_graphs_the_software_and_the_ontology_are_no_things() -> None:
    quads = [
        quad("a", "a/p"),
        quad("a/p", "x", literal=True),
        quad("graph/a", "x", literal=True),
        quad("graph/a/node/0123456789abcdef", "x", literal=True),
        quad("software/kg-1", "x", literal=True, graph=""),
        quad("b", "x", literal=True, graph="ontology"),
        Quad(NamedNode("https://example.net/c"), P, Literal("x"), NamedNode(f"{BASE}graph/a")),
    ]
    store = Store()
    store.extend(quads)
    subjects = {q.subject for q in quads[:5]} | {quads[-1].subject}
    found = {n.value for n in subjects if isinstance(n, NamedNode) and is_thing(store, n, BASE)}
    assert found == {BASE + "a"}
    assert [graph.value for graph in data_graphs(store, BASE)] == [f"{BASE}graph/a"]
    assert len(list(data_quads(store, BASE))) == 4
