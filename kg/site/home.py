"""The home page: what this is, what is in it, and the ways in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyoxigraph import NamedNode

from kg.site.content import Content
from kg.site.pages import RDF, Page


class Home:
    """The page at the public URL; as data, it is the graph that describes the dataset."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The one page."""
        yield Page("", "page", ("html", *RDF), self._content.project.base, "Home")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The page, or the graph."""
        content = self._content
        graph = NamedNode(content.project.base)
        quads = list(content.store.quads_for_pattern(None, None, None, graph))
        if format_ != "html":
            return content.rdf(quads, format_)
        return content.html("home.html", page, content.title, (), quads)
