"""What `kg serve` answers: negotiation, addresses, headers; the bytes are those of the site."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from pyoxigraph import NamedNode, RdfFormat, parse
from serving import Got, Server, serving
from tiny import BASE, Tiny, write_tiny

from kg.build import build_release
from kg.formats import FORMATS, RDF_FORMATS
from kg.serve.headers import describe_route, encode
from kg.serve.routes import find_route
from kg.site import Page, Site
from kg.site.addresses import address as address_of
from kg.site.headers import SECURITY, SHARING
from kg.store import Release, open_release

ROOT = Path(__file__).parent.parent
IRON = "/mineral/iron"
CONFIG = f"""\
base = "{BASE}"
url = "https://minerals.example/kg/"
title = "Minerals & <more>"
description = "What there is."
license = "https://creativecommons.org/licenses/by/4.0/"
"""


def write_served(root: Path) -> Tiny:
    """The tiny project with a licence, and with things whose names are hard on a server."""
    tiny = write_tiny(root)
    tiny.write("kg.toml", CONFIG)
    for number, name in enumerate(("größe", "a%20b", "x.ttl", "index.html", "a'(b)")):
        tiny.write(f"facts/odd{number}.yaml", f"id: mineral/{name}\ntype: Mineral\nlabel: Odd\n")
    tiny.write("facts/gone.yaml", "id: mineral/tin\ndeprecated: true\nreplacedBy: mineral/zinc\n")
    tiny.edit(
        "ontology/context.jsonld",
        '"label":',
        '"owl": "http://www.w3.org/2002/07/owl#", "dcterms": "http://purl.org/dc/terms/",\n'
        '  "deprecated": {"@id": "owl:deprecated", "@type": "xsd:boolean"},\n'
        '  "replacedBy": {"@id": "dcterms:isReplacedBy", "@type": "@id"},\n'
        '  "label":',
    )
    build_release(tiny.project)
    return tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return write_served(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def server(tiny: Tiny) -> Iterator[Server]:
    with serving(tiny.root) as server:
        yield server
        assert [line for line in server.logged() if line["event"] in ("error", "warning")] == []


@pytest.fixture(scope="module")
def site(tiny: Tiny) -> Site:
    return Site(open_release(tiny.build), tiny.project)


def links(got: Got) -> list[tuple[str, str]]:
    """The links of an answer, as relation and target, one for each relation."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', got.headers.get("link", ""))
    return [(rel, target) for target, rels in found for rel in rels.split()]


# --- the same bytes as the site


def test_every_page_in_every_format_is_what_the_site_renders(server: Server, site: Site) -> None:
    count = 0
    for page in site.pages():
        for format_ in page.formats:
            where = page.path
            if page.kind != "file":
                where = address_of(page.path, FORMATS[format_].extension)
            got = server.ask(f"/{where}", Accept="text/html" if format_ == "html" else "*/*")
            assert got.status == (410 if page.kind == "gone" else 200), where
            # Where the static site says how to get an endpoint, the server has one.
            same = site.sparql_page() if where == "sparql/" else site.render(page, format_)
            assert got.body == same, where
            known = FORMATS.get(format_)
            if known:
                assert got.headers["content-type"] == known.content_type
            assert got.headers["content-length"] == str(len(got.body))
            count += 1
    assert count > 30


@pytest.mark.parametrize("format_", ["turtle", "jsonld", "ntriples", "rdfxml"])
def test_what_is_served_of_a_thing_names_it(server: Server, format_: str) -> None:
    extension = RDF_FORMATS[format_].extension
    got = server.ask(f"{IRON}.{extension}")
    quads = parse(got.body, RDF_FORMATS[format_].rdf, base_iri=f"{server.url}{IRON}.{extension}")
    assert NamedNode(f"{BASE}mineral/iron") in {quad.subject for quad in quads}


# --- negotiation


