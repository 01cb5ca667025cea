"""Search over labels, further labels and identifiers: by the server, and as data for a script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from kg.site.addresses import address
from kg.site.content import Content
from kg.site.directory import MOST_FOUND
from kg.site.pages import Page

_MOST_LISTED: Final = 5_000


class Search:
    """The page for searching and, for its script, the same names as JSON."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The page and its data."""
        yield Page("search", "page", title="Search")
        yield Page("search.json", "file", ("json",))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """Everything from A to Z; with `q` among the parameters, what is called so."""
        content = self._content
        directory = content.directory
        if page.kind == "file":
            return self._index()
        query = params.get("q", "").strip()
        found = directory.search(query) if query else []
        short = len(directory.entries) <= _MOST_LISTED
        return content.html(
            "search.html",
            page,
            page.title,
            query=query,
            found=found[:MOST_FOUND],
            total=len(found),
            letters=list(directory.letters()) if short and not query else [],
            everything=len(directory.entries),
            kind_of=self._kind,
        )

    def _index(self) -> bytes:
        """Every name, in the order of the list: label, address, kind, further names."""
        entries = self._content.directory.entries
        kinds = {kind: self._kind(kind) for kind in {entry.kind for entry in entries}}
        rows = ((e.label, address(e.page.path, "html"), kinds[e.kind], e.others) for e in entries)
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        return f"[\n{lines}\n]\n".encode()

    def _kind(self, iri: str) -> str:
        return self._content.name_of(iri) if iri else ""
