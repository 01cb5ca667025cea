"""Identifiers that are retired lead on to what replaced them; those that vanish are missed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from sample import BASE, compile_text, links_of, rules_at, things_of, vocabulary, write_project
from tiny import BASE as TINY_BASE
from tiny import Tiny, write_tiny

from kg import NonconformingError, build_release, open_release, terms
from kg.check import check_project, check_removed
from kg.context import Context
from kg.errors import Severity
from kg.iris import hash_of
from kg.project import core_folder
from kg.store import Release
from kg.things import data_quads, is_data_graph
from kg.tombstones import (
    find_missing,
    heirs,
    leads_back,
    missing_things,
    replacements,
)

OWL = "http://www.w3.org/2002/07/owl#"
IRON = "- {id: mineral/iron, type: Mineral, label: Iron}\n"
TOMB = "- {id: mineral/fe, deprecated: true, replacedBy: mineral/iron}\n"


def links(text: str) -> list[tuple[int, int, str]]:
    return rules_at(links_of(text).problems)


def test_a_tombstone_needs_nothing_else() -> None:
    assert links(IRON + TOMB) == []
    assert links("id: mineral/fe\ndeprecated: true\nnote: Nobody knows what it was.\n") == []


def test_a_tombstone_conforms_to_all_shapes(tmp_path: Path) -> None:
    sheet = IRON.replace("Iron}", "Iron, altLabel: Fe, exactMatch: CHEBI:18248}") + TOMB
    settings = f'shapes = "{core_folder("shapes")}"\n'
    checked = check_project(write_project(tmp_path, {"facts/a.yaml": sheet}, settings))
    assert [str(problem) for problem in checked.problems] == []


@pytest.mark.parametrize("value", ["false", "yes"])
def test_what_is_not_retired_for_certain_is_an_error(value: str, tmp_path: Path) -> None:
    settings = f'shapes = "{core_folder("shapes")}"\n'
    sheet = f"id: mineral/fe\ndeprecated: {value}\n"
    checked = check_project(write_project(tmp_path, {"facts/a.yaml": sheet}, settings))
    assert rules_at(checked.problems) == [(2, 1, "TombstoneShape-deprecated")]


def test_what_replaced_it_must_be_described() -> None:
    assert [rule for _, _, rule in links(TOMB)] == ["dangling-reference"]


def test_a_tombstone_says_nothing_of_what_it_was() -> None:
    text = "id: mineral/fe\ndeprecated: true\nlabel: Iron\ntype: Mineral\n"
    assert sorted(links(text)) == [(3, 1, "tombstone"), (4, 1, "tombstone")]


def test_a_thing_is_not_both_described_and_retired() -> None:
    text = TOMB + IRON + "- id: mineral/fe\n  label: Iron\n"
    assert links(text) == [(4, 3, "tombstone")]


@pytest.mark.parametrize(
    "text",
    [
        "- {id: a, deprecated: true, replacedBy: a}\n",
        "- {id: a, deprecated: true, replacedBy: b}\n- {id: b, deprecated: true, replacedBy: a}\n",
    ],
    ids=["itself", "a-circle"],
)
def test_nothing_is_replaced_by_itself(text: str) -> None:
    assert {rule for _, _, rule in links(text)} == {"tombstone"}
    assert len(links(text)) == text.count("\n")


def test_a_reference_to_a_tombstone_is_a_warning_that_names_the_replacement() -> None:
    more = "- {id: mineral/ferrum, deprecated: true, replacedBy: mineral/fe}\n"
    text = "- id: mineral/steel\n  broader: mineral/ferrum\n" + IRON + TOMB + more
    found = links_of(text)
    (problem,) = found.problems
    assert (problem.line, problem.column, problem.rule) == (2, 3, "retired")
    assert problem.severity is Severity.WARNING
    assert problem.message == (
        "`mineral/ferrum` is retired; refer to `mineral/iron`, which replaced it"
    )
    assert found.retired == {f"{BASE}mineral/fe", f"{BASE}mineral/ferrum"}


def test_no_shape_complains_of_such_a_reference_as_well(tmp_path: Path) -> None:
    sheet = """\
- id: preparation/steel
  type: Preparation
  label: Steel
  note: Not in any vocabulary.
  contains: mineral/fe
