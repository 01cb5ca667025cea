"""The site of a release: every page, in every format, as bytes.

`kg publish` writes what this renders and `kg serve` answers with it, so that a page says the same
wherever it is read. Nothing here knows of files or of HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as Choice

from pyoxigraph import NamedNode

from kg import __version__
from kg.context import load_context
from kg.dumps import dump
from kg.formats import RDF_FORMATS
from kg.project import Project
from kg.show import describe, view
from kg.site.addresses import path_of
from kg.site.render import Templates
from kg.store import Release

Kind = Choice["thing", "page", "query", "file", "gone"]
THING_FORMATS = ("html", "turtle", "jsonld", "ntriples", "rdfxml")


@dataclass(frozen=True, slots=True)
class Page:
    """One thing to be read on the site, by its path, with the formats it is there in.

    The first format is the one for a reader who does not mind. `thing`: it stands for a thing with
    an IRI of its own, which is not the page. `gone`: a thing that was retired. `file`: bytes as
    they lie in the release, at exactly this path. `query`: its answer has to be computed.
    """

    path: str
    kind: Kind
    formats: tuple[str, ...] = ("html",)
    iri: str = ""


class Site:
    """All pages of a release; `digest` changes when any of them may."""

    def __init__(self, release: Release, project: Project) -> None:
        self.release = release
        self.project = project
        self._store = release.open_store()
        self._context = load_context(project.ontology / "context.jsonld", project.base)
        self._templates = Templates(project)
        settings = f"{release.digest} {__version__} {project}"
        self.digest = hashlib.sha256(settings.encode()).hexdigest()
        self._pages = {page.path: page for page in self._find_pages()}

    def _find_pages(self) -> Iterator[Page]:
        yield Page(
            "", "page", ("html", "turtle", "jsonld", "ntriples", "rdfxml"), self.project.base
        )
        for iri in sorted({q.subject.value for q in self._store}):
            path = path_of(iri, self.project.base)
            if path:
                yield Page(path, "thing", THING_FORMATS, iri)

    def page(self, path: str) -> Page | None:
        """The page at a path, or None."""
        return self._pages.get(path)

    def pages(self) -> Iterator[Page]:
        """Every page, in the order of their paths."""
        return iter(self._pages.values())

    def render(
        self,
        page: Page,
        format_: str,
        params: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> bytes:
        """A page in one of its formats; the same bytes every time, for the same release."""
        node = NamedNode(page.iri)
        if format_ == "html":
            return self._templates.render(
                "thing.html", page, view=view(self._store, self._context, node)
            )
        return dump(describe(self._store, node), RDF_FORMATS[format_], self._context)

    def error(self, status: int, path: str, detail: str = "") -> bytes:
        """The HTML page that says why there is no other."""
        return self._templates.render(
            "error.html", Page(path, "page"), status=status, detail=detail
        )
