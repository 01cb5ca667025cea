"""`kg publish`: the whole site in a folder, the same bytes every time, or what was there before."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path
from urllib.parse import unquote

import pytest
from httpd import needs_apache, running
from pyoxigraph import RdfFormat, parse
from tiny import BASE, Tiny, snapshot, write_tiny

from kg import Release, build_release
from kg.project import Project, at_url
from kg.publish import PublishError, publish
from kg.publish.links import BrokenLinksError
from kg.publish.swap import MARKER
from kg.site import Site
from kg.site.addresses import address, file_of
from kg.store import open_release

HOSTILE = "</script><script>alert(1)</script> \u202e\" ' &amp; \x7f[31m <!-- ]]>"


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    tiny = write_tiny(tmp_path / "project")
    build_release(tiny.project)
    return tiny


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_every_page_in_every_format_at_its_address(tiny: Tiny, site: Path) -> None:
    published = publish(tiny.project, site)
    rendered = Site(open_release(tiny.build), tiny.project)
    for page in rendered.pages():
        if page.kind == "file":
            assert (site / file_of(page.path)).is_file()
        elif page.kind != "query":
            for format_ in page.formats:
                extension = {"turtle": "ttl", "ntriples": "nt", "rdfxml": "rdf"}.get(
                    format_, format_
                )
                file = site / file_of(address(page.path, extension))
                assert file.read_bytes() == rendered.render(page, format_), file
    assert published.pages == len(list(rendered.pages()))
    assert published.files == len(names(site))
    assert {"mineral/iron/index.html", "mineral/iron.ttl", "index.html", "404.html"} <= names(site)


def test_what_hosts_want_is_there(tiny: Tiny, site: Path) -> None:
    publish(at_url(tiny.project, "https://h.org/a/b/"), site)
    assert {"sitemap.xml", "robots.txt", "_headers", ".htaccess", ".nojekyll"} <= names(site)
    assert {"w3id/.htaccess", "w3id/README.md", MARKER} <= names(site)
    assert "/a/b/*.ttl\n  Content-Type: text/turtle; charset=utf-8\n" in (
        site / "_headers"
    ).read_text("utf-8")
    assert "https://h.org/a/b/" in (site / "w3id/README.md").read_text("utf-8")


def test_nobody_is_sent_from_a_base_that_is_the_site(tiny: Tiny, site: Path) -> None:
    publish(tiny.project, site)
    assert not (site / "w3id").exists()


def test_the_answers_of_stock_queries_are_files(tiny: Tiny, site: Path) -> None:
    publish(tiny.project, site)
    answer = json.loads((site / "queries/heavier.json").read_text("utf-8"))
    assert [row["mineral"]["value"] for row in answer["results"]["bindings"]] == [
        f"{BASE}mineral/zinc"
    ]
    rows = (site / "queries/heavier.csv").read_text("utf-8").splitlines()
    assert rows[0] == "mineral,mass,than,kind"
    assert "SELECT" in (site / "queries/heavier.rq").read_text("utf-8")
    assert "65.38" in (site / "queries/heavier/index.html").read_text("utf-8")


def test_a_query_whose_default_names_nothing_says_so(tiny: Tiny, site: Path) -> None:
    tiny.edit("queries/heavier.rq", "kind: {type: iri,", "kind: {type: iri, default: nothing,")
    publish(tiny.project, site)
    page = (site / "queries/heavier/index.html").read_text("utf-8")
    assert "set `kind`, or leave it open: its default is for other facts" in page
    assert not (site / "queries/heavier.csv").exists()


def test_publishing_again_changes_nothing(tiny: Tiny, site: Path) -> None:
    first = publish(tiny.project, site)
    before = snapshot(site)
    times = {name: (site / name).stat().st_mtime_ns for name in names(site)}
    second = publish(tiny.project, site)
    assert (second.unchanged, second.removed) == (second.files, 0)
    assert (first.unchanged, first.files, first.bytes) == (0, second.files, second.bytes)
    assert snapshot(site) == before
    assert {name: (site / name).stat().st_mtime_ns for name in names(site)} == times


def test_what_a_change_does_not_touch_keeps_its_time(tiny: Tiny, site: Path) -> None:
    publish(tiny.project, site)
    for name in names(site):
        os.utime(site / name, (1, 1))
    tiny.write("facts/iron.yaml", "id: mineral/iron\ntype: Mineral\nlabel: Iron\nmass: 56\n")
    tiny.write("facts/tin.yaml", "id: mineral/tin\ntype: Mineral\nlabel: Tin\nmass: 118\n")
    build_release(tiny.project)
    publish(tiny.project, site)
    kept = {name for name in names(site) if (site / name).stat().st_mtime == 1}
    assert {"assets/style.css", "mineral/zinc.nt", ".htaccess", "queries/heavier.rq"} <= kept
    assert not {"mineral/iron.ttl", "mineral/tin.ttl", "index.html"} & kept
    (tiny.root / "facts/tin.yaml").unlink()
    build_release(tiny.project)
    assert publish(tiny.project, site).removed > 0
    assert not [name for name in names(site) if "tin" in Path(name).stem.split("-")]


def test_downloads_are_files_of_their_own(tiny: Tiny, site: Path) -> None:
    publish(tiny.project, site)
    release = open_release(tiny.build)
    downloads = [name for name in names(site) if name.startswith("downloads/")]
    assert "downloads/SHA256SUMS" in downloads
    for name in downloads:
        source = release.path / "files" / name.removeprefix("downloads/")
        if source.is_file():
            assert source.read_bytes() == (site / name).read_bytes()
            assert not source.samefile(site / name)


def test_a_broken_link_fails_and_the_site_before_stays(tiny: Tiny, site: Path) -> None:
    publish(tiny.project, site)
    before = snapshot(site.parent)
    tiny.edit("facts/iron.yaml", "label: Iron", "label: Ferrum")
    build_release(tiny.project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Site, "page", lambda _self, _path: None)
        render = Site.render

        def damaged(self: Site, page: object, format_: str, *rest: object) -> bytes:
            data: bytes = render(self, page, format_, *rest)  # type: ignore[arg-type]
            return data.replace(b"</main>", b'<a href="nowhere/">x</a></main>')

        patch.setattr(Site, "render", damaged)
        with pytest.raises(
            BrokenLinksError, match="mineral/iron/: the link nowhere/ leads"
        ) as info:
            publish(tiny.project, site)
    assert {link.link for link in info.value.links} == {"nowhere/"}
    assert "index.html" not in str(info.value)
    assert {n: d for n, d in snapshot(site.parent).items() if n.startswith("site")} == {
        n: d for n, d in before.items() if n.startswith("site")
    }


@pytest.mark.parametrize(
    "source", ["facts", "facts/below", "queries/site", "build/releases/x", "build/current/site"]
)
def test_a_site_is_not_put_among_the_sources(tiny: Tiny, source: str) -> None:
    with pytest.raises(PublishError, match="among the files of the graph itself"):
        publish(tiny.project, tiny.root / source)


def test_the_project_itself_is_not_replaced(tiny: Tiny) -> None:
    before = snapshot(tiny.root)
    for folder in (tiny.root, tiny.build, tiny.root.parent):
        with pytest.raises(PublishError, match="not a site that `kg publish` made"):
            publish(tiny.project, folder)
    assert snapshot(tiny.root) == before


# Hostile data

ODD = [
    "mineral/ä",
    "mineral/a%20b",
    "mineral/a,b;c=d@e!$&'()*+",
    "mineral/x.ttl",
    "mineral/index",
    "index",
    "w3id",
    "search",
    "404.html",
    ".htaccess",
    "mineral/.htaccess",
    "mineral/.HTpasswd",
    "mineral/",
    "mineral/iron/index.html",
    "mineral/IRON",
    "mineral/..%2F..%2Fetc",
    "mineral/%2e%2e/%2e%2e/up",
    "mineral/a%00b",
    "mineral/a%5Cb",
    "mineral/" + "long" * 200,
    "mineral/" + "/".join(["deep"] * 900),
    "mineral/" + "%C3%A4" * 120,
    "a?b",
    "a#b",
    "//evil",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Project:
    tiny = write_tiny(tmp_path / "project")
    for number, path in enumerate(ODD):
        tiny.write(
            f"facts/odd{number}.json",
            json.dumps(
                {"id": f"{BASE}{path}", "type": "Mineral", "label": HOSTILE, "mass": "1",
                 "altLabel": ["x" * 3000, HOSTILE]}
            ),
        )  # fmt: skip
    tiny.edit("kg.toml", 'title = "Minerals"', f"title = {json.dumps(HOSTILE)}")
    build_release(tiny.project)
    return tiny.project


def test_hostile_data_is_published_where_it_belongs(hostile: Project, site: Path) -> None:
    outside = snapshot(site.parent)
    published = publish(hostile, site)
    after = snapshot(site.parent)
    assert {n: d for n, d in after.items() if not re.match(r"site\b", n)} == outside
    assert any("mineral/IRON" in w and "upper" in w for w in published.warnings)
    told = "\n".join(published.warnings)
    for path in (
        "w3id",
        ".htaccess",
        "mineral/.htaccess",
        "404.html",
        "mineral/..%2F..%2Fetc",
        "a?b",
    ):
        assert f"{BASE}{path} has no page" in told
    assert f"{BASE}mineral/..%2F..%2Fetc has no page" in told
    for name in ("mineral/ä.ttl", "mineral/a b.ttl", "mineral/x.ttl.ttl", "mineral/index.ttl"):
        assert list(parse((site / name).read_bytes(), RdfFormat.TURTLE))
    for name in names(site):
        if name.endswith(".html"):
            text = (site / name).read_text("utf-8")
            assert "<script>alert" not in text
    rules = (site / ".htaccess").read_text("utf-8")
    assert "alert" not in rules


@needs_apache
def test_hostile_data_in_apache(hostile: Project, tmp_path: Path) -> None:
    """Every address of every page answers, with the bytes of its file."""
    documents, own = tmp_path / "www", tmp_path / "httpd"
    own.mkdir()
    site = documents / "sub/folder"
    publish(at_url(hostile, "http://localhost/sub/folder/"), site)
    pages = [p for p in Site(open_release(hostile.build), hostile).pages() if p.kind == "thing"]
    with running(own, documents) as server:
        for page in pages:
            for extension in ("html", "ttl", "jsonld"):
                where = address(page.path, extension)
                answer = server.get(f"/sub/folder/{where}")
                assert answer.status == 200, where
                assert answer.body == (site / file_of(where)).read_bytes()
            answer = server.get(f"/sub/folder/{page.path}", "text/turtle")
            assert answer.status == 303
            assert unquote(answer.location).endswith(unquote(address(page.path, "ttl")))


# The command


def test_the_command(tiny: Tiny) -> None:
    result = tiny.kg("publish", "out", "--url", "https://h.org/x/")
    assert (result.returncode, result.stdout) == (0, "")
    assert re.search(
        r"\d+ pages in \d+ files \(\d+ written, 0 unchanged, 0 removed\)", result.stderr
    )
    assert "https://h.org/x/" in (tiny.root / "out/sitemap.xml").read_text("utf-8")
    result = tiny.kg("-q", "publish", "out", "--json", "--url", "https://h.org/x/")
    found = json.loads(result.stdout)
    assert (found["unchanged"], found["removed"], result.stderr) == (found["files"], 0, "")
    result = tiny.kg("-v", "publish", "out")
    assert result.stderr.startswith("pages (")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h.org/",
        "ftp://h.org/",
        "https://h.org/x",
        "https://h.org/?a/",
        "https://h.org/a%22b/",
        "https://h.org/%0aHeader/",
        "https://h.org/$%7BA%7D/",
    ],
)
def test_a_url_that_is_none(tiny: Tiny, url: str) -> None:
    result = tiny.kg("publish", "out", "--url", url)
    assert result.returncode == 2
    assert "a URL must be http or https" in result.stderr
    assert not (tiny.root / "out").exists()


def test_nothing_is_built_yet(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    result = tiny.kg("publish", "out")
    assert (result.returncode, "run `kg build`" in result.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_interrupted_and_killed(tiny: Tiny) -> None:
    publish(tiny.project, tiny.root / "out")
    before = snapshot(tiny.root / "out")
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    build_release(tiny.project)
    for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        process = tiny.start("-v", "publish", "out")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("pages")
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == status
        assert "Traceback" not in errors
        assert snapshot(tiny.root / "out") == before
    publish(tiny.project, tiny.root / "out")
    assert not list(tiny.root.glob(".kg-*"))
    assert "Ferrum" in (tiny.root / "out/mineral/iron/index.html").read_text("utf-8")


def test_a_disk_that_is_full(tiny: Tiny, disk: Path) -> None:
    site = disk / "site"
    publish(tiny.project, site)
    before = snapshot(disk)
    (disk / "filler").write_bytes(b"." * (shutil.disk_usage(disk).free - 65536))
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    build_release(tiny.project)
    result = tiny.kg("publish", str(site))
    assert result.returncode == 2
    assert "No space left on device; the site before stays as it is" in result.stderr
    (disk / "filler").unlink()
    assert snapshot(disk) == before
    publish(tiny.project, site)


def test_a_disk_cannot_be_replaced(tiny: Tiny, disk: Path) -> None:
    """A mount point is no folder that could change places with another."""
    with pytest.raises(PublishError, match="a disk of its own"):
        publish(tiny.project, disk)
    publish(tiny.project, disk / "site")


def test_the_projects_own_site(project_site: Path, project_release: Release) -> None:
    """Published for a sub-path: that its links hold there has been checked by publishing."""
    assert len(list(project_site.glob("finding/*/index.html"))) > 30
    text = (project_site / "mineral/magnesium/index.html").read_text("utf-8")
    assert '<link rel="canonical" href="http://localhost/a/b/mineral/magnesium/">' in text
    assert project_release.digest in (project_site / MARKER).read_text("utf-8")
