"""What the fast engine may judge, and that it then misses nothing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from differential import (
    EX,
    ROOT,
    P,
    Screening,
    data_of,
    foci,
    hierarchy,
    ntriples,
    passing,
    project_rules,
    reference,
    rules_of,
    turtle,
)
from pyoxigraph import Literal, NamedNode, Quad
from shacl_pairs import PAIRS, PREFIXES, Pair

from kg import screen, terms
from kg.screen import Screen, ScreenError, available, engine, focused, split_shapes


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
def test_pair(pair: Pair) -> None:
    """The reference engine tells the two apart; what the fast one lets pass changes nothing."""
    rules = rules_of(pair.shape)
    screening = Screening(rules)
    units = screening.split.units
    assert all(unit.screened for unit in units) == pair.screened, [u.reason for u in units]
    assert all(unit.local for unit in units) == (pair.screened and pair.local)
    assert all(bool(unit.reason) != unit.screened for unit in units)
    good, bad = data_of(pair.good), data_of(pair.bad)
    assert foci(good, rules) == set()
    assert foci(bad, rules) != set()
    if pair.screened:
        assert screening.flagged([bad])
    for data in (good, bad):
        assert screening.found([data]) == reference(data, rules)


def test_all_constraints_of_shacl_core_are_tried() -> None:
    tried = {word for pair in PAIRS for word in re.findall(r"sh:(\w+)", pair.shape)}
    core = """
        class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive
        maxInclusive minLength maxLength pattern flags languageIn uniqueLang equals disjoint
        lessThan lessThanOrEquals not and or xone node property qualifiedValueShape
        qualifiedMinCount qualifiedMaxCount qualifiedValueShapesDisjoint closed
        ignoredProperties hasValue in alternativePath inversePath zeroOrMorePath
        oneOrMorePath zeroOrOnePath
    """
    assert set(core.split()) <= tried


@pytest.mark.parametrize("pair", [p for p in PAIRS if p.screened and p.local], ids=lambda p: p.name)
def test_a_local_shape_misses_nothing_in_any_part_that_holds_the_focus_node(pair: Pair) -> None:
    """Whatever else is there: each triple of another node left out in turn, and all of them."""
    rules = rules_of(pair.shape)
    screening = Screening(rules)
    bad = data_of(pair.bad)
    for focus in screening.local.flagged(ntriples(bad)):
        own = [quad for quad in bad if quad.subject == NamedNode(focus)]
        others = [quad for quad in bad if quad not in own]
        parts = [[o for o in others if o != left_out] for left_out in others]
        for part in [[], *parts]:
            assert focus in screening.local.flagged(ntriples([*own, *part]))


@pytest.mark.parametrize("pair", [p for p in PAIRS if p.screened], ids=lambda p: p.name)
def test_no_triple_is_read_that_is_not_said_to_be(pair: Pair) -> None:
    rules = rules_of(pair.shape)
    look = split_shapes(rules).screened.look
    bad = data_of(pair.bad)
    read = [q for q in bad if look.reads is None or q.predicate.value in look.reads]
    assert foci(read, rules) == foci(bad, rules)


def test_the_shapes_of_the_project_are_screened() -> None:
    split = split_shapes(project_rules())

    def names(**kind: bool) -> set[str]:
        return {
            (unit.part or unit.shape).rpartition("#")[2]
            for unit in split.units
            if all(getattr(unit, name) is value for name, value in kind.items())
        }

    assert names(screened=False) <= {"DatasetShape", "InterventionShape-duration"}
    assert names(screened=True, local=False) == {"ThresholdShape-label", "MechanismChainShape"}
    assert len(names(local=True)) > 100
    assert split.local.look.reach <= 1
    assert not split.local.look.backward


def test_the_example_that_conforms_is_not_flagged() -> None:
    screening = Screening(project_rules())
    assert screening.flagged([passing()], hierarchy()) == set()


@pytest.mark.parametrize(
    "strange",
    [
        "ex:Component a sh:ConstraintComponent ; sh:parameter [ sh:path ex:unique ] .",
        "ex:Kind rdfs:subClassOf sh:ConstraintComponent . ex:Component a ex:Kind .",
        "ex:graph sh:entailment ex:RDFS .",
        "ex:rule a sh:TripleRule .",
    ],
)
def test_a_term_that_may_bear_on_any_shape_leaves_all_to_the_reference_engine(strange: str) -> None:
    rules = [*rules_of("sh:class ex:C"), *turtle(PREFIXES + strange)]
    split = split_shapes(rules)
    assert set(split.reference.quads) == set(rules)
    assert not any(part.quads for part in (split.local, split.whole, split.screened))


@pytest.mark.parametrize(
    "shape",
    [
        "a rdfs:Class , sh:NodeShape ; sh:nodeKind sh:IRI",
        "a sh:PropertyShape ; sh:nodeKind sh:IRI",
        "sh:target [ sh:select 'SELECT ?this { ?this ?p ?o }' ] ; sh:nodeKind sh:IRI",
        "sh:targetNode 1 ; sh:nodeKind sh:IRI",
        "sh:rule [ sh:subject sh:this ] ; sh:nodeKind sh:IRI",
        "sh:js [ sh:jsFunctionName 'f' ] ; sh:nodeKind sh:IRI",
        "sh:severity ex:Bad ; sh:nodeKind sh:IRI",
        "sh:minCount 1",
        "sh:property [ sh:path ex:p ; sh:minCount 'one' ]",
        "sh:property [ sh:path ex:p ; sh:minCount -1 ]",
        "sh:property [ sh:path ex:p ; sh:minCount 1 , 2 ]",
        "sh:property [ sh:path ex:p , ex:q ; sh:minCount 1 ]",
        "sh:property [ sh:path 'p' ; sh:minCount 1 ]",
        "sh:property [ sh:path ( ex:p ) ; sh:minCount 1 ]",
        "sh:property [ sh:path [ ex:p ex:q ] ; sh:minCount 1 ]",
        "sh:property [ sh:minCount 1 ]",
        "sh:property ex:nothing",
        "sh:node ex:nothing",
        "sh:or ()",
        "sh:or ( ex:nothing )",
        "sh:or [ rdf:first ex:S ]",
        "sh:in ( [] )",
        "sh:in [ rdf:first 1 ; rdf:rest 'end' ]",
        "sh:class 'C'",
        "sh:nodeKind ex:IRI",
        "sh:pattern '('",
        "sh:pattern 1",
        "sh:pattern 'a'@en",
        "sh:hasValue []",
        "sh:uniqueLang true",
        "sh:property [ sh:path ex:p ; sh:uniqueLang 1 ]",
        "sh:closed 1",
        "sh:ignoredProperties ( ex:p )",
        "sh:property [ sh:path ex:p ; sh:qualifiedMinCount 1 ]",
        "sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:C ] ]",
        "sh:node " + "[ sh:node " * 8 + "[ sh:class ex:C ]" + " ]" * 8,
        "sh:property [ sh:path ( " + "ex:p " * 12 + ") ; sh:minCount 1 ]",
    ],
)
def test_whatever_is_not_as_expected_is_left_to_the_reference_engine(shape: str) -> None:
    (unit,) = split_shapes(rules_of(shape)).units
    assert not unit.screened
    assert unit.reason


def test_parts_of_a_shape_are_judged_apart() -> None:
    rules = rules_of(
        "sh:class ex:C ; sh:property [ sh:path ex:p ; sh:pattern '(?=a)' ] , "
        "[ sh:path ( ex:p ex:q ) ; sh:maxCount 1 ]"
    )
    assert sorted((u.screened, u.local) for u in split_shapes(rules).units) == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_a_closed_shape_and_one_that_is_used_by_others_stay_whole() -> None:
    closed = "sh:closed true ; sh:property [ sh:path ex:p ] , [ sh:path ex:q ; sh:flags 'i' ]"
    used = "sh:property [ sh:path ex:p ] , [ sh:path ex:q ; sh:flags 'i' ] . ex:T sh:node ex:S"
    for shape in (closed, used):
        (unit,) = split_shapes(rules_of(shape)).units
        assert not unit.screened


def test_a_focus_node_that_is_only_linked_to_may_have_its_triples_elsewhere() -> None:
    rules = turtle(
        f"{PREFIXES} ex:S sh:targetObjectsOf ex:p ; "
        "sh:property [ sh:path ex:q ; sh:minCount 1 ] , [ sh:path ex:q ; sh:maxCount 1 ] ."
    )
    assert [unit.local for unit in split_shapes(rules).units] == [True, False]
    batches = [data_of("ex:a ex:p ex:b ."), data_of("ex:b ex:q 1 , 2 .")]
    everything = [*batches[0], *batches[1]]
    assert Screening(rules).found(batches) == reference(everything, rules) != set()


def test_the_same_triple_in_two_graphs_counts_once() -> None:
    found = Screening(rules_of("sh:property [ sh:path ex:p ; sh:maxCount 1 ]"))
    line = b"<http://example.org/a> <http://example.org/p> <http://example.org/b> <urn:%d> .\n"
    assert found.local.flagged(line % 1 + line % 2) == set()


def test_literals_are_flagged_as_ntriples_has_them_and_blank_nodes_are_refused() -> None:
    rules = turtle(f"{PREFIXES} ex:S sh:targetObjectsOf ex:p ; sh:nodeKind sh:IRI .")
    local = Screening(rules).local
    assert local.flagged(ntriples(data_of('ex:a ex:p "b\\n"@en , 1 .'))) == {
        '"b\\n"@en',
        '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
    }
    with pytest.raises(ScreenError, match="blank node"):
        local.flagged(ntriples(data_of("ex:a ex:p [] .")))


@pytest.mark.parametrize(
    "data",
    [
        b"nothing",
        b'<http://example.org/a b> <http://example.org/p> "x" .',
        b'<a> <http://example.org/p> "x" .',
        b'<http://example.org/a> <http://example.org/p> "\\uD800" .',
        b'<http://example.org/a> <http://example.org/p> "\xff" .',
    ],
)
def test_data_that_cannot_be_read_is_an_error(data: bytes) -> None:
    with pytest.raises(ScreenError):
        Screening(rules_of("sh:nodeKind sh:IRI")).local.flagged(data)


def test_a_panic_of_the_engine_is_an_error() -> None:
    """Why dates are not screened: a year of forty digits."""
    rules = rules_of(
        'sh:property [ sh:path ex:p ; sh:minInclusive "2020-01-01T00:00:00"^^xsd:dateTime ]'
    )
    data = data_of(f'ex:a ex:p "{"9" * 40}-01-01T00:00:00"^^xsd:dateTime .')
    with pytest.raises(ScreenError, match="the engine failed"):
        Screen(rules).flagged(ntriples(data))
    assert not split_shapes(rules).local.quads


@pytest.mark.parametrize("shape", ["sh:pattern '('", "sh:pattern '(a{1000}){1000}'"])
def test_shapes_that_the_engine_refuses_are_an_error(shape: str) -> None:
    with pytest.raises(ScreenError, match="pattern"):
        Screen(rules_of(shape))


def test_a_huge_literal_is_judged() -> None:
    data = [Quad(NamedNode(f"{EX}a"), P, Literal("a" * 3_000_000 + "b"))]
    rules = rules_of("sh:property [ sh:path ex:p ; sh:pattern '^(a+)+$' ]")
    assert Screening(rules).local.flagged(ntriples(data)) == {f"{EX}a"}


def test_without_the_engine_nothing_fails_but_a_screen() -> None:
    """In a process that cannot import it."""
    script = """
