"""RDF/XML, or a clear refusal: XML cannot name every property nor hold every character."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.parsers import expat

from pyoxigraph import RdfFormat, Triple, parse, serialize

from kg.dumps.layout import Layout
from kg.errors import KgError


def write_rdf_xml(triples: Iterable[Triple], layout: Layout) -> bytes:
    """The triples as RDF/XML; raises `KgError` for one that it cannot hold.

    Whatever is written has been read back: by an XML parser, since the RDF one lets control
    characters pass, and as RDF.
    """
    ordered = list(_flat(triples, layout))
    data, reason = _write(ordered, layout)
    if not reason:
        return data
    # Rare, so that there is time to look for the one triple to blame.
    blamed = next((triple for triple in ordered if _write([triple], layout)[1]), ordered[0])
    raise KgError(
        f"RDF/XML cannot hold {str(blamed)[:300]!a} ({_write([blamed], layout)[1] or reason}): "
        "XML has no name for such a property, or not the characters; choose another format"
    )


def _flat(triples: Iterable[Triple], layout: Layout) -> Iterator[Triple]:
    for subject, properties in layout.describe(triples):
        for predicate, objects in properties:
            for term in objects:
                yield Triple(subject, predicate, term)


def _write(triples: list[Triple], layout: Layout) -> tuple[bytes, str]:
    """The bytes, and what is wrong with them: '' for nothing."""
    used = {
        prefix: namespace
        for prefix, namespace in sorted(layout.prefixes.items())
        if any(triple.predicate.value.startswith(namespace) for triple in triples)
    }
    try:
        data = serialize(triples, format=RdfFormat.RDF_XML, prefixes=used) or b""
        # XML parsers read a bare carriage return as a line feed (XML 1.0, section 2.11).
        data = data.replace(b"\r", b"&#xD;")
        expat.ParserCreate(namespace_separator=" ").Parse(data, True)
        same = {quad.triple for quad in parse(data, RdfFormat.RDF_XML)} == set(triples)
    except (OSError, SyntaxError, expat.ExpatError) as error:
        return b"", str(error)
    return data, "" if same else "it reads back as something else"
