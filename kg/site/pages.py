"""What a page is, and how a section of the site offers its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from typing import Literal as Choice

Kind = Choice["thing", "page", "query", "file", "gone"]
RDF: Final = ("turtle", "jsonld", "ntriples", "rdfxml")

# First segments of paths that things cannot have: pages of the site itself, and of any server.
RESERVED: Final = frozenset(
    (
        "queries", "search", "ontology", "downloads", "quality", "report", "release", "types",
        "mechanisms", "evidence", "assets", "w3id", "sparql", "health", ".well-known",
        "openapi.json", "404.html", "sitemap.xml", "robots.txt", "search.json", "_headers",
        ".htaccess", ".nojekyll", ".kg-site.json",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One thing to be read on the site, by its path, with the formats it is there in.

    The first format is the one for a reader who does not mind. `thing`: it stands for a thing with
    an IRI of its own, which is not the page. `gone`: a thing that was retired. `file`: bytes at
    exactly this path. `query`: its answer has to be computed. `title` names it in menus and paths;
    that of a thing is its label, which is looked up when it is needed.

    >>> Page("types", "page", title="Browse").formats
    ('html',)
    """

    path: str
    kind: Kind
    formats: tuple[str, ...] = ("html",)
    iri: str = ""
    title: str = ""


class Section(Protocol):
    """Pages of one sort: `Site` asks each section once for its pages, then for their bytes."""

    def pages(self) -> Iterator[Page]:
        """The pages there are; must not cost more than one look at the store."""
        ...

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:
        """One of these pages; the same bytes every time, for the same release."""
        ...