@pytest.mark.parametrize(
    ("accept", "where", "type_"),
    [
        (None, "iron/", "text/plain; charset=utf-8"),
        ("*/*", "iron/", "text/plain; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "iron/",
         "text/plain; charset=utf-8"),
        ("text/turtle", "iron.ttl", "text/turtle; charset=utf-8"),
        ("application/json", "iron.jsonld", "application/ld+json"),
        ("text/html;q=0.4, application/n-triples;q=0.5", "iron.nt", "application/n-triples"),
        ("application/rdf+xml, */*;q=0.1", "iron.rdf", "application/rdf+xml"),
    ],
)  # fmt: skip
def test_a_thing_leads_to_its_page_or_its_data(
    server: Server, accept: str | None, where: str, type_: str
) -> None:
    got = server.ask(IRON, **({"Accept": accept} if accept else {}))
    assert (got.status, got.headers["location"]) == (303, where)
    assert got.headers["content-type"] == type_
    assert got.headers["vary"] == "Accept, Accept-Encoding"
    assert "etag" not in got.headers
    # Who does not follow has the data all the same, and knows where it is.
    if where != "iron/":
        assert got.headers["content-location"] == where
        assert got.body == server.ask(f"/mineral/{where}").body


@pytest.mark.parametrize("text", ["turtle", "ttl", "text/turtle", "text%2Fturtle", "TTL"])
def test_a_format_may_be_asked_for_in_the_address(server: Server, text: str) -> None:
    got = server.ask(f"{IRON}?format={text}", Accept="text/html")
    assert (got.status, got.headers["location"]) == (303, "iron.ttl")
    assert b"Iron" in got.body


def test_the_page_itself_is_negotiated_too(server: Server) -> None:
    page = server.ask(f"{IRON}/", Accept="text/html")
    assert (page.status, "content-location" in page.headers) == (200, False)
    data = server.ask(f"{IRON}/", Accept="text/turtle")
    assert (data.status, data.headers["content-location"]) == (200, "../iron.ttl")
    assert data.body == server.ask(f"{IRON}.ttl").body
    assert data.headers["vary"] == page.headers["vary"] == "Accept, Accept-Encoding"
    assert server.ask(f"{IRON}.ttl", Accept="text/html").status == 200


def test_a_format_that_there_is_not_is_answered_with_those_that_there_are(server: Server) -> None:
    for accept in ("image/png", "text/html;q=0"):
        got = server.ask(f"{IRON}?x=1", Accept=accept)
        assert (got.status, got.headers["content-type"]) == (406, "text/plain; charset=utf-8")
        assert "Turtle: iron.ttl" in got.text
        assert "HTML: iron/" in got.text
    page = server.ask(f"{IRON}?format=odt", Accept="text/html")
    assert page.status == 406
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "iron.ttl" in page.text
    problem = server.ask(f"{IRON}?format=odt", Accept="application/json")
    assert problem.headers["content-type"] == "application/problem+json"
    assert (problem.json["status"], problem.json["title"]) == (406, "Not Acceptable")


