"""The headers of an answer: what it is, what belongs to it, how long it holds, who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote

from kg.formats import FORMATS, RDF_FORMATS
from kg.serve.routes import Route, formats_at
from kg.site import Page, Site
from kg.site.addresses import relative
from kg.site.headers import SECURITY, SHARING

RawHeaders = list[tuple[bytes, bytes]]

# A new release may come at any time; until it does, asking again costs next to nothing.
_FRESH: Final = "public, max-age=60"
_METHODS: Final = "GET, HEAD, OPTIONS"
# All that may stand in a URI (RFC 3986), so that what else an IRI has is escaped.
_IN_URI: Final = "/-._~:?#[]@!$&'()*+,;=%"
_REQUESTED: Final = "Accept, Content-Type, If-None-Match, If-Range, Range, X-Request-Id"
_EXPOSED: Final = (
    "Accept-Ranges, Content-Location, Content-Range, ETag, Link, Retry-After, X-Request-Id"
)
_CODING: Final = re.compile(r"([\w*-]+)[ \t]*(?:;[ \t]*q=([01](?:\.\d*)?)[ \t]*)?", re.IGNORECASE)


def encode(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as a server sends them."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


ALWAYS: Final = encode(SECURITY | SHARING | {"Access-Control-Expose-Headers": _EXPOSED})
"""What every answer has, whatever it is."""


def preflight(methods: str = _METHODS) -> dict[str, str]:
    """The answer to OPTIONS, for browsers that ask before they read from another host's page."""
    return {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _REQUESTED,
        "Access-Control-Max-Age": "86400",
    }


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip.

    >>> [accepts_gzip(text) for text in ("gzip, br", "*", "br", "gzip;q=0, *", "")]
    [True, True, False, False, False]
    """
    weights: dict[str, float] = {}
    for element in accept_encoding.split(","):
        match = _CODING.fullmatch(element.strip())
        if match:
            weights[match[1].lower()] = float(match[2] or 1)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0))) > 0


def is_known(etag: str, if_none_match: str) -> bool:
    """Whether a client has what it asks for (RFC 9110, 13.1.2: compared weakly).

    >>> is_known('"a"', 'W/"b", W/"a"'), is_known('"a"', "*"), is_known('"a"', '"b"')
    (True, True, False)
    """
    if if_none_match.strip() == "*":
        return True
    return etag in (one.strip().removeprefix("W/") for one in if_none_match.split(","))


def at_address(page: bytes, home: str) -> bytes:
    """A page for another address than its own, which its links are relative to.

    >>> at_address(b"<html><head></head>", "a&lt;/")
    b'<html><head><base href="a&amp;lt;/"></head>'
    """
    return page.replace(b"<head>", f'<head><base href="{escape(home)}">'.encode(), 1)


def describe_route(site: Site, route: Route) -> dict[str, str]:
    """The headers that follow from where a page is and in which formats.

    Every address in them is relative, so that they hold on any host and below any path.
    """
    if route.status in (400, 404, 406):
        return {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}
    varies = "Accept, Accept-Encoding" if route.negotiated else "Accept-Encoding"
    headers = {"Vary": varies, "Cache-Control": _FRESH}
    if route.page is not None:
        headers["Link"] = ", ".join(_links(site, route, route.page))
    target = relative(route.address, route.target) + route.query
    if route.status in (303, 308):
        headers["Location"] = target
    if route.has_content:
        headers["Content-Type"] = content_type(route)
        if route.target != route.address:
            headers["Content-Location"] = target
    return headers


def content_type(route: Route) -> str:
    """The media type of what a route leads to."""
    known = FORMATS.get(route.format)
    if known is None:
        extension = route.address.rpartition(".")[2]
        known = next((f for f in FORMATS.values() if f.extension == extension), None)
    return known.content_type if known else "application/octet-stream"


def _links(site: Site, route: Route, page: Page) -> Iterator[str]:
    """RFC 8288 links: other formats, the thing itself, licence, how to cite, the one address."""
    formats = formats_at(route)
    data = next((name for name in formats if name in RDF_FORMATS), "")
    for name, address in formats.items():
        if name != route.format:
            kinds = "alternate describedby" if name == data else "alternate"
            target = relative(route.address, address) + route.query
            yield f'<{target}>; rel="{kinds}"; type="{FORMATS[name].media_type}"'
    iri = to_uri(page.iri)
    if iri:
        if route.format in RDF_FORMATS:
            yield f'<{iri}>; rel="describes"'
        yield f'<{iri}>; rel="cite-as"'
    if route.format == "html" and page.kind != "file":
        about = "https://schema.org/AboutPage"
        yield f'<{about}>; rel="type"'
        if not page.path:
            yield '<https://schema.org/Dataset>; rel="type"'
    if site.project.license:
        yield f'<{to_uri(site.project.license)}>; rel="license"'
    if page.kind != "file":
        yield f'<{to_uri(site.project.url)}{route.target}>; rel="canonical"'
    elif page.path.startswith("downloads/"):
        yield f'<{relative(route.address, "index.ttl")}>; rel="describedby"; type="text/turtle"'


def to_uri(iri: str) -> str:
    """An IRI as the URI it stands for (RFC 3987, 3.1): nothing in it can end a header.

    >>> to_uri("https://example.org/ä>b")
    'https://example.org/%C3%A4%3Eb'
    """
    return quote(iri, safe=_IN_URI)
