"""One thing on a terminal: what it is, where it was read, what refers to it."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store
from sample import BASE, compile_text, vocabulary

from kg import terms
from kg.show import describe, view
from kg.show_text import format_place, format_view
from kg.view import Group, Mention, Place, Property, Value, View

CONTEXT, ONTOLOGY = vocabulary()

FACTS = """
- {id: document/000, type: Document, label: First document, fileName: a.txt, language: en}
- id: mineral/iron
  type: Mineral
  label: Iron
  altLabel: [Fe, ferrum]
  definition: A metal that blood needs.
  exactMatch: MESH:D007501
- {id: symptom/fatigue, type: Symptom, label: Fatigue}
- id: study/one
  type: ClinicalTrial
  label: The trial of 2020
  sampleSize: 40
  design: [randomized, trial]
  arms: [intervention/iron]
- id: intervention/iron
  type: Intervention
  label: Iron as given in the trial
  given: preparation/iron-citrate
  dose: {value: 18, unit: mg/d, reported: 18 mg}
- {id: preparation/iron-citrate, type: Preparation, label: Iron citrate, contains: mineral/iron}
- id: finding/fatigue
  type: Finding
  label: Fatigue was less with iron
  study: study/one
  exposure: intervention/iron
  outcome: symptom/fatigue
  direction: lower
  significance: significant
  pValue: 0.030
  reported: P = 0.030
  passages:
    - {document: document/000, paragraph: 2, hedge: possible, selector: {start: 100, end: 120}}
    - {document: document/000, paragraph: 2, hedge: asserted, selector: {start: 20, end: 30}}
- id: mechanism/iron-blood
  type: Mechanism
  label: Blood needs iron
  subject: mineral/iron
  relation: required-for
  object: biological-entity/blood
  passages:
    - {document: document/000, paragraph: 1, hedge: asserted, selector: {start: 0, end: 9}}
- {id: biological-entity/blood, type: BiologicalEntity, label: Blood}
"""


@pytest.fixture(scope="module")
def store() -> Store:
    compiled = compile_text(FACTS)
    assert not compiled.problems
    store = Store()
    store.extend([*compiled.quads, *ONTOLOGY.quads])
    return store


def node(name: str) -> NamedNode:
    return NamedNode(BASE + name)


def test_an_entity_and_what_is_said_about_it(store: Store) -> None:
    """Statements come first, with what tells them apart, and through what stands for the entity."""
    assert view(store, CONTEXT, node("mineral/iron")) == View(
        iri=BASE + "mineral/iron",
        name="mineral/iron",
        label="Iron",
        kinds=("mineral",),
        other_labels=("Fe", "ferrum"),
        definition="A metal that blood needs.",
        properties=(Property("exact match", (Value("MESH:D007501"),)),),
        places=(),
        groups=(
            Group(
                "finding",
                (
                    Mention(
                        Value("Fatigue was less with iron", "finding/fatigue"),
                        roles=("exposure",),
                        through=("Iron as given in the trial",),
                        properties=(
                            Property("study", (Value("The trial of 2020", "study/one"),)),
                            Property("outcome", (Value("Fatigue", "symptom/fatigue"),)),
                            Property("direction", (Value("lower", "le:direction-lower"),)),
                            Property(
                                "significance",
                                (Value("significant", "le:significance-significant"),),
                            ),
                            Property("reported", (Value("P = 0.030"),)),
                        ),
                        places=(
                            Place("First document", "2", "20", "30", "asserted"),
                            Place("First document", "2", "100", "120", "possible"),
                        ),
                    ),
                ),
            ),
            Group(
                "mechanism",
                (
                    Mention(
                        Value("Blood needs iron", "mechanism/iron-blood"),
                        roles=("subject",),
                        through=(),
                        properties=(
                            Property(
                                "relation", (Value("required for", "le:relation-required-for"),)
                            ),
                            Property("object", (Value("Blood", "biological-entity/blood"),)),
                        ),
                        places=(Place("First document", "1", "0", "9", "asserted"),),
                    ),
                ),
            ),
            Group(
                "clinical trial",
                (
                    Mention(
                        Value("The trial of 2020", "study/one"),
                        ("arm",),
                        ("Iron as given in the trial",),
                        (),
                        (),
                    ),
                ),
            ),
            Group(
                "intervention",
                (
                    Mention(
                        Value("Iron as given in the trial", "intervention/iron"),
                        ("given",),
                        ("Iron citrate",),
                        (),
                        (),
                    ),
                ),
            ),
            Group(
                "preparation",
                (
                    Mention(
                        Value("Iron citrate", "preparation/iron-citrate"), ("contains",), (), (), ()
                    ),
                ),
            ),
        ),
    )


def test_the_text_for_a_terminal(store: Store) -> None:
    text = format_view(view(store, CONTEXT, node("intervention/iron")), 60)
    assert text == INTERVENTION
    assert max(map(len, text.splitlines())) <= 60
    iron = format_view(view(store, CONTEXT, node("mineral/iron")), 60)
    assert iron.startswith(
        "Iron  mineral/iron\nmineral, also called Fe, ferrum\nA metal that blood needs.\n\nexact"
    )


INTERVENTION = """\
Iron as given in the trial  intervention/iron
intervention

