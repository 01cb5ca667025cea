"""The page of the SPARQL endpoint: a form to write a query in, and the answer.

The form works without script where a server answers at this address. A site of files alone has the
same page, which says how to get such a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from kg.site.content import Content
from kg.site.pages import Page
from kg.site.reference.answers import Answer, read_answer
from kg.site.reference.queries import Queries

_START: Final = """\
SELECT ?class (COUNT(DISTINCT ?thing) AS ?things)
WHERE { ?thing a ?class }
GROUP BY ?class
ORDER BY DESC(?things)
"""
_LONGEST_LINK: Final = 2000


class Sparql:
    """The section of the endpoint: one page."""

    def __init__(self, content: Content, queries: Queries) -> None:
        self._content = content
        self._queries = queries
        self._page = Page("sparql", "page", title="SPARQL")

    def pages(self) -> Iterator[Page]:
        """The form."""
        yield self._page

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The form, without an answer."""
        return self.show("", b"", "json", "")

    def show(self, query: str, results: bytes, format_: str, problem: str) -> bytes:
        """The form with a query, and its answer or what is wrong with it.

        `results` are SPARQL JSON results, or a graph in the format named; empty with a `problem`.
        The links of the page are relative to the address `sparql/`.
        """
        answered = bool(results) and not problem
        answer = read_answer(self._content, results, format_) if answered else Answer()
        return self._content.html(
            "sparql.html",
            self._page,
            "Answer" if answered else "SPARQL",
            crumbs=[("SPARQL", "sparql/")] if answered else (),
            query=query or _START,
            asked=bool(query),
            answer=answer,
            problem=problem,
            again=_again(query) if answered else "",
            graph=format_ != "json",
            examples=self._queries.titles(),
            prefixes=sorted(self._content.context.prefixes.items()),
            description="Ask the graph in SPARQL.",
        )


def _again(query: str) -> str:
    """The query as a part of an address, if it is short enough for that."""
    text = urlencode({"query": query})
    return text if len(text) <= _LONGEST_LINK else ""
