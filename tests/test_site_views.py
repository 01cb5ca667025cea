"""Pages on evidence say what the graph says: each is held against a query on the real facts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from elements import Element, read_page
from pyoxigraph import NamedNode, Store

from kg import Release, load_project
from kg.site import Site
from kg.site.content import Content
from kg.site.drawings.chain import Link
from kg.site.drawings.shapes import Line
from kg.site.evidence import mechanisms
from kg.site.evidence.disagreements import disagreement_page
from kg.site.evidence.findings import finding_row, quantity
from kg.site.evidence.hypotheses import hypothesis_page
from kg.site.evidence.maps import all_findings_map
from kg.site.evidence.mechanisms import Step, all_mechanisms
from kg.site.evidence.reading import Facts
from kg.site.evidence.statements import document_page
from kg.site.evidence.studies import study_page
from kg.view import Place, Value

ROOT = Path(__file__).parent.parent
PREFIXES = """\
PREFIX le: <https://w3id.org/linked-evidence/ontology#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""


@pytest.fixture(scope="module")
def content(project_release: Release) -> Content:
    return Content(project_release, load_project(ROOT))


@pytest.fixture(scope="module")
def facts(content: Content) -> Facts:
    return Facts(content)


@pytest.fixture(scope="module")
def site(project_release: Release) -> Site:
    return Site(project_release, load_project(ROOT))


def node(content: Content, name: str) -> NamedNode:
    return NamedNode(content.project.base + name)


def ask(store: Store, query: str) -> set[tuple[str, ...]]:
    """The solutions of a query, as texts; '' for what is open."""
    solutions: Any = store.query(PREFIXES + query, use_default_graph_as_union=True)
    return {tuple("" if term is None else term.value for term in row) for row in solutions}


def page_of(site: Site, path: str) -> Element:
    page = site.page(path)
    assert page is not None, path
    return read_page(site.render(page, "html"))


def hypotheses() -> list[str]:
    text = (ROOT / "facts/evidence/hypotheses.yaml").read_text(encoding="utf-8")
    return re.findall(r"^- id: (hypothesis/\S+)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", hypotheses())
def test_a_hypothesis_has_exactly_the_statements_that_bear_on_it(
    content: Content, facts: Facts, name: str
) -> None:
    hypothesis = node(content, name)
    page = hypothesis_page(facts, hypothesis)
    found = {b.key: {row.finding.iri for row in b.rows} for b in page.bearings}
    said = ask(
        content.store,
        f"SELECT ?way ?statement ?direction {{ ?statement ?way {hypothesis} OPTIONAL {{"
        " ?statement le:direction ?direction }"
        " VALUES ?way { le:supports le:disputes le:leavesOpen } }",
    )
    ways: dict[str, set[str]] = {}
    for way, statement, direction in said:
        nothing = way.endswith("disputes") and direction.endswith("no-difference")
        ways.setdefault("null" if nothing else way.rpartition("#")[2], set()).add(statement)
    assert found["for"] == ways.get("supports", set())
    assert found["against"] == ways.get("disputes", set())
    assert found["null"] == ways.get("null", set())
    assert found["open"] == ways.get("leavesOpen", set())


def test_the_page_on_pain_has_each_finding_in_its_table(content: Content, site: Site) -> None:
    page = page_of(site, "hypothesis/magnesium-reduces-pain")
    rows = page.table("for-table")
    by_name = {row["Statement"].text: row for row in rows}
    assert len(rows) == 5
    row = by_name["In mild to moderate stress, pain fell more with magnesium than with placebo"]
    assert "P = 0.029" in row["Result"].text
    assert "lower better" in row["Result"].text
    assert "subgroup" in row["Population"].text
    assert "100 mg daily, 1 month" in row["Exposure, against what"].text
    assert "Placebo" in row["Exposure, against what"].text
    assert "randomized" in row["Study"].text
    assert "asserted" in row["Where it is said"].text
    assert "¶ 4" in row["Where it is said"].text.replace("\xa0", " ")


def test_a_null_result_stands_apart_from_one_against(site: Site) -> None:
    page = page_of(site, "hypothesis/magnesium-reduces-stress")
    rows = page.table("null-table")
    assert [row["Statement"].text for row in rows] == [
        "Stress overall did not differ between magnesium and placebo"
    ]
    assert "tested, none found" in rows[0]["Result"].text
    assert [item.text for item in page.all("ul", "tally")[0].all("li")] == [
        "6 for", "0 against", "1 no difference found", "0 left open",
    ]  # fmt: skip


