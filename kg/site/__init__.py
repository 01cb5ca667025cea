"""The site of a release: every page, in every format, as bytes.

`kg publish` writes what this renders and `kg serve` answers with it, so that a page says the same
wherever it is read. Nothing here knows of files to be written or of HTTP.

A **section** (`kg.site.pages.Section`) is a sort of pages: it lists them once, and renders them one
by one. Each is a class over `Content`, in a module of its own, and is named in `_SECTIONS`. A page
for things of one class is a `ThingView` in `kg.site.views` instead.

- A template extends `base.html` and fills its blocks; `macros.html` has what pages share.
- Links go through `link(address)`, links to things through `href(iri)`: both are relative.
- Sections know `Content` and nothing of `Site`, nor of each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import Variable

from kg import __version__
from kg.project import Project
from kg.site.content import Content
from kg.site.errors import Errors
from kg.site.evidence.overviews import Overviews
from kg.site.files import Assets, Downloads, Robots
from kg.site.home import Home
from kg.site.lists import Lists
from kg.site.pages import Kind, Page, Section
from kg.site.reference.ontology import Ontology
from kg.site.reference.queries import Queries
from kg.site.reference.releases import Releases
from kg.site.reference.sparql import Sparql
from kg.site.search import Search
from kg.site.things import Things
from kg.store import Release

__all__ = ["Kind", "Page", "Site"]


class Site:
    """All pages of a release; `digest` changes when any of them may.

    `unplaced` are the IRIs of things that have no page, as another page has their address.
    """

    def __init__(self, release: Release, project: Project) -> None:
        self.release = release
        self.project = project
        self._content = Content(release, project)
        settings = f"{release.digest} {__version__} {_settings(project)}"
        self.digest = hashlib.sha256(settings.encode()).hexdigest()
        content = self._content
        self._queries = Queries(content)
        self._sparql = Sparql(content, self._queries)
        self._things, self._downloads, self._errors = (
            Things(content), Downloads(content), Errors(content),
        )  # fmt: skip
        sections: list[Section] = [
            Home(content),
            Lists(content),
            Search(content),
            Ontology(content),
            self._queries,
            self._sparql,
            Releases(content),
            Overviews(content),
            Assets(),
            self._downloads,
            self._errors,
            self._things,  # what others have taken is not theirs
            Robots(content),  # which knows of all others
        ]
        self._sections: dict[str, Section] = {}
        for section in sections:
            for page in section.pages():
                self._content.where[page.path] = page
                self._sections[page.path] = section
        self.unplaced = tuple(self._things.unplaced)

    def page(self, path: str) -> Page | None:
        """The page at a path, or None."""
        return self._content.where.get(path)

    def pages(self) -> Iterator[Page]:
        """Every page, in the order of their paths."""
        return iter(sorted(self._content.where.values(), key=lambda page: page.path))

    def render(self, page: Page, format_: str, params: Mapping[str, str] | None = None) -> bytes:
        """A page in one of its formats; the same bytes every time, for the same release."""
        return self._sections[page.path].render(page, format_, params or {})

    def file_path(self, page: Page) -> Path | None:
        """Where a download lies on the disk, so that nobody needs to hold it in memory."""
        return self._downloads.path(page) if self._is_download(page) else None

    def _is_download(self, page: Page) -> bool:
        return self._sections.get(page.path) is self._downloads

    def bind(self, page: Page, params: Mapping[str, str]) -> tuple[str, dict[Variable, Any]]:
        """What a stock query's page asks: the text, and its parameters as terms.

        Raises `QueryError` and `UnknownNameError` for what cannot be asked.
        """
        return self._queries.bind(page, params)

    def render_answer(
        self, page: Page, params: Mapping[str, str], results: bytes, problem: str = ""
    ) -> bytes:
        """A stock query's page with its answer: SPARQL JSON results, or Turtle of a graph."""
        return self._queries.render_answer(page, params, results, problem)

    def sparql_page(
        self, query: str = "", results: bytes = b"", format_: str = "json", problem: str = ""
    ) -> bytes:
        """The page `sparql/`: a form, with a query's answer or what is wrong with it."""
        return self._sparql.show(query, results, format_, problem)

    def error(self, status: int, path: str, detail: str = "") -> bytes:
        """The HTML page that says why there is no other; `path` is the address as asked for."""
        return self._errors.error(status, path, detail)


def _settings(project: Project) -> list[object]:
    """What pages take from a project's configuration; where its folders are is not part of it."""
    return [
        project.base, project.url, project.title, project.description, project.license,
        project.version, project.publisher, project.issued, project.creators, project.keywords,
    ]  # fmt: skip
