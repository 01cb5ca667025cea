"""Quads and shapes → what does not conform, by the reference engine. The only user of pySHACL."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from kg import terms
from kg.errors import ConfigError, Problem, QueryError, Severity
from kg.iris import local_name
from kg.ontology import read_turtle_folder
from kg.places import Places
from kg.sparql import refuse_federation

_SEVERITIES = {
    terms.SH + "Violation": Severity.ERROR,
    terms.SH + "Warning": Severity.WARNING,
    terms.SH + "Info": Severity.INFO,
}

# What a SHACL engine runs as SPARQL.
_QUERIES = {terms.SH + name for name in ("select", "ask", "construct", "update")}


@dataclass(frozen=True, slots=True, order=True)
class Result:
    """One validation result (SHACL 3.6.2): IRIs and lexical forms as plain text.

    `shape` is the IRI of the source shape, or '' when it has none.
    """

    focus: str
    path: str
    value: str
    message: str
    shape: str
    component: str
    severity: str


def load_rules(shapes: Path) -> list[Quad]:
    """The shapes of a folder; raises `ConfigError` when one cannot be read."""
    return read_turtle_folder(shapes, "shapes")


def validate(quads: Iterable[Quad], shapes: Path) -> list[Result]:
    """Every result of validating the quads, their graphs merged, against a folder of shapes.

    Sorted, each once, by the reference engine. Raises `ConfigError` when the shapes cannot be used.
    """
    return run_reference(quads, load_rules(shapes), shapes)


def run_reference(quads: Iterable[Quad], rules: Sequence[Quad], shapes: Path) -> list[Result]:
    """As `validate`, against these rules alone; `shapes` is the folder that they are from."""
    with _quiet():
        data = _rdflib_graph(quads)
        try:
            report = _run(data, rules)
        except _ShapesError as error:
            where = _culprit(data, shapes) or shapes
            raise ConfigError(f"{where}: the shapes cannot be used: {error}") from error
    return sorted(set(_results(report)))


class _ShapesError(Exception):
    """Shapes that the SHACL library cannot use; the message is its own."""


def _run(data: Any, rules: Iterable[Quad]) -> Any:
    """The validation report, an rdflib graph; raises `_ShapesError`."""
    import pyshacl

    rules = list(rules)
    for quad in rules:
        if quad.predicate.value in _QUERIES:
            # The engine resolves escapes after it has looked for SERVICE.
            try:
                refuse_federation(terms.text_of(quad.object))
            except QueryError as error:
                raise _ShapesError(str(error)) from error
    try:
        _, report, text = pyshacl.validate(
            data, shacl_graph=_rdflib_graph(rules), inplace=True, allow_warnings=True
        )
    except Exception as error:
        # For a bad pattern or query it raises whatever the libraries below it do.
        words = str(error).strip() or type(error).__name__
        raise _ShapesError(words.splitlines()[0]) from error
    if isinstance(report, (Exception, bytes)):
        raise _ShapesError(text)
    return report


def _culprit(data: Any, shapes: Path) -> Path | None:
    """The first file of shapes that cannot be used on its own."""
    for file in sorted(shapes.glob("*.ttl")):
        try:
            _run(data, parse(path=file, format=RdfFormat.TURTLE))
        except _ShapesError:
            return file
    return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries from saying on standard error what the report says better."""
    loggers = [logging.getLogger(name) for name in ("pyshacl", "rdflib")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        silence = contextlib.redirect_stderr(io.StringIO())
        with warnings.catch_warnings(action="ignore"), silence:
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _results(report: Any) -> Iterable[Result]:
    from rdflib import BNode, Namespace

    sh = Namespace(terms.SH)

    def text(node: Any, predicate: str) -> str:
        found = report.value(node, sh[predicate])
        return "" if found is None or isinstance(found, BNode) else str(found)

    def term(node: Any, predicate: str) -> str:
        found = report.value(node, sh[predicate])
        return f"_:{found}" if isinstance(found, BNode) else text(node, predicate)

    for top in report.objects(None, sh.result):
        messages = sorted(report.objects(top, sh.resultMessage))
        plain = [m for m in messages if (m.language or "en").split("-")[0] == "en"]
        yield Result(
            focus=term(top, "focusNode"),
            path=text(top, "resultPath"),
            value=term(top, "value"),
            # A shape may have its message in several languages; the tool speaks one.
            message="; ".join(str(m) for m in plain or messages),
            shape=text(top, "sourceShape"),
            component=text(top, "sourceConstraintComponent"),
            severity=text(top, "resultSeverity"),
        )


def place_results(results: Iterable[Result], places: Places) -> list[Problem]:
    """Results as problems, each at the key that caused it."""
    problems: dict[tuple[str, ...], Problem] = {}
    for result in results:
        # Several constraints of one shape say the same of one value in the same words.
        key = (result.focus, result.path, result.value, result.shape, result.message)
        if key in problems:
            continue
        name, mark = places.find(result.focus, result.path, result.value)
        if not name and result.value:
            name, mark = places.find(result.value)
        got = f", got {result.value}" if result.value and not _is_node(result.value) else ""
        problems[key] = Problem(
            file=name or "-",
            line=mark.line,
            column=mark.column,
            message=result.message.rstrip(".") + got,
            rule=local_name(result.shape or result.component),
            severity=_SEVERITIES.get(result.severity, Severity.ERROR),
            focus=result.focus,
            path=result.path,
            value=result.value,
            component=result.component,
            shape=result.shape,
        )
    return list(problems.values())


def _is_node(value: str) -> bool:
    return value.startswith(("http://", "https://", "urn:"))


def _rdflib_graph(quads: Iterable[Quad]) -> Any:
    """The triples of the quads in one rdflib graph; lexical forms stay as they are."""
    from rdflib import BNode, Graph, Literal, URIRef

    known: dict[Any, Any] = {}

    def convert(term: Any) -> Any:
        if term in known:
            return known[term]
        if isinstance(term, NamedNode):
            made: Any = URIRef(term.value)
        elif isinstance(term, BlankNode):
            made = BNode(term.value)
        elif term.language:
            made = Literal(term.value, lang=term.language)
        elif term.datatype.value == terms.XSD + "string":
            made = Literal(term.value)
        else:
            made = Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)
        known[term] = made
        return made

    graph = Graph()
    for quad in quads:
        graph.add((convert(quad.subject), convert(quad.predicate), convert(quad.object)))
    return graph