def test_what_is_not_there_is_answered_in_a_format_that_the_client_reads(server: Server) -> None:
    page = server.ask("/mineral/gold", Accept="text/html")
    assert page.status == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    style = re.search(r'href="([^"]*style\.css)"', page.text)
    assert style
    assert server.ask(urljoin("/mineral/gold", style[1])).status == 200
    for accept in ("text/turtle", "text/plain"):
        text = server.ask("/mineral/gold", Accept=accept)
        assert (text.status, text.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    problem = server.ask("/mineral/gold", Accept="application/ld+json")
    assert (problem.status, problem.json["status"]) == (404, 404)


def test_the_endpoint_has_a_page_at_either_address(server: Server) -> None:
    page = server.ask("/sparql/", Accept="text/html")
    assert page.status == 200
    assert "<form" in page.text
    for method in ("GET", "HEAD"):
        other = server.ask("/sparql", method, Accept="text/html")
        assert other.headers["content-length"] == str(len(page.body) + len('<base href="sparql/">'))
    other = server.ask("/sparql", Accept="text/html")
    assert other.text.replace('<base href="sparql/">', "") == page.text
    query = "?query=" + quote("SELECT * { ?s a <https://example.org/ontology#Mineral> }")
    answer = server.ask(f"/sparql{query}", Accept="text/html")
    assert answer.status == 200
    assert '<base href="sparql/">' in answer.text
    assert "mineral/zinc" in answer.text
    for path in ("/sparql", "/sparql/"):
        json_ = server.ask(path + query, Accept="application/sparql-results+json").json
        assert {row["s"]["value"] for row in json_["results"]["bindings"]} >= {
            f"{BASE}mineral/zinc"
        }
    assert server.ask("/sparql?query=nonsense", Accept="text/html").status == 400


# --- stock queries and search


def test_a_stock_query_is_answered_in_its_formats(server: Server) -> None:
    html = server.ask("/queries/heavier/?than=50", Accept="text/html")
    assert (html.status, html.headers["vary"]) == (200, "Accept, Accept-Encoding")
    assert "mineral/iron" in html.text
    for path, accept in (
        ("heavier.csv?than=50", "*/*"), ("heavier/?than=50", "text/csv"),
        ("heavier?than=50", "text/csv"), ("heavier?than=50&format=csv", "text/html"),
    ):  # fmt: skip
        got = server.ask(f"/queries/{path}", Accept=accept)
        assert (got.status, got.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert got.text.splitlines()[0] == "mineral,mass,than,kind"
        assert len(got.text.splitlines()) == 3
    assert got.headers["content-location"] == "heavier.csv?than=50"
    data = server.ask("/queries/heavier.json?than=60").json
    assert len(data["results"]["bindings"]) == 1
    text = server.ask("/queries/heavier.rq")
    assert text.headers["content-type"] == "application/sparql-query"
    assert "FILTER" in text.text
    first = server.ask("/queries/heavier.csv?than=50&kind=")
    assert server.ask("/queries/heavier.csv?kind=&than=50").headers["etag"] == first.headers["etag"]
    assert ("alternate", "../heavier.csv?than=50") in links(html)


@pytest.mark.parametrize("end", ["/", ".csv", ".json"])
@pytest.mark.parametrize(
    "params", ["than=many", "then=5", "kind=nothing-so-called", "than=1&than=2"]
)
def test_a_stock_query_that_cannot_be_asked(server: Server, end: str, params: str) -> None:
    got = server.ask(f"/queries/heavier{end}?{params}", Accept="text/html")
    assert got.status == 400
    assert "etag" not in got.headers
    assert got.headers["content-type"].startswith("text/html" if end == "/" else "text/")
    assert "Traceback" not in got.text


def test_hostile_values_come_back_as_text(server: Server) -> None:
    hostile = "<script>alert(1)</script>\"'\r\nX-Injected: 1"
    for path in (
        "/queries/heavier/?than=",
        "/queries/heavier/?kind=",
        "/search/?q=",
        "/sparql/?query=",
    ):
        got = server.ask(path + quote(hostile), Accept="text/html")
        assert "<script>alert" not in got.text
        assert "x-injected" not in got.headers


def test_search_finds_things_by_their_labels(server: Server) -> None:
    assert "mineral/zinc" in server.ask("/search/?q=zin").text
    assert "mineral/iron/" not in server.ask("/search/?q=zinc").text
    assert server.ask("/search/?q=zinc&page=1").status == 200
    assert server.ask("/search?q=zinc", Accept="text/html").headers["location"] == "search/?q=zinc"


# --- downloads


def test_downloads_are_sent_in_parts_and_compressed(server: Server, site: Site) -> None:
    pages = {page.path: page for page in site.pages() if page.path.startswith("downloads/")}
    path = "downloads/graph.nt"
    file = site.file_path(pages[path])
    assert file is not None
    whole = file.read_bytes()
    got = server.ask(f"/{path}")
    assert (got.status, got.body) == (200, whole)
    assert got.headers["content-type"] == "application/n-triples"
    assert got.headers["accept-ranges"] == "bytes"
    tag = got.headers["etag"]
    part = server.ask(f"/{path}", Range="bytes=10-19")
    assert (part.status, part.body) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert part.headers["content-length"] == "10"
    assert server.ask(f"/{path}", Range="bytes=-5").body == whole[-5:]
    assert server.ask(f"/{path}", Range="bytes=10-19", If_Range=tag).status == 206
    assert server.ask(f"/{path}", Range="bytes=10-19", If_Range='"old"').body == whole
    assert server.ask(f"/{path}", Range=f"bytes={len(whole)}-").status == 416
    assert server.ask(f"/{path}", If_None_Match=tag).status == 304
    head = server.ask(f"/{path}", "HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(whole)))
    zipped = server.ask(f"/{path}", Accept_Encoding="gzip")
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["etag"] != tag
    assert gzip.decompress(zipped.body) == whole
    assert zipped.body == server.ask(f"/{path}.gz").body
    # A part of what is compressed would be of no use to who wants to go on where it stopped.
    part = server.ask(f"/{path}", Range="bytes=10-19", Accept_Encoding="gzip")
    assert (part.status, part.body) == (206, whole[10:20])
    for header in ("content-security-policy", "access-control-allow-origin", "x-request-id"):
        assert header in part.headers
    for ranges in ("0-0,2-2", ",".join(f"{n}-" for n in range(2000))):
        many = server.ask(f"/{path}", Range=f"bytes={ranges}")
        assert (many.status, many.body) == (200, whole)
    assert any(rel == "describedby" for rel, _ in links(got))


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
def test_rdflib_reads_a_thing_by_its_address(server: Server) -> None:
    for format_ in (None, "turtle", "xml", "json-ld", "nt"):
        graph = rdflib.Graph().parse(server.url + IRON, format=format_)
        assert (rdflib.URIRef(f"{BASE}mineral/iron"), None, None) in graph


# --- addresses


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/mineral/iron.html", 308, "iron/"),
        ("/mineral/iron/index.html", 308, "./"),
        ("/index.html", 308, "./"),
        ("/mineral/gr%C3%B6%C3%9Fe", 303, "gr%C3%B6%C3%9Fe/"),
        ("/mineral/gr%c3%b6%c3%9fe", 303, "gr%C3%B6%C3%9Fe/"),
        ("/mineral/%69ron", 303, "iron/"),
        ("/mineral/a%20b", 303, "a%20b/"),
        ("/mineral/a'(b)", 303, "a'(b)/"),
        ("/mineral/iron?x=%0d%0aSet-Cookie:%20a=b", 303, "iron/"),
        ("/mineral/iron?%68", 303, "iron/"),
        ("/kg/mineral/iron", 303, "iron/"),
        ("/kg", 308, "kg/"),
        ("/queries/heavier?than=1%0d%0aX:y", 308, "heavier/?than=1%0D%0AX%3Ay"),
    ],
)  # fmt: skip
def test_where_an_address_leads(server: Server, path: str, status: int, location: str) -> None:
    got = server.ask(path, Accept="text/html")
    assert (got.status, got.headers.get("location")) == (status, location)
    assert "set-cookie" not in got.headers
    assert "x" not in got.headers
    if "?" not in path:
        assert server.ask(urljoin(path, location)).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/mineral/%zz", 400),
        ("/mineral/iron%", 400),
        ("/mineral/iron%4", 400),
        ("/mineral/iron?format=%f", 400),
        ("/mineral/iron?format=%ff", 400),
        ("/search/?q=%ff", 400),
        ("/search/?q=a&q=b", 400),
        ("/search/?" + "&".join(f"a{n}=1" for n in range(100)), 400),
        ("/mineral/%ff", 404),
        ("/mineral/%00", 404),
        ("/mineral/%2e%2e/mineral/iron", 404),
        ("/../../../../etc/passwd", 404),
        ("/assets/../../../pyproject.toml", 404),
        ("/assets/..%2f..%2f__init__.py", 404),
        ("/assets/%5c..%5cstyle.css", 404),
        ("/assets", 404),
        ("/assets/", 404),
        ("//mineral/iron", 404),
        ("/mineral//iron", 404),
        ("/mineral/iron//", 404),
        ("/mineral/iron/.", 404),
        ("/mineral/IRON", 404),
        ("/mineral/iron.TTL", 404),
        ("/mineral/iron.csv", 404),
        ("/mineral/iron.ttl/", 404),
        ("/" + "a" * 300, 404),
        ("/" + "a/" * 2000, 404),
        ("/manifest.json", 404),
        ("/store/CURRENT", 404),
    ],
)  # fmt: skip
def test_an_address_that_is_none(server: Server, path: str, status: int) -> None:
    for accept in ("text/html", "text/plain"):
        got = server.ask(path, Accept=accept)
        assert got.status == status, got.text
        assert "Traceback" not in got.text
        assert "location" not in got.headers


