"""Problems as a validation report of SHACL, in Turtle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg import terms
from kg.context import Context, is_iri
from kg.errors import Problem, Severity

_SEVERITIES: Final = {
    Severity.ERROR: "Violation",
    Severity.WARNING: "Warning",
    Severity.INFO: "Info",
}
_PREFIXES: Final = {"sh": terms.SH, "le": terms.LE, "xsd": terms.XSD}
_REPORT: Final = BlankNode("report")
_AT_ONCE: Final = 10_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def format_turtle(problems: Sequence[Problem], _context: Context) -> Iterator[str]:
    """A `sh:ValidationReport` (SHACL 3.6); a problem that no shape found has its rule as component.

    The focus node of a problem without one is the sheet, by its relative file name.
    """
    triples = _triples(problems)
    head = _turtle([])
    yield head
    while some := list(islice(triples, _AT_ONCE)):
        yield _turtle(some).removeprefix(head)


def _turtle(triples: list[Triple]) -> str:
    return (serialize(triples, format=RdfFormat.TURTLE, prefixes=_PREFIXES) or b"").decode()


def _triples(problems: Sequence[Problem]) -> Iterator[Triple]:
    # A report conforms when it has no result of any severity (SHACL 3.6.1.1), warnings included.
    conforms = Literal("false" if problems else "true", datatype=NamedNode(terms.XSD + "boolean"))
    yield Triple(_REPORT, terms.TYPE, _sh("ValidationReport"))
    yield Triple(_REPORT, _sh("conforms"), conforms)
    for number, problem in enumerate(problems):
        node = BlankNode(f"r{number}")
        component = problem.component if is_iri(problem.component) else _rule(problem.rule)
        yield Triple(_REPORT, _sh("result"), node)
        yield Triple(node, terms.TYPE, _sh("ValidationResult"))
        yield Triple(node, _sh("resultSeverity"), _sh(_SEVERITIES[problem.severity]))
        yield Triple(node, _sh("resultMessage"), _literal(f"{problem.place}: {problem.message}"))
        yield Triple(node, _sh("sourceConstraintComponent"), NamedNode(component))
        yield Triple(node, _sh("focusNode"), _term(problem.focus or problem.file))
        if is_iri(problem.path):
            yield Triple(node, _sh("resultPath"), NamedNode(problem.path))
        if is_iri(problem.shape):
            yield Triple(node, _sh("sourceShape"), NamedNode(problem.shape))
        if problem.value:
            yield Triple(node, _sh("value"), _term(problem.value))


def _rule(name: str) -> str:
    return f"https://w3id.org/linked-evidence/rules#{quote(name, errors='replace')}"


def _sh(name: str) -> NamedNode:
    return NamedNode(terms.SH + name)


def _term(text: str) -> NamedNode | Literal:
    return NamedNode(text) if is_iri(text) else _literal(text)


def _literal(text: str) -> Literal:
    # Half of a surrogate pair is no text.
    return Literal(_SURROGATE.sub("\ufffd", text))