- {id: mineral/fe, deprecated: true}
"""
    settings = f'shapes = "{core_folder("shapes")}"\n'
    checked = check_project(write_project(tmp_path, {"facts/a.yaml": sheet}, settings))
    assert rules_at(checked.problems) == [(5, 3, "retired")]
    assert checked.problems[0].message == "`mineral/fe` is retired"


def test_heirs() -> None:
    chain = {"a": ["b"], "b": ["c", "d"], "d": []}
    assert heirs("a", chain.get) == ["c"]
    circle = {"a": ["b"], "b": ["c"], "c": ["b"]}
    assert heirs("a", circle.get) == []
    assert [leads_back(iri, circle.get) for iri in "abc"] == [False, True, True]


def test_replacements_in_a_store() -> None:
    store = Store()
    store.extend(compile_text(IRON + TOMB).quads)
    assert replacements(store, NamedNode(f"{BASE}mineral/fe")) == [f"{BASE}mineral/iron"]
    assert replacements(store, NamedNode(f"{BASE}mineral/iron")) is None


def quad(subject: str, graph: str = "graph/a") -> Quad:
    return Quad(NamedNode(BASE + subject), terms.LABEL, Literal("x"), NamedNode(BASE + graph))


def test_only_identifiers_of_things_are_missed() -> None:
    old, graph = Store(), f"{BASE}graph/a"
    old.extend([
        quad("a"), quad("b"), quad("b/p"), quad("graph/a"), quad("software/kg-1", "graph/a"),
        quad("term", "ontology"),
        Quad(NamedNode(BASE + "b"), terms.GIVEN, NamedNode(BASE + "b/p"), quad("b").graph_name),
    ])  # fmt: skip
    lost = {graph: {hash_of(BASE + name) for name in ("a", "b", "b/p", "graph/a", "software/kg-1")}}
    assert missing_things(old, lost, lambda _: False, BASE) == [f"{BASE}a", f"{BASE}b"]
    assert missing_things(old, lost, {f"{BASE}a"}.__contains__, BASE) == [f"{BASE}b"]
    owed = [f"{BASE}long-gone", f"{BASE}a"]
    assert missing_things(old, lost, {f"{BASE}a"}.__contains__, BASE, owed) == [
        f"{BASE}b",
        f"{BASE}long-gone",
    ]


PATHS = [
    "a",
    "a/b",
    "a/b/c",
    "b",
    "b/c",
    "graph/a",
    "graph/a/node/0123456789abcdef",
    "software/x",
    "",
]
_iris = st.sampled_from([BASE + path for path in PATHS] + ["https://example.net/a", BASE[:-1]])
_facts = st.lists(
    st.builds(
        lambda s, o, g: Quad(NamedNode(s), terms.GIVEN, NamedNode(o), NamedNode(BASE + g)),
        _iris,
        _iris,
        st.sampled_from(["graph/a", "graph/b", "ontology"]),
    ),
    max_size=12,
)


@given(_facts, _facts, st.lists(_iris, max_size=2))
def test_those_that_graphs_lost_are_those_that_all_quads_tell(
    before: list[Quad], after: list[Quad], owed: list[str]
) -> None:
    described = {terms.text_of(quad.subject) for quad in after}
    lost: defaultdict[str, set[int]] = defaultdict(set)
    for quad in before:
        iri = terms.text_of(quad.subject)
        graph = quad.graph_name
        if iri not in described and is_data_graph(graph, BASE):
            lost[str(graph)[1:-1]].add(hash_of(iri))
    store = Store()
    store.extend(before)
    found = missing_things(store, lost, described.__contains__, BASE, owed)
    published = {node.value for node in things_of(data_quads(store, BASE), BASE)}
    assert found == sorted((published | set(owed)) - described)


def test_a_hash_that_two_iris_share_takes_none_away(tmp_path: Path) -> None:
    store = Store(f"{tmp_path}/store")
    store.extend([quad("a"), quad("b")])
    del store
    release = Release(tmp_path, "0", {"removed": [f"{BASE}c"]})
    lost = {f"{BASE}graph/a": {hash_of(f"{BASE}a")}}
    context = Context.parse({}, BASE)
    assert find_missing(release, lost, {f"{BASE}a", f"{BASE}c"}.__contains__, context) == []
    problems = find_missing(release, lost, lambda _: False, context)
    assert [problem.focus for problem in problems] == [f"{BASE}a", f"{BASE}c"]
    assert {(p.rule, p.severity) for p in problems} == {("removed", Severity.WARNING)}
    damaged = replace(release, path=tmp_path / "nowhere")
    assert find_missing(damaged, lost, lambda _: False, context) == []


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    tiny = write_tiny(tmp_path)
    build_release(tiny.project)
    return tiny


def warnings(tiny: Tiny) -> list[str]:
    checked = check_removed(tiny.project, check_project(tiny.project))
    return [problem.message for problem in checked.problems if problem.rule == "removed"]


def test_an_identifier_that_vanishes_is_missed_until_a_sheet_says_what_became_of_it(
    tiny: Tiny,
) -> None:
    (tiny.root / "facts/zinc.yaml").unlink()
    assert warnings(tiny) == [
        "`mineral/zinc` was published and is described no more; say in a sheet what became of it:"
        f" {{id: mineral/zinc, {OWL}deprecated: true, {terms.DCTERMS}isReplacedBy: ...}}"
    ]
    with pytest.raises(NonconformingError) as caught:
        build_release(tiny.project, strict=True)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.severity) == ("removed", Severity.WARNING)
    # A build that is not strict goes on, and the release after it still knows what is owed.
    for _ in range(2):
        assert build_release(tiny.project).results["warning"] == 1
        assert open_release(tiny.build).manifest["removed"] == [f"{TINY_BASE}mineral/zinc"]
        tiny.edit("facts/iron.yaml", "label: Iron", "label: Iron o")
    assert len(warnings(tiny)) == 1
    with pytest.raises(NonconformingError):
        build_release(tiny.project, strict=True)
    tiny.write("facts/retired.yaml", f"id: mineral/zinc\n{OWL}deprecated: true\n")
    assert warnings(tiny) == []
    assert build_release(tiny.project, strict=True).results["warning"] == 0
    assert open_release(tiny.build).manifest["removed"] == []


def test_a_tombstone_that_vanishes_is_missed_as_well(tiny: Tiny) -> None:
    (tiny.root / "facts/zinc.yaml").unlink()
    tiny.write("facts/retired.yaml", f"id: mineral/zinc\n{OWL}deprecated: true\n")
    build_release(tiny.project)
    (tiny.root / "facts/retired.yaml").unlink()
    assert len(warnings(tiny)) == 1


def test_the_core_context_has_keys_for_it(tmp_path: Path) -> None:
    Store(str(tmp_path / "store")).flush()
    release = Release(tmp_path, "0", {"removed": [f"{BASE}a"]})
    (problem,) = find_missing(release, {}, lambda _: False, vocabulary()[0])
    assert problem.message.endswith("{id: a, deprecated: true, replacedBy: ...}")


def test_a_sheet_that_cannot_be_read_is_not_held_against_what_it_describes(tiny: Tiny) -> None:
    tiny.write("facts/zinc.yaml", "id: [")
    assert warnings(tiny) == []


def test_check_and_build_tell_of_it(tiny: Tiny) -> None:
    (tiny.root / "facts/zinc.yaml").unlink()
    check = tiny.kg("check")
    assert check.returncode == 0
    assert "warning: `mineral/zinc` was published" in check.stdout
    assert tiny.kg("check", "--strict").returncode == 1
    build = tiny.kg("build", "--strict")
    assert build.returncode == 1
    assert "(mineral/zinc; removed)" in build.stderr


def test_show_says_that_a_thing_is_retired(tiny: Tiny) -> None:
    tiny.edit("facts/zinc.yaml", "like: mineral/iron", "altLabel: Zn")
    replaced = f"{terms.DCTERMS}isReplacedBy: {{id: mineral/zinc}}"
    tiny.write("facts/iron.yaml", f"id: mineral/iron\n{OWL}deprecated: true\n{replaced}\n")
    build_release(tiny.project, strict=True)
    shown = tiny.kg("show", "iron")
    assert shown.returncode == 0
    assert shown.stderr == "`mineral/iron` is retired; `mineral/zinc` replaced it\n"
    query = tiny.kg("query", "heavier", "-p", "kind=iron")
    assert (query.returncode, query.stdout) == (2, "")
    assert "is retired; `mineral/zinc` replaced it" in query.stderr