def test_why_statements_differ_is_told_side_by_side(content: Content, facts: Facts) -> None:
    page = hypothesis_page(facts, node(content, "hypothesis/magnesium-reduces-stress"))
    dimensions = {dimension.name: dimension for dimension in page.dimensions}
    assert dimensions["dose"].values == (("100 mg daily", "not told"), ("100 mg daily",))
    assert dimensions["scope"].values[1] == ("whole sample",)
    assert "subgroup" in dimensions["scope"].values[0]
    assert dimensions["scope"].differs
    assert dimensions["hedge"].values == (("asserted", "possible", "qualified"), ("asserted",))
    names = [clash.disagreement.text for clash in page.clashes]
    assert names == ["Stress result for a subgroup or for everybody"]


def test_a_study_has_its_findings_arms_people_and_article(content: Content, facts: Facts) -> None:
    study = node(content, "study/macian-2022")
    page = study_page(facts, study)
    expected = ask(content.store, f"SELECT ?f {{ ?f a le:Finding ; le:study {study} }}")
    assert {(row.finding.iri,) for row in page.findings} == expected
    assert {value.text for value in page.design} == {
        "randomized", "double-blind", "placebo-controlled", "trial",
    }  # fmt: skip
    arms = {arm.thing.text: arm for arm in page.arms}
    assert arms["Magnesium as given in Macian 2022"].amount == "100 mg daily, 1 month, oral"
    assert arms["Placebo as given in Macian 2022"].amount == ""
    people = {one.population.text: one.subgroup_of for one in page.people}
    assert people["People with fibromyalgia in Macian 2022"] is None
    assert people["People with mild to moderate stress in Macian 2022"] is not None
    assert [link for _, link, _ in page.articles[0].identifiers] == [
        "https://doi.org/10.3390/nu14102088",
        "https://pubmed.ncbi.nlm.nih.gov/35631229/",
    ]


def test_both_studies_say_that_they_are_probably_one(content: Content, facts: Facts) -> None:
    one, other = node(content, "study/macian-2022"), node(content, "study/trial-of-2022")
    assert [twin.other.iri for twin in study_page(facts, one).twins] == [other.value]
    twins = study_page(facts, other).twins
    assert [twin.other.iri for twin in twins] == [one.value]
    assert twins[0].reason.startswith("Same year")
    assert len(twins[0].places) == 3


def test_a_subgroup_does_not_get_the_number_of_the_whole_study(
    content: Content, facts: Facts
) -> None:
    alisik = node(content, "finding/alisik-2025-magnesium-pain")
    assert finding_row(facts, alisik).sample == "82"
    subgroup = finding_row(facts, node(content, "finding/macian-2022-pain-subgroup"))
    assert (subgroup.partial, subgroup.sample) == (True, "")


def test_a_study_that_nothing_is_told_of_says_so(site: Site) -> None:
    page = page_of(site, "study/boulis-2021")
    assert "No document tells a finding of it." in page.text
    assert "number not told" in page.text


@pytest.mark.parametrize("name", ["document/000", "document/001"])
def test_a_document_has_every_passage_in_the_order_of_its_text(
    content: Content, facts: Facts, name: str
) -> None:
    document = node(content, name)
    page = document_page(facts, document)
    said = [one for paragraph in page.paragraphs for one in paragraph.said]
    expected = ask(
        content.store,
        "SELECT ?thing ?passage ?paragraph ?start ?end { ?thing le:passage ?passage ."
        f" ?passage oa:hasSource {document} ; le:paragraph ?paragraph ; oa:hasSelector ?s ."
        " ?s oa:start ?start ; oa:end ?end }",
    )
    found = {
        (o.statement.iri, o.place.iri, o.place.paragraph, o.place.start, o.place.end) for o in said
    }
    assert found == expected
    assert len(said) == len(expected)
    places = [tuple(map(int, (o.place.paragraph, o.place.start, o.place.end))) for o in said]
    assert places == sorted(places)
    assert page.passages == len({passage for _, passage, *_ in expected})
    assert sum(count for _, count in page.hedges) == page.passages


def test_a_document_s_page_tells_how_to_check_it(site: Site, content: Content) -> None:
    page = page_of(site, "document/000")
    sha = ask(content.store, f"SELECT ?sha {{ {node(content, 'document/000')} le:sha256 ?sha }}")
    assert sha.pop()[0] in page.text
    assert "sha256sum 000_6512679091a2fbd4.txt" in page.text
    assert [item.text for item in page.all("ul", "inline")[0].all("a")][:2] == ["¶ 1", "¶ 2"]
    for link in page.all("ul", "inline")[0].links:
        page.find(link.removeprefix("#"))


