"""The page of the ontology, which has an anchor for every term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from pyoxigraph import NamedNode, Quad

from kg.site.content import Content
from kg.site.pages import RDF, Page
from kg.site.reference.vocabulary import OntologyPage, Reader


class Ontology:
    """The section of the ontology: one page."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The page, where the store holds an ontology."""
        if self._content.ontology:
            formats = ("html", *RDF)
            yield Page("ontology", "page", formats, self._content.ontology, "Ontology")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The ontology as a page, or as data."""
        if format_ != "html":
            return self._content.rdf(self._quads, format_)
        ontology = self.page
        return self._content.html(
            "ontology.html",
            page,
            ontology.title or "Ontology",
            ontology=ontology,
            description=ontology.description,
        )

    @property
    def _quads(self) -> list[Quad]:
        graph = NamedNode(self._content.ontology)
        return list(self._content.store.quads_for_pattern(None, None, None, graph))

    @cached_property
    def page(self) -> OntologyPage:
        """All that the page shows."""
        return Reader(self._content, self._quads).page()
