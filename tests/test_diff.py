"""What changed between two versions of the data, and the forms in which it is told."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from sample import BASE, compile_text, vocabulary

from kg import terms
from kg.diff import Diff, Kind, Side, compare, format_json, format_text, format_turtle
from kg.diff.forms import CS
from kg.things import data_quads

CONTEXT, ONTOLOGY = vocabulary()
LE = terms.LE
IRON = "- {id: mineral/iron, type: Mineral, label: Iron}\n"
FINDING = """\
- id: finding/{name}
  type: Finding
  label: Pain was lower
  study: study/{study}
  pValue: {p}
  passages:
    - document: document/000
      paragraph: 4
      sha256: {sha}
      selector: {{start: {start}, end: 60}}
    - document: document/001
      paragraph: 9
      sha256: cccc
      selector: {{start: 5, end: 9}}
"""


def finding(name: str = "a", study: str = "s", p: str = "0.03", start: int = 12) -> str:
    return FINDING.format(name=name, study=study, p=p, sha=f"aa{start}", start=start)


def side(*texts: str) -> Side:
    store = Store()
    for number, text in enumerate(texts):
        store.extend(compile_text(text, f"{number}.yaml").quads)
    store.extend(ONTOLOGY.quads)
    return Side(f"version {len(texts)}", store, BASE)


def diff(old: str, new: str) -> Diff:
    return compare(side(old), side(new))


def told(found: Diff) -> list[tuple[str, str]]:
    return [(entry.kind.value, entry.thing.iri.removeprefix(BASE)) for entry in found.entries]


def changes(found: Diff) -> list[tuple[str, str | None, str | None]]:
    """The changes of the only thing that changed: keys, old and new value."""
    document = json.loads(format_json(found, CONTEXT))
    (entry,) = document["entries"]
    values = [(c["keys"], c["old"] and c["old"]["value"], c["new"] and c["new"]["value"])
              for c in entry["changes"]]  # fmt: skip
    return [(keys, *(v and v.removeprefix(BASE) for v in pair)) for keys, *pair in values]


def test_the_same_is_no_difference() -> None:
    found = diff(IRON + finding(), finding() + IRON)
    assert found.entries == ()
    assert format_text(found, CONTEXT) == "version 1 → version 1: no difference\n"


def test_what_moves_to_another_sheet_has_not_changed() -> None:
    assert compare(side(IRON, finding()), side(finding(), "[]", IRON)).entries == ()


def test_what_two_sheets_say_is_there_as_long_as_one_does() -> None:
    assert compare(side(IRON, IRON), side(IRON)).entries == ()


def test_things_that_came_and_went() -> None:
    found = diff(IRON, finding())
    assert told(found) == [("added", "finding/a"), ("removed", "mineral/iron")]
    added, removed = found.entries
    assert added.thing.label == "Pain was lower"
    assert added.thing.classes == ((LE + "Finding", "finding"),)
    assert all(change.old is None for change in added.changes)
    assert {c.path[-1].rpartition("#")[2] for c in added.changes} >= {"pValue", "sha256", "end"}
    assert [str(change.old) for change in removed.changes] == [f"<{LE}Mineral>", '"Iron"@en']


def test_a_value_before_and_after() -> None:
    found = diff(finding(p="0.03"), finding(p="0.040"))
    assert changes(found) == [("pValue", "0.03", "0.04")]
    assert found.counts["changed"] == 1


def test_values_that_came_and_went_without_standing_for_each_other() -> None:
    old = IRON.replace("Iron}", "Iron, altLabel: [Fe, ferrum]}")
    new = IRON.replace("Iron}", "Iron, altLabel: [Fe, fer, ijzer]}")
    assert changes(diff(old, new)) == [
        ("altLabel", "ferrum", None),
        ("altLabel", None, "fer"),
        ("altLabel", None, "ijzer"),
    ] or sorted(map(str, changes(diff(old, new))))  # the order of None is no matter
    assert len(changes(diff(old, new))) == 3


def test_a_label_stands_for_the_one_in_the_same_language() -> None:
    def labels(english: str, german: str) -> str:
        values = (
            f'{{"@value": {english}, "@language": en}}, {{"@value": {german}, "@language": de}}'
        )
        return f"- {{id: mineral/iron, type: Mineral, label: [{values}]}}\n"

    assert changes(diff(labels("Iron", "Eisen"), labels("Iron ore", "Eisenerz"))) == [
        ("label", "Eisen", "Eisenerz"),
        ("label", "Iron", "Iron ore"),
    ]


def test_a_change_of_what_is_nested_is_a_change_of_the_thing_with_its_path() -> None:
    text = "- {id: intervention/a, type: Intervention, dose: {value: 100, unit: mg}}\n"
    found = diff(text, text.replace("100", "200"))
    assert told(found) == [("changed", "intervention/a")]
    assert changes(found) == [("dose.value", "100", "200")]
    (change,) = found.entries[0].changes
    assert change.part == change.node == f"{BASE}intervention/a/dose"
    assert change.path == (LE + "dose", LE + "value")


def test_a_node_of_a_list_that_changed_is_told_as_a_change_of_the_nearest() -> None:
    """Its name holds its content, so that it looks like another node; the other passage is left."""
    assert changes(diff(finding(start=12), finding(start=20))) == [
        ("passages.selector.start", "12", "20"),
        ("passages.sha256", "aa12", "aa20"),
    ]


def test_a_part_that_came_as_a_whole_takes_one_line() -> None:
    text = "- {id: intervention/a, type: Intervention}\n"
    new = "- {id: intervention/a, type: Intervention, dose: {value: 100, unit: mg}}\n"
    lines = format_text(diff(text, new), CONTEXT).splitlines()
    assert lines[-1] == '        + dose: unit "mg"; value 100'
    lines = format_text(diff(new, text), CONTEXT).splitlines()
    assert lines[-1] == '        - dose: unit "mg"; value 100'


def test_the_same_content_under_a_new_iri_is_a_rename() -> None:
    found = diff(finding("a"), finding("b"))
    assert told(found) == [("renamed", "finding/a")]
    assert found.entries[0].others == (f"{BASE}finding/b",)
    assert "~ Pain was lower  finding/a → finding/b" in format_text(found, CONTEXT)


def test_a_rename_is_seen_through_another() -> None:
    study = "- {{id: study/{0}, type: Study, label: A study}}\n"
    found = diff(study.format("s") + finding("a", "s"), study.format("t") + finding("b", "t"))
    assert told(found) == [("renamed", "finding/a"), ("renamed", "study/s")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (finding("a") + finding("b"), finding("c")),
        (finding("a"), finding("b") + finding("c")),
        ("- {id: a, type: Mineral}\n", "- {id: b, type: Mineral}\n"),
        (finding("a", p="0.3"), finding("b", p="0.4")),
    ],
    ids=["two-went", "two-came", "nothing-but-a-class", "not-the-same"],
)
def test_no_rename_is_guessed(old: str, new: str) -> None:
    assert {kind for kind, _ in told(diff(old, new))} == {"added", "removed"}


def test_a_tombstone_retires_a_thing() -> None:
    tomb = "- {id: finding/a, deprecated: true, replacedBy: finding/c}\n"
    other = finding("c", p="0.5")
    found = diff(finding("a") + other, tomb + other)
    assert told(found) == [("retired", "finding/a")]
    assert found.entries[0].others == (f"{BASE}finding/c",)
    assert found.entries[0].thing.label == "Pain was lower"
    assert "- Pain was lower  finding/a → finding/c" in format_text(found, CONTEXT)


def test_a_tombstone_whose_replacement_says_the_same_is_a_rename() -> None:
    tomb = "- {id: finding/a, deprecated: true, replacedBy: finding/b}\n"
    assert told(diff(finding("a"), tomb + finding("b"))) == [("renamed", "finding/a")]


def test_graphs_and_software_are_not_told() -> None:
    old, new = side(IRON), side(IRON)
    graph = NamedNode(f"{BASE}graph/0")
    new.store.add(Quad(graph, terms.SHA256, Literal("x"), graph))
    new.store.add(Quad(NamedNode(f"{BASE}software/kg-9"), terms.LABEL, Literal("kg 9"), graph))
    new.store.add(Quad(NamedNode(BASE), terms.TITLE, Literal("New"), NamedNode(BASE)))
    assert compare(old, new).entries == ()


def test_what_is_hostile_does_not_reach_the_terminal() -> None:
    found = diff("[]", '- {id: mineral/x, type: Mineral, label: "a\\e[31m\\nb"}\n')
    text = format_text(found, CONTEXT)
    assert r"a\x1b[31m\nb" in text
    assert "\x1b[32m" in format_text(found, CONTEXT, colour=True)


def test_json_has_labels_languages_and_datatypes() -> None:
    study = "- {id: study/s, type: Study, label: A study}\n- {id: study/t, type: Study, label: T}\n"
    found = diff(study + finding(study="s", p="0.1"), study + finding(study="t", p="0.2"))
    document = json.loads(format_json(found, CONTEXT))
    assert document["counts"] == {
        "added": 0, "removed": 0, "renamed": 0, "retired": 0, "changed": 1,
    }  # fmt: skip
    (entry,) = document["entries"]
    by_key = {change["keys"]: change for change in entry["changes"]}
    assert by_key["study"]["new"] == {"type": "uri", "value": f"{BASE}study/t", "label": "T"}
    decimal = terms.XSD + "decimal"
    assert by_key["pValue"]["old"] == {"type": "literal", "value": "0.1", "datatype": decimal}
    assert entry["classes"] == [{"iri": LE + "Finding", "label": "finding"}]
    found = diff(IRON, IRON.replace("label: Iron", "label: Ore"))
    (change,) = json.loads(format_json(found, CONTEXT))["entries"][0]["changes"]
    assert change["new"] == {"type": "literal", "value": "Ore", "xml:lang": "en"}


def applied(old: Side, turtle: bytes) -> set[str]:
    """The triples of `old` with the change sets applied to them."""
    store = Store()
    store.extend(parse(turtle, format=RdfFormat.TURTLE))
    query = f"""SELECT ?s ?p ?o {{ ?set <{CS}%s> ?statement . ?statement
        <{terms.RDF}subject> ?s ; <{terms.RDF}predicate> ?p ; <{terms.RDF}object> ?o }}"""
    removals, additions = (
        {f"{s} {p} {o}" for s, p, o in store.query(query % sign)}
        for sign in ("removal", "addition")
    )
    return triples(old) - removals | additions


def triples(side: Side) -> set[str]:
    return {str(quad.triple) for quad in data_quads(side.store, side.base)}


TEXTS = [
    IRON,
    finding("a"),
    finding("a", p="0.4", start=1),
    finding("b"),
    "- {id: finding/a, deprecated: true, replacedBy: mineral/iron}\n",
    "- {id: intervention/a, type: Intervention, dose: {value: 100, unit: mg}}\n",
]


@pytest.mark.parametrize("old", TEXTS)
@pytest.mark.parametrize("new", TEXTS)
def test_change_sets_make_the_new_version_of_the_old_one(old: str, new: str) -> None:
    before, after = side(old), side(new)
    turtle = format_turtle(compare(before, after), CONTEXT)
    assert applied(before, turtle) == triples(after)
    assert b"_:" not in turtle
    assert turtle == format_turtle(compare(side(old), side(new)), CONTEXT)


NODES = st.builds(
    NamedNode, st.sampled_from([BASE + n for n in ("a", "a/p", "a/p/q", "b", "a/q", "c", "c/p")])
)
VALUES = st.one_of(NODES, st.builds(Literal, st.text(string.ascii_letters, max_size=1)))
PREDICATES = st.sampled_from([terms.TYPE, terms.DEPRECATED, NamedNode(f"{BASE}p")])
GRAPHS = st.builds(NamedNode, st.sampled_from([f"{BASE}graph/a", f"{BASE}graph/b"]))
DATA = st.sets(st.builds(Quad, NODES, PREDICATES, VALUES, GRAPHS), max_size=12)


@settings(max_examples=150)
@given(DATA, DATA)
def test_whatever_the_data_change_sets_make_one_of_the_other(
    old: set[Quad], new: set[Quad]
) -> None:
    """Also when nodes are nested in odd ways, and nothing is told twice."""
    before, after = Side("old", Store(), BASE), Side("new", Store(), BASE)
    before.store.extend(old)
    after.store.extend(new)
    found = compare(before, after)
    assert applied(before, format_turtle(found, CONTEXT)) == triples(after)
    assert len({entry.thing.iri for entry in found.entries}) == len(found.entries)
    assert (found.entries == ()) == (triples(before) == triples(after))
    format_text(found, CONTEXT)
    format_json(found, CONTEXT)


def test_change_sets_answer_sparql() -> None:
    store = Store()
    turtle = format_turtle(diff(finding(p="0.03"), finding(p="0.04")), CONTEXT)
    assert b"a cs:ChangeSet" in turtle
    store.extend(parse(turtle, format=RdfFormat.TURTLE))
    query = f"""PREFIX cs: <{CS}> PREFIX rdf: <{terms.RDF}>
        SELECT ?thing ?old ?new {{ ?set a cs:ChangeSet ; cs:subjectOfChange ?thing ;
          cs:removal [ rdf:predicate <{LE}pValue> ; rdf:object ?old ] ;
          cs:addition [ rdf:predicate <{LE}pValue> ; rdf:object ?new ] }}"""
    ((thing, old, new),) = store.query(query)
    assert [thing.value, old.value, new.value] == [f"{BASE}finding/a", "0.03", "0.04"]


def test_kinds_are_told_in_order() -> None:
    assert [kind.value for kind in Kind][:2] == ["added", "removed"]
    found = diff(finding("a") + IRON, finding("a", p="0.5") + "- {id: x, type: Study, label: X}\n")
    titles = [line for line in format_text(found, CONTEXT).splitlines() if line[:1].isupper()]
    assert titles == ["Added", "Removed", "Changed"]
