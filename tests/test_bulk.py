"""What is read in bulk is what one gets quad by quad."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from sample import things_of

from kg import terms
from kg.bulk import Bulk
from kg.things import data_quads, described, is_thing

BASE = "https://example.org/"
PATHS = ["a", "a/b", "a/b/c", "b", "b/c", "graph/a", "graph/b", "graph/a/node/0123456789abcdef",
         "software/kg-1", ""]  # fmt: skip

_iris = st.sampled_from([*(BASE + path for path in PATHS), BASE[:-1], "urn:x", terms.TYPE.value])
_nodes = _iris.map(NamedNode)
_graphs = st.sampled_from(["graph/a", "graph/b", "ontology", ""]).map(
    lambda path: NamedNode(BASE + path)
)
_quads = st.lists(
    st.builds(
        Quad,
        _nodes,
        st.sampled_from([terms.TYPE, terms.GIVEN]),
        _nodes | st.sampled_from([Literal("x"), Literal("x", language="en")]),
        _graphs,
    ),
    max_size=12,
)


@given(_quads)
def test_it_reads_what_the_quads_say(quads: list[Quad]) -> None:
    store = Store()
    store.extend(quads)
    bulk, data = Bulk(store, BASE), list(data_quads(store, BASE))
    assert bulk.count() == len(data)
    assert bulk.things == things_of(data, BASE)
    assert bulk.used == {
        q.object.value for q in data if isinstance(q.object, NamedNode) and q.object != q.subject
    }
    graphs = {NamedNode(f"{BASE}graph/{name}") for name in "ab"}
    for predicate in (terms.TYPE, terms.GIVEN):
        said = [q for q in quads if q.predicate == predicate and q.graph_name in graphs]
        expected = {(q.subject, q.object) for q in said if q.subject != q.graph_name}
        assert set(bulk.values(predicate)) == expected


@given(_quads)
def test_what_is_a_thing_is_told_of_one_as_of_all(quads: list[Quad]) -> None:
    store = Store()
    store.extend(quads)
    data = list(data_quads(store, BASE))
    subjects = {quad.subject for quad in data if isinstance(quad.subject, NamedNode)}
    assert {node for node in subjects if is_thing(store, node, BASE)} == things_of(data, BASE)


@given(_quads)
def test_what_a_store_describes(quads: list[Quad]) -> None:
    store = Store()
    store.extend(quads)
    store.extend(Quad(quad.object, quad.predicate, quad.subject) for quad in quads
                 if isinstance(quad.object, NamedNode))  # fmt: skip
    assert described(store) == {terms.text_of(quad.subject) for quad in store}
