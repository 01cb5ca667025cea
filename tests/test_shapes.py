"""Every shape passes its good example and refuses its bad ones; the shapes are well formed.

`shape_examples/passing.ttl` conforms to everything. Each row of `shape_examples/failing.txt` copies
one node of it, changes one property, and names all that the shapes must say of the copy. All copies
are validated in one run, since starting a validator costs more than a few more nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from pyshacl.entrypoints import meta_validate
from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

ROOT = Path(__file__).parent.parent
EXAMPLES = Path(__file__).parent / "shape_examples"
SH = Namespace("http://www.w3.org/ns/shacl#")
LE = Namespace("https://w3id.org/linked-evidence/ontology#")
LESH = Namespace("https://w3id.org/linked-evidence/shapes#")
EX = Namespace("https://example.org/data/")

# Constraints come from these parameters (SHACL 4); sh:or and the like hold shapes without a name.
PARAMETERS = {
    SH[name[0].lower() + name[1:]]: name
    for name in (
        *("Class", "Datatype", "NodeKind", "In", "HasValue", "Pattern", "UniqueLang"),
        *("MinCount", "MaxCount", "MinInclusive", "MaxInclusive", "MinExclusive"),
        *("Disjoint", "LessThan", "LessThanOrEquals", "Or", "Xone"),
    )
}
# These say how a shape is found, put together or reported; they constrain nothing.
NOT_CONSTRAINTS = {
    RDF.type,
    SH.message,
    SH.path,
    SH.property,
    SH.severity,
    SH.targetClass,
    SH.targetObjectsOf,
    SH.targetSubjectsOf,
}


@dataclass(frozen=True)
class Row:
    line: int
    subject: URIRef
    property: str
    values: str
    expected: frozenset[tuple[str, ...]]

    @property
    def copy(self) -> URIRef:
        return EX[f"row/{self.line}"]


@cache
def turtle_folder(folder: Path) -> Graph:
    graph = Graph()
    for file in sorted(folder.glob("*.ttl")):
        graph.parse(file)
    return graph


def shapes() -> Graph:
    return turtle_folder(ROOT / "shapes")


def ontology() -> Graph:
    return turtle_folder(ROOT / "ontology")


@cache
def passing() -> Graph:
    return Graph().parse(EXAMPLES / "passing.ttl")


@cache
def rows() -> tuple[Row, ...]:
    found = []
    lines = (EXAMPLES / "failing.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        subject, name, values, said = (cell.strip() for cell in line.split(" | "))
        expected = frozenset(tuple(pair.split("/")) for pair in said.split())
        found.append(Row(number, EX[subject], name, values, expected))
    return tuple(found)


def changed(row: Row) -> Graph:
    """The copy of the row's node with the one change, and the threshold link if it had one."""
    prefixes = "\n".join(f"@prefix {p}: <{n}> ." for p, n in passing().namespaces())
    values = "" if row.values == "-" else f"{prefixes}\n<{row.copy}> {row.property} {row.values} ."
    graph = Graph().parse(data=values, format="turtle")
    path = passing().namespace_manager.expand_curie(row.property)
    assert (row.subject, None, None) in passing(), f"no {row.subject} in passing.ttl"
    for _, predicate, value in passing().triples((row.subject, None, None)):
        if predicate != path:
            graph.add((row.copy, predicate, value))
    for holder in passing().subjects(LE.threshold, row.subject):
        graph.add((holder, LE.threshold, row.copy))
    return graph


def results(data: Graph) -> set[tuple[Node, str, str]]:
    """Focus node, shape and constraint of every result, with the ontology beside the data."""
    _, report, _ = pyshacl.validate(data + ontology(), shacl_graph=shapes(), inplace=True)
    assert isinstance(report, Graph)
    return {
        (
            report.value(result, SH.focusNode),
            str(report.value(result, SH.sourceShape)).removeprefix(LESH),
            str(report.value(result, SH.sourceConstraintComponent))
            .removeprefix(SH)
            .removesuffix("ConstraintComponent"),
        )
        for result in report.objects(None, SH.result)
    }


@pytest.fixture(scope="module")
def said() -> dict[Node, set[tuple[str, ...]]]:
    """What the shapes say of each row's copy, from one run over all copies."""
    data = Graph() + passing()
    for row in rows():
        data += changed(row)
    found: dict[Node, set[tuple[str, ...]]] = {}
    for focus, shape, part in results(data):
        found.setdefault(focus, set()).add((shape, part))
    return found


def test_good_example_conforms() -> None:
    assert results(passing()) == set()


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"line-{row.line}-{row.property}")
def test_bad_example_is_refused(row: Row, said: dict[Node, set[tuple[str, ...]]]) -> None:
    assert said.get(row.copy, set()) == row.expected


def named_shapes() -> list[URIRef]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    return sorted({s for kind in kinds for s in shapes().subjects(RDF.type, kind)})


def constraints() -> set[tuple[str, str]]:
    """Every constraint of every named shape."""
    return {
        (shape.removeprefix(LESH), PARAMETERS[predicate])
        for shape in named_shapes()
        for predicate in shapes().predicates(shape)
        if predicate not in NOT_CONSTRAINTS | {SH.sparql}
    }


