"""Sites of other projects: hostile texts, no labels, odd IRIs, things that are gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from reading import Html, addresses_of, read, target_of
from tiny import BASE, Tiny, write_tiny

from kg import build_release, open_release
from kg.site import Site
from kg.site.cite import license_name

ODD = f"""
@prefix o: <{BASE}ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<{BASE}mineral/hostile> a o:Mineral ; o:mass 1.0 ; o:like <javascript:alert(1)> ;
  skos:prefLabel "</script><script>alert(1)</script><!-- \\" ' & \u202eevil"@en ;
  skos:altLabel "<img src=x onerror=alert(1)>"@en , "שלום"@he ;
  skos:definition "]]> --> <b>bold</b> {{{{ 7*7 }}}} {{% raw %}} \u2028 line\\nbreak"@en .
<{BASE}mineral/nameless> a o:Mineral ; o:mass 1.0 .
<{BASE}mineral/ünïcode> a o:Mineral ; o:mass 1.0 ; skos:prefLabel "Eisenerz"@de .
<{BASE}mineral/a%2Fb> a o:Mineral ; skos:prefLabel "An escaped slash"@en ; o:mass 1.0 .
<{BASE}mineral/p%C3%A4r%7e> a o:Mineral ; skos:prefLabel "Escapes"@en ; o:mass 1.0 .
<{BASE}mineral/iron.ttl> a o:Mineral ; skos:prefLabel "Named like a file"@en ; o:mass 1.0 .
<{BASE}mineral/iron/> a o:Mineral ; skos:prefLabel "With a slash"@en ; o:mass 1.0 .
<{BASE}mineral/gold/> a o:Mineral ; skos:prefLabel "Only with a slash"@en ; o:mass 1.0 .
<{BASE}mineral/index> a o:Mineral ; skos:prefLabel "Index"@en ; o:mass 1.0 .
<{BASE}mineral/ore#part> a o:Mineral ; skos:prefLabel "A part of ore"@en ; o:mass 1.0 .
<{BASE}search/iron> a o:Mineral ; skos:prefLabel "Reserved"@en ; o:mass 1.0 .
<{BASE}mineral/long> a o:Mineral ; skos:prefLabel "{"Long " * 2000}"@en ; o:mass 1.0 .
<{BASE}mineral/bell> a o:Mineral ; skos:prefLabel "Bell \\u0007"@en ; o:mass 1.0 .
<{BASE}mineral/tin> owl:deprecated true ; dcterms:isReplacedBy <{BASE}mineral/zinc> .
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = write_tiny(tmp_path_factory.mktemp("odd"))
    tiny.write("facts/odd.ttl", ODD)
    tiny.edit("shapes/shapes.ttl", "sh:minCount 1", "sh:minCount 1 ; sh:severity sh:Warning")
    build_release(tiny.project)
    return tiny


@pytest.fixture(scope="module")
def site(tiny: Tiny) -> Site:
    return Site(open_release(tiny.build), tiny.project)


def test_every_page_is_whole_in_every_format(site: Site) -> None:
    known = {address for page in site.pages() for address in addresses_of(page)}
    for page in site.pages():
        if page.kind in ("query", "file"):
            continue
        html = Html(site.render(page, "html").decode())
        assert len(html.ids) == len(set(html.ids)), page
        for link in html.links:
            assert not link.startswith("javascript:")
            if not link.startswith(("http://", "https://")):
                assert target_of(addresses_of(page)[0], link)[0] in known, (page.path, link)
        for name in page.formats[1:]:
            assert site.render(page, name), (page, name)


def test_texts_stay_texts(site: Site) -> None:
    html = read(site, "mineral/hostile")
    assert "<script>alert" not in html.text
    assert "<img" not in html.text
    assert "</script><script>alert(1)</script>" in html.prose
    assert "{{ 7*7 }}" in html.prose
    assert ("bdi", "lang", "he") in html.attributes
    page = site.page("mineral/hostile")
    assert page is not None
    carried = {q.triple for q in parse(json.dumps(html.data), format=RdfFormat.JSON_LD)}
    linked = parse(site.render(page, "ntriples"), format=RdfFormat.N_TRIPLES)
    assert carried == {q.triple for q in linked}


