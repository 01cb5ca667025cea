"""The rules for Apache httpd, in a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from httpd import Httpd, needs_apache, running
from sample import write_project

from kg.formats import negotiate
from kg.publish.apache import base_folder, base_rules, site_rules
from kg.site.addresses import address, file_of

pytestmark = needs_apache

FORMATS = ("html", "turtle", "jsonld", "ntriples", "rdfxml")
EXTENSIONS = ("html", "ttl", "jsonld", "nt", "rdf")
ODD = ("a b,c/ä", "0.5", "x.ttl", "it's (a)&b=c;d@e!f$1+%7E", "index", "x.de", "s/")
GONE = ("gone/one", "gone/two, dä", "gone/slash/", "gone/$1.x", 'gone/" - [F] "', "gone/${A}`&'")
BASE = "https://w3id.org/folder/deep/er/"
ONTOLOGY = "https://w3id.org/folder/ontology"
URL = "http://localhost/a/b/"


def path_of(text: str) -> str:
    return quote(text, safe="/'()&=;@!$+,~%")


def write(root: Path, path: str, extensions: tuple[str, ...] = EXTENSIONS) -> None:
    for extension in extensions:
        name = file_of(address(path_of(path), extension))
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")


@pytest.fixture(scope="module")
def httpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Httpd]:
    """The site below /a/b/, and the rules of the base in /folder/."""
    own, documents = tmp_path_factory.mktemp("httpd"), tmp_path_factory.mktemp("www")
    site, base = documents / "a/b", documents / "folder"
    project = write_project(tmp_path_factory.mktemp("project"), {})
    project = replace(project, url=URL, base=BASE)
    for path in ("", "mineral/iron", *ODD, *GONE):
        write(site, path)
    write(site, "page", ("html",))
    write(site, "queries/q", ("html", "csv", "json", "rq"))
    (site / "404.html").write_text("nothing")
    (site / "downloads").mkdir()
    (site / "downloads/graph.ttl.gz").write_bytes(b"\x1f\x8b")
    rules = site_rules(project, [*FORMATS, "csv", "json"], [path_of(path) for path in GONE])
    (site / ".htaccess").write_text(rules, encoding="utf-8")
    base.mkdir()
    (base / ".htaccess").write_text(base_rules(project, FORMATS, ONTOLOGY), encoding="utf-8")
    assert base_folder(project) == "folder"
    with running(own, documents) as server:
        yield server


ACCEPT = [
    None,
    "",
    "*/*",
    "text/html",
    "text/turtle",
    "TEXT/Turtle",
    "application/ld+json",
    "application/n-triples",
    "application/rdf+xml",
    "application/json",
    "text/n3",
    "text/*",
    "application/*",
    "text/turtle, */*;q=0.1",
    "*/*, text/turtle",
    "text/html, text/turtle;q=0.9",
    "text/html;q=0.8, text/turtle;q=0.85",
    "text/html;q=0.80, text/turtle;q=0.8, application/rdf+xml;q=0.801",
    "text/html;q=0, */*;q=0.5",
    "text/*;q=0.3, text/html;q=0.7, */*;q=0.5",
    "text/html;level=1;q=0.2, text/turtle;charset=utf-8;q=0.3",
    "text/html ; q=0.2 ,text/turtle ; q=0.3",
    "text/turtle;q=1.0, text/html;q=0.999",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "application/rdf+xml, text/n3;q=0.9, application/xhtml+xml;q=0.5, */*;q=0.1",
    "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,*/*;q=0.3",
    "image/png",
    "text/turtle;q=0",
    "text/html;q=0.0, text/turtle;q=0.000",
]


@pytest.mark.parametrize("accept", ACCEPT)
def test_the_choice_is_that_of_the_server(httpd: Httpd, accept: str | None) -> None:
    expected = negotiate(accept or "*/*", FORMATS)
    answer = httpd.get("/a/b/mineral/iron", accept)
    if expected is None:
        assert answer.status == 406
        assert b"text/turtle" in answer.body
    else:
        extension = EXTENSIONS[FORMATS.index(expected)]
        wanted = "/a/b/" + address("mineral/iron", extension)
        assert (answer.status, urlsplit(answer.location).path) == (303, wanted)
    assert "Accept" in answer.headers["vary"]
    answer = httpd.get("/folder/deep/er/mineral/iron", accept)
    wanted = URL + address("mineral/iron", EXTENSIONS[FORMATS.index(expected or "html")])
    assert (answer.status, answer.location) == (303, wanted)


@pytest.mark.parametrize("path", ["", "mineral/iron", *ODD])
def test_every_format_of_every_path(httpd: Httpd, path: str) -> None:
    for format_, extension in zip(FORMATS, EXTENSIONS, strict=True):
        where = address(path_of(path), extension)
        answer = httpd.get(f"/a/b/{where}")
        assert (answer.status, answer.body.decode()) == (200, file_of(where)), where
        type_ = {"html": "text/html", "ttl": "text/turtle", "nt": "application/n-triples"}
        assert answer.headers["content-type"].startswith(type_.get(extension, "application/"))
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if path and not path.endswith("/"):
            media = {"rdfxml": "application/rdf+xml", "jsonld": "application/ld+json"}
            media |= {"html": "text/html", "turtle": "text/turtle"}
            accept = media.get(format_, "application/n-triples")
            followed = httpd.get(f"/a/b/{path_of(path)}", accept)
            assert followed.status == 303
            again = httpd.get(urlsplit(followed.location).path)
            assert again.body.decode() == file_of(where)


def test_a_slash_at_the_end_is_a_page_and_a_thing_at_once(httpd: Httpd) -> None:
    for path, twin in (("", "index.ttl"), ("s/", "s/index.ttl")):
        assert httpd.get(f"/a/b/{path}").body.decode() == f"{path}index.html"
        answer = httpd.get(f"/a/b/{path}", "text/turtle")
        assert (answer.status, urlsplit(answer.location).path) == (303, f"/a/b/{twin}")
    # The page of a thing without one stays a page, whatever is asked for.
    assert httpd.get("/a/b/mineral/iron/", "text/turtle").status == 200


def test_only_formats_that_are_there_are_offered(httpd: Httpd) -> None:
    assert httpd.get("/a/b/page", "text/turtle").status == 406
    assert httpd.get("/a/b/page", "text/turtle, text/html;q=0.1").status == 303
    answer = httpd.get("/a/b/queries/q?x=%C3%A4", "text/csv")
    assert answer.location.endswith("/a/b/queries/q.csv?x=%C3%A4")
    assert httpd.get("/a/b/queries/q", "application/json").location.endswith("q.json")


def test_what_is_not_there(httpd: Httpd) -> None:
    for path in (
        "nothing",
        "mineral",
        "mineral/",
        "mineral/iron.csv",
        "nothing/",
        "%C3%28",
        "a%00",
    ):
        answer = httpd.get(f"/a/b/{path}", "text/turtle")
        assert answer.status in (400, 404), path
    assert httpd.get("/a/b/nothing").body == b"nothing"


@pytest.mark.parametrize("path", GONE)
def test_what_was_retired(httpd: Httpd, path: str) -> None:
    whole = path_of(path)
    page, data = (file_of(address(whole, extension)) for extension in ("html", "ttl"))
    for asked in (whole, whole.rstrip("/") + "/"):
        answer = httpd.get(f"/a/b/{asked}", "text/turtle")
        assert (answer.status, answer.body.decode()) == (410, page)
    answer = httpd.get(f"/a/b/{address(whole, 'ttl')}")
    assert (answer.status, answer.body.decode()) == (410, data)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"


def test_a_compressed_file_is_not_unpacked_on_the_way(httpd: Httpd) -> None:
    answer = httpd.get("/a/b/downloads/graph.ttl.gz")
    assert answer.headers["content-type"].startswith("application/gzip")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["a b,c/ä", "it's (a)&b=c;d@e!f$1+%7E", "index", "x.de", "0.5"])
def test_iris_of_every_kind_lead_to_the_site(httpd: Httpd, path: str) -> None:
    answer = httpd.get(f"/folder/deep/er/{path_of(path)}", "text/turtle")
    assert answer.status == 303
    assert answer.location.startswith(URL)
    found = httpd.get(urlsplit(answer.location).path)
    assert found.body.decode() == file_of(address(path_of(path), "ttl"))


def test_the_base_itself_and_addresses_on_the_site(httpd: Httpd) -> None:
    def location(path: str, accept: str = "*/*") -> str:
        return httpd.get(f"/folder/{path}", accept).location.removeprefix(URL)

    assert location("deep/er/") == location("deep/er") == ""
    assert location("deep/er/", "application/ld+json") == "index.jsonld"
    assert location("deep/er/mineral/iron.nt", "text/turtle") == "mineral/iron.nt"
    assert location("deep/er/mineral/iron/", "text/turtle") == "mineral/iron/"
    assert location("deep/er/downloads/graph.ttl.gz") == "downloads/graph.ttl.gz"
    assert location("deep/er/queries/q?a=%C3%A4&b=1") == "queries/q/?a=%C3%A4&b=1"
    assert location("ontology", "text/html") == "ontology/"
    assert location("ontology", "text/turtle") == "ontology.ttl"
    for path in ("", "deep/", "deep/error", "ontology/x", "ontologyx"):
        assert httpd.get(f"/folder/{path}").status in (403, 404), path


@pytest.mark.parametrize(
    ("base", "url", "folder"),
    [
        ("http://localhost/", "http://localhost/site/", ""),
        ("http://localhost/one/", "http://localhost/one/site/", "one"),
        ("http://localhost/one/two/", "http://localhost/one/", "one"),
    ],
)
def test_site_and_base_on_one_host(tmp_path: Path, base: str, url: str, folder: str) -> None:
    """The rules of the base send nobody away from the site itself, nor round in circles."""
    project = replace(write_project(tmp_path, {}), base=base, url=url)
    documents, own = tmp_path / "www", tmp_path / "httpd"
    own.mkdir()
    site = documents / urlsplit(url).path.strip("/")
    write(site, "x")
    write(site, "")
    (documents / folder / ".htaccess").write_text(base_rules(project, FORMATS, ""))
    with (site / ".htaccess").open("a", encoding="utf-8") as file:
        file.write(site_rules(project, FORMATS, []))
    with running(own, documents) as server:
        for path, accept in (("x", "text/turtle"), ("x", "*/*"), ("", "text/turtle"), ("", "*/*")):
            answer = server.get(urlsplit(base).path + path, accept)
            for _ in range(3):
                if answer.status == 303:
                    answer = server.get(urlsplit(answer.location).path, accept)
            assert answer.status == 200, (path, accept)
