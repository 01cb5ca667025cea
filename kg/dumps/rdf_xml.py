"""RDF/XML, or a clear refusal: XML cannot name every property nor hold every character."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat

from pyoxigraph import RdfFormat, Triple, parse, serialize

from kg.dumps.layout import Layout
from kg.errors import KgError

_ADVICE: Final = "RDF/XML cannot hold `{}`: {}; choose another format"


def write_rdf_xml(triples: Iterable[Triple], layout: Layout) -> bytes:
    """The triples as RDF/XML; raises `KgError` for one that it cannot hold.

    Whatever is written has been read back: by an XML parser, since the RDF one lets control
    characters pass, and as RDF.
    """
    ordered = list(_flat(triples, layout))
    data = _serialize(ordered, layout)
    if not _holds(data, ordered):
        # Rare: look for the one triple to blame.
        for triple in ordered:
            single = _serialize([triple], layout)
            if not _holds(single, [triple]):
                short = ascii(str(triple))[1:-1][:200]
                raise KgError(_ADVICE.format(short, _reason(single)))
    return data


def _flat(triples: Iterable[Triple], layout: Layout) -> Iterator[Triple]:
    for subject, properties in layout.describe(triples):
        for predicate, objects in properties:
            for term in objects:
                yield Triple(subject, predicate, term)


def _serialize(triples: list[Triple], layout: Layout) -> bytes:
    used = {
        prefix: namespace
        for prefix, namespace in sorted(layout.prefixes.items())
        if any(triple.predicate.value.startswith(namespace) for triple in triples)
    }
    data = serialize(triples, format=RdfFormat.RDF_XML, prefixes=used) or b""
    # XML parsers read a bare carriage return as a line feed (XML 1.0, section 2.11).
    return data.replace(b"\r", b"&#xD;")


def _holds(data: bytes, triples: list[Triple]) -> bool:
    if _reason(data) != _UNNAMEABLE:
        return False
    return {quad.triple for quad in parse(data, RdfFormat.RDF_XML)} == set(triples)


_UNNAMEABLE: Final = "it has no name for the property"


def _reason(data: bytes) -> str:
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(data, True)
    except expat.ExpatError as error:
        return expat.ErrorString(error.code)
    return _UNNAMEABLE