def test_iris_of_hostile_names_are_served_as_they_were_published(
    server: Server, site: Site
) -> None:
    """`x.ttl` is a thing of its own, or it has no page; it is never the Turtle of `x`."""
    for name in ("x.ttl", "index.html"):
        page = site.page(f"mineral/{name}")
        assert (page is None) == (f"{BASE}mineral/{name}" in site.unplaced)


# --- tombstones


def test_what_was_retired_says_what_came_in_its_place(server: Server, site: Site) -> None:
    page = site.page("mineral/tin")
    assert page is not None
    assert page.kind == "gone"
    html = server.ask("/mineral/tin", Accept="text/html")
    assert (html.status, html.headers["content-location"]) == (410, "tin/")
    # Links on the page hold, though it was asked for without the slash.
    assert '<head><base href="tin/">' in html.text
    assert html.text.replace('<base href="tin/">', "") == server.ask("/mineral/tin/").text
    assert server.ask("/mineral/tin/").status == 410
    data = server.ask("/mineral/tin", Accept="text/turtle")
    assert (data.status, data.headers["content-location"]) == (410, "tin.ttl")
    assert "zinc" in data.text
    assert server.ask("/mineral/tin.nt").status == 410
    assert server.ask("/mineral/tin", Accept="text/turtle", If_None_Match="*").status == 410


