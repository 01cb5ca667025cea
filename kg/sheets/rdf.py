"""RDF text → quads, and the best place that can be told for a subject in it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from pyoxigraph import Quad, parse

from kg.errors import Problem
from kg.formats import RDF_FORMATS
from kg.sheets.nodes import Mark


def parse_rdf(name: str, text: str, base: str = "") -> tuple[tuple[Quad, ...], Problem | None]:
    """The quads of a Turtle, TriG, N-Triples, N-Quads or RDF/XML text, and what is wrong with it.

    What stands before a syntax error is kept, so that it can be checked in the same run.
    """
    suffix = PurePosixPath(name).suffix.lower()
    format_ = next(f for f in RDF_FORMATS.values() if f".{f.extension}" == suffix)
    quads: list[Quad] = []
    try:
        quads.extend(parse(text, format_.rdf, base_iri=base or None))
    except SyntaxError as error:
        mark = Mark(error.lineno or 0, error.offset or 0)
        message = f"not valid {format_.title}: {error.msg}"
        return tuple(quads), Problem(name, mark.line, mark.column, message, "syntax")
    return tuple(quads), None


def find_mention(text: str, iri: str) -> Mark:
    """Where `iri` is first written in full or as a prefixed name; 0:0 when it is not.

    RDF parsers do not tell places, so this is a search, good enough to open an editor at.
    """
    local = re.split(r"[#/]", iri)[-1]
    patterns = [f"<{re.escape(iri)}>", rf"[/#:]{re.escape(local)}(?![\w-])"]
    for pattern in patterns if local else patterns[:1]:
        if match := re.search(pattern, text):
            before = text[: match.start()]
            return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Mark(0, 0)
