"""Pages as a test reads them: HTML → its elements, links, identifiers and data."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from kg.formats import FORMATS
from kg.site import Page, Site
from kg.site.addresses import address

_VOID = {"meta", "link", "input", "br", "img", "hr", "wbr"}
_LINKING = {"href", "src", "action", "data-index", "data-home"}


@dataclass
class Html(HTMLParser):
    """A page, read. `data` is the JSON-LD it carries, `scripts` the text of other scripts."""

    text: str
    elements: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    data: Any = None
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._in_data = False
        self._parts: list[str] = []
        self.feed(self.text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._in_data = tag == "script" and ("type", "application/ld+json") in attrs
        if tag == "script" and not self._in_data:
            assert ("src", None) not in attrs
            assert "src" in dict(attrs), "no script stands in a page"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1  # SVG closes its elements so
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag
        if self._in_data:
            self.data = json.loads("".join(self._parts))
        self._in_data = False

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self._parts.append(data)
        else:
            self.words.append(data)

    @property
    def ids(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "id"]

    @property
    def links(self) -> list[str]:
        """All that leads somewhere, apart from what a page says of itself in absolute terms."""
        return [value for _, name, value in self.attributes if name in _LINKING]

    @property
    def prose(self) -> str:
        return " ".join("".join(self.words).split())


def read(site: Site, path: str, **params: str) -> Html:
    """A page of a site, as HTML."""
    page = site.page(path)
    assert page is not None, path
    return Html(site.render(page, "html", params).decode())


def addresses_of(page: Page) -> list[str]:
    """Where a page is found."""
    if page.kind == "file":
        return [page.path]
    return [address(page.path, FORMATS[name].extension) for name in page.formats]


def target_of(start: str, link: str) -> tuple[str, str]:
    """The address that a relative link on the page at `start` leads to, and the fragment."""
    parts = urlsplit(link)
    whole = posixpath.normpath(posixpath.join("/", posixpath.dirname(start), parts.path))
    folder = parts.path.endswith(("/", ".")) or (not parts.path and start.endswith("/"))
    if not parts.path:
        return start, parts.fragment
    return whole.strip("/") + ("/" if folder and whole != "/" else ""), parts.fragment