given  Iron citrate (preparation/iron-citrate)
dose   18 mg (intervention/iron/dose)
    reported  18 mg
    value     18
    unit      mg/d

Finding (1)
  - Fatigue was less with iron
    finding/fatigue, as exposure
    study: The trial of 2020; outcome: Fatigue; direction:
    lower; significance: significant; reported: P = 0.030
    First document ¶2, 20-30: asserted
    First document ¶2, 100-120: possible

Clinical trial (1)
  - The trial of 2020
    study/one, as arm
"""


def test_a_statement_shows_where_it_was_read(store: Store) -> None:
    text = format_view(view(store, CONTEXT, node("finding/fatigue")), 80)
    assert "Read at\n  First document ¶2, 20-30: asserted\n  First document ¶2, 100-120" in text
    assert "P-value" in text
    assert "0.03\n" in text


def test_a_document_shows_what_was_read_in_it(store: Store) -> None:
    """A nested passage counts as the statement it belongs to; graphs are left out."""
    shown = view(store, CONTEXT, node("document/000"))
    assert [(g.kind, [m.subject.name for m in g.mentions]) for g in shown.groups] == [
        ("finding", ["finding/fatigue"]),
        ("mechanism", ["mechanism/iron-blood"]),
    ]
    assert shown.groups[0].mentions[0].roles == ("document",)


def test_terms_and_foreign_iris_can_be_shown(store: Store) -> None:
    lower = view(store, CONTEXT, NamedNode(terms.LE + "direction-lower"))
    assert (lower.label, [group.kind for group in lower.groups]) == ("lower", ["finding"])
    foreign = view(store, CONTEXT, NamedNode("http://id.nlm.nih.gov/mesh/D007501"))
    assert format_view(foreign, 80) == (
        "MESH:D007501\n\nMineral (1)\n  - Iron\n    mineral/iron, as exact match\n"
    )


def test_what_has_no_class_and_what_stands_for_itself() -> None:
    """Neither a missing class nor a circle of preparations is a problem."""
    one, two = node("a"), node("b")
    store = Store()
    store.extend([Quad(one, terms.CONTAINS, two), Quad(two, terms.CONTAINS, one)])
    (group,) = view(store, CONTEXT, one).groups
    assert (group.kind, [m.subject.text for m in group.mentions]) == ("of no kind", ["b"])


def test_colours_and_control_characters() -> None:
    """Data cannot steer the terminal; colours are only ours."""
    shown = View("x", "x", "red \x1b[31m", (), (), "", (), (), ())
    assert format_view(shown, 80) == "red \\x1b[31m  x\n"
    assert format_view(shown, 80, colour=True) == "\x1b[1mred \\x1b[31m\x1b[0m  \x1b[2mx\x1b[0m\n"


def test_a_place_without_parts() -> None:
    assert format_place(Place("D", "", "", "", "")) == "D"


def test_the_description_as_data(store: Store) -> None:
    """A node's own quads and those of what is nested in it, not what refers to it."""
    subjects = {quad.subject.value for quad in describe(store, node("intervention/iron"))}
    assert subjects == {BASE + "intervention/iron", BASE + "intervention/iron/dose"}
    finding = describe(store, node("finding/fatigue"))
    assert len([q for q in finding if q.predicate == terms.START]) == 2
    assert Quad(
        node("intervention/iron/dose"), terms.REPORTED, Literal("18 mg"), node("graph/a")
    ) in describe(store, node("intervention/iron/dose"))