def test_what_has_no_label_is_called_by_its_identifier(site: Site) -> None:
    assert "mineral/nameless" in read(site, "mineral/nameless").prose
    assert "mineral/nameless" in read(site, "types/mineral").prose


def test_a_label_is_said_in_its_language(site: Site) -> None:
    html = read(site, "mineral/%C3%BCn%C3%AFcode")
    assert ("bdi", "lang", "de") in html.attributes


def test_odd_iris_have_pages_or_are_told(site: Site) -> None:
    paths = {page.path: page.iri for page in site.pages() if page.kind == "thing"}
    assert paths["mineral/p%C3%A4r~"] == f"{BASE}mineral/p%C3%A4r%7e"
    assert paths["mineral/gold/"] == f"{BASE}mineral/gold/"
    assert paths["mineral/index"] == f"{BASE}mineral/index"
    assert set(site.unplaced) == {
        f"{BASE}mineral/a%2Fb",
        f"{BASE}mineral/iron.ttl",
        f"{BASE}mineral/iron/",
        f"{BASE}search/iron",
    }
    files = [address for page in site.pages() for address in addresses_of(page)]
    assert len(files) == len(set(files))


def test_a_thing_with_a_fragment_is_on_the_page_of_the_whole(site: Site) -> None:
    html = read(site, "mineral/ore")
    assert "A part of ore" in html.prose
    page = site.page("mineral/ore")
    assert page is not None
    data = parse(site.render(page, "turtle"), format=RdfFormat.TURTLE)
    assert f"{BASE}mineral/ore#part" in {q.subject.value for q in data}


def test_what_xml_cannot_hold_is_not_offered_as_xml(site: Site) -> None:
    formats = {page.path: page.formats for page in site.pages()}
    assert "rdfxml" not in formats["mineral/bell"]
    assert "rdfxml" not in formats["graph/odd"]
    assert "rdfxml" in formats["mineral/iron"]
    assert "\x07" not in read(site, "mineral/bell").text


def test_what_is_gone_says_what_is_there_instead(site: Site) -> None:
    page = site.page("mineral/tin")
    assert page is not None
    assert page.kind == "gone"
    html = read(site, "mineral/tin")
    assert "This was retired" in html.prose
    assert "It was replaced by Zinc" in html.prose
    assert "../zinc/" in html.links
    error = Html(site.error(410, "mineral/tin").decode())
    assert "It was replaced by Zinc" in error.prose
    assert "zinc/" in error.links


def test_nothing_but_a_base_is_a_site(tmp_path: Path) -> None:
    """No title, no description, no licence, no queries, one thing without a label."""
    tiny = write_tiny(tmp_path)
    tiny.write("kg.toml", f'base = "{BASE}"\n')
    for name in ("facts/iron.yaml", "facts/zinc.yaml", "queries/heavier.rq"):
        (tmp_path / name).unlink()
    tiny.write("facts/iron.ttl", f"<{BASE}iron> <{BASE}ontology#mass> 1.0 .")
    build_release(tiny.project)
    site = Site(open_release(tiny.build), tiny.project)
    home = read(site, "")
    assert home.elements["h1"] == 1
    assert BASE in home.prose
    assert "Licence" not in home.prose
    assert Html(site.error(404, "a").decode()).elements["h1"] == 1


def test_a_site_below_another_url_leads_nowhere_else(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    tiny.edit("kg.toml", "title", 'url = "https://pages.example/sub/minerals/"\ntitle')
    build_release(tiny.project)
    site = Site(open_release(tiny.build), tiny.project)
    html = read(site, "mineral/zinc")
    assert "../iron/" in html.links
    url = "https://pages.example/sub/minerals/mineral/zinc/"
    assert ("link", "href", url) in html.attributes
    assert ("meta", "content", url) in html.attributes
    page = site.page("404.html")
    assert page is not None
    lost = Html(site.render(page, "html").decode())
    assert "/sub/minerals/assets/style.css" in lost.links
    assert all(link.startswith(("/sub/minerals/", "#", "http")) for link in lost.links)


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("https://example.org/licence", "https://example.org/licence"),
    ],
)
def test_licences_are_called_by_their_names(iri: str, name: str) -> None:
    assert license_name(iri) == name
