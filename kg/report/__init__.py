"""Problems → text, JSON, JSON lines, SARIF, or a SHACL validation report in Turtle.

Every form is written piece by piece, as there may be a hundred thousand problems. Text tells all
of a few and, of many, the first of each rule; the other forms, for machines, hold every one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from kg.context import Context
from kg.errors import Problem
from kg.report.as_json import (
    format_json,
    format_json_lines,
    read_problem_lines,
    read_problems,
    values_of,
)
from kg.report.groups import FEW, count_by_severity, summarize
from kg.report.kept import drop_problems, keep_problems
from kg.report.sarif import format_sarif
from kg.report.text import format_text
from kg.report.turtle import format_turtle

__all__ = [
    "FEW", "FORMATS", "Form", "count_by_severity", "drop_problems", "format_json",
    "format_json_lines", "format_sarif", "format_text", "format_turtle", "keep_problems",
    "read_problem_lines", "read_problems", "summarize", "values_of",
]  # fmt: skip

Form = Callable[[Sequence[Problem], Context], Iterator[str]]
"""Writes problems down, as pieces of text; IRIs are shortened by the context where people read."""

FORMATS: Final[dict[str, Form]] = {
    "text": format_text,
    "json": format_json,
    "jsonl": format_json_lines,
    "sarif": format_sarif,
    "turtle": format_turtle,
}