# --- headers


def test_links_lead_to_formats_licence_and_citation(server: Server) -> None:
    got = server.ask(f"{IRON}/")
    found = links(got)
    assert ("describedby", "../iron.ttl") in found
    alternates = [target for rel, target in found if rel == "alternate"]
    assert alternates == ["../iron.ttl", "../iron.jsonld", "../iron.nt", "../iron.rdf"]
    assert ("license", "https://creativecommons.org/licenses/by/4.0/") in found
    assert ("cite-as", f"{BASE}mineral/iron") in found
    assert ("type", "https://schema.org/AboutPage") in found
    assert ("canonical", "https://minerals.example/kg/mineral/iron/") in found
    data = links(server.ask(f"{IRON}.ttl"))
    assert ("describes", f"{BASE}mineral/iron") in data
    assert ("alternate", "iron/") in data
    assert ("type", "https://schema.org/Dataset") in links(server.ask("/"))
    odd = links(server.ask("/mineral/gr%C3%B6%C3%9Fe.ttl"))
    assert ("describes", f"{BASE}mineral/gr%C3%B6%C3%9Fe") in odd


def test_relative_links_lead_somewhere(server: Server) -> None:
    for path in ("/", "/mineral/iron", "/mineral/iron/", "/mineral/iron.ttl", "/kg/mineral/iron/"):
        for rel, target in links(server.ask(path)):
            if "://" not in target:
                got = server.ask(urlsplit(urljoin(f"{server.url}{path}", target)).path)
                assert got.status == 200, (path, rel, target)


