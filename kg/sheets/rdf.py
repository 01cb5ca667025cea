"""RDF text → quads, and the best place that can be told for a term in it."""

from __future__ import annotations

import bisect
import re
from itertools import islice
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

from pyoxigraph import Quad, RdfFormat, parse

from kg.errors import Problem
from kg.formats import RDF_FORMATS, GraphFormat
from kg.sheets.nodes import Limits, Mark

# The parser's words begin with the place, which a problem has already.
_PLACE: Final = re.compile(r"Parser error [^:]*: ")
# An IRI in full, or what stands behind the last `/`, `#` or `:` of one or of a prefixed name.
_MENTION: Final = re.compile(r"<([^<>\s]*)>|[/#:]([\w-]+)")


def parse_rdf(
    name: str,
    text: str,
    base: str = "",
    limits: Limits | None = None,
    format_: GraphFormat | None = None,
) -> tuple[tuple[Quad, ...], Problem | None]:
    """The quads of an RDF text, and what is wrong with it; the suffix of its name says the format.

    Of a text with a syntax error nothing is kept: half a node would be blamed for what it lacks.
    JSON-LD is read with the context that it brings along, and no other.
    """
    limits = limits or Limits()
    suffix = PurePosixPath(name).suffix.lower()
    format_ = format_ or next(f for f in RDF_FORMATS.values() if f".{f.extension}" == suffix)
    if format_.rdf == RdfFormat.RDF_XML and (refused := _refuse_xml(name, text, limits)):
        return (), refused
    quads: list[Quad] = []
    try:
        quads.extend(islice(parse(text, format_.rdf, base_iri=base or None), limits.nodes + 1))
    except SyntaxError as error:
        return (), syntax_problem(name, format_, error)
    except MemoryError:  # the parser takes no single term of more
        return (), Problem(name, 0, 0, "a value is larger than 16 MiB", "too-large")
    if len(quads) > limits.nodes:
        message = f"the file holds more than {limits.nodes} triples"
        return (), Problem(name, 0, 0, message, "too-many-values")
    return tuple(quads), None


def syntax_problem(name: str, format_: GraphFormat, error: SyntaxError) -> Problem:
    """What an RDF parser says, at its place in a file."""
    words = _PLACE.sub("", error.msg)
    if "LoadDocumentCallback" in words:
        words = "it names a context by its address, and nothing is fetched; put the context itself"
    message = f"not valid {format_.title}: {words}"
    return Problem(name, error.lineno or 0, error.offset or 0, message, "syntax")


def _refuse_xml(name: str, text: str, limits: Limits) -> Problem | None:
    """What the RDF parser would let pass: text that breaks off, elements without end, entities.

    Entities that name entities grow without bound, and that parser follows them all.
    """
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        # RDF/XML has an element for the node and one for the property.
        if depth > 2 * limits.depth:
            raise _RefusedError(f"elements nest more than {2 * limits.depth} deep", "too-deep")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def declare(*_: object) -> None:
        raise _RefusedError("entities are not supported; write out what they stand for", "entity")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = declare
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        words = f"not valid XML: {expat.ErrorString(error.code)}"
        return Problem(name, error.lineno, error.offset + 1, words, "syntax")
    except _RefusedError as error:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        return Problem(name, line, column, *error.args)
    return None


class _RefusedError(Exception):
    """Leaves the XML parser; holds the message and the rule."""


class Mentions:
    """Where IRIs are first written in an RDF text, in full or as a prefixed name.

    RDF parsers do not tell places, so this is a search, good enough to open an editor at; the text
    is gone through once, however many IRIs are asked for.
    """

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._full: dict[str, int] = {}
        self._local: dict[str, int] = {}
        for match in _MENTION.finditer(text):
            if match[1] is not None:
                self._full.setdefault(match[1], match.start())
                self._local.setdefault(_last_part(match[1]), match.start())
            else:
                self._local.setdefault(match[2], match.start())

    def find(self, iri: str) -> Mark:
        """Where `iri` is first mentioned; 0:0 when it is not."""
        local = _last_part(iri)
        start = self._full.get(iri, self._local.get(local) if local else None)
        return Mark(0, 0) if start is None else self.mark(start)

    def mark(self, at: int) -> Mark:
        """The line and column of an offset, both from 1."""
        line = bisect.bisect_right(self._starts, at)
        return Mark(line, at - self._starts[line - 1] + 1)


def _last_part(iri: str) -> str:
    return re.split(r"[#/:]", iri)[-1]
