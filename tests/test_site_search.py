"""Search and error pages of a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reading import Html, addresses_of, read, target_of

from kg import Release, load_project
from kg.site import Page, Site
from kg.site.directory import Directory, entry_of

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(project_release: Release) -> Site:
    return Site(project_release, load_project(ROOT))


def found(names: dict[str, list[str]], text: str) -> list[str]:
    """What a search finds among labels with their other names."""
    entries = [
        entry_of(Page(f"x/{number}", "thing"), label, "", "", others)
        for number, (label, others) in enumerate(names.items())
    ]
    return [entry.label for entry in Directory(entries).search(text)]


def test_the_best_comes_first() -> None:
    names = {
        "A long tale of sleep": [],
        "Asleep": [],
        "Sleep": [],
        "Rest": ["sleep"],
        "Sleep quality": [],
        "Quiet": ["sleeping"],
        "Poor sleep": [],
        "Wake": [],
    }
    assert found(names, "sleep") == [
        "Sleep", "Rest", "Sleep quality", "Quiet", "Poor sleep", "A long tale of sleep", "Asleep",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["MÜLLER", "muller", "  müller ", "Mu\u0308ller"])
def test_case_accents_and_blanks_do_not_matter(text: str) -> None:
    assert found({"Müller & Co.": [], "Other": []}, text) == ["Müller & Co."]


def test_every_word_must_be_met() -> None:
    names = {"Serum magnesium": ["s-Mg"], "Serum iron": [], "Magnesium": []}
    assert found(names, "magn serum") == ["Serum magnesium"]
    assert found(names, "mg") == ["Serum magnesium"]
    assert found(names, "serum gold") == []
    assert found(names, " \u0301 ") == []


def test_the_server_answers_without_a_script(site: Site) -> None:
    html = read(site, "search", q="psqi")
    assert "1 result for psqi" in html.prose
    assert "../measurement/psqi/" in html.links
    assert ("input", "value", "psqi") in html.attributes
    assert "from A to Z" not in html.prose
    assert "Nothing for gold" in read(site, "search", q="gold").prose
    assert "from A to Z" in read(site, "search", q="  ", other="x").prose


@pytest.mark.parametrize(
    "text",
    ['"><script>alert(1)</script>', "x" * 100_000, "zz " * 50_000, "\x00\u202e\ud7ff", "%s{{7*7}}"],
)
def test_what_is_asked_is_only_text(site: Site, text: str) -> None:
    html = read(site, "search", q=text)
    assert html.elements["script"] == 1
    assert "Nothing for" in html.prose
    assert len(html.text) < 250_000


def test_everything_is_listed_for_a_host_that_only_has_files(site: Site) -> None:
    html = read(site, "search")
    assert "assets/search.js" in html.text
    page = site.page("search.json")
    assert page is not None
    rows = json.loads(site.render(page, "json"))
    known = {address for page in site.pages() for address in addresses_of(page)}
    labels = [label for label, _, _, _ in rows]
    assert all(address in known for _, address, _, _ in rows)
    assert all(label in html.prose for label in labels)
    assert ["Magnesium", "mineral/magnesium/", "mineral", ["Mg", "elemental magnesium"]] in rows


def test_an_address_of_nothing_leads_on(site: Site) -> None:
    html = Html(site.error(404, "mineral/magnesum", "no such thing").decode())
    assert "404 Not Found" in html.prose
    assert "no such thing" in html.prose
    assert "Did you mean Magnesium" in html.prose
    assert target_of("mineral/magnesum", "magnesium/")[0] == "mineral/magnesium/"
    assert "magnesium/" in html.links
    assert "../search/" in html.links
    for asked in ("", "a/b/c/", "%", "%ff", "a\x00b", "x" * 10_000, "finding/" + "a-" * 200):
        assert Html(site.error(404, asked).decode()).elements["form"] == 1


def test_links_of_an_error_are_relative_to_what_was_asked_for(site: Site) -> None:
    for asked, home in (("a", "./"), ("a/", "../"), ("a/b.ttl", "../"), ("", "./")):
        assert home in Html(site.error(404, asked).decode()).links, asked


def test_a_format_that_there_is_not_is_answered_with_those_there_are(site: Site) -> None:
    html = Html(site.error(406, "mineral/magnesium").decode())
    assert {"magnesium/", "magnesium.ttl", "magnesium.jsonld"} <= set(html.links)
    assert "text/turtle" in html.prose
    file = Html(site.error(406, "assets/style.css").decode())
    assert "style.css" in file.links


def test_any_status_has_a_page(site: Site) -> None:
    assert "503 Service Unavailable" in Html(site.error(503, "sparql", "busy").decode()).prose
    assert Html(site.error(499, "x").decode()).elements["h1"] == 1
    assert "noindex" in site.error(404, "x").decode()