@pytest.mark.parametrize(
    "name", ["disagreement/stress-result-scope", "disagreement/dose-of-trial-range-and-limit"]
)
def test_a_disagreement_has_its_sides_and_what_each_tells(
    content: Content, facts: Facts, name: str
) -> None:
    disagreement = node(content, name)
    page = disagreement_page(facts, disagreement)
    assert {(side.thing.iri,) for side in page.sides} == ask(
        content.store, f"SELECT ?side {{ {disagreement} le:side ?side }}"
    )
    assert page.reason
    for number, side in enumerate(page.sides):
        assert side.places
        told = {value.iri for respect in page.respects for value in respect.values[number]}
        said = ask(content.store, f"SELECT ?o {{ <{side.thing.iri}> le:outcome|le:dose ?o }}")
        assert {iri for (iri,) in said} <= told


def test_sides_stand_next_to_each_other_marked_where_they_differ(site: Site) -> None:
    page = page_of(site, "disagreement/stress-result-scope")
    rows = {
        next(iter(row.values())).text.removesuffix(" differs"): row
        for row in page.table("sides-table")
    }
    assert len(rows["Scope"]) == 5
    assert next(iter(rows["Scope"].values())).text == "Scope differs"
    assert next(iter(rows["Outcome"].values())).text == "Outcome"
    assert [cell.text for cell in rows["Scope"].values()][1:] == [
        "whole sample", "subgroup", "whole sample", "subgroup",
    ]  # fmt: skip
    assert "asserted" in rows["Where it is said"].popitem()[1].text


def test_every_mechanism_is_a_step_of_the_page_and_of_a_drawing(
    content: Content, site: Site
) -> None:
    found = all_mechanisms(content)
    expected = ask(
        content.store,
        "SELECT ?m ?s ?o { ?m a le:Mechanism ; le:subject ?s ; le:object ?o }",
    )
    assert {(s.mechanism.iri, s.subject.iri, s.object.iri) for s in found.steps} == expected
    page = page_of(site, "mechanisms")
    rows = page.table("steps")
    assert len(rows) == len(found.steps)
    # Each drawing tells in words what it shows, and the table has all of that.
    shown = {f"{r['From'].text} {r['Step'].text} {r['To'].text}" for r in rows}
    told = [step for svg in page.all("svg") for step in svg.all("desc")[0].text[:-1].split("; ")]
    assert told
    assert {re.sub(r" \([^)]*\)$", "", step) for step in told} <= shown
    lonely = len(rows) - len(told)
    assert 0 < lonely < 10


def step(name: str, subject: str, object_: str, *leads_to: str) -> Step:
    def value(text: str) -> Value:
        return Value(text, term=NamedNode(f"https://example.org/{text}"))

    place = Place("d", "1", "0", "9", "asserted")
    ends = (value(subject), "affects", value(object_))
    return Step(value(name), *ends, (), ("asserted",), 5, (place,), tuple(map(value, leads_to)))


def joined(*steps: Step) -> set[tuple[str, str, int, int]]:
    """The links of a chain: what they join, and the numbers of their boxes."""
    chain = mechanisms._chain(steps, None)
    return {
        (chain.boxes[link.start].text, chain.boxes[link.end].text, link.start, link.end)
        for link in chain.links
    }


def test_steps_meet_in_a_box_only_where_a_document_joins_them() -> None:
    apart = joined(step("1", "a", "b"), step("2", "b", "c"))
    assert {box for _, _, *boxes in apart for box in boxes} == {0, 1, 2, 3}
    together = joined(step("1", "a", "b", "2"), step("2", "b", "c"))
    assert {box for _, _, *boxes in together for box in boxes} == {0, 1, 2}


def test_steps_with_one_start_or_one_end_share_its_box() -> None:
    links = joined(step("1", "a", "b"), step("2", "a", "c"), step("3", "d", "c"))
    assert len({start for one, _, start, _ in links if one == "a"}) == 1
    assert len({end for _, other, _, end in links if other == "c"}) == 1


def test_a_step_that_leads_to_one_of_another_thing_is_joined_by_an_arrow() -> None:
    chain = mechanisms._chain([step("1", "a", "b", "2"), step("2", "narrower", "c")], None)
    assert Link(1, 2, "leads to") in chain.links


