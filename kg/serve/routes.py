"""From an address to what is sent: a page in a format, another place to look, or why neither.

Plain functions of the site and the request; nothing here waits, renders or knows of sockets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from kg.formats import FORMATS, named, negotiate
from kg.site import Page, Site
from kg.site.addresses import address as address_of
from kg.site.addresses import normal_path, path_of

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MOST_PARAMETERS: Final = 64


@dataclass(frozen=True, slots=True)
class Route:
    """What a request comes to.

    `status` is that of the answer: 200 and 410 with the page in `format`, 303 and 308 when it is
    at `target` and not here, else an error that `detail` explains. `address` was asked for; both
    are relative to the public URL. `negotiated`: another Accept header may lead elsewhere.
    """

    status: int
    address: str
    page: Page | None = None
    format: str = ""
    target: str = ""
    negotiated: bool = False
    params: tuple[tuple[str, str], ...] = ()
    detail: str = ""

    @property
    def has_content(self) -> bool:
        """Whether the page itself is sent. With 303 it is, if it is data: not all follow that."""
        return self.status in (200, 410) or (self.status == 303 and self.format != "html")

    @property
    def query(self) -> str:
        """The parameters as they stand in a URL, with the question mark."""
        return f"?{urlencode(self.params)}" if self.params else ""


def find_route(
    site: Site, path: str, query: str, accept: str, *, prefixes: tuple[str, ...], direct: bool
) -> Route:
    """The route of a request for `path`, as it is spelt in the request line.

    `prefixes` are paths that the site may be mounted at; `direct` answers at the address of a
    thing itself instead of sending the client on to its page (303).
    """
    if not path.startswith("/") or _BAD_ESCAPE.search(path) or _BAD_ESCAPE.search(query):
        return Route(400, "", detail="The address is not a valid one.")
    path = normal_path(path)
    address, found = "", None
    for spelt in _unmounted(path, prefixes):
        known = path_of(site.project.base + spelt, site.project.base)
        address, found = known or "", None if known is None else _find(site, known)
        if found is not None:
            break
    else:
        if f"{path}/" in prefixes:  # the site itself, without its last slash
            return Route(308, path[1:], target=f"{path[1:]}/")
        return Route(404, address, detail="There is nothing at this address.")
    page, format_ = found
    try:
        params = _parameters(query, takes_parameters(page))
    except ValueError:
        return Route(400, address, page, detail="The parameters cannot be understood.")
    return _route(page, format_, address, params, accept, direct)


def _unmounted(path: str, prefixes: tuple[str, ...]) -> Iterator[str]:
    """What may stand behind the public URL in a path: all of it, or what follows a prefix."""
    yield path[1:]
    for prefix in prefixes:
        if path.startswith(prefix):
            yield path[len(prefix) :]


def takes_parameters(page: Page) -> bool:
    """Whether a page says something else for other parameters."""
    return page.kind == "query" or page.path == "search"


def _find(site: Site, address: str) -> tuple[Page, str] | None:
    """The page that an address belongs to, and the format that it names ('' when it names none)."""
    page = site.page(address)
    if page is not None:
        return page, page.formats[0] if page.kind == "file" else ""
    stem, _, extension = address.rpartition(".")
    folder = stem.removesuffix("index") if stem == "index" or stem.endswith("/index") else None
    # As a folder, with an extension, as the file of a folder, without its last slash.
    for path in (address.removesuffix("/"), stem, folder, (folder or "").removesuffix("/")):
        page = None if path is None or path == address else site.page(path)
        if page is None or page.kind == "file":
            continue
        if address == address_of(page.path, "html"):
            return page, ""
        for name in page.formats:
            if FORMATS[name].extension == extension:
                twin = address == address_of(page.path, extension)
                if twin or name == "html":
                    return page, name
    page = site.page(f"{address}/")
    return None if page is None else (page, "html")


def _route(
    page: Page, format_: str, address: str, params: dict[str, str], accept: str, direct: bool
) -> Route:
    good = 410 if page.kind == "gone" else 200
    wanted = "" if format_ else params.pop("format", "")
    kept = tuple(sorted(params.items())) if takes_parameters(page) else ()
    if page.kind == "file" or format_ not in ("", "html"):
        return Route(good, address, page, format_, address, params=kept)
    home = address_of(page.path, "html")
    if format_:
        return Route(308, address, page, "html", home, params=kept)
    name = named(wanted, page.formats) if wanted else negotiate(accept, page.formats)
    if name is None:
        return Route(406, address, page, negotiated=True, detail="It is not there in this format.")
    target = address_of(page.path, FORMATS[name].extension)
    status = good
    if address != home and good == 200:
        if page.kind == "thing":
            status = 200 if direct else 303
        elif name == "html":  # links on a page hold at its own address
            status = 308
    return Route(status, address, page, name, target, negotiated=True, params=kept)


def _parameters(query: str, strict: bool) -> dict[str, str]:
    """The parameters in a query string; raises `ValueError` for what is no text, or given twice."""
    if not query:
        return {}
    pairs = parse_qsl(
        query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
    )
    params = dict(pairs)
    if strict and len(params) != len(pairs):
        raise ValueError("a parameter is given twice")
    return params


def formats_at(route: Route) -> Mapping[str, str]:
    """Every format of a route's page, with the address where it is."""
    if route.page is None or route.page.kind == "file":
        return {}
    path = route.page.path
    return {name: address_of(path, FORMATS[name].extension) for name in route.page.formats}
