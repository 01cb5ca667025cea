"""Problems as a SARIF log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from kg import __version__
from kg.context import Context
from kg.errors import Problem, Severity
from kg.report.as_json import fill

_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def format_sarif(problems: Sequence[Problem], context: Context) -> Iterator[str]:
    """A SARIF 2.1.0 log (OASIS), as editors and code hosts read it."""
    rules = sorted({problem.rule for problem in problems})
    numbers = {rule: number for number, rule in enumerate(rules)}
    driver = {"name": "kg", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": []}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    yield from fill(log, "results", (_result(p, numbers[p.rule], context) for p in problems))


def _result(problem: Problem, rule: int, context: Context) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": problem.message},
    }
    location: dict[str, Any] = {}
    # A problem of no file is at no place; the standard has locations optional.
    if problem.file != "-":
        place: dict[str, Any] = {
            "artifactLocation": {"uri": quote(problem.file, errors="surrogateescape")}
        }
        if problem.line:
            place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
        location["physicalLocation"] = place
    if problem.focus:
        logical = {"fullyQualifiedName": problem.focus, "name": context.shorten(problem.focus)}
        location["logicalLocations"] = [logical]
    if location:
        result["locations"] = [location]
    return result
