"""The pages as people meet them: in a browser, with and without JavaScript, with a keyboard."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser import ORIGIN, Seen, browsing, html_errors, open_site

from kg import build_release, load_project
from kg.project import Project, at_url
from kg.site import Page, Site
from kg.site.addresses import address, file_of
from kg.store import open_release

ROOT = Path(__file__).parent.parent
PLACE = "/a/b/"
HOSTILE = "</script><script>alert(1)</script> \u202e\"'&amp;<!--]]> " + "long" * 60 + " <b>bold"
NARROW = {"width": 360, "height": 640}
WIDE = {"width": 1280, "height": 800}
TOMBSTONES = """\
- {id: symptom/gone, deprecated: true, replacedBy: symptom/pain}
- {id: symptom/lost, deprecated: true}
"""


@dataclass(frozen=True)
class Chosen:
    """A page of every kind of a project, as files in a folder with all that they need."""

    folder: Path
    addresses: tuple[str, ...]


def one_of_each(pages: list[Page]) -> Iterator[str]:
    """A page of every kind: of each first segment, of each key to nest by, and of lists."""
    segments = [page.path.rstrip("/").split("/") for page in pages]
    keys = Counter(names[2] for names in segments if len(names) > 2)
    found = set()
    for page, names in zip(pages, segments, strict=True):
        nested = names[2] if len(names) > 2 and keys[names[2]] > 3 else names[0]
        kind = (page.kind, page.path if len(names) == 1 else nested, len(names) > 1)
        if page.kind != "file" and kind not in found:
            found.add(kind)
            yield address(page.path, "html")


def write_pages(site: Site, folder: Path) -> Chosen:
    pages = list(site.pages())
    addresses = [*one_of_each(pages), "404.html"]
    rendered = {}
    for page in pages:
        where = page.path if page.kind == "file" else address(page.path, "html")
        if page.kind == "query" and where in addresses:
            results = {"head": {"vars": ["a"]}, "results": {"bindings": []}}
            rendered[where] = site.render_answer(page, {}, json.dumps(results).encode())
        elif where in addresses or page.path.startswith("assets/") or page.path == "search.json":
            rendered[where] = site.render(page, page.formats[0])
    for status in (400, 404, 406, 410, 503):
        where = f"error{status}.html"
        rendered[where] = site.error(status, where, f"What is asked for: {HOSTILE}")
        addresses.append(where)
    value = {"type": "literal", "value": HOSTILE, "xml:lang": "ar"}
    answer = {"head": {"vars": ["a"]}, "results": {"bindings": [{"a": value}]}}
    rendered["sparql/answer/"] = site.sparql_page(HOSTILE, json.dumps(answer).encode())
    rendered["sparql/problem/"] = site.sparql_page(HOSTILE, problem=HOSTILE)
    for where, data in rendered.items():
        file = folder / file_of(where)
        file.parent.mkdir(parents=True, exist_ok=True)
        # The answer of a form is at the address of the form, which has one page here.
        depth = b'="../' if where.startswith("sparql/") and where != "sparql/" else b""
        file.write_bytes(data.replace(b'="../', b'="../../') if depth else data)
    return Chosen(folder, (*addresses, "sparql/answer/", "sparql/problem/"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, project_release: Any) -> Chosen:
    """The project of the repository."""
    project = at_url(load_project(ROOT), f"{ORIGIN}{PLACE}")
    return write_pages(Site(project_release, project), tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Chosen:
    """The same, after somebody wrote what they should not into every label and definition."""
    root = tmp_path_factory.mktemp("hostile")
    for name in ("facts", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, root / name)
    for sheet in (root / "facts").rglob("*.yaml"):
        text = re.sub(
            r"^( *(?:- )?)(label|note|definition): .*(?:\n\1  +\S.*)*$",
            lambda match: f"{match[1]}{match[2]}: {json.dumps(HOSTILE)}",
            sheet.read_text("utf-8"),
            flags=re.MULTILINE,
        )
        sheet.write_text(text, encoding="utf-8")
    (root / "facts/terms/gone.yaml").write_text(TOMBSTONES)
    settings = {"base": "https://example.org/", "title": HOSTILE, "description": HOSTILE,
                "publisher": HOSTILE, "version": HOSTILE}  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    (root / "kg.toml").write_text("\n".join(lines), encoding="utf-8")
    project: Project = at_url(load_project(root), f"{ORIGIN}{PLACE}")
    build_release(project)
    site = Site(open_release(project.build), project)
    return write_pages(site, tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module", params=["real", "hostile"])
def chosen(request: pytest.FixtureRequest) -> Chosen:
    found: Chosen = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


def test_no_kind_of_page_is_missing(real: Chosen, hostile: Chosen) -> None:
    firsts = {where.split("/")[0] for where in real.addresses}
    assert firsts >= {
        "", "types", "search", "queries", "ontology", "downloads", "quality", "report", "release",
        "sparql", "404.html", "error406.html", "error410.html", "mineral", "study", "document",
        "hypothesis", "disagreement", "mechanism", "finding", "graph", "evidence", "mechanisms",
    }  # fmt: skip
    assert "symptom/gone/" in hostile.addresses
    assert any(where.count("/") > 2 for where in real.addresses)


def test_the_html_checker_reports_no_error(chosen: Chosen) -> None:
    files = [file_of(where) for where in chosen.addresses]
    assert html_errors(chosen.folder, files) == []


def test_the_html_checker_finds_errors(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<!doctype html><title>a</title><p id=b><img src=a>")
    assert len(html_errors(tmp_path, ["a.html"])) == 1


def violations(page: Any, **options: Any) -> list[str]:
    """What axe-core finds, as its rule and the elements concerned."""
    found = page.evaluate(
        "options => axe.run(document, options).then(results => results.violations)",
        {"resultTypes": ["violations"], **options},
    )
    return [f"{v['id']}: {', '.join(str(n['target']) for n in v['nodes'][:3])}" for v in found]


# Colours depend on the scheme, and all else on the width; the former takes most of the time.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_NO_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
# Of a hundred rows that are alike, a dozen tell as much in a tenth of the time.
_SHORTEN = """() => {
  for (const parent of document.querySelectorAll("main, main *")) {
    const seen = {};
    for (const child of [...parent.children]) {
      const kind = child.tagName + child.getAttribute("class");
      seen[kind] = (seen[kind] || 0) + 1;
      if (seen[kind] > 12) child.remove();
    }
  }
}"""
_TOO_WIDE = "Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"


def test_every_kind_of_page_is_accessible(browser: Any, chosen: Chosen, hostile: Chosen) -> None:
    """axe-core reports nothing: in the light, in the dark, and on a narrow screen.

    Nothing is asked of another host, and the policy on scripts and styles is kept.
    """
    base = pytest.importorskip("axe_playwright_python.base")
    axe = Path(base.AXE_FILE_PATH).read_text(encoding="utf-8")
    page, seen = open_site(browser, chosen.folder, PLACE, viewport=NARROW)
    found: dict[str, list[str]] = {}
    for where in chosen.addresses:
        page.set_viewport_size(NARROW)
        page.emulate_media(color_scheme="light")
        page.goto(f"{ORIGIN}{PLACE}{where}")
        wide = page.evaluate(_TOO_WIDE)
        found[f"{where} wide"] = [f"{wide} pixels too wide"] if wide else []
        page.evaluate(_SHORTEN)
        page.evaluate(axe)
        found[f"{where} narrow"] = violations(page, **_NO_COLOURS)
        if chosen is hostile:
            continue  # its colours are those of the others
        page.set_viewport_size(WIDE)
        found[f"{where} light"] = violations(page)
        page.emulate_media(color_scheme="dark")
        found[f"{where} dark"] = violations(page, **_COLOURS)
    assert {where: said for where, said in found.items() if said} == {}
    assert seen == Seen()
    page.context.close()


def test_axe_finds_what_is_wrong(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<!doctype html><html><body><img src="https://other.org/a.png">'
        '<p style="color: #ccc">pale</p><script>alert(1)</script></body></html>'
    )
    base = pytest.importorskip("axe_playwright_python.base")
    page, seen = open_site(browser, tmp_path, PLACE)
    page.goto(f"{ORIGIN}{PLACE}")
    page.evaluate(Path(base.AXE_FILE_PATH).read_text(encoding="utf-8"))
    assert {said.partition(":")[0] for said in violations(page)} >= {"image-alt", "html-has-lang"}
    assert len(seen.errors) >= 3  # the image, the style and the script are held back by the policy
    page.context.close()


def test_everything_is_there_without_javascript(browser: Any, real: Chosen) -> None:
    page, seen = open_site(browser, real.folder, PLACE, java_script_enabled=False)
    for where in real.addresses:
        page.goto(f"{ORIGIN}{PLACE}{where}")
        assert page.locator("main h1").count() == 1, where
        assert len(page.locator("main").inner_text()) > 40, where
    assert seen == Seen()
    page.context.close()


_FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    text: element.textContent.trim(),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    inside: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  };
}"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_keyboard_is_enough(browser: Any, real: Chosen, size: dict[str, int]) -> None:
    page, _ = open_site(browser, real.folder, PLACE, viewport=size)
    page.goto(f"{ORIGIN}{PLACE}sparql/")
    page.keyboard.press("Tab")
    first = page.evaluate(_FOCUSED)
    assert first["text"].startswith("Skip")
    for _ in range(25):
        focused = page.evaluate(_FOCUSED)
        assert focused["outlined"], focused
        assert focused["inside"], focused
        page.keyboard.press("Tab")
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.context.close()


def test_search_as_you_type_finds_what_the_page_lists(browser: Any, real: Chosen) -> None:
    page, seen = open_site(browser, real.folder, PLACE)
    page.goto(f"{ORIGIN}{PLACE}search/?q=magnesium")
    page.wait_for_load_state("networkidle")
    assert page.locator("main a", has_text=re.compile("magnesium", re.IGNORECASE)).count() > 2
    assert seen == Seen()
    page.context.close()


def test_on_paper_the_content_is_left(browser: Any, real: Chosen) -> None:
    page, _ = open_site(browser, real.folder, PLACE)
    page.goto(f"{ORIGIN}{PLACE}{next(a for a in real.addresses if a.startswith('mineral/'))}")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    assert not page.locator("header nav").first.is_visible()
    page.context.close()