@pytest.mark.parametrize("path", ["/", "/mineral/iron", "/nothing", "/health", "/sparql", "/%zz"])
def test_every_answer_is_guarded_and_shared(server: Server, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        got = server.ask(path, method)
        for name, value in (SECURITY | SHARING).items():
            assert got.headers[name.lower()] == value
        assert "server" not in got.headers
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{6}", got.headers["x-request-id"])


def test_a_known_page_is_not_sent_again(server: Server) -> None:
    for coding in ("identity", "gzip"):
        first = server.ask("/", Accept_Encoding=coding)
        tag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', tag)
        for known in (tag, f"W/{tag}", f'"x", {tag}', f'W/"x" ,W/{tag},', "*"):
            got = server.ask("/", Accept_Encoding=coding, If_None_Match=known)
            assert (got.status, got.body) == (304, b"")
            for name in ("etag", "vary", "cache-control", "link"):
                assert got.headers[name] == first.headers[name]
            assert "content-length" not in got.headers
            assert "content-type" not in got.headers
        for unknown in ('"x"', tag[1:-1], tag[:-2] + '"', "", ",", tag.upper()):
            got = server.ask("/", Accept_Encoding=coding, If_None_Match=unknown)
            assert (got.status, got.body) == (200, first.body)


def test_formats_and_codings_have_tags_of_their_own(server: Server) -> None:
    tags = [
        server.ask(f"/mineral/iron{end}", Accept_Encoding=coding).headers["etag"]
        for end in ("/", ".ttl", ".jsonld", ".nt", ".rdf")
        for coding in ("gzip", "identity")
    ]
    assert len(set(tags)) >= 7  # what is too short to be compressed has one
    zipped = server.ask(f"{IRON}/", Accept_Encoding="br;q=1, gzip;q=0.5")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == server.ask(f"{IRON}/").body
    assert len(zipped.body) < len(gzip.decompress(zipped.body)) / 2
    refused = server.ask(f"{IRON}/", Accept_Encoding="gzip;q=0, *")
    assert "content-encoding" not in refused.headers


def test_head_is_get_without_a_body(server: Server) -> None:
    for path in ("/", IRON, f"{IRON}.ttl", "/nothing", "/health", "/openapi.json", "/sparql"):
        get, head = server.ask(path), server.ask(path, "HEAD")
        assert (head.status, head.body) == (get.status, b"")
        changing = {"date", "x-request-id"}
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in get.headers.items() if k not in changing
        }


def test_options_and_methods_that_change_things(server: Server) -> None:
    asked = server.ask(IRON, "OPTIONS", Origin="https://a.example",
                       Access_Control_Request_Method="GET",
                       Access_Control_Request_Headers="if-none-match")  # fmt: skip
    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers
    assert "POST" in server.ask("/sparql", "OPTIONS").headers["access-control-allow-methods"]
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        got = server.ask(IRON, method, b"x" if method != "TRACE" else None)
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_request_id_is_taken_over_if_it_is_harmless(server: Server) -> None:
    for harmless in ("abc-1.2_3", "a" * 64):
        for _ in range(2):
            assert server.ask("/", X_Request_Id=harmless).headers["x-request-id"] == harmless
        assert len(server.entries(id=harmless)) >= 1
    for hostile in ("a b", "a" * 65, '"}', "ä", "a\tb"):
        got = server.ask("/", X_Request_Id=hostile.encode("utf-8").decode("latin-1"))
        assert got.headers["x-request-id"] != hostile


# --- the server's own addresses


def test_health(server: Server, site: Site) -> None:
    got = server.ask("/health")
    assert (got.status, got.headers["cache-control"]) == (200, "no-store")
    assert got.json["ok"] is True
    assert got.json["release"] == site.release.digest
    assert got.json["workers"] >= 1
    assert server.ask("/kg/health").json == got.json


