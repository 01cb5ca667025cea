"""What RDF/XML cannot hold: XML lacks some characters, and names for some properties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pyoxigraph import Store

from kg import terms

# XML 1.0, production 2, less what no literal can hold; and the end of an IRI that is an NCName.
_LACKING: Final = r"[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]"
_NAME: Final = re.compile(r"[^\W\d][\w.\-]*$")
# RDF/XML, section 5.1: names with a meaning of their own.
_SYNTAX: Final = frozenset(
    terms.RDF + name
    for name in (
        "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li", "Description",
        "aboutEach", "aboutEachPrefix", "bagID",
    )
)  # fmt: skip


def beyond_xml(store: Store) -> frozenset[str]:
    r"""The subjects of what RDF/XML cannot hold, the graphs it is in, and what may own them.

    >>> from pyoxigraph import Literal, NamedNode, Quad
    >>> store = Store()
    >>> bell = Quad(NamedNode("https://e.org/a/b"), terms.LABEL, Literal("\x07"))
    >>> store.add(Quad(*bell.triple, NamedNode("https://e.org/g")))
    >>> "https://e.org/a" in beyond_xml(store), "https://e.org/g" in beyond_xml(store)
    (True, True)
    """
    found: set[str] = set()
    characters = f'FILTER(isLiteral(?o) && REGEX(STR(?o), "{_LACKING}"))'
    for pattern in (f"?s ?p ?o {characters}", *_unnamed(store)):
        rows: Any = store.query(f"SELECT DISTINCT ?s ?g {{ GRAPH ?g {{ {pattern} }} }}")
        for row in rows:
            found.add(row["g"].value)
            iri = row["s"].value
            ends = [i for i, character in enumerate(iri) if character in "/#"]
            found.update((iri, *(iri[:end] for end in ends)))
    return frozenset(found)


def _unnamed(store: Store) -> Iterator[str]:
    """A pattern for each property in use that has no name in XML."""
    rows: Any = store.query("SELECT DISTINCT ?p { GRAPH ?g { ?s ?p ?o } }")
    for iri in sorted(row["p"].value for row in rows):
        if iri in _SYNTAX or not _NAME.search(iri):
            yield f"?s <{iri}> ?o"