import importlib.metadata, sys
sys.modules["shacl"] = None
def version(name, real=importlib.metadata.version):
    if name == "shacl":
        raise importlib.metadata.PackageNotFoundError(name)
    return real(name)
importlib.metadata.version = version
from kg.screen import Screen, ScreenError, available, engine, split_shapes
assert not available() and engine() == "" and split_shapes([]).units == ()
try:
    Screen([])
except ScreenError as error:
    print(error)
"""
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "linked-evidence[fast]" in done.stdout


def test_the_engine_is_imported_when_a_screen_is_made() -> None:
    script = "import sys, kg.screen; print('shacl' in sys.modules, 'rdflib' in sys.modules)"
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_engine_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available()
    assert re.fullmatch(r"shacl 0\.3\.\d+", engine())
    for version, name in (("0.3.3", ""), ("0.3.10", "shacl 0.3.10"), ("0.4.0", ""), ("1.0rc1", "")):
        with monkeypatch.context() as patch:
            patch.setattr(screen, "version", lambda _, found=version: found)
            assert engine.__wrapped__() == name


def test_only_the_nodes_asked_for_are_judged() -> None:
    rules = turtle(
        f"""{PREFIXES}
        ex:S sh:targetClass ex:C ; sh:targetSubjectsOf ex:p ; sh:targetObjectsOf ex:q ;
            sh:targetNode ex:n , ex:m ; sh:property [ sh:path ex:r ; sh:minCount 1 ;
            sh:node [ sh:property [ sh:path ex:r ; sh:minCount 1 ] ] ] ."""
    )
    data = data_of(
        """ex:a a ex:D . ex:D rdfs:subClassOf ex:C . ex:b ex:p 1 ; ex:q ex:c , "d"@en , 1 .
        ex:n ex:r ex:n . ex:e a ex:C . ex:f ex:p 1 . ex:g ex:q ex:h , ex:e ; ex:r ex:h .
        ex:b ex:r ex:e ."""
    )
    everything = reference(data, rules)
    for nodes in (
        {"http://example.org/a"},
        {"http://example.org/b", '"d"@en'},
        {"http://example.org/c", "http://example.org/m", "http://example.org/n"},
        {'"1"^^<http://www.w3.org/2001/XMLSchema#integer>'},
        {"http://example.org/g"},
        set(),
    ):
        texts = {node if node.startswith("http") else node.split('"')[1] for node in nodes}
        found = reference(data, focused(rules, data, nodes))
        assert found == {result for result in everything if result[0] in texts}


def test_a_flagged_node_needs_no_more_than_what_it_reaches() -> None:
    """All that `screened` is to be judged by: the triples of nodes so many steps away."""
    split = split_shapes(project_rules())
    finding = NamedNode(f"{EX}finding")
    data = [q for q in passing() if q.predicate.value != terms.LE + "study"]
    near, edge = set(), {finding}
    for _ in range(split.screened.look.reach + 1):
        near |= {q for q in data if q.subject in edge}
        edge = {q.object for q in near}
    rules = focused(split.screened.quads, data, {finding.value})
    found = reference([*near, *hierarchy()], rules)
    assert found == reference([*data, *hierarchy()], rules) != set()
