"""Part by part or all at once, by either engine: the same results, sorted, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from differential import ROOT, hierarchy
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse
from rdflib import Graph
from sample import BASE, corpus_of, slice_small, write_project
from test_shapes import changed, passing, rows

from kg import validation
from kg.compile import describe_dataset
from kg.errors import ConfigError
from kg.judge import Judge
from kg.link import check_links
from kg.ontology import canonical, read_turtle_folder
from kg.progress import silent
from kg.project import Project
from kg.screen import Screen, ScreenError
from kg.validate import Result, validate
from kg.validation import Engine, validate_corpus, validate_store

PREFIXES = """\
@prefix le: <https://w3id.org/linked-evidence/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <https://example.org/shapes#> .
"""
SHAPES = f'''{PREFIXES}
:Class a sh:NodeShape ; sh:targetClass le:Mineral ; sh:property :Class-label .
:Class-label sh:path skos:prefLabel ; sh:minCount 1 ; sh:maxCount 1 .
:Linked a sh:NodeShape ; sh:targetObjectsOf skos:broader ; sh:property :Linked-note .
:Linked-note sh:path skos:note ; sh:maxCount 0 .
:Literal a sh:NodeShape ; sh:targetObjectsOf skos:prefLabel ; sh:maxLength 8 .
:Node a sh:NodeShape ; sh:targetNode <{BASE}mineral/m5> , 5 ; sh:property :Node-alt .
:Node-alt sh:path skos:altLabel ; sh:minCount 1 .
:Far a sh:NodeShape ; sh:targetSubjectsOf skos:broader ; sh:property :Far-label .
:Far-label sh:path ( skos:broader skos:prefLabel ) ; sh:minCount 1 .
:FarClass a sh:NodeShape ; sh:targetClass le:Entity ; sh:property :FarClass-label .
:FarClass-label sh:path ( skos:broader skos:note ) ; sh:maxCount 0 .
:Back a sh:NodeShape ; sh:targetObjectsOf skos:broader ; sh:property :Back-broader .
:Back-broader sh:path [ sh:inversePath skos:broader ] ; sh:maxCount 1 .
:Query a sh:NodeShape ; sh:targetClass le:Mineral ; sh:sparql [ sh:message "named b" ;
    sh:select """SELECT $this {{ $this <http://www.w3.org/2004/02/skos/core#note> ?note
                FILTER(STR(?note) = "bad") }}""" ] .
'''
LINES = "".join(
    f'{{"id": "mineral/m{n}", "type": "Mineral", "label": "Mineral {n}", '
    f'"broader": "mineral/m{(n + 7) % 40}"}}\n'
    for n in range(40)
)
FILES: dict[str, str | bytes] = {
    "facts/a.jsonl": LINES,
    "facts/b.yaml": "id: mineral/m9\ntype: Mineral\nbroader: mineral/m30\nnote: bad\n",
    "facts/c.yaml": "- {id: mineral/tin, type: Mineral, broader: [mineral/lead, mineral/m8]}\n"
    "- {id: mineral/m8, note: Said elsewhere.}\n- {id: mineral/m12, label: Another}\n",
    "facts/d.ttl": "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
    '<mineral/odd> skos:broader "no node" , <urn:x:y> ; skos:prefLabel <mineral/m3> , "a\\nb" .\n'
    "<mineral/odd> skos:related [ skos:broader <mineral/m4> ] .",
    "shapes/shapes.ttl": SHAPES,
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path, FILES)


def judged(project: Project, engine: Engine) -> list[Result]:
    with corpus_of(project) as corpus:
        links = check_links(corpus.parts, corpus.places(), BASE, corpus.ontology.known)
        said = canonical(describe_dataset(BASE))
        return validate_corpus(corpus, said, links.shared, engine, silent)


@pytest.fixture
def expected(project: Project) -> list[Result]:
    """What the reference engine finds in all at once."""
    found = judged(project, "reference")
    shapes = {result.shape.rpartition("#")[2] for result in found}
    assert shapes == {
        "Class-label", "Linked-note", "Literal", "Node-alt", "Far-label", "FarClass-label",
        "Back-broader", "Query",
    }  # fmt: skip
    return found


@pytest.mark.parametrize("engine", ["fast", "reference"])
@pytest.mark.parametrize("sliced", [False, True])
def test_part_by_part_the_same_is_found_as_in_all_at_once(
    project: Project,
    expected: list[Result],
    monkeypatch: pytest.MonkeyPatch,
    engine: Literal["fast", "reference"],
    sliced: bool,
) -> None:
    monkeypatch.setattr(validation, "_SMALL", 0)
    monkeypatch.setattr(validation, "CHUNK", 7)
    if sliced:
        slice_small(monkeypatch)
    assert judged(project, engine) == expected


def test_where_the_fast_engine_fails_the_other_one_flags(
    project: Project, expected: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_screen: Screen, _data: bytes) -> set[str]:
        raise ScreenError("it fails")

    monkeypatch.setattr(Screen, "flagged", fail)
    assert judged(project, "fast") == expected


def test_what_is_flagged_is_little(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else screening would be for nothing."""
    asked: list[str] = []
    judge = Judge.judge

    def count(self: Judge, nodes: list[str]) -> list[Result]:
        asked.extend(nodes)
        return judge(self, nodes)

    monkeypatch.setattr(Judge, "judge", count)
    files = {name: text for name, text in FILES.items() if name[-5:] == "jsonl"}
    for name in ("b.yaml", "c.yaml", "d.ttl"):
        (project.facts / name).unlink()
    shapes = "\n".join(line for line in SHAPES.splitlines() if not line.startswith(":Literal"))
    write_project(project.root, files | {"shapes/shapes.ttl": shapes})
    assert {result.focus for result in judged(project, "fast")} == {f"{BASE}mineral/m5", "5"}
    assert set(asked) == {f"{BASE}mineral/m5", "5"} or len(asked) < 5