def test_the_interface_is_described(server: Server) -> None:
    got = server.ask("/openapi.json")
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    validate(got.json)
    assert got.json["info"]["title"] == "Minerals & <more>"
    csv = got.json["paths"]["/queries/heavier.csv"]["get"]
    assert {p["name"]: p["schema"] for p in csv["parameters"]} == {
        "than": {"type": "number"}, "kind": {"type": "string"},
    }  # fmt: skip
    for path in got.json["paths"]:
        if "{" not in path:
            assert server.ask(path).status in (200, 303), path


def test_the_metadata_is_where_it_is_looked_for(server: Server) -> None:
    for accept, where in (("", "index.ttl"), ("text/html", "index.ttl"), ("*/*", "index.ttl"),
                          ("application/rdf+xml", "index.rdf")):  # fmt: skip
        got = server.ask("/.well-known/void", Accept=accept)
        assert (got.status, got.headers["location"]) == (303, f"../{where}")
        assert got.body == server.ask(f"/{where}").body
    assert list(parse(got.body, RdfFormat.RDF_XML))


# --- things straight at their addresses


def test_things_may_be_answered_directly(tiny: Tiny) -> None:
    with serving(
        tiny.root, "--direct", "--root-path", "/topic/", "--url", "http://a.example/b/"
    ) as server:
        data = server.ask(IRON, Accept="text/turtle")
        assert (data.status, data.headers["content-location"]) == (200, "iron.ttl")
        assert data.headers["etag"] == server.ask(f"{IRON}.ttl").headers["etag"]
        html = server.ask(IRON, Accept="text/html")
        assert (html.status, html.headers["content-location"]) == (200, "iron/")
        assert '<head><base href="iron/">' in html.text
        assert ("canonical", "http://a.example/b/mineral/iron/") in links(html)
        for prefix in ("", "/topic", "/b"):
            assert server.ask(f"{prefix}{IRON}/").body == server.ask(f"{IRON}/").body
        assert server.ask("/kg/mineral/iron/").status == 404
        assert server.ask("/topic/sparql?query=ASK%7B%7D").status == 200


def test_a_path_is_a_prefix_however_it_is_spelt(tiny: Tiny) -> None:
    """The path of a URL may have letters that no request line has as they are."""
    with serving(tiny.root, "--url", "http://a.example/ä%7eö/") as server:
        for prefix in ("/%C3%A4~%C3%B6", "/%c3%a4%7E%c3%b6"):
            assert server.ask(f"{prefix}{IRON}/").body == server.ask(f"{IRON}/").body
        assert server.ask("/%C3%A4~%C3%B6/sparql?query=ASK%7B%7D").status == 200
        assert server.ask("/%C3%A4~%C3%B6").headers["location"] == "%C3%A4~%C3%B6/"


def test_no_answer_depends_on_the_host_that_is_named(server: Server) -> None:
    for host in ("evil.example", "a:1", "<script>", "a@b"):
        for path in ("/", IRON, f"{IRON}/", "/nothing", "/openapi.json", "/kg"):
            got = server.ask(path, Host=host, X_Forwarded_Host="evil.example",
                             X_Forwarded_Proto="x", Forwarded="host=evil.example")  # fmt: skip
            assert host not in got.text
            assert "evil.example" not in got.text + json.dumps(got.headers)


# --- routes, where no project can make the page


class FakeSite:
    """A site of a few pages; of the real one, routes need no more."""

    def __init__(self, project: object, *pages: Page) -> None:
        self.project = project
        self._pages = {page.path: page for page in pages}

    def page(self, path: str) -> Page | None:
        return self._pages.get(path)


