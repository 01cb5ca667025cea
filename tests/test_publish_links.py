"""Links that lead nowhere are found; those that lead somewhere are not called broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample import write_project

from kg.publish.links import BrokenLinksError, Links, collisions

URL = "https://h.org/a/b/"
FILES = [
    "index.html",
    "x/index.html",
    "x.ttl",
    "x/y/index.html",
    "ä/index.html",
    "style.css",
    "404.html",
]
THINGS = ["x", "x/y"]


def broken(tmp_path: Path, text: str, address: str = "x/", url: str = URL) -> list[str]:
    links = Links(replace(write_project(tmp_path, {}), url=url))
    links.read(address, text.encode())
    links.read("x/y/", b'<h1 id="top">y</h1><p id="b&amp;c">z</p><p id="\xc3\xa4">z</p>')
    return [link.link for link in links.broken(FILES, THINGS)]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "./",
        "../",
        "../x/",
        "y/",
        "../x.ttl",
        "../x.ttl#any",
        "y/#top",
        "y/#b&amp;c",
        "y/#%C3%A4",
        "y/#ä",
        "?q=1",
        "y/?q=1#top",
        "../%C3%A4/",
        "../%c3%a4/",
        "../ä/",
        "/a/b/x/",
        "//h.org/a/b/x/",
        "https://h.org/a/b/",
        "https://h.org/a/b/x/y/#top",
        "https://h.org/elsewhere",
        "https://other.org/",
        "mailto:a@b.org",
        "https://example.org/topic/x",
        "https://example.org/topic/x/y#part",
    ],
)
def test_a_link_that_leads_somewhere(tmp_path: Path, link: str) -> None:
    assert broken(tmp_path, f'<a href="{link}">x</a>') == []


@pytest.mark.parametrize(
    "link",
    [
        "z/",
        "y",
        "../x",
        "../../x/",
        "../../../x/",
        "/x/",
        "/",
        "#top",
        "y/#bottom",
        "y/#TOP",
        "https://h.org/a/b/z",
        "//h.org/a/b/z/",
        "https://example.org/topic/z",
        "https://example.org/topic/x/",
    ],
)
def test_a_link_that_leads_nowhere(tmp_path: Path, link: str) -> None:
    assert broken(tmp_path, f'<a href="{link}">x</a>') == [link]


def test_a_thing_may_be_linked_by_its_iri_where_base_and_url_are_one(tmp_path: Path) -> None:
    base = "https://example.org/topic/"
    text = f'<a href="{base}x">x</a> <a href="{base}z">z</a> <a href="../x">x</a>'
    assert broken(tmp_path, text, url=base) == ["../x", f"{base}z"]


@pytest.mark.parametrize(
    "text",
    [
        '<link rel="alternate" href="z">',
        '<img alt="" src="z">',
        '<form action="z"></form>',
        '<svg><a xlink:href="z"></a></svg>',
        '<a\nhref = "z">',
        '<script src="z"></script>',
        '<script type="a">"</script><a href="z">',
    ],
)
def test_wherever_a_link_may_stand(tmp_path: Path, text: str) -> None:
    assert broken(tmp_path, text) == ["z"]


@pytest.mark.parametrize(
    "text",
    [
        '<!-- <a href="z"> -->',
        '<script>" href="z" "</script>',
        '<script type="application/ld+json">{"a": " href=", "b": "z"}</script>',
        '<meta name="description" content="z">',
        '<p data-href="z" title="href=">z</p>',
        "href=&#34;z&#34;",
    ],
)
def test_where_there_is_no_link(tmp_path: Path, text: str) -> None:
    assert broken(tmp_path, text) == []


def test_what_is_told_to_machines_leads_somewhere_too(tmp_path: Path) -> None:
    text = f'<meta property="og:url" content="{URL}z/"><meta content="{URL}x/">'
    assert broken(tmp_path, text) == [f"{URL}z/"]
    sitemap = f"<urlset><url><loc>{URL}z/</loc></url><url><loc>{URL}x/</loc></url></urlset>"
    assert broken(tmp_path, sitemap, "sitemap.xml") == [f"{URL}z/"]
    style = "a { background: url(z.png) } b { background: url('x.ttl') }"
    assert broken(tmp_path, style, "style.css") == ["z.png"]


def test_the_page_that_answers_everywhere_links_from_the_root(tmp_path: Path) -> None:
    text = (
        '<a href="x/">x</a> <a href="/a/b/x/">x</a> <a href="/x/">x</a> <a href="#c" id="c">c</a>'
    )
    assert broken(tmp_path, text, "404.html") == ["/x/", "x/"]


def test_the_error_names_every_page_and_link(tmp_path: Path) -> None:
    links = Links(replace(write_project(tmp_path, {}), url=URL))
    links.read("", b'<a href="z">')
    links.read("x/", b'<a href="z"> <a href="y">')
    assert str(BrokenLinksError(links.broken(FILES, []))).splitlines() == [
        "./: the link z leads nowhere",
        "x/: the link y leads nowhere",
        "x/: the link z leads nowhere",
        "broken links: 3; nothing was published",
    ]


def test_files_that_some_hosts_take_for_one() -> None:
    assert list(collisions(["a/B", "a/b", "A/b", "c"])) == [("A/b", "a/B"), ("A/b", "a/b")]
