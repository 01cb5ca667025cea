"""The values of constraint parameters that both engines read alike: a list of what is allowed.

Each function raises `UnscreenableError` for any other value.
"""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.screen.look import Slip
from kg.screen.patterns import UnknownPatternError, fast_pattern
from kg.screen.rules import Term, UnscreenableError

NUMBERS: Final = (terms.XSD + "integer", terms.XSD + "decimal")

# Lexical forms that the reference engine takes for certain, of datatypes of which the fast engine
# might take others: Python reads no number of more than 4300 digits.
_WHOLE: Final = (
    *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort"),
    "unsignedByte",
)
SAFE_FORMS: Final = {
    **{terms.XSD + name: "^[+-]?[0-9]{1,100}$" for name in _WHOLE},
    terms.XSD + "gYear": "^[12][0-9]{3}$",
    terms.XSD + "duration": "^P([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}D)?"
    "(T([0-9]{1,4}H)?([0-9]{1,4}M)?([0-9]{1,4}([.][0-9]{1,6})?S)?)?$",
}
_SAME_DATATYPES: Final = (terms.XSD + "string", terms.RDF + "langString")
_DATATYPES: Final = frozenset(
    {
        *_SAME_DATATYPES,
        *SAFE_FORMS,
        *(terms.XSD + name for name in ("boolean", "decimal", "double", "float", "anyURI")),
    }
)
NODE_KINDS: Final = frozenset(
    terms.SH + name
    for name in (
        *("IRI", "Literal", "BlankNode"),
        *("BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"),
    )
)
_COUNT: Final = re.compile("[0-9]{1,6}")
_BOUND: Final = re.compile("[+-]?[0-9]{1,15}([.][0-9]{1,15})?")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}|\*")


def iri(value: Term) -> str:
    """An IRI."""
    if not isinstance(value, NamedNode):
        raise UnscreenableError("a value that must be an IRI")
    return value.value


def node(value: Term) -> None:
    """A value that is the same wherever it is written."""
    if not isinstance(value, NamedNode | Literal):
        raise UnscreenableError("a value that is neither an IRI nor a literal")


def true(value: Term) -> None:
    """The boolean that switches a constraint on."""
    if value != Literal(True):
        raise UnscreenableError("a value that is not true")


def count(value: Term) -> None:
    """A whole number from 0, of six digits at most."""
    if _typed(value) != NUMBERS[0] or not _COUNT.fullmatch(terms.text_of(value)):
        raise UnscreenableError("a count that is none")


def bound(value: Term) -> None:
    """A number that both engines compare exactly."""
    if _typed(value) not in NUMBERS or not _BOUND.fullmatch(terms.text_of(value)):
        raise UnscreenableError("a range of anything but whole and decimal numbers")


def datatype(value: Term) -> Slip:
    """A datatype of which the fast engine takes no more lexical forms than the reference engine.

    None of dates and times: for a year of forty digits the fast engine panics.
    """
    if iri(value) not in _DATATYPES:
        raise UnscreenableError(f"datatype {terms.text_of(value)}")
    return Slip.NONE if terms.text_of(value) in _SAME_DATATYPES else Slip.ADDS


def node_kind(value: Term) -> None:
    """One of the six kinds."""
    if iri(value) not in NODE_KINDS:
        raise UnscreenableError("an unknown kind of node")


def pattern(value: Term) -> None:
    """A pattern that the fast engine can stand in for."""
    if _typed(value) != terms.XSD + "string":
        raise UnscreenableError("a pattern that is no plain text")
    try:
        fast_pattern(terms.text_of(value))
    except UnknownPatternError as error:
        raise UnscreenableError(f"a pattern with {error}") from error


def language(value: Term) -> None:
    """A language range of one part: of en-GB the engines do not agree what is in it."""
    if _typed(value) != terms.XSD + "string" or not _LANGUAGE.fullmatch(terms.text_of(value)):
        raise UnscreenableError("a language range with parts")


def _typed(value: Term) -> str:
    return value.datatype.value if isinstance(value, Literal) else ""
