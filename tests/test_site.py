"""The project's own site: every page is there, in every format, and leads somewhere."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from reading import Html, addresses_of, read, target_of

from kg import Release, load_project, terms
from kg.formats import RDF_FORMATS
from kg.project import Project
from kg.show import describe
from kg.site import Page, Site

ROOT = Path(__file__).parent.parent
MAGNESIUM = "mineral/magnesium"
PAIN = "finding/macian-2022-pain-subgroup"


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT)


@pytest.fixture(scope="module")
def site(project: Project, project_release: Release) -> Site:
    return Site(project_release, project)


@pytest.fixture(scope="module")
def pages(site: Site) -> dict[str, Html]:
    """Every page of HTML whose content needs no query, read."""
    return {
        page.path: Html(site.render(page, "html").decode())
        for page in site.pages()
        if "html" in page.formats and page.kind != "query" and page.kind != "file"
    }


def test_every_thing_has_a_page(site: Site, project: Project) -> None:
    store = site.release.open_store()
    base = project.base
    described = {q.subject.value for q in store if q.subject.value.startswith(base)}
    things = {page.iri for page in site.pages() if page.kind in ("thing", "page", "query")}
    missing = {
        iri for iri in described - things - {base} if site.page(iri[len(base) :].strip("/")) is None
    }
    assert missing == set()
    assert site.unplaced == ()
    assert len(things) > 650


def test_no_page_shares_a_file_with_another(site: Site) -> None:
    found = [address for page in site.pages() for address in addresses_of(page)]
    assert len(found) == len(set(found))
    assert [page.path for page in site.pages()] == sorted(page.path for page in site.pages())


def test_pages_are_whole_and_have_what_every_page_has(pages: dict[str, Html]) -> None:
    for path, html in pages.items():
        assert html.text.startswith('<!doctype html>\n<html lang="en">\n<head>\n'), path
        for element in ("h1", "main", "footer"):
            assert html.elements[element] == 1, (path, element)
        assert html.text.partition("</head>")[0].count("<title>") == 1, path
        assert html.elements["style"] == 0
        assert [a for a in html.attributes if a[1] == "style" or a[1].startswith("on")] == [], path
        assert len(html.ids) == len(set(html.ids)), path
        assert 'href="#main"' in html.text


def test_links_lead_to_pages_and_to_what_is_on_them(site: Site, pages: dict[str, Html]) -> None:
    known = {address: page for page in site.pages() for address in addresses_of(page)}
    missing = set()
    for path, html in pages.items():
        page = site.page(path)
        assert page is not None
        start = addresses_of(page)[0]
        for link in html.links:
            if link.startswith(("http://", "https://")):
                continue
            address, fragment = target_of(start, link)
            target = known.get(address)
            ids = pages[target.path].ids if target and target.path in pages else [fragment]
            if target is None or (fragment and fragment not in ids):
                missing.add((path, link))
    assert missing == set()


def test_only_what_a_page_says_of_itself_is_absolute(
    pages: dict[str, Html], project: Project
) -> None:
    """So that a page works wherever it is put."""
    for path, html in pages.items():
        inside = [link for link in html.links if link.startswith(project.url)]
        canonical = [
            value for tag, name, value in html.attributes if (tag, name) == ("link", "href")
        ]
        assert set(inside) <= set(canonical), path
        assert len([link for link in inside if link in canonical]) == 1, path


def test_a_thing_as_data_is_its_description(site: Site, project: Project) -> None:
    store = site.release.open_store()
    for path in (MAGNESIUM, PAIN, "measurement/psqi", "document/000"):
        page = site.page(path)
        assert page is not None
        assert page.formats == ("html", "turtle", "jsonld", "ntriples", "rdfxml")
        own = {quad.triple for quad in describe(store, NamedNode(page.iri))}
        document = NamedNode(f"{project.url}{path}/")
        for name in page.formats[1:]:
            data = site.render(page, name)
            found = {q.triple for q in parse(data, format=RDF_FORMATS[name].rdf)}
            about = {triple for triple in found if triple.subject == document}
            assert found - about == own, (path, name)
            assert {(t.predicate.value, t.object) for t in about} == {
                (terms.PRIMARY_TOPIC.value, NamedNode(page.iri)),
                (terms.VOID + "inDataset", NamedNode(project.base)),
                (terms.LICENSE.value, NamedNode(project.license)),
            }


def test_a_page_carries_the_same_data(site: Site, pages: dict[str, Html]) -> None:
    for path in (MAGNESIUM, PAIN, "population/macian-2022"):
        page = site.page(path)
        assert page is not None
        data = json.dumps(pages[path].data).encode()
        carried = {q.triple for q in parse(data, format=RdfFormat.JSON_LD)}
        linked = parse(site.render(page, "ntriples"), format=RdfFormat.N_TRIPLES)
        assert carried == {q.triple for q in linked}


def test_the_page_of_a_sheet_holds_its_graph(site: Site, project: Project) -> None:
    page = site.page("graph/terms/minerals")
    assert page is not None
    graph = NamedNode(project.base + page.path)
    quads = site.release.open_store().quads_for_pattern(None, None, None, graph)
    data = parse(site.render(page, "turtle"), format=RdfFormat.TURTLE)
    assert {q.triple for q in data} == {q.triple for q in quads}
    assert "Magnesium" in read(site, page.path).prose


def test_home_as_data_describes_the_dataset(site: Site, project: Project) -> None:
    home = site.page("")
    assert home is not None
    base = NamedNode(project.base)
    quads = site.release.open_store().quads_for_pattern(None, None, None, base)
    data = parse(site.render(home, "turtle"), format=RdfFormat.TURTLE)
    assert {q.triple for q in data} == {q.triple for q in quads}


def test_home_says_what_there_is(site: Site, project: Project) -> None:
    prose = read(site, "").prose
    for words in (
        project.title, project.description, "2 Documents", "14 Studies", "32 Findings",
        "7 Disagreements", "Oral magnesium reduces stress in fibromyalgia 610",
        f"version {project.version}", "@misc{magnesium-and-fibromyalgia-2026", "CC BY 4.0",
    ):  # fmt: skip
        assert words in prose, words


def test_an_entity_shows_findings_that_a_clinician_can_read(site: Site) -> None:
    html = read(site, MAGNESIUM)
    assert "Findings" in html.prose
    for words in (
        "In mild to moderate stress, pain fell more with magnesium than with placebo",
        "Trial by Macian et al. 2022", "randomized", "People with mild to moderate stress",
        "100 mg daily", "P = 0.029", "asserted", "MESH:D008274", "Also called Mg",
    ):  # fmt: skip
        assert words in html.prose, words
    assert "http://id.nlm.nih.gov/mesh/D008274" in html.links
    assert html.elements["caption"] == html.elements["table"] > 1
    scopes = [value for _, name, value in html.attributes if name == "scope"]
    assert len(scopes) == html.elements["th"]


def test_a_statement_leads_to_its_passage_and_that_to_its_document(site: Site) -> None:
    html = read(site, PAIN)
    passage = next(link for link in html.links if "passages/" in link)
    address, _ = target_of(f"{PAIN}/", passage)
    below = read(site, address.strip("/"))
    assert "Article on sleep and magnesium in fibromyalgia (000), paragraph 4" in below.prose
    assert any(link.endswith("document/000/") for link in below.links)
    assert any(target_of(address, link)[0] == f"{PAIN}/" for link in below.links), "and back"


def test_lists_hold_what_is_of_a_class_and_below_it(site: Site) -> None:
    studies = read(site, "types/study")
    assert "14 entries" in studies.prose
    assert "Trial by Macian et al. 2022 clinical trial" in studies.prose
    assert "Clinical trials 5" in read(site, "types").prose


def test_the_same_bytes_every_time(project: Project, project_release: Release, site: Site) -> None:
    again = Site(project_release, project)
    assert again.digest == site.digest
    assert list(again.pages()) == list(site.pages())
    for path in ("", MAGNESIUM, PAIN, "types", "types/finding", "search", "document/001"):
        page = site.page(path)
        assert page is not None
        assert site.render(page, "html") == again.render(page, "html")
    assert Site(project_release, replace(project, title="Else")).digest != site.digest
    moved = replace(project, root=Path("/elsewhere"), build=Path("/elsewhere/build"))
    assert Site(project_release, moved).digest == site.digest


def test_an_entity_page_takes_no_time(site: Site) -> None:
    page = site.page(MAGNESIUM)
    assert page is not None
    start = time.process_time()
    site.render(page, "html")
    assert time.process_time() - start < 0.5  # 0.02 s on an idle machine


def test_crawlers_find_all_pages(site: Site, project: Project) -> None:
    robots, sitemap = site.page("robots.txt"), site.page("sitemap.xml")
    assert robots is not None
    assert sitemap is not None
    assert f"Sitemap: {project.url}sitemap.xml" in site.render(robots, "text").decode()
    locations = {e.text for e in ElementTree.fromstring(site.render(sitemap, "xml")).iter()}
    assert {f"{project.url}{MAGNESIUM}/", project.url} <= locations


def test_many_pages_need_several_sitemaps(
    monkeypatch: pytest.MonkeyPatch, project: Project, project_release: Release
) -> None:
    monkeypatch.setattr("kg.site.files._MOST_URLS", 300)
    site = Site(project_release, project)
    index = site.page("sitemap.xml")
    assert index is not None
    text = site.render(index, "xml").decode()
    assert text.count("<sitemap>") >= 3
    last = site.page("sitemap-3.xml")
    assert last is not None
    assert site.render(last, "xml").decode().count("<url>") > 0


def test_what_pages_look_like_is_part_of_the_site(site: Site) -> None:
    style = site.page("assets/style.css")
    assert style == Page("assets/style.css", "file", ("css",))
    text = site.render(style, "css").decode()
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    for asset in (p for p in site.pages() if p.path.startswith("assets/")):
        content = site.render(asset, asset.formats[0]).decode()
        assert "url(" not in content
        assert "@import" not in content


def test_downloads_are_read_from_the_release(site: Site) -> None:
    files = [p for p in site.pages() if p.kind == "file" and p.path.startswith("downloads/")]
    for page in files:
        path = site.file_path(page)
        assert path is not None
        assert path.is_file()
    style = site.page("assets/style.css")
    assert style is not None
    assert site.file_path(style) is None


def test_a_large_store_is_opened_at_once(tmp_path: Path, project: Project) -> None:
    """One look at the subjects and at the classes; nothing is rendered, nothing is read twice."""
    base = project.base
    graph = NamedNode(f"{base}graph/large")
    store = Store(str(tmp_path / "store"))
    store.bulk_extend(
        Quad(NamedNode(f"{base}thing/{number}"), predicate, value, graph)
        for number in range(20_000)
        for predicate, value in (
            (terms.TYPE, NamedNode(f"{base}ontology#Thing")),
            (terms.PREF_LABEL, Literal(f"Thing {number}", language="en")),
            (NamedNode(f"{base}ontology#like"), NamedNode(f"{base}thing/{number % 7}")),
        )
    )
    store.flush()
    del store
    start = time.process_time()
    site = Site(Release(tmp_path, "0" * 64, {}), project)
    assert time.process_time() - start < 5  # 0.4 s on an idle machine
    hub = site.page("thing/3")
    assert hub is not None
    html = Html(site.render(hub, "html").decode())
    assert "The first 500 are shown, 2356 more are in the data." in html.prose
    parts = [page.path for page in site.pages() if page.path.startswith("types/thing")]
    assert len(parts) == 40
    assert "501 to 1000 on this page" in read(site, "types/thing/2").prose
    assert "too many for one list" in read(site, "search").prose
