"""Do all links of a site lead somewhere? Those to other hosts are none of our business."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from kg.errors import KgError
from kg.iris import resolve_iri
from kg.project import Project
from kg.site.addresses import file_of, normal_path, path_of

# Pages are our own: attributes stand in double quotes, and text holds no such quote as it is. So
# one look at the attributes finds what a parser would, many times faster.
_SKIPPED: Final = re.compile(
    r"<!--.*?-->|(<(?:script|style)\b[^>]*>).*?(?=</(?:script|style)\b)", re.S
)
_ATTRIBUTE: Final = re.compile(
    r'\s(id|href|src|action|formaction|poster|content|xlink:href)\s*=\s*"([^"]*)"'
)
_LOCATION: Final = re.compile(r"<loc>([^<]*)</loc>")
_STYLE_URL: Final = re.compile(r"""url\(\s*["']?([^"')]+)""")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, order=True, slots=True)
class BrokenLink:
    """A link that leads nowhere, and the address of the page it is on."""

    page: str
    link: str

    def __str__(self) -> str:
        return f"{self.page or './'}: the link {self.link} leads nowhere"


class BrokenLinksError(KgError):
    """Every link of a site that leads nowhere."""

    exit_code = 1

    def __init__(self, links: tuple[BrokenLink, ...]) -> None:
        super().__init__(links)
        self.links = links

    def __str__(self) -> str:
        lines = [str(link) for link in self.links]
        return "\n".join([*lines, f"broken links: {len(lines)}; nothing was published"])


class Links:
    """The links of a site, and what they may lead to.

    >>> from dataclasses import replace
    >>> from pathlib import Path
    >>> from kg import load_project
    >>> links = Links(replace(load_project(Path()), url="https://h.org/a/"))
    >>> links.read("x/", b'<p id="b"><a href="#c">c</a> <a href="../y/#b">y</a>')
    >>> [str(link) for link in links.broken(["x/index.html"], [])]
    ['x/: the link #c leads nowhere', 'x/: the link ../y/#b leads nowhere']
    """

    def __init__(self, project: Project) -> None:
        self._base = project.base
        self._url = project.url
        self._links: dict[str, set[str]] = {}
        self._ids: dict[str, frozenset[str]] = {}

    def read(self, address: str, data: bytes) -> None:
        """Take note of the links and anchors of a page, a style sheet or a sitemap."""
        text = data.decode("utf-8")
        match address.rpartition(".")[2]:
            case "css":
                self._links[address] = set(_STYLE_URL.findall(text))
            case "xml":
                self._links[address] = set(map(html.unescape, _LOCATION.findall(text)))
            case _:
                self._read_page(address, text)

    def _read_page(self, address: str, text: str) -> None:
        ids, links = set(), set()
        for name, raw in _ATTRIBUTE.findall(_SKIPPED.sub(r"\1", text)):
            value = html.unescape(raw)
            if name == "id":
                ids.add(value)
            # What <meta> says is a link only where it is one to this site.
            elif name != "content" or value.startswith(self._url):
                links.add(value)
        self._ids[file_of(address)] = frozenset(ids)
        self._links[address] = links

    def broken(self, files: Iterable[str], paths: Iterable[str]) -> tuple[BrokenLink, ...]:
        """The links that lead to none of these files, nor to a thing with one of these paths."""
        found, known, things = [], set(files), set(paths)
        for address, links in self._links.items():
            for link in links:
                if not self._leads(address, link, known, things):
                    found.append(BrokenLink(address, link))
        return tuple(sorted(found))

    def _leads(self, address: str, link: str, files: set[str], things: set[str]) -> bool:
        absolute = _SCHEME.match(link) is not None
        if not absolute and address == "404.html" and not link.startswith(("/", "#")):
            return False  # that page answers at every depth
        target = resolve_iri(self._url + address, link)
        whole, _, fragment = target.partition("#")
        whole = whole.partition("?")[0]
        if whole.startswith(self._url):
            file = file_of(normal_path(whole[len(self._url) :]))
            if file in files:
                return self._has_anchor(file, fragment)
        elif not (absolute and whole.startswith(self._base)):
            return absolute
        # By its IRI: a thing, or a page that has one.
        return absolute and path_of(whole, self._base) in things

    def _has_anchor(self, file: str, fragment: str) -> bool:
        if not fragment or file not in self._ids:
            return True
        return bool({fragment, unquote(fragment)} & self._ids[file])


def collisions(files: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Files that are the same to a host that does not tell upper from lower case.

    >>> list(collisions(["a.ttl", "A.ttl", "b.ttl"]))
    [('A.ttl', 'a.ttl')]
    """
    seen: dict[str, str] = {}
    for file in sorted(files):
        first = seen.setdefault(file.casefold(), file)
        if first != file:
            yield first, file
