"""The home page: what this is, what is in it, and the ways in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.formats import RDF_FORMATS
from kg.site.cite import Citation
from kg.site.classes import Class
from kg.site.content import Content
from kg.site.pages import Page

_COUNTED: Final = ("Document", "Study", "Finding", "Mechanism", "Disagreement")
_MOST_COUNTED: Final = 6
_BEARINGS: Final = ("supports", "disputes", "leavesOpen")
_ENDPOINT: Final = NamedNode(terms.VOID + "sparqlEndpoint")


@dataclass(frozen=True, slots=True)
class Question:
    """A hypothesis, with how many statements speak for it, against it, and leave it open."""

    iri: str
    label: str
    counts: tuple[int, ...]


class Home:
    """The page at the public URL; as data, it is the graph that describes the dataset."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The one page."""
        base = self._content.project.base
        yield Page("", "page", self._content.formats_of(base), base, "Home")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The page, or the graph."""
        content = self._content
        dataset = NamedNode(content.project.base)
        quads = list(content.store.quads_for_pattern(None, None, None, dataset))
        if format_ != "html":
            return content.rdf(quads, format_)
        own, others = content.roots()
        citation = Citation.of(content.project, content.version)
        return content.html(
            "home.html",
            page,
            content.title,
            data=self._schema_org() or [quad for quad in quads if quad.subject == dataset],
            numbers=self._numbers([*own, *others]),
            questions=self._questions(),
            roots=own or others,
            dumps=self._dumps(),
            endpoint=next((e.value for e in content.reader.objects(dataset, _ENDPOINT)), ""),
            citation=citation.text(),
            bibtex=citation.bibtex(),
        )

    def _dumps(self) -> list[Page]:
        """The files that hold all facts, each in one format."""
        paths = (f"downloads/graph.{format_.extension}" for format_ in RDF_FORMATS.values())
        return [self._content.where[path] for path in paths if path in self._content.where]

    def _schema_org(self) -> Any:
        """The description of the dataset as search engines read it, where the build wrote one."""
        file = self._content.release.path / "files" / "dataset.jsonld"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def _numbers(self, roots: list[Class]) -> list[Class]:
        """The classes whose sizes tell most; of another model's, the largest."""
        known = self._content.classes.all
        usual = [known[terms.LE + name] for name in _COUNTED if terms.LE + name in known]
        largest = sorted(roots, key=lambda class_: (-class_.count, class_.iri))
        return usual or largest[:_MOST_COUNTED]

    def _questions(self) -> list[Question]:
        content = self._content
        class_ = content.classes.all.get(terms.HYPOTHESIS.value)
        found = [
            Question(iri, content.name_of(iri), tuple(self._count(iri, way) for way in _BEARINGS))
            for iri in (class_.members if class_ else ())
        ]
        return sorted(found, key=lambda question: (question.label.casefold(), question.iri))

    def _count(self, iri: str, way: str) -> int:
        predicate = NamedNode(terms.LE + way)
        quads = self._content.store.quads_for_pattern(None, predicate, NamedNode(iri), None)
        return len({quad.subject for quad in quads})
