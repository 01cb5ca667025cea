"""Pages that are files: what pages look like, what robots may know, and the downloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Final

from kg.formats import FORMATS
from kg.site.addresses import address, is_servable
from kg.site.content import Content
from kg.site.pages import Page

_ASSETS: Final = Path(__file__).parent / "assets"
_BY_EXTENSION: Final = {format_.extension: name for name, format_ in FORMATS.items()}
_MOST_URLS: Final = 50_000  # of one sitemap: sitemaps.org, protocol
_XMLNS: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Assets:
    """What pages need to look as they do; nothing of it comes from another host."""

    def pages(self) -> Iterator[Page]:
        """One page for each file."""
        for file in sorted(_ASSETS.iterdir()):
            yield Page(f"assets/{file.name}", "file", (_BY_EXTENSION[file.suffix[1:]],))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The file as it is."""
        return (_ASSETS / page.path.removeprefix("assets/")).read_bytes()


class Downloads:
    """The files of the release, as the build wrote them."""

    def __init__(self, content: Content) -> None:
        self._folder = content.release.path / "files"

    def pages(self) -> Iterator[Page]:
        """One page for each file, in any folder of the files."""
        for file in sorted(self._folder.rglob("*")) if self._folder.is_dir() else ():
            path = f"downloads/{file.relative_to(self._folder).as_posix()}"
            if file.is_file() and is_servable(path):
                format_ = _BY_EXTENSION.get(file.suffix[1:], "text")
                yield Page(path, "file", (format_,), title=file.name)

    def path(self, page: Page) -> Path:
        """The file on disk."""
        return self._folder / page.path.removeprefix("downloads/")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The file as it is."""
        return self.path(page).read_bytes()


class Robots:
    """What a crawler asks for: `robots.txt`, and the addresses of all pages.

    Made last, as it tells of all other pages.
    """

    def __init__(self, content: Content) -> None:
        self._url = content.project.url
        self._where = content.where
        self._parts: dict[str, list[str]] = {}

    def pages(self) -> Iterator[Page]:
        """`robots.txt`, and one sitemap or several with an index."""
        listed = sorted(
            address(page.path, "html")
            for page in self._where.values()
            if page.kind in ("page", "thing", "query") and "html" in page.formats
        )
        parts = [listed[at : at + _MOST_URLS] for at in range(0, len(listed), _MOST_URLS)]
        if len(parts) == 1:
            self._parts = {"sitemap.xml": parts[0]}
        else:
            self._parts = {f"sitemap-{n}.xml": part for n, part in enumerate(parts, start=1)}
        for path in self._parts:
            yield Page(path, "file", ("xml",))
        if len(parts) > 1:
            yield Page("sitemap.xml", "file", ("xml",))
        yield Page("robots.txt", "file", ("text",))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """A sitemap by the protocol of sitemaps.org, or the file for robots."""
        if page.path == "robots.txt":
            return f"User-agent: *\nAllow: /\n\nSitemap: {self._url}sitemap.xml\n".encode()
        if page.path in self._parts:
            return self._xml("urlset", "url", self._parts[page.path])
        return self._xml("sitemapindex", "sitemap", self._parts)

    def _xml(self, root: str, element: str, addresses: Iterable[str]) -> bytes:
        lines = "".join(
            f"<{element}><loc>{escape(self._url + one)}</loc></{element}>\n" for one in addresses
        )
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        return f'{head}<{root} xmlns="{_XMLNS}">\n{lines}</{root}>\n'.encode()
