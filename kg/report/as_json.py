"""Problems as JSON, whole or one a line, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from kg.context import Context
from kg.errors import Problem, Severity
from kg.report.groups import count_by_severity

_OPTIONAL: Final = ("focus", "path", "value", "component", "shape")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def format_json(problems: Sequence[Problem], _context: Context) -> Iterator[str]:
    """A JSON object: `conforms` (no error), `counts`, the list of `problems`, IRIs in full."""
    counts = count_by_severity(problems)
    document = {"conforms": counts["error"] == 0, "counts": counts, "problems": []}
    yield from fill(document, "problems", map(values_of, problems))


def format_json_lines(problems: Sequence[Problem], _context: Context) -> Iterator[str]:
    """One problem a line, as `format_json` lists it; nothing for none."""
    for problem in problems:
        yield f"{dumped(values_of(problem))}\n"


def values_of(problem: Problem) -> dict[str, Any]:
    """A problem as JSON values; what is empty is left out."""
    optional = {name: getattr(problem, name) for name in _OPTIONAL}
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity.value,
        "message": problem.message,
        "rule": problem.rule,
        **{name: value for name, value in optional.items() if value},
    }


def read_problems(text: str) -> list[Problem]:
    """The problems in a report that `format_json` wrote.

    >>> problem = Problem("a.yaml", 3, 1, "no label", "label", Severity.WARNING)
    >>> context = Context.parse({}, "https://example.org/")
    >>> read_problems("".join(format_json([problem], context))) == [problem]
    True
    """
    return [problem_of(values) for values in json.loads(text)["problems"]]


def read_problem_lines(lines: Iterable[str]) -> Iterator[Problem]:
    """The problems in lines that `format_json_lines` wrote, one by one.

    >>> problem = Problem("a.yaml", 3, 1, "no label", "label", Severity.WARNING)
    >>> context = Context.parse({}, "https://example.org/")
    >>> list(read_problem_lines(format_json_lines([problem], context))) == [problem]
    True
    """
    return (problem_of(json.loads(line)) for line in lines)


def problem_of(values: Mapping[str, Any]) -> Problem:
    """The problem that `values_of` gave; raises `KeyError` or `TypeError` for anything else."""
    return Problem(**{**values, "severity": Severity(values["severity"])})


def fill(document: Any, name: str, items: Iterable[Any]) -> Iterator[str]:
    """A document as indented JSON, its one empty list called `name` filled with items as they come.

    >>> print("".join(fill({"a": []}, "a", [1, 2])), end="")
    {
      "a": [
        1,
        2
      ]
    }
    """
    # No text in the document can look like this: its quotes would be escaped.
    before, _, after = dumped(document, 2).partition(f'"{name}": []')
    margin = "\n" + before[before.rfind("\n") + 1 :]
    yield f'{before}"{name}": ['
    ends = ""
    for item in items:
        yield f"{ends}{margin}  " + dumped(item, 2).replace("\n", f"{margin}  ")
        ends = ","
    yield f"{margin if ends else ''}]{after}\n"


def dumped(value: Any, indent: int | None = None) -> str:
    """JSON as people can read it; only half a surrogate pair, which is no text, is escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return json.dumps(value, indent=indent) if _SURROGATE.search(text) else text
