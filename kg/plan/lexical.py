"""Literals as text: just as N-Quads writes them, and in the form that the store gives them."""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.ontology import canonical

_ANY: Final = NamedNode("urn:any")
# Lexical forms that the store leaves alone, by datatype: narrow, as every other one is asked for.
_NUMBER: Final = r"-?(?:0|[1-9]\d{0,7})\.\d{0,5}[1-9]"
_DATE: Final = r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_SETTLED: Final = {
    terms.XSD + local: re.compile(pattern, re.ASCII)
    for local, pattern in {
        "integer": r"0|-?[1-9]\d{0,17}",
        "decimal": rf"0|-?[1-9]\d{{0,17}}|{_NUMBER}",
        "double": rf"0|-?[1-9]\d{{0,7}}|{_NUMBER}",
        "date": _DATE,
        "dateTime": rf"{_DATE}T{_TIME}Z?",
    }.items()
}
_STRING: Final = NamedNode(terms.XSD + "string")
_NONE: Final = re.compile(r"(?!)")


def quoted(text: str) -> str:
    r"""The text between quotation marks, escaped as N-Quads writes it.

    Raises `ValueError` for text with half of a surrogate pair.

    >>> print(quoted("a"), quoted('"'))
    "a" "\""
    """
    # All that is escaped, but these two, is not printable, and little else is not.
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return str(Literal(text))


class Datatype:
    """A datatype: writes its literals in canonical form.

    >>> Datatype("http://www.w3.org/2001/XMLSchema#decimal").write("0.030")
    '"0.03"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    """

    def __init__(self, iri: str) -> None:
        self._type = NamedNode(iri)
        self._settled = _SETTLED.get(iri, _NONE)
        self._end = f'"^^<{iri}>'

    def write(self, text: str) -> str:
        """The literal as N-Quads; raises `ValueError` where there is none of this datatype."""
        if self._settled.fullmatch(text):
            return f'"{text}{self._end}'
        if self._type == _STRING:
            return quoted(text)
        quad = Quad(_ANY, _ANY, Literal(text, datatype=self._type))
        return str(canonical([quad])[0].object)