@pytest.fixture(scope="module")
def examples() -> Store:
    """The example that conforms, and the copies that break one constraint each."""
    graph = Graph() + passing()
    for row in rows():
        graph += changed(row)
    store = Store()
    data = graph.serialize(format="nt").encode()
    store.extend(
        Quad(*quad.triple, NamedNode(f"{BASE}graph/a"))
        for quad in parse(data, format=RdfFormat.N_TRIPLES)
    )
    store.extend(hierarchy())
    return store


def test_the_shape_examples_are_judged_the_same_in_a_store(
    examples: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "_SUBJECTS", 50)
    expected = validate(examples, ROOT / "shapes")
    assert len({(result.shape, result.component) for result in expected}) > 150
    assert validate_store(examples, ROOT / "shapes", "fast") == expected
    assert validate_store(examples, ROOT / "shapes", "reference") == expected


def test_a_store_with_blank_nodes_is_judged_the_same(project: Project) -> None:
    text = f"""{PREFIXES}
        [] a le:Mineral ; skos:broader _:b . _:b a le:Mineral ; skos:prefLabel "a" , "b" .
        _:c a le:Mineral ; skos:prefLabel "Much too long" ; skos:broader [ skos:note "bad" ] ."""
    store = Store()
    store.extend(parse(text, format=RdfFormat.TURTLE))
    store.extend(read_turtle_folder(project.ontology, "ontology"))
    expected = validate(store, project.shapes)
    assert sum(result.focus.startswith("_:") for result in expected) >= 5
    for engine in ("fast", "reference", "auto"):
        assert validate_store(store, project.shapes, engine) == expected  # type: ignore[arg-type]


def test_an_empty_store_is_judged_as_well(project: Project) -> None:
    """A node that a shape names is a focus node, whether or not it is described."""
    expected = validate([], project.shapes)
    assert [result.focus for result in expected] == ["5", f"{BASE}mineral/m5"]
    assert validate_store(Store(), project.shapes, "fast") == expected


def test_whoever_insists_on_the_fast_engine_must_have_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "available", lambda: False)
    with pytest.raises(ConfigError, match=r"linked-evidence\[fast\]"):
        validate_store(Store(), project.shapes, "fast")
    assert validate_store(Store(), project.shapes, "auto") == validate([], project.shapes)


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_shapes_that_cannot_be_used_are_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch, engine: Literal["fast", "reference"]
) -> None:
    monkeypatch.setattr(validation, "_SMALL", 0)
    bad = ":F a sh:NodeShape ; sh:targetClass le:Mineral ; sh:property [ sh:path 5 ] ."
    (project.shapes / "shapes.ttl").write_text(PREFIXES + bad)
    with pytest.raises(ConfigError, match=r"shapes\.ttl: the shapes cannot be used"):
        judged(project, engine)
