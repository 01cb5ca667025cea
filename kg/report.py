"""Problems → text, JSON, SARIF or a SHACL validation report in Turtle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg import __version__, terms
from kg.context import Context, is_iri
from kg.errors import Problem, Severity, printable

_SARIF_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}
_SH_SEVERITIES = {
    Severity.ERROR: "Violation",
    Severity.WARNING: "Warning",
    Severity.INFO: "Info",
}


def count_by_severity(problems: Sequence[Problem]) -> dict[str, int]:
    """How many problems of each severity, every severity named.

    >>> count_by_severity([Problem("a", 1, 1, "x", "y")])
    {'error': 1, 'warning': 0, 'info': 0}
    """
    counts = Counter(problem.severity for problem in problems)
    return {severity.value: counts[severity] for severity in Severity}


def format_text(problems: Sequence[Problem], context: Context) -> str:
    """One line a problem, `file:line:column: severity: message (focus; rule)`, the count last."""
    lines = []
    for problem in problems:
        focus = f"{context.shorten(problem.focus)}; " if problem.focus else ""
        shape = "shape " if problem.component else ""
        words = f"{problem.place}: {problem.severity.value}: {problem.message}"
        lines.append(f"{printable(words)} ({printable(focus + shape + problem.rule)})")
    lines.append(summarize(problems))
    return "\n".join(lines) + "\n"


def summarize(problems: Sequence[Problem]) -> str:
    """How many problems, in words.

    >>> summarize([])
    'no problems'
    """
    words = [
        f"{count} {severity}{'s' if count > 1 and severity != 'info' else ''}"
        for severity, count in count_by_severity(problems).items()
        if count
    ]
    return ", ".join(words) or "no problems"


def format_json(problems: Sequence[Problem], _context: Context) -> str:
    """A JSON object: `conforms` (no error), `counts`, the list of `problems`, IRIs in full."""
    counts = count_by_severity(problems)
    listed = [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "severity": problem.severity.value,
            "message": problem.message,
            "rule": problem.rule,
            **{
                name: getattr(problem, name)
                for name in ("focus", "path", "value", "component", "shape")
                if getattr(problem, name)
            },
        }
        for problem in problems
    ]
    document = {"conforms": counts["error"] == 0, "counts": counts, "problems": listed}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_problems(text: str) -> list[Problem]:
    """The problems in a report that `format_json` wrote.

    >>> problem = Problem("a.yaml", 3, 1, "no label", "label", Severity.WARNING)
    >>> context = Context.parse({}, "https://example.org/")
    >>> read_problems(format_json([problem], context)) == [problem]
    True
    """
    listed = json.loads(text)["problems"]
    return [Problem(**(values | {"severity": Severity(values["severity"])})) for values in listed]


def format_sarif(problems: Sequence[Problem], context: Context) -> str:
    """A SARIF 2.1.0 log (OASIS), as editors and code hosts read it."""
    rules = sorted({problem.rule for problem in problems})
    results = []
    for problem in problems:
        place: dict[str, object] = {"artifactLocation": {"uri": quote(problem.file)}}
        if problem.line:
            place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
        result: dict[str, object] = {
            "ruleId": problem.rule,
            "ruleIndex": rules.index(problem.rule),
            "level": _SARIF_LEVELS[problem.severity],
            "message": {"text": problem.message},
        }
        # A problem of no file is at no place; the standard has locations optional.
        location: dict[str, object] = {"physicalLocation": place} if problem.file != "-" else {}
        if problem.focus:
            logical = {"fullyQualifiedName": problem.focus, "name": context.shorten(problem.focus)}
            location["logicalLocations"] = [logical]
        if location:
            result["locations"] = [location]
        results.append(result)
    driver = {"name": "kg", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def format_turtle(problems: Sequence[Problem], _context: Context) -> str:
    """A `sh:ValidationReport` (SHACL 3.6); a problem that no shape found has its rule as component.

    The focus node of a problem without one is the sheet, by its relative file name.
    """

    def sh(name: str) -> NamedNode:
        return NamedNode(terms.SH + name)

    report = BlankNode("report")
    # A report conforms when it has no result of any severity (SHACL 3.6.1.1), warnings included.
    conforms = not problems
    triples = [
        Triple(report, terms.TYPE, sh("ValidationReport")),
        Triple(report, sh("conforms"), _boolean(conforms)),
    ]
    for number, problem in enumerate(problems):
        node = BlankNode(f"r{number}")
        component = problem.component or f"https://w3id.org/linked-evidence/rules#{problem.rule}"
        triples += [
            Triple(report, sh("result"), node),
            Triple(node, terms.TYPE, sh("ValidationResult")),
            Triple(node, sh("resultSeverity"), sh(_SH_SEVERITIES[problem.severity])),
            Triple(node, sh("resultMessage"), Literal(f"{problem.place}: {problem.message}")),
            Triple(node, sh("sourceConstraintComponent"), NamedNode(component)),
            Triple(node, sh("focusNode"), _term(problem.focus or problem.file)),
        ]
        if is_iri(problem.path):
            triples.append(Triple(node, sh("resultPath"), NamedNode(problem.path)))
        if is_iri(problem.shape):
            triples.append(Triple(node, sh("sourceShape"), NamedNode(problem.shape)))
        if problem.value:
            triples.append(Triple(node, sh("value"), _term(problem.value)))
    prefixes = {"sh": terms.SH, "le": terms.LE, "xsd": terms.XSD}
    data = serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes)
    return (data or b"").decode()


def _term(text: str) -> NamedNode | Literal:
    return NamedNode(text) if is_iri(text) else Literal(text)


def _boolean(value: bool) -> Literal:
    return Literal(str(value).lower(), datatype=NamedNode(terms.XSD + "boolean"))


FORMATS: Final[dict[str, Callable[[Sequence[Problem], Context], str]]] = {
    "text": format_text,
    "json": format_json,
    "sarif": format_sarif,
    "turtle": format_turtle,
}