def test_a_circle_of_steps_is_drawn() -> None:
    chain = mechanisms._chain([step("1", "a", "b", "2"), step("2", "b", "a", "1")], None)
    assert len(chain.boxes) == 2
    drawing = mechanisms._drawing(chain, range(2), "A circle")
    assert drawing.description == "a affects b (asserted); b affects a (asserted)."


def test_the_map_has_every_finding_and_its_table_says_what_it_draws(
    content: Content, site: Site
) -> None:
    found = all_findings_map(content)
    cells = {
        (found.rows[r].iri, found.columns[c].iri, row.finding.iri)
        for r, cells in enumerate(found.cells)
        for c, rows in enumerate(cells)
        for row in rows
    }
    assert cells == ask(
        content.store,
        "SELECT ?outcome ?study ?f { ?f a le:Finding ; le:outcome ?outcome ; le:study ?study }",
    )
    assert found.drawing is not None
    page = page_of(site, "evidence")
    rows = page.table("map-drawing-table")
    written = [
        " ".join(words.split())
        for row in rows
        for cell in list(row.values())[1:]
        for link in cell.all("a")
        for words in [link.text.replace(",", "")]
    ]
    brief = [" ".join(f.brief).replace(",", "") for row in found.cells for c in row for f in c]
    assert written == brief
    drawn = " ".join(shape.text for shape in found.drawing.shapes if isinstance(shape, Line))
    for words in {words for text in brief for words in text.split()}:
        assert words in drawn


def test_an_association_is_not_told_as_an_effect(facts: Facts, site: Site) -> None:
    """What goes with more magnesium in serum is no effect of magnesium that was taken."""
    row = finding_row(
        facts, NamedNode(load_project(ROOT).base + "finding/alisik-2025-magnesium-pain")
    )
    assert (row.relation, row.brief[1]) == ("association", "association")
    assert row.brief[0].startswith("Magnesium: ")
    written = page_of(site, "mineral/magnesium").text
    assert "Magnesium by Serum magnesium" in " ".join(written.split())


def test_two_studies_that_are_probably_one_are_named_where_both_count(site: Site) -> None:
    once = "are probably one study"
    assert once in page_of(site, "hypothesis/magnesium-reduces-pain").text
    assert once not in page_of(site, "hypothesis/magnesium-reduces-fatigue").text


def test_on_a_hypothesis_the_map_tells_what_the_tables_do(site: Site) -> None:
    page = page_of(site, "hypothesis/magnesium-reduces-pain")
    mapped = {link for row in page.table("map-drawing-table") for c in list(row.values())[1:]
              for link in c.links}  # fmt: skip
    tabled = {link for row in page.table("for-table") for link in row["Statement"].links}
    tabled |= {row_link for key in ("null-table", "open-table") if f"{key}-caption" in page.ids
               for row in page.table(key) for row_link in row["Statement"].links}  # fmt: skip
    assert mapped == tabled


def test_a_thing_s_page_draws_the_mechanisms_that_run_through_it(site: Site) -> None:
    page = page_of(site, "biological-entity/nmda-receptor")
    drawing = page.all("svg")[0]
    assert drawing.all("title")[0].text == "Mechanisms from and to NMDA receptor"
    said = drawing.all("desc")[0].text
    assert "Magnesium blocks NMDA receptor" in said
    assert "NMDA receptor its block prevents Central sensitization (asserted)" in said
    assert {"Magnesium", "Pain signalling"} <= {text.text for text in drawing.all("text")}


def test_drawings_have_a_name_no_style_and_no_script(site: Site) -> None:
    for path in (
        "mechanisms",
        "evidence",
        "mineral/magnesium",
        "hypothesis/magnesium-reduces-pain",
    ):
        page = page_of(site, path)
        for drawing in page.all("svg"):
            assert drawing.attributes["role"] == "img"
            for id_ in drawing.attributes["aria-labelledby"].split():
                assert page.find(id_).text
            assert not drawing.all("style")
            assert not drawing.all("script")
            assert not any("style" in e.attributes for e in drawing.within)
        assert len(page.ids) == len(set(page.ids))


def test_quantities_in_words(content: Content, facts: Facts) -> None:
    base = content.project.base
    nodes = ask(content.store, "SELECT ?q { ?q a le:Quantity }")
    words = {quantity(facts, NamedNode(iri)) for (iri,) in nodes}
    assert {"100 mg daily", "more than 300"} <= words
    assert quantity(facts, NamedNode(base + "nothing")) == ""
