"""One table of formats: name, extension, media type; and which of them a client wants.

`RDF_FORMATS` holds the ways to write a graph, `RESULT_FORMATS` those for the answers of a query,
`FORMATS` every format that a page or a file of the site can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Final, TypeVar

from pyoxigraph import QueryResultsFormat, RdfFormat


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write something down; `aliases` are other media types that clients ask for it by."""

    name: str
    title: str
    extension: str
    media_type: str
    aliases: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The media type with the encoding of its characters, where it does not imply one.

        >>> FORMATS["html"].content_type, FORMATS["jsonld"].content_type
        ('text/html; charset=utf-8', 'application/ld+json')
        """
        text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if text else self.media_type


@dataclass(frozen=True, slots=True)
class GraphFormat(Format):
    """A serialization of RDF. `datasets` says whether it can carry named graphs."""

    _: KW_ONLY
    rdf: RdfFormat
    datasets: bool = False


@dataclass(frozen=True, slots=True)
class ResultFormat(Format):
    """A serialization of the solutions of a SELECT query, or of the answer to an ASK query."""

    _: KW_ONLY
    results: QueryResultsFormat


_F = TypeVar("_F", bound=Format)


def _by_name(*formats: _F) -> dict[str, _F]:
    return {format_.name: format_ for format_ in formats}


RDF_FORMATS: Final = _by_name(
    # Turtle is a part of N3.
    GraphFormat("turtle", "Turtle", "ttl", "text/turtle", ("application/x-turtle", "text/n3"),
                rdf=RdfFormat.TURTLE),
    GraphFormat("jsonld", "JSON-LD", "jsonld", "application/ld+json", ("application/json",),
                rdf=RdfFormat.JSON_LD, datasets=True),
    GraphFormat("ntriples", "N-Triples", "nt", "application/n-triples", ("text/plain",),
                rdf=RdfFormat.N_TRIPLES),
    GraphFormat("nquads", "N-Quads", "nq", "application/n-quads",
                rdf=RdfFormat.N_QUADS, datasets=True),
    GraphFormat("trig", "TriG", "trig", "application/trig", rdf=RdfFormat.TRIG, datasets=True),
    GraphFormat("rdfxml", "RDF/XML", "rdf", "application/rdf+xml", ("application/xml", "text/xml"),
                rdf=RdfFormat.RDF_XML),
)  # fmt: skip

RESULT_FORMATS: Final = _by_name(
    ResultFormat("csv", "CSV", "csv", "text/csv", results=QueryResultsFormat.CSV),
    ResultFormat("tsv", "TSV", "tsv", "text/tab-separated-values", results=QueryResultsFormat.TSV),
    ResultFormat("json", "SPARQL JSON", "srj", "application/sparql-results+json",
                 ("application/json",), results=QueryResultsFormat.JSON),
    ResultFormat("xml", "SPARQL XML", "srx", "application/sparql-results+xml",
                 ("application/xml", "text/xml"), results=QueryResultsFormat.XML),
)  # fmt: skip

FORMATS: Final[Mapping[str, Format]] = _by_name(
    Format("html", "HTML", "html", "text/html"),
    *RDF_FORMATS.values(),
    Format("csv", "CSV", "csv", "text/csv"),
    Format("tsv", "TSV", "tsv", "text/tab-separated-values"),
    Format("json", "JSON", "json", "application/json", ("application/sparql-results+json",)),
    Format("rq", "SPARQL", "rq", "application/sparql-query"),
    Format("css", "CSS", "css", "text/css"),
    Format("js", "JavaScript", "js", "text/javascript"),
    Format("svg", "SVG", "svg", "image/svg+xml"),
    Format("png", "PNG", "png", "image/png"),
    Format("xml", "XML", "xml", "application/xml", ("text/xml",)),
    Format("markdown", "Markdown", "md", "text/markdown"),
    Format("text", "Text", "txt", "text/plain"),
    Format("gz", "gzip", "gz", "application/gzip"),
)

# RFC 9110, 12.5.1: a media range and its parameters, whose values may be quoted.
# Nothing is ever tried twice (`++`), so that no header takes more than one pass.
_TOKEN: Final = r"[\w!#$%&'*+.^`|~-]++"
_VALUE: Final = rf'(?:{_TOKEN}|"(?:[^"\\]|\\.)*+")'
_RANGE: Final = re.compile(
    rf"\s*+(?P<range>{_TOKEN}/{_TOKEN})(?P<params>(?:\s*+;\s*+(?:{_TOKEN}={_VALUE})?+)*+)\s*+(?:,|$)",
    re.ASCII,
)
_PARAMETER: Final = re.compile(rf"({_TOKEN})=({_VALUE})", re.ASCII)
_QUALITY: Final = re.compile(r"[01](?:\.[0-9]*)?")


def choose(accept: str, offers: Sequence[str]) -> str | None:
    """The media type of `offers` that fits an Accept header best; None when none is acceptable.

    Quality decides, as the most specific range that fits has it (RFC 9110, 12.5.1). Among equals
    goes first what is named most precisely, then what is named first, then what is offered first.
    A header that says nothing that can be understood accepts everything.

    >>> choose("text/*;q=0.5, text/turtle", ["text/html", "text/turtle"])
    'text/turtle'
    >>> choose("image/png", ["text/html"]) is None
    True
    """
    chosen = _choose(accept, [(offer,) for offer in offers])
    return None if chosen is None else offers[chosen]


def negotiate(accept: str, formats: Iterable[str]) -> str | None:
    """The name of the format that fits an Accept header best, by media type or alias.

    >>> negotiate("application/json", ["html", "turtle", "jsonld"])
    'jsonld'
    """
    names = list(formats)
    chosen = _choose(accept, [(f.media_type, *f.aliases) for f in map(FORMATS.__getitem__, names)])
    return None if chosen is None else names[chosen]


def named(text: str, formats: Iterable[str]) -> str | None:
    """The name of the format that somebody calls `text`: name, extension, media type, or its end.

    >>> [named(text, FORMATS) for text in ("turtle", "TTL", "text/turtle", "n3", "odt")]
    ['turtle', 'turtle', 'turtle', 'turtle', None]
    """
    format_ = called(text, [FORMATS[name] for name in formats])
    return format_.name if format_ else None


def called(text: str, formats: Sequence[_F]) -> _F | None:
    """The format that somebody calls `text`; its own names go before other formats' other names.

    Signs do not matter: clients write `json-ld`, and a plus in an address is a space.

    >>> [called(text, list(RDF_FORMATS.values())).name for text in ("json-ld", "rdf xml")]
    ['jsonld', 'rdfxml']
    """
    wanted = _letters(text)
    for format_ in formats:
        own = (format_.name, format_.extension, *_ends(format_.media_type))
        if wanted in map(_letters, own):
            return format_
    for format_ in formats:
        if any(wanted in map(_letters, _ends(alias)) for alias in format_.aliases):
            return format_
    return None


def _ends(media_type: str) -> tuple[str, str]:
    return media_type, media_type.partition("/")[2]


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == "/")


def _choose(accept: str, offers: Sequence[Sequence[str]]) -> int | None:
    """The index of the best offer: each is a media type and the aliases that only a name fits."""
    ranges = _ranges(accept)
    best: tuple[float, int, int, int] | None = None
    for index, (type_, *aliases) in enumerate(offers):
        fits = [_fit(type_, ranges), *((2, *ranges[a]) for a in aliases if a in ranges)]
        for precision, quality, place in fits:
            rank = (quality, precision, -place, -index)
            if quality > 0 and (best is None or rank > best):
                best = rank
    return None if best is None else -best[3]


def _fit(type_: str, ranges: Mapping[str, tuple[float, int]]) -> tuple[int, float, int]:
    """Precision, quality and place of the most specific range that a media type is in."""
    wildcard = f"{type_.partition('/')[0]}/*"
    for precision, range_ in ((2, type_), (1, wildcard), (0, "*/*")):
        if range_ in ranges:
            return precision, *ranges[range_]
    return 0, 0, 0


def _ranges(accept: str) -> dict[str, tuple[float, int]]:
    """Media range → quality and place. Parameters but `q` tell apart nothing that is offered."""
    found: dict[str, tuple[bool, float, int]] = {}
    for place, match in enumerate(_elements(accept)):
        range_ = match["range"].lower()
        parameters = {name.lower(): value for name, value in _PARAMETER.findall(match["params"])}
        quality = parameters.pop("q", "1")
        if _QUALITY.fullmatch(quality):
            # Of a range given twice, the one that holds without parameters, then the wider one.
            rank = (not parameters, min(float(quality), 1.0), -place)
            found[range_] = max(rank, found.get(range_, rank))
    if not found:
        return {"*/*": (1.0, 0)}
    return {range_: (quality, -place) for range_, (_, quality, place) in found.items()}


def _elements(accept: str) -> Iterable[re.Match[str]]:
    """The elements of an Accept header; what is none is passed over, up to the next comma."""
    at = 0
    while at < len(accept):
        match = _RANGE.match(accept, at)
        if match:
            yield match
            at = match.end()
        else:
            comma = accept.find(",", at)
            at = comma + 1 if comma >= 0 else len(accept)
