"""Counts of lines are those that one gets by counting quads, and what parts hold adds up."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad
from sample import things_of

import kg
from kg import terms
from kg.downloads import facts_of
from kg.iris import namespace_of
from kg.ontology import canonical
from kg.stats import MATCHES, Stats, pack, sum_lines, unpack

BASE = "https://example.org/"
NAMESPACES = ("http://purl.obolibrary.org/obo/CHEBI_", "http://purl.obolibrary.org/obo/")
GRAPH = NamedNode(BASE + "graph/a")

_paths = st.sampled_from(
    ["", "a", "a/b", "a/b/c", "b", "b-c", "b/é", "graph/a", "graph/a/node/0123456789abcdef",
     "graph/a/node/0123456789abcdef/x", "software/kg-1", "softwares"]
)  # fmt: skip
_outside = st.sampled_from(
    [terms.TYPE.value, "https://example.org", "http://purl.obolibrary.org/obo/CHEBI_18248",
     "http://purl.obolibrary.org/obo/GO_1", "urn:x", "https://example.net/#c"]
)  # fmt: skip
_nodes = st.one_of(_paths.map(BASE.__add__), _outside).map(NamedNode)
_predicates = st.sampled_from(
    [terms.TYPE, terms.LABEL, terms.HAS_SOURCE, terms.DERIVED_FROM, *map(NamedNode, MATCHES)]
)
_texts = st.text(st.sampled_from('a "\\@\n<>. ^\u2028'), max_size=8)
_literals = st.one_of(
    _texts.map(Literal),
    st.builds(Literal, _texts, language=st.sampled_from(["en", "de-AT", "en-GB"])),
    st.builds(lambda n: Literal(n), st.integers()),
)
_quads = st.builds(Quad, _nodes, _predicates, _nodes | _literals, st.just(GRAPH))
_graphs = st.lists(_quads, max_size=30).map(canonical)


def lines_of(quads: Iterable[Quad]) -> list[str]:
    return sorted(f"{quad} .\n" for quad in quads)


def counted(quads: list[Quad], base: str) -> Stats:
    """The same counts, from the quads themselves."""
    subjects = {terms.text_of(quad.subject) for quad in quads}
    typed = [q for q in quads if q.predicate == terms.TYPE and isinstance(q.object, NamedNode)]
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for quad in typed:
        classes[terms.text_of(quad.subject)].add(str(quad.object))
    named = {thing.value for thing in things_of(quads, base)}
    members: defaultdict[str, set[str]] = defaultdict(set)
    for quad in typed:
        members[terms.text_of(quad.object)].add(terms.text_of(quad.subject))
    triples = Counter(quad.predicate.value for quad in quads)
    heads = {(quad.subject, quad.predicate.value) for quad in quads}
    firsts = Counter(predicate for _, predicate in heads)
    tags = Counter(str(getattr(quad.object, "language", None) or "") for quad in quads)
    del tags[""]
    brackets = {ord(bracket): None for bracket in "<>"}
    return Stats(
        len(subjects),
        sum(iri.startswith(base) for iri in subjects),
        dict(Counter(" ".join(sorted(each)).translate(brackets) for each in classes.values())),
        {class_: min(iris & named) for class_, iris in members.items() if iris & named},
        {predicate: (triples[predicate], firsts[predicate]) for predicate in triples},
        dict(
            Counter(
                (q.predicate.value, namespace_of(terms.text_of(q.object), NAMESPACES))
                for q in quads
                if q.predicate.value in MATCHES and isinstance(q.object, NamedNode)
                and not q.object.value.startswith(base)
            )
        ),
        dict(tags),
    )  # fmt: skip


@pytest.fixture(scope="module")
def facts(project_release: kg.Release, project_base: str) -> list[Quad]:
    return facts_of(project_release.open_store(), project_base)


@pytest.fixture(scope="module")
def project_base() -> str:
    return kg.load_project(Path(__file__).parent.parent).base


@given(_graphs)
def test_lines_are_counted_as_quads_are(quads: list[Quad]) -> None:
    summed = sum_lines(lines_of(quads), BASE, NAMESPACES)
    assert summed.stats == counted(quads, BASE)
    subjects = {terms.text_of(quad.subject) for quad in quads}
    objects = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    assert len(summed.subjects) == len(subjects)
    assert set(summed.subjects) == subjects
    assert summed.refs == {iri for iri in objects - subjects if iri.startswith(BASE)}
    assert summed.stats.quads == len(quads)


@given(_graphs, st.integers(1, 4))
def test_what_parts_hold_adds_up(quads: list[Quad], parts: int) -> None:
    """Each thing is cut off with all that is below it, so that no part of one is on its own."""
    split: list[list[Quad]] = [[] for _ in range(parts)]
    for quad in quads:
        top = terms.text_of(quad.subject).removeprefix(BASE).split("/")[0]
        split[len(top) % parts].append(quad)
    total = Stats()
    for part in split:
        total.plus(Stats.of_lines(lines_of(part), BASE, NAMESPACES))
    whole = Stats.of_lines(lines_of(quads), BASE, NAMESPACES)
    total.examples, whole.examples = {}, dict(whole.examples)
    assert total == Stats(
        whole.subjects, whole.entities, whole.types, {}, whole.properties, whole.links,
        whole.languages,
    )  # fmt: skip


def test_the_projects_facts(facts: list[Quad], project_base: str) -> None:
    total = Stats()
    described: list[str] = []
    by_graph: defaultdict[object, list[Quad]] = defaultdict(list)
    for quad in facts:
        by_graph[quad.graph_name].append(quad)
    for quads in by_graph.values():
        summed = sum_lines(lines_of(quads), project_base, NAMESPACES)
        total.plus(summed.stats)
        described += summed.subjects
    assert len(by_graph) > 5
    assert len(described) == len(set(described))
    assert total == counted(facts, project_base)
    assert total.passages == len({q.subject for q in facts if q.predicate == terms.HAS_SOURCE})


def test_a_subject_of_several_classes_is_one_instance() -> None:
    line = f"<{BASE}{{}}> {terms.TYPE} <urn:{{}}> {GRAPH} .\n"
    places = [("a", "c"), ("a", "d"), ("b", "c"), ("b", "e")]
    stats = Stats.of_lines([line.format(*place) for place in places], BASE)
    assert stats.classes == {"urn:c": 2, "urn:d": 1, "urn:e": 1}
    assert [stats.instances(set(map("urn:".__add__, some))) for some in ("cd", "de", "x")] == [
        2,
        2,
        0,
    ]


def test_the_language_of_most_texts() -> None:
    assert Stats(languages={"en": 1, "de": 2, "cs": 2}).main_language == "cs"


@pytest.mark.parametrize("longer", ["b-c", "b0", "bb", "b/c"])
def test_the_example_of_a_class_is_the_least_by_its_iri(longer: str) -> None:
    lines = [f"<{BASE}{name}> {terms.TYPE} <urn:c> {GRAPH} .\n" for name in ("b", longer)]
    assert Stats.of_lines(sorted(lines), BASE).examples == {"urn:c": f"{BASE}b"}
    part = [f"<{BASE}a/p> {terms.TYPE} <urn:c> {GRAPH} .\n",
            f"<{BASE}a> {terms.GIVEN} <{BASE}a/p> {GRAPH} .\n"]  # fmt: skip
    assert Stats.of_lines(sorted([*lines, *part]), BASE).examples == {"urn:c": f"{BASE}b"}


def test_nothing_holds_nothing() -> None:
    stats, subjects, refs = sum_lines([], BASE)
    assert (stats, subjects, refs) == (Stats(), [], set())
    assert (stats.quads, stats.passages, stats.main_language) == (0, 0, "en")


@given(st.lists(_graphs, max_size=3))
def test_counts_are_read_as_they_were_written(graphs: list[list[Quad]]) -> None:
    many = [Stats.of_lines(lines_of(quads), BASE, NAMESPACES) for quads in graphs]
    assert unpack(json.loads(json.dumps(pack(many)))) == many


def test_what_counts_share_is_written_once() -> None:
    one = Stats(1, 1, {"c": 1}, {"c": "x"}, {"p": (1, 1)}, {("p", "n"): 1}, {"en": 1})
    assert pack([one, one])["texts"] == ["c", "p", "n", "en"]


GOOD = [[1, 1], [0, 1], [0], ["x"], [1, 1, 1], [1, 0, 1], [0, 1]]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def read(row: Any, texts: Any = ("a", "b")) -> list[Stats]:
    return unpack({"texts": list(texts), "rows": [row]})


def test_what_is_whole_is_read() -> None:
    stats = Stats(1, 1, {"a": 1}, {"a": "x"}, {"b": (1, 1)}, {("b", "a"): 1}, {"a": 1})
    assert read(GOOD) == [stats]


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize(
    "value",
    [None, 1, "ab", {}, {"a": 1}, [True, 1, 1], [-1, 1, 1], [0, -1, 1], [2**63, 1, 1],
     [0, 2**63, 0], [0.0, 1, 1], ["0", 1], [[0], 1], [0, 1, 2, 3, 4], [7, 1, 1, 7, 7, 7]],
    ids=repr,
)  # fmt: skip
def test_what_is_damaged_is_refused(place: int, value: Any) -> None:
    with pytest.raises(ValueError, match=r"counts|texts|zip|unpack"):
        read([*GOOD[:place], value, *GOOD[place + 1 :]])


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"texts": []}, {"texts": ["a", 1], "rows": []}, {"texts": [], "rows": {}},
     {"texts": "ab", "rows": []}, {"texts": [], "rows": [None]}, {"texts": [], "rows": [GOOD]}],
    ids=repr,
)  # fmt: skip
def test_what_was_never_packed_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"counts|texts"):
        unpack(document)


@given(_json, st.integers(0, 6))
def test_any_json_is_read_or_refused(value: Any, place: int) -> None:
    row = [*GOOD[:place], value, *GOOD[place + 1 :]]
    for document in (value, {"texts": value, "rows": []}, {"texts": ["a", "b"], "rows": [row]}):
        try:
            many = unpack(document)
        except ValueError:
            continue
        assert unpack(json.loads(json.dumps(pack(many)))) == many
