"""The pages that say why there is no other, and where to go from there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from pyoxigraph import NamedNode

from kg.formats import FORMATS
from kg.site.addresses import address, normal_path
from kg.site.content import Content
from kg.site.directory import Entry
from kg.site.pages import Page
from kg.tombstones import replacements

_MOST_SUGGESTED: Final = 5
_MOST_COMPARED: Final = 2_000
_LONGEST: Final = 300
_TITLES: Final = {
    404: "There is nothing at this address",
    406: "Not to be had in that format",
    410: "This was retired",
}
_SAID: Final = {
    404: "The address may be misspelt, or what was here was never published under it.",
    406: "Your program asked for formats that there are none of here. There are:",
    410: "It was here once and has been taken back. Its address will not be used again.",
}
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}


class Errors:
    """`404.html`, which hosts of static sites answer with, and such pages for a server."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The one that is a file; its links are absolute, as nobody knows where it will be met."""
        yield Page("404.html", "file", title=_TITLES[404])

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The page for a static host, which cannot know what was asked for."""
        return self._page(404, page, "", absolute=True)

    def error(self, status: int, asked: str, detail: str) -> bytes:
        """The page for an address that was asked for; its links are relative to that address."""
        return self._page(status, Page(asked, "file"), detail, absolute=False)

    def _page(self, status: int, page: Page, detail: str, *, absolute: bool) -> bytes:
        asked = "" if absolute else page.path[:_LONGEST]
        about = self._about(asked)
        phrase = _PHRASES.get(status, "")
        thing = NamedNode(about.iri) if about and about.iri else None
        replaced = replacements(self._content.store, thing) if thing else None
        return self._content.error(
            "error.html",
            page,
            absolute=absolute,
            title=_TITLES.get(status, phrase or "Something went wrong"),
            status=status,
            phrase=phrase,
            said=_SAID.get(status, ""),
            detail=detail,
            about=about,
            asked=unquote(asked, errors="replace").replace("/", " ").strip(),
            suggested=self._suggested(asked) if status == HTTPStatus.NOT_FOUND and asked else [],
            replaced_by=replaced or [],
        )

    def _about(self, asked: str) -> Page | None:
        """The page that an address would be one of the formats of."""
        path = normal_path(asked)
        stem, _, extension = path.rpartition(".")
        candidates = [path, path.rstrip("/")]
        if extension in {format_.extension for format_ in FORMATS.values()}:
            candidates.append(stem)
        return next((self._content.where[p] for p in candidates if p in self._content.where), None)

    def _suggested(self, asked: str) -> list[tuple[Entry, str]]:
        """What the address may have meant: things so called, then those that are spelt alike."""
        directory = self._content.directory
        path = unquote(normal_path(asked), errors="replace").rstrip("/")
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0] or name
        found = directory.search(stem.replace("-", " ")) or directory.search(stem)
        if len(found) < _MOST_SUGGESTED:
            known = directory.by_path
            near = [p for p in known if p.startswith(f"{folder}/")] if folder else list(known)
            if not 0 < len(near) <= _MOST_COMPARED:
                near = [p for p in known if p.rpartition("/")[2][:2] == stem[:2]]
            close = difflib.get_close_matches(
                f"{folder}/{stem}" if folder else stem, near[:_MOST_COMPARED], _MOST_SUGGESTED, 0.7
            )
            found += [known[p] for p in close if known[p] not in found]
        return [(e, address(e.page.path, "html")) for e in found[:_MOST_SUGGESTED]]