def targets(shape: Node) -> set[Node]:
    """The focus nodes that a node shape finds in the good example (SHACL 2.1.3)."""
    found: set[Node] = set()
    for wanted in shapes().objects(shape, SH.targetClass):
        for class_ in ontology().transitive_subjects(RDFS.subClassOf, wanted):
            found.update(passing().subjects(RDF.type, class_))
    for predicate in shapes().objects(shape, SH.targetSubjectsOf):
        found.update(passing().subjects(predicate))
    for predicate in shapes().objects(shape, SH.targetObjectsOf):
        found.update(passing().objects(None, predicate))
    return found


def values(focus: Node, path: Node) -> set[Node]:
    if not isinstance(path, BNode):
        return set(passing().objects(focus, path))
    choices = shapes().value(path, SH.alternativePath)
    return {v for choice in Collection(shapes(), choices) for v in values(focus, choice)}


def test_every_shape_has_an_example_that_passes() -> None:
    """A shape without a focus node, or without a value on its path, would pass by doing nothing."""
    idle = []
    for shape in shapes().subjects(RDF.type, SH.NodeShape):
        foci = targets(shape)
        idle += [] if foci else [shape]
        for part in shapes().objects(shape, SH.property):
            path = shapes().value(part, SH.path)
            idle += [] if any(values(focus, path) for focus in foci) else [part]
    assert idle == []


def test_every_constraint_has_an_example_that_fails() -> None:
    assert {pair for row in rows() for pair in row.expected} == constraints()


def test_every_key_that_belongs_to_a_class_has_an_example_that_fails() -> None:
    tried = {(shape, row.property) for row in rows() for shape, _ in row.expected}
    for shape in named_shapes():
        if shape.endswith("KeysShape"):
            for key in shapes().objects(shape, SH.targetSubjectsOf):
                name = passing().namespace_manager.curie(key)
                assert (shape.removeprefix(LESH), name) in tried


def test_shapes_are_named_severe_and_explain_themselves() -> None:
    """Whatever can be reported has a name, a severity and one English message."""
    for shape in named_shapes():
        assert shape.startswith(LESH)
        pairs = {p for s, p in constraints() if s == shape.removeprefix(LESH)}
        if pairs:
            assert shapes().value(shape, SH.severity) in {SH.Violation, SH.Warning}, shape
            (message,) = shapes().objects(shape, SH.message)
            assert message.language == "en", shape
    held = set(shapes().objects(None, SH.property))
    assert set(shapes().subjects(RDF.type, SH.PropertyShape)) <= held


def test_unwise_is_a_warning_and_a_note_silences_it() -> None:
    found = {s for s in named_shapes() if (s, SH.severity, SH.Warning) in shapes()}
    assert found == {LESH["EntityAdviceShape-mapping"], LESH["EntityAdviceShape-altLabel"]}
    bare = Graph().parse(
        data=f'<{EX}x> a <{LE.Entity}>; <http://www.w3.org/2004/02/skos/core#prefLabel> "x"@en .'
    )
    assert {shape for _, shape, _ in results(bare)} == {
        "EntityAdviceShape-mapping",
        "EntityAdviceShape-altLabel",
    }
    bare.add((EX.x, URIRef("http://www.w3.org/2004/02/skos/core#note"), Literal("why", lang="en")))
    assert results(bare) == set()


def test_reference_to_nothing_is_reported_with_the_iri() -> None:
    """An IRI under the base that nothing describes, whatever the property; others are free."""
    data = Graph() + passing()
    data.add((EX.zinc, RDFS.seeAlso, EX.nothing))
    data.add((EX.zinc, RDFS.seeAlso, URIRef("https://example.net/elsewhere")))
    data.add((EX.zinc, RDFS.comment, Literal(f"{EX}text", datatype=XSD.string)))
    _, report, _ = pyshacl.validate(data + ontology(), shacl_graph=shapes(), inplace=True)
    assert isinstance(report, Graph)
    (result,) = report.objects(None, SH.result)
    assert report.value(result, SH.sourceShape) == LESH.DatasetShape
    assert report.value(result, SH.value) == EX.nothing
    assert str(EX.nothing) in str(report.value(result, SH.resultMessage))


def test_shapes_leave_the_ontology_alone() -> None:
    assert results(Graph()) == set()


def test_shapes_conform_to_the_shapes_of_shacl() -> None:
    """The depth is SHACL's own: its shape of shapes follows lists and paths a step at a time."""
    conforms, _, text = meta_validate(shapes(), inference="none", max_validation_depth=100)
    assert conforms, text


@pytest.mark.parametrize(
    ("property_", "value"),
    [(SH.minCount, Literal("one")), (SH.path, Literal("le:value")), (SH["in"], LE.Finding)],
)
def test_shapes_of_shacl_refuse_a_broken_shape(property_: URIRef, value: Node) -> None:
    broken = Graph()
    broken += shapes().triples((LESH["QuantityShape-value"], None, None))
    broken.set((LESH["QuantityShape-value"], property_, value))
    conforms, _, _ = meta_validate(broken, inference="none", max_validation_depth=100)
    assert not conforms