@pytest.mark.parametrize(
    ("path", "status", "target", "format_"),
    [
        ("/a", 303, "a/", "html"),
        ("/a/", 200, "a/", "html"),
        ("/a/b/", 200, "a/b/", "html"),
        ("/a/b", 308, "a/b/", "html"),
        ("/a/b/index.ttl", 200, "a/b/index.ttl", "turtle"),
        ("/a/b/index.html", 308, "a/b/", "html"),
        ("/a/b.ttl", 404, "", ""),
        ("/index.ttl", 200, "index.ttl", "turtle"),
        ("/index", 404, "", ""),
        ("/about", 308, "about/", "html"),
        ("/about.ttl", 404, "", ""),
        ("/f.csv", 200, "f.csv", "csv"),
        ("/f.csv/", 404, "", ""),
    ],
)
def test_routes(tiny: Tiny, path: str, status: int, target: str, format_: str) -> None:
    both = ("html", "turtle")
    site = FakeSite(
        tiny.project,
        Page("", "page", both), Page("a", "thing", both), Page("a/b/", "thing", both),
        Page("about", "page"), Page("f.csv", "file", ("csv",)),
    )  # fmt: skip
    route = find_route(site, path, "", "", prefixes=(), direct=False)  # type: ignore[arg-type]
    assert (route.status, route.target, route.format) == (status, target, format_)


@given(
    path=st.text() | st.text(alphabet="/.%2eabA~\\ironmel", max_size=40),
    query=st.text() | st.text(alphabet="format=&%2x", max_size=30),
    accept=st.text(max_size=30),
    direct=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_address_is_too_strange(
    site: Site, path: str, query: str, accept: str, direct: bool
) -> None:
    """Whatever is asked, there is a route, and headers that can be sent."""
    route = find_route(site, f"/{path}", query, accept, prefixes=("/kg/",), direct=direct)
    assert route.status in (200, 303, 308, 400, 404, 406, 410)
    for name, value in encode(describe_route(site, route)):
        assert not re.search(rb"[\x00-\x1f\x7f]", name + value)
    assert (route.page is None) <= (route.status in (308, 400, 404))


def test_base_and_prefix_that_look_like_a_path_of_the_site(tiny: Tiny) -> None:
    """What is there goes before what would be there below the prefix."""
    site = FakeSite(tiny.project, Page("kg/a", "thing"), Page("a", "thing"), Page("b", "thing"))
    for path, target in (("/kg/a", "kg/a/"), ("/kg/b", "b/"), ("/a", "a/")):
        route = find_route(site, path, "", "", prefixes=("/kg/",), direct=False)  # type: ignore[arg-type]
        assert route.target == target


def test_any_name_can_be_quoted(server: Server) -> None:
    for name in ("a/b", "ä ö", "'\"<>", "\u202e", "\x7f"):
        got = server.ask(f"/mineral/{quote(name)}", Accept="text/html")
        assert got.status == 404


# --- the documentation


def shown_requests() -> list[object]:
    """The `curl` commands of the page on serving, each with what it shows."""
    text = (ROOT / "docs/serving.md").read_text("utf-8")
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for command, shown in re.findall(r"^\$ (curl .*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            found.append(pytest.param(command, shown, id=command.rpartition(":8000")[2]))
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, project_release: Release) -> Iterator[Server]:
    """The repository's own project, served."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("facts", "ontology", "shapes", "queries", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(project_release.path.parent.parent, folder / "build", symlinks=True)
    with serving(folder) as server:
        yield server


@pytest.mark.parametrize(("command", "shown"), shown_requests())
def test_a_request_in_the_documentation_is_answered_as_it_says(
    own: Server, command: str, shown: str
) -> None:
    words = shlex.split(command)
    headers = dict(value.split(": ") for name, value in pairwise(words) if name == "-H")
    address = urlsplit(words[-1])
    got = own.ask(f"{address.path}?{address.query}", **headers)
    head = "".join(f"{name}: {value}\n" for name, value in got.headers.items())
    status = f"HTTP/1.1 {got.status} {HTTPStatus(got.status).phrase}\n"
    text = f"{status}{head}\n{got.text}" if "-i" in words else got.text
    pattern = re.escape(shown.rstrip("\n")).replace(r"\.\.\.", ".*")
    assert re.match(pattern, text.replace("\r", ""), re.DOTALL), text[:2000]
