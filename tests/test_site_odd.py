"""Pages on evidence hold whatever the data say: texts that are code, parts that are missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from elements import Element, read_page
from pyoxigraph import Literal, NamedNode, Quad

from kg import load_project
from kg.corpus import load_vocabulary
from kg.site import Site
from kg.store import release_digest, write_release

ROOT = Path(__file__).parent.parent
BASE = "https://example.org/x/"
LE = "https://w3id.org/linked-evidence/ontology#"
OA = "http://www.w3.org/ns/oa#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
HOSTILE = [
    '</script><script>alert("1")</script>',
    "</title></svg><img src=x onerror=alert(1)>",
    '" autofocus onfocus="alert(1)',
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066 العربية עברית",
    "null \x00 bell \x07 escape \x1b[31m \ufffe",
    "W" * 5000,
    "long words " * 500,
    "",
    "javascript:alert(1)",
]


def description(iri: str, **said: Any) -> list[Quad]:
    """Quads on a thing: each key a property of the core, each value a thing, a list or a text."""
    quads = []
    for key, values in said.items():
        name = {"type": RDF_TYPE, "label": PREF_LABEL}.get(key)
        name = name or (OA if key in ("hasSource", "hasSelector", "start", "end") else LE) + key
        for value in values if isinstance(values, list) else [values]:
            if key == "type":
                value = NamedNode(LE + value)
            term = value if isinstance(value, NamedNode) else Literal(value)
            graph = NamedNode(BASE + "graph/odd")
            quads.append(Quad(NamedNode(iri), NamedNode(name), term, graph))
    return quads


def thing(name: str) -> NamedNode:
    return NamedNode(BASE + name)


def odd_facts() -> list[Quad]:
    """Each class of the core with each hostile text, bound together as evidence is."""
    quads: list[Quad] = []
    for number, text in enumerate(HOSTILE):
        name = f"{number}"
        place = f"{BASE}finding/{name}/passage/1"
        quads += description(BASE + f"document/{name}", type="Document", label=text, fileName=text,
                             sha256=text)  # fmt: skip
        quads += description(place, type="Passage", hasSource=thing(f"document/{name}"),
                             paragraph=text, start=text, end="9" * 400, sha256=text,
                             hedge=thing(f"symptom/{name}"))  # fmt: skip
        quads += description(BASE + f"symptom/{name}", type="Symptom", label=text)
        quads += description(BASE + f"study/{name}", type=["Study", "Review"], label=text,
                             design=thing(f"symptom/{name}"), sampleSize=text,
                             arm=[thing(f"intervention/{name}"), text],
                             publication=thing(f"publication/{name}"))  # fmt: skip
        quads += description(BASE + f"publication/{name}", type="Publication", authors=text,
                             journal=text)  # fmt: skip
        quads += [Quad(thing(f"publication/{name}"),
                       NamedNode("http://purl.org/ontology/bibo/doi"), Literal(text))]  # fmt: skip
        quads += description(BASE + f"intervention/{name}", type="Intervention", label=text,
                             duration=text, dose=thing(f"quantity/{name}"))  # fmt: skip
        quads += description(BASE + f"quantity/{name}", type="Quantity", lower=text, unit=text)
        quads += description(BASE + f"finding/{name}", type="Finding", label=text,
                             passage=NamedNode(place), study=thing(f"study/{name}"),
                             outcome=[thing(f"symptom/{name}"), text], direction=text,
                             exposure=[text, thing(f"intervention/{name}")], reported=text,
                             valence=NamedNode(LE + "valence-worse"), scope=text,
                             supports=thing("hypothesis/0"))  # fmt: skip
        quads += description(BASE + f"mechanism/{name}", type="Mechanism", label=text,
                             subject=thing(f"symptom/{name}"), relation=text,
                             object=thing(f"symptom/{(number + 1) % len(HOSTILE)}"),
                             location=text, leadsTo=[thing(f"mechanism/{(number + 1) % 3}"), text],
                             passage=NamedNode(place))  # fmt: skip
        quads += description(BASE + f"hypothesis/{name}", type="Hypothesis", label=text,
                             exposure=text, outcome=thing("nowhere"), certainty=text)  # fmt: skip
        quads += description(BASE + f"disagreement/{name}", type="Disagreement", label=text,
                             reason=text, dimension=text,
                             side=[thing(f"finding/{name}"), thing("nowhere"), text])  # fmt: skip
    # Things of a class that say nothing of themselves, and a passage that is nowhere.
    for class_ in ("Study", "Document", "Hypothesis", "Disagreement", "Finding", "Mechanism"):
        quads += description(BASE + f"bare/{class_.lower()}", type=class_)
    quads += description(BASE + "bare/finding", passage=thing("bare/passage"), study="a text",
                         disputes=thing("bare/hypothesis"), nullKind="none")  # fmt: skip
    quads += description(BASE + "bare/mechanism", subject=thing("symptom/0"))
    return quads


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    build = tmp_path_factory.mktemp("odd")
    project = replace(
        load_project(ROOT), base=BASE, url="https://pages.example.org/", build=build,
        title=HOSTILE[0], description=HOSTILE[1], license="", publisher="", creators=(),
    )  # fmt: skip
    _, ontology = load_vocabulary(project)
    quads = [*odd_facts(), *ontology.quads]
    return Site(write_release(build, quads, release_digest(quads), {}), project)


def pages(site: Site) -> list[str]:
    return [
        page.path for page in site.pages()
        if "html" in page.formats and page.kind in ("thing", "page") and "passage" not in page.path
    ]  # fmt: skip


def test_every_page_stays_a_page(site: Site) -> None:
    """Nothing that the data say becomes an element, an attribute, or a link that runs."""
    for path in pages(site):
        page_ = site.page(path)
        assert page_ is not None
        data = site.render(page_, "html")
        page = read_page(data)
        assert not page.all("img"), path
        scripts = [s for s in page.all("script")
                   if s.attributes.get("type") != "application/ld+json"]  # fmt: skip
        assert all(s.attributes.get("src") and not s.text for s in scripts), path
        assert len(page.ids) == len(set(page.ids)), path
        for element in page.within:
            assert not {"style", "onerror", "onfocus", "autofocus"} & set(element.attributes), path
            link = element.attributes.get("href", "")
            assert not link.lower().startswith(("javascript:", "data:")), path
        assert not {c for c in data.decode() if ord(c) < 32} - {"\n", "\t"}, path
        assert "49" not in page.all("h1")[0].text


@pytest.mark.parametrize("class_", ["study", "document", "hypothesis", "disagreement"])
def test_what_says_nothing_of_itself_has_its_page(site: Site, class_: str) -> None:
    page = site.page(f"bare/{class_}")
    assert page is not None
    assert read_page(site.render(page, "html")).all("h1")


def test_an_identifier_that_is_code_is_part_of_an_address(site: Site) -> None:
    page = site.page("study/0")
    assert page is not None
    links = read_page(site.render(page, "html")).links
    doi = [link for link in links if link.startswith("https://doi.org/")]
    assert doi == ["https://doi.org/%3C/script%3E%3Cscript%3Ealert%28%221%22%29%3C/script%3E"]


def test_the_words_of_hostile_labels_are_drawn_as_words(site: Site) -> None:
    page = site.page("mechanisms")
    assert page is not None
    drawings: list[Element] = read_page(site.render(page, "html")).all("svg")
    assert drawings
    words = " ".join(text.text for svg in drawings for text in svg.all("text"))
    assert "alert" in words


def test_it_is_rendered_in_time(site: Site) -> None:
    """Long labels and cycles cost no more than short ones; whatever is drawn has a bound."""
    page = site.page("evidence")
    assert page is not None
    svg = read_page(site.render(page, "html")).all("svg")[0]
    assert int(svg.attributes["width"]) < 3000
    assert max(len(text.text) for text in svg.all("text")) < 60
