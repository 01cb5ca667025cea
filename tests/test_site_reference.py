"""Pages about the graph itself: ontology, queries, the endpoint, quality, release and downloads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from elements import Element, read_page
from pyoxigraph import NamedNode, RdfFormat, Variable, parse
from tiny import Tiny, write_tiny

from kg import Release, build_release, load_project, open_release
from kg.catalogue import load_catalogue
from kg.errors import QueryError, UnknownNameError
from kg.project import Project
from kg.site import Page, Site
from kg.site.reference.answers import MOST_ROWS, read_answer
from kg.store import release_digest, write_release

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT)


@pytest.fixture(scope="module")
def site(project_release: Release, project: Project) -> Site:
    return Site(project_release, project)


def found(site: Site, path: str) -> Page:
    page = site.page(path)
    assert page is not None, path
    return page


def shown(site: Site, path: str, params: Mapping[str, str] | None = None) -> Element:
    return read_page(site.render(found(site, path), "html", params))


# --- the ontology


def test_every_term_of_the_ontology_has_its_place_on_the_page(site: Site, project: Project) -> None:
    page = shown(site, "ontology")
    ids = page.ids
    assert len(ids) == len(set(ids))
    text = (project.ontology / "ontology.ttl").read_text(encoding="utf-8")
    text += (project.ontology / "vocabularies.ttl").read_text(encoding="utf-8")
    terms = set(re.findall(r"^le:([\w-]+) a ", text, re.MULTILINE))
    assert len(terms) > 100
    assert terms <= set(ids)


def test_a_term_has_definition_place_mappings_and_use(site: Site) -> None:
    term = shown(site, "ontology").find("outcome")
    assert "What is looked at to see whether it differs or changes." in term.text
    rows = {d.all("dt")[0].text: d.all("dd")[0].text for d in term.all("div")}
    assert rows["Of"] == "finding , hypothesis"  # a union of classes
    assert rows["Leads to"] == "entity"
    assert rows["Example"] == "outcome: symptom/pain"
    assert rows["Close match"].startswith("schema:outcome")
    assert rows["Used"] == "44 times"


def test_the_closed_values_stand_with_their_vocabulary(site: Site) -> None:
    page = shown(site, "ontology")
    row = page.find("hedge-theoretical")
    assert row.tag == "tr"
    assert "Offered as an idea or a rationale that has not been shown." in row.text
    assert row.all("td")[-1].text == "3"


def test_the_tree_has_every_class_once_below_its_own(site: Site) -> None:
    tree = shown(site, "ontology").all("ul", "tree")[0]
    links = tree.links
    assert len(links) == len(set(links))
    (statement,) = [i for i in tree.all("li") if i.all("a")[0].text == "statement"]
    assert {"finding", "mechanism"} <= {a.text for a in statement.all("a")}


def test_class_expressions_are_no_terms(site: Site) -> None:
    assert not [id_ for id_ in shown(site, "ontology").ids if "/" in id_]


@pytest.mark.parametrize(("format_", "rdf"), [
    ("turtle", RdfFormat.TURTLE), ("jsonld", RdfFormat.JSON_LD),
])  # fmt: skip
def test_the_ontology_as_data_is_its_graph(site: Site, format_: str, rdf: RdfFormat) -> None:
    page = found(site, "ontology")
    triples = {quad.triple for quad in parse(site.render(page, format_), format=rdf)}
    graph = NamedNode(page.iri)
    held = site.release.open_store().quads_for_pattern(None, None, None, graph)
    assert triples == {quad.triple for quad in held}


# --- queries


def test_every_stock_query_has_its_page_and_its_formats(site: Site, project: Project) -> None:
    listed = shown(site, "queries").all("ul", "mentions")[0]
    names = set(load_catalogue(project.queries))
    assert {link.strip("./").rpartition("/")[2] for link in listed.links} == names
    for name in names:
        assert found(site, f"queries/{name}").formats == ("html", "csv", "json", "rq")


def test_a_query_s_page_shows_its_answer_by_name(site: Site) -> None:
    page = shown(site, "queries/p-values")
    rows = page.table("answer-table")
    answer = json.loads(site.render(found(site, "queries/p-values"), "json"))
    assert len(rows) == len(answer["results"]["bindings"]) == 2
    assert [column for column in rows[0]] == answer["head"]["vars"]  # noqa: C416
    assert "Trial by Macian et al. 2022" in rows[0]["study"].text
    assert all(link.startswith("../../") for link in rows[0]["study"].links)
    csv = site.render(found(site, "queries/p-values"), "csv").decode()
    assert len(csv.splitlines()) == 3
    assert (
        site.render(found(site, "queries/p-values"), "rq")
        == (ROOT / "queries/p-values.rq").read_bytes()
    )


def test_parameters_are_a_form_that_keeps_what_was_asked(site: Site) -> None:
    page = shown(site, "queries/evidence-for-outcome", {"outcome": "stress"})
    form = page.all("form", "ask")[0]
    assert form.attributes["method"] == "get"
    (field,) = [i for i in form.all("input") if i.attributes["name"] == "outcome"]
    assert field.attributes["value"] == "stress"
    assert page.find(field.attributes["aria-describedby"]).text
    assert "Stress" in page.table("answer-table")[0]["outcome"].text
    csv = [link for link in page.links if link.endswith(".csv?outcome=stress")]
    assert len(csv) == 1


def test_bind_gives_text_and_terms(site: Site, project: Project) -> None:
    page = found(site, "queries/evidence-for-outcome")
    text, bindings = site.bind(page, {"outcome": "pain"})
    assert "SELECT" in text
    assert bindings[Variable("outcome")] == NamedNode(project.base + "symptom/pain")
    assert Variable("outcome") not in site.bind(page, {"outcome": ""})[1]
    with pytest.raises(QueryError, match="no parameter `outcom`"):
        site.bind(page, {"outcom": "pain"})
    with pytest.raises(UnknownNameError, match=r"nothing here is called `zz`$"):
        site.bind(page, {"outcome": "zz"})


def test_a_problem_takes_the_place_of_the_answer_and_of_its_formats(site: Site) -> None:
    page = found(site, "queries/evidence-for-outcome")
    told = read_page(site.render_answer(page, {}, b"", "too <long>"))
    assert told.all("p", "note")[0].text == "too <long>"
    assert told.all("p", "note")[0].attributes["role"] == "alert"
    assert not [link for link in told.links if link.endswith((".csv", ".json"))]
    named = shown(site, "queries/evidence-for-outcome", {"outcome": "a <script>"})
    assert "nothing here is called `a <script>`" in named.text


def test_results_of_all_kinds_are_shown(site: Site) -> None:
    yes = read_page(site.sparql_page("ASK {}", b'{"head": {}, "boolean": true}'))
    assert yes.find("answer")
    assert "Yes." in yes.text
    rows = [
        {"a": {"type": "uri", "value": "not an IRI <b>"}, "b": {"type": "bnode", "value": "x"}},
        {"a": {"type": "literal", "value": "שלום", "xml:lang": "he"}},
        {"b": {"type": "triple", "value": {"subject": {"type": "uri", "value": "urn:a"}}}},
    ]
    results = {"head": {"vars": ["a", "b"]}, "results": {"bindings": rows}}
    page = read_page(site.sparql_page("SELECT * {}", json.dumps(results).encode()))
    table = page.table("answer-table")
    assert [row["a"].text for row in table] == ["not an IRI <b>", "שלום", ""]
    assert table[0]["b"].text == "_:x"
    assert table[1]["a"].all("bdi")[0].attributes["lang"] == "he"
    graph = read_page(site.sparql_page("CONSTRUCT {} {}", b"<urn:a> a <urn:b> .", "turtle"))
    assert graph.all("pre")[0].text == "<urn:a> a <urn:b> ."


def test_an_answer_that_was_cut_off_or_is_very_long_is_shown_in_part(site: Site) -> None:
    cut = read_page(site.sparql_page("SELECT * {}", b'{"head": {"vars": ["a"]}, "results": {"bi'))
    assert cut.all("pre")[0].text.startswith('{"head"')
    rows = [{"a": {"type": "literal", "value": str(n)}} for n in range(MOST_ROWS + 5)]
    results = json.dumps({"head": {"vars": ["a"]}, "results": {"bindings": rows}}).encode()
    page = read_page(site.sparql_page("SELECT * {}", results))
    assert len(page.table("answer-table")) == MOST_ROWS
    assert f"{MOST_ROWS + 5:,} rows, the first {MOST_ROWS} of which are here" in page.text
    assert read_answer(site._content, results).total == MOST_ROWS + 5


def test_the_form_of_the_endpoint_keeps_a_query_that_was_refused(site: Site) -> None:
    query = "\nSELECT </textarea><script>alert(1)</script>"
    page = read_page(site.sparql_page(query, problem="not valid at 2:8"))
    assert page.all("p", "note")[0].text == "not valid at 2:8"
    area = page.find("query")
    assert area.tag == "textarea"
    # HTML drops one line end at the start of a text area.
    assert "".join(map(str, area.content)) == "\n" + query
    assert len(page.all("script")) == 0
    form = page.all("form", "ask")[0]
    assert (form.attributes["action"], form.attributes["method"]) == ("./", "get")


def test_the_page_of_the_endpoint_is_the_form(site: Site) -> None:
    assert site.render(found(site, "sparql"), "html") == site.sparql_page()


# --- the release


def test_the_release_page_says_what_it_is(site: Site) -> None:
    page = shown(site, "release")
    assert site.release.digest in page.text
    assert "There is no release before this one" in page.text
    assert "138 statements" in page.text
    assert "181 not looked up" in page.text


def test_downloads_have_size_and_checksum(site: Site, tmp_path: Path) -> None:
    page = shown(site, "downloads")
    rows = page.table("files-graph") + page.table("files-tables")
    for row in rows:
        name = row["File"].text
        file = site.file_path(found(site, f"downloads/{name}"))
        assert file is not None
        assert row["SHA-256"].text == hashlib.sha256(file.read_bytes()).hexdigest()
        assert row["File"].links == [f"{name}"]
        assert row["What it is"].text
    assert {row["File"].text for row in rows} >= {"graph.ttl", "graph.ttl.gz", "findings.csv"}


def test_quality_in_numbers(site: Site) -> None:
    page = shown(site, "quality")
    hedges = {r["How firmly it is said"].text: r["How many"].text for r in page.table("hedges")}
    assert hedges["Theoretical"] == "3"
    assert sum(map(int, hedges.values())) == 181
    gaps = {r["What is missing"].text: r["Lack it"].text for r in page.table("gaps-table")}
    assert gaps["Findings without a P-value"] == "30"


def test_the_report_says_that_nothing_is_wrong(site: Site) -> None:
    report = shown(site, "report").text
    assert "Nothing is wrong in what was checked" in report
    assert "181 passages not looked up" in report


def built(tiny: Tiny) -> Site:
    build_release(tiny.project)
    return Site(open_release(tiny.build), tiny.project)


def test_the_report_says_what_is_wrong_and_the_release_what_changed(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    built(tiny)
    tiny.edit("facts/iron.yaml", "mass: 55.845", "mass: 250")
    tiny.write(
        "facts/lead.yaml", "id: mineral/lead\ntype: Mineral\nlabel: <b>Lead</b>\nmass: 207\n"
    )
    site = built(tiny)
    report = shown(site, "report")
    assert "that is heavy" in report.text
    assert report.find("warning").text == "Warnings 2"
    for path, file in {"report": "report.ttl", "release": "changes.ttl"}.items():
        data = site.render(found(site, path), "turtle")
        assert data == (site.release.path / file).read_bytes()
    changes = shown(site, "release").table("changes-table")
    told = {row["Thing"].text: row for row in changes}
    assert "added" in told["<b>Lead</b>"]["What happened"].text
    assert (told["Iron"]["Was"].text, told["Iron"]["Is"].text) == ("55.845", "250")


# --- any other project


def test_a_project_of_another_kind_has_the_pages_that_make_sense(tmp_path: Path) -> None:
    site = built(write_tiny(tmp_path))
    assert site.page("mechanisms") is None
    assert site.page("evidence") is None
    for path in ("ontology", "queries", "queries/heavier", "sparql", "quality", "release",
                 "report", "downloads", "mineral/iron"):  # fmt: skip
        page = shown(site, path)
        assert len(page.ids) == len(set(page.ids))
        assert not page.all("svg")
    assert "Iron" not in shown(site, "queries/heavier").table("answer-table")[0]["mineral"].text


def test_without_queries_there_are_no_pages_of_them(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    (tmp_path / "queries/heavier.rq").unlink()
    site = built(tiny)
    assert site.page("queries") is None
    assert "Queries to start from" not in shown(site, "sparql").text


def test_odd_queries(tmp_path: Path) -> None:
    """A graph, yes or no, one that is no SPARQL, and names that could be other addresses."""
    tiny = write_tiny(tmp_path)
    head = "#+ title: A <b>title</b>\n#+ description: About.\n"
    tiny.write(
        "queries/graph.rq", head + "CONSTRUCT WHERE { ?s <https://example.org/ontology#mass> ?o }"
    )
    tiny.write("queries/ask.rq", head + "ASK { ?s ?p 65.38 }")
    tiny.write("queries/broken.rq", head + "SELECT * { ?s ?p </script> ")
    tiny.write(
        "queries/service.rq", head + "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
    )
    tiny.write("queries/heavier.csv.rq", head + "ASK {}")
    site = built(tiny)
    graph = found(site, "queries/graph")
    assert graph.formats == ("html", "turtle", "jsonld", "ntriples", "rq")
    assert b"55.845" in site.render(graph, "turtle")
    assert "o:mass 65.38" in shown(site, "queries/graph").all("pre")[0].text
    assert "Yes." in shown(site, "queries/ask").text
    assert "not valid SPARQL" in shown(site, "queries/broken").text
    assert "SERVICE is not allowed" in shown(site, "queries/service").text
    assert site.page("queries/heavier.csv") is None


def test_a_release_that_says_little_of_itself_has_its_pages(tmp_path: Path) -> None:
    """One written by other means has neither files nor a report, and an empty manifest."""
    tiny = write_tiny(tmp_path)
    build_release(tiny.project)
    quads = list(open_release(tiny.build).open_store())
    (tmp_path / "other").mkdir()
    release = write_release(tmp_path / "other", quads, release_digest(quads), {})
    site = Site(release, replace(tiny.project, build=tmp_path / "other"))
    assert site.page("downloads") is None
    assert site.page("report") is None
    assert release.digest in shown(site, "release").text
    assert "Looked up by the build 0 Not" in " ".join(shown(site, "quality").text.split())


def test_terms_of_a_second_ontology_are_linked_where_they_are_listed(tmp_path: Path) -> None:
    """A union of classes is part of how a property is described, and a name alone is no term."""
    tiny = write_tiny(tmp_path)
    tiny.write(
        "ontology/more.ttl",
        """\
@prefix m: <https://example.org/more#> .
@prefix o: <https://example.org/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://example.org/more> a owl:Ontology .
m:Salt a owl:Class ; rdfs:subClassOf o:Mineral .
m:of a owl:ObjectProperty ; rdfs:range [ a owl:Class ; owl:unionOf ( o:Mineral m:Salt ) ] .
<https://example.org/hues> a skos:ConceptScheme ;
  skos:hasTopConcept <https://example.org/hues/red> .
<https://example.org/hues/red> a skos:Concept ; skos:inScheme <https://example.org/hues> ;
  skos:prefLabel "red" .
""",
    )
    site = built(tiny)
    ids = set(shown(site, "ontology").ids)
    quality = shown(site, "quality").links
    anchors = {link.partition("#")[2] for link in quality if "ontology/#" in link}
    assert anchors <= ids
    assert {"Salt", "of", "o:Mineral", "hues/red"} <= ids
    assert not [id_ for id_ in ids if id_.endswith("range")]
    cards = [link for card in shown(site, "").all("ul", "cards") for link in card.links]
    assert cards == ["types/mineral/"]
